"""Lags of displacements and of turns: logarithmic, from 0.1 ps to half the production."""

from __future__ import annotations

from lbhsweep.sweep.point import RampPoint, RunPoint
from lbhsweep.sweep.schedule import schedule_of

SHORTEST_LAG_PS = 0.1
"""Time from one sample of the positions to the next, rounded to whole outer steps."""
KEPT = 8
"""Positions kept at each level; level b keeps every 2^b-th sample."""


def sample_every(outer_step_ps: float) -> int:
    """Give the outer steps from one sample of the positions to the next."""
    return max(1, round(SHORTEST_LAG_PS / outer_step_ps))


def lags_in_samples(n_samples: int) -> tuple[int, ...]:
    """Give the lags up to half the samples, at least one lag.

    1 to 8 samples at level 0, then (5 to 8)·2^b at each level b: four in each octave.
    """
    lags = list(range(1, KEPT + 1))
    while lags[-1] < n_samples // 2:
        lags += [2 * lag for lag in lags[-KEPT // 2 :]]
    return (1, *(lag for lag in lags[1:] if lag <= n_samples // 2))


def lag_axes(point: RunPoint) -> dict[str, tuple[float, ...]]:
    """Give the lags in ps at which a hold's displacements and turns are known; ramps have none."""
    if isinstance(point.protocol, RampPoint):
        return {}
    every = sample_every(point.dynamics.outer_step_ps)
    lags = lags_in_samples(schedule_of(point).produce_steps // every)
    return {"lag": tuple(lag * every * point.dynamics.outer_step_ps for lag in lags)}
