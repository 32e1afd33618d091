"""Interfaces as random walks with a drift v(T): a model of growth that is solved exactly.

The mean x of both interfaces makes steps of v Δt and variance σ² Δt.  Positions are seen with
noise.  A path is followed from the second block until it is seen beyond `EDGE`; the run ends when
x is beyond `FULL` for three blocks, or after `BLOCKS`.
"""

import numpy as np

from lbhsweep.analysis.equilibrium.evidence import Evidence
from lbhsweep.quantities.profile import growth_parts

BLOCKS = 60
DIFFUSION = 0.5
NOISE = 0.3
EDGE, FULL = 10.5, 14.0
FIRST, FEWEST = 2, 6
T_T = 525.0
SLOPE = 0.01
BOLTZMANN_EV = 8.617333262e-5


def straight(temperature):
    return SLOPE * (temperature - T_T)


def activated(energy):
    """Return v(T) with an activation energy in eV."""

    def law(temperature):
        return straight(temperature) * np.exp(
            -energy / BOLTZMANN_EV * (1.0 / temperature - 1.0 / T_T)
        )

    return law


def walk(rng, temperature, law, *, between=0.0, edge=EDGE, full=FULL):
    """Draw a run at each temperature (n,).

    Parameters
    ----------
    rng : Generator
    temperature : (n,) array
        K.
    law : callable
        v(T), Å/ps.
    between : float
        Standard deviation of the drift between runs, Å/ps.
    edge, full : float
        Å.
    """
    n = temperature.size
    drift = law(temperature) + between * rng.standard_normal(n)
    steps = drift[:, None] + np.sqrt(DIFFUSION) * rng.standard_normal((n, BLOCKS))
    x = np.cumsum(steps, axis=1)
    seen = x + NOISE * rng.standard_normal(x.shape)
    beyond = np.abs(seen[:, FIRST:]) > edge
    stop = np.where(beyond.any(axis=1), beyond.argmax(axis=1) + FIRST, BLOCKS - 1)
    filled = np.abs(x) > full
    decided = filled.argmax(axis=1) + 2.5
    won = filled.any(axis=1) & (decided < BLOCKS)
    first = x[np.arange(n), filled.argmax(axis=1)]
    winner = np.where(won, np.sign(first), 0.0).astype(np.int64)
    speed, time, variance, n_dof = _follow(seen, stop)
    return Evidence(
        temperature=temperature,
        speed=speed,
        time=time,
        variance=variance,
        n_dof=n_dof,
        winner=winner,
        least_speed=np.where(won, 0.9 * full / decided, np.nan),
        decision_time=np.where(won, decided, np.nan),
    )


def _follow(seen, stop):
    """Take distance over time, and the scatter of equal parts, as runs do."""
    n = len(seen)
    speed, time, variance = np.full((3, n), np.nan)
    n_dof = np.zeros(n, dtype=np.int64)
    for length in np.unique(stop - FIRST):
        if length + 1 < FEWEST:
            continue
        rows = np.flatnonzero(stop - FIRST == length)
        parts = growth_parts(int(length) + 1)
        places = np.rint(np.linspace(FIRST, FIRST + length, parts + 1)).astype(int)
        lengths, steps = np.diff(places), np.diff(seen[rows][:, places], axis=1)
        speed[rows] = steps.sum(axis=1) / length
        away = steps - speed[rows, None] * lengths
        variance[rows] = (away**2 / lengths).sum(axis=1) / (parts - 1) / length
        time[rows], n_dof[rows] = length, parts - 1
    return speed, time, variance, n_dof
