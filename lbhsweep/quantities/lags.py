"""Lags of displacements and of reorientations: logarithmic, from 0.1 ps to half the production."""

from __future__ import annotations

from lbhsweep.quantities.production import InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension

LAG = Dimension("lag", "ps", "time between two samples")
SHORTEST_LAG_PS = 0.1
"""Time from one sample of the positions to the next, rounded to whole outer steps."""
KEPT = 8
"""Positions kept at each level; level b keeps every 2^b-th sample."""


def sample_every(outer_step_ps: float) -> int:
    """Return the outer steps from one sample of the positions to the next."""
    return max(1, round(SHORTEST_LAG_PS / outer_step_ps))


def lags_in_samples(n_samples: int) -> tuple[int, ...]:
    """Return the lags up to half the samples, at least one lag.

    1 to 8 samples at level 0, then (5 to 8)·2^b at each level b: four in each octave.
    """
    lags = list(range(1, KEPT + 1))
    while lags[-1] < n_samples // 2:
        lags += [2 * lag for lag in lags[-KEPT // 2 :]]
    return (1, *(lag for lag in lags[1:] if lag <= n_samples // 2))


def lag_axes(production: Production) -> InnerAxes:
    """Return the lags in ps of a hold's correlations; ramps have none."""
    if production.group == "ramp":
        return {}
    every = sample_every(production.outer_step_ps)
    lags = lags_in_samples(production.steps // every)
    return {"lag": tuple(lag * every * production.outer_step_ps for lag in lags)}
