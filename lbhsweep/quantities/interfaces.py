"""Where two phases meet in a profile along c, and how fast one of them grows.

Measured and rehearsed runs are read alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from lbhsweep.arrays import Arrays, BoolArray, FloatArray, IntArray
from lbhsweep.quantities import CATALOGUE
from lbhsweep.quantities.profile import ONE_SIGMA, PHASES, Growth, Winner, growth_parts
from lbhsweep.quantities.quantity import stderr_name

LAYERS_OF = {"alpha": (0.8, 0.345), "alpha_cap": (0.67, 0.22), "beta": (0.07, 0.248)}
"""Order S and Li coordinate x of a layer within each phase, as measured with lbh-2021 at 0 GPa: in
α at 350 to 400 K, in α-b at 400 K, in β at 410 to 440 K.  S falls with T."""
LITHIUM_STEP = 0.1
"""Difference of x that counts as much as a difference of 1 in S."""
LEAST_SHARE = 0.15
"""Share of either phase in the cell below which its two interfaces feel each other."""
FOUND_SHARE = 0.05
"""Share below which a phase has no interfaces."""
FIRST_PS = 2.0
"""Time in which interfaces form, before their motion is followed."""
LEAST_BLOCKS = 6
"""Fewest blocks over which a speed is taken."""


DECIDED_SHARE = 0.95
"""Share of the layers that a phase must have to have won: all but a passing one."""
DECIDED_BLOCKS = 3
"""Blocks in a row in which it must have them."""


class Speed(NamedTuple):
    """A speed and its standard error, Å/ps; NaN where unknown."""

    value: float
    error: float


UNKNOWN = Speed(float("nan"), float("nan"))


def nearest_phase(order: FloatArray, lithium: FloatArray) -> IntArray:
    """Return the place in `PHASES` of the phase that each layer is most like.

    Parameters
    ----------
    order, lithium : (n_time, n_layers) float64
        S and x by layer.  A layer without Li is compared by S alone.
    """
    known = np.nan_to_num(lithium, nan=0.25)
    distances = [
        (order - s) ** 2 + ((known - x) / LITHIUM_STEP) ** 2
        for s, x in (LAYERS_OF[phase] for phase in PHASES)
    ]
    return np.asarray(np.argmin(distances, axis=0))


def shares_of(order: FloatArray, lithium: FloatArray) -> FloatArray:
    """Return the shares (n_time, n_phases) of the layers that are most like each of `PHASES`."""
    nearest = nearest_phase(order, lithium)
    return np.stack([(nearest == number).mean(axis=1) for number in range(len(PHASES))], axis=1)


def winner_of(shares: FloatArray) -> Winner:
    """Return the phase that filled the cell in the last blocks, from `shares_of`."""
    latest = shares[-DECIDED_BLOCKS:]
    if len(latest) < DECIDED_BLOCKS:
        return Winner.NONE
    least = latest.min(axis=0)
    best = int(least.argmax())
    return Winner[PHASES[best].upper()] if least[best] >= DECIDED_SHARE else Winner.NONE


def share_of_second(order: FloatArray, lithium: FloatArray, phases: Sequence[str]) -> FloatArray:
    """Return how much each layer (n_time, n_layers) is like the second phase, from 0 to 1.

    The point (S, x/0.1) of a layer is projected on the line from the first phase to the second.
    """
    (s0, x0), (s1, x1) = LAYERS_OF[phases[0]], LAYERS_OF[phases[1]]
    along = np.array([s1 - s0, (x1 - x0) / LITHIUM_STEP])
    away = np.array([order - s0, (np.nan_to_num(lithium, nan=0.5 * (x0 + x1)) - x0) / LITHIUM_STEP])
    return np.asarray(np.clip(np.tensordot(along, away, 1) / (along @ along), 0.0, 1.0))


def interfaces(second: FloatArray) -> FloatArray:
    """Find both interfaces of each profile, in layers.

    The heart of a phase is where the mean of three layers is most like it.  From the first phase's
    heart up to the second's, layers of the first phase are counted with their share; likewise
    from the second's heart up to the first's.  Neither depends on a threshold.

    Parameters
    ----------
    second : (n_time, n_layers) float64
        Share of the second phase in each layer.

    Returns
    -------
    (2, n_time) float64
        Upper end of the first phase and upper end of the second, continuous in time; NaN where
        less than `FOUND_SHARE` of the cell is in either phase.
    """
    n_layers = second.shape[1]
    smooth = (np.roll(second, 1, axis=1) + second + np.roll(second, -1, axis=1)) / 3.0
    found = np.full((2, len(second)), np.nan)
    for number, (row, even) in enumerate(zip(second, smooth, strict=True)):
        share = row.mean()
        if not FOUND_SHARE <= share <= 1.0 - FOUND_SHARE:
            continue
        a, b = int(even.argmin()), int(even.argmax())
        up = np.arange(a, a + (b - a) % n_layers)
        down = np.arange(b, b + (a - b) % n_layers)
        found[0, number] = a + (1.0 - row[up % n_layers]).sum() - 0.5
        found[1, number] = b + row[down % n_layers].sum() - 0.5
    for path in found:
        known = np.isfinite(path)
        path[known] = np.unwrap(path[known], period=n_layers)
    return found


def followed(positions: FloatArray, share: FloatArray, times: FloatArray) -> BoolArray:
    """Find the times (n_time,) over which speeds are taken: from `FIRST_PS` while both phases last.

    The first time at which less than `LEAST_SHARE` of either is left counts as well.  It ends the
    path by its crossing, and a path without its crossing is 9 % too slow on average.

    Parameters
    ----------
    positions : (2, n_time) float64
        From `interfaces`.
    share : (n_time,) float64
        Share of the second phase in the cell.
    times : (n_time,) float64
        ps since both halves move.
    """
    forms = times < FIRST_PS
    last = (share >= LEAST_SHARE) & (share <= 1.0 - LEAST_SHARE)
    known = np.isfinite(positions).all(axis=0)
    lasted = np.cumprod(np.append(True, (last & known) | forms)[:-1]).astype(bool)
    return np.asarray(known & lasted & ~forms)


def growth(path: FloatArray, times: FloatArray) -> Speed:
    """Compute the mean speed along a path, and its error.

    An interface makes a random walk with a drift.  The drift is the distance over the time, also
    where the path ends by what it reaches (the likelihood of a drift depends on nothing else).
    Its error follows from the scatter of the distances in up to eight equal parts, with
    Student's factor for one standard error.

    Parameters
    ----------
    path, times : (n,) float64
        Å and ps, equally spaced; at least `LEAST_BLOCKS`.
    """
    n = len(path)
    if n < LEAST_BLOCKS:
        return UNKNOWN
    parts = growth_parts(n)
    places = np.rint(np.linspace(0, n - 1, parts + 1)).astype(int)
    lengths = np.diff(times[places])
    steps = np.diff(path[places])
    speed = steps.sum() / lengths.sum()
    scatter = ((steps - speed * lengths) ** 2 / lengths).sum() / (parts - 1)
    error = np.sqrt(scatter / lengths.sum()) * stdtrit(parts - 1, ONE_SIGMA)
    return Speed(float(speed), float(error))


def read_profiles(
    order: FloatArray,
    lithium: FloatArray,
    length: FloatArray,
    times: FloatArray,
    phases: Sequence[str],
) -> Arrays:
    """Compute shares, interfaces and speeds from profiles in time, by catalogue name.

    Parameters
    ----------
    order, lithium : (n_time, n_layers) float64
        S and x by layer.
    length : (n_time,) float64
        Of a conventional cell along c, Å.
    times : (n_time,) float64
        ps since both halves move.
    phases : sequence of str
        The lower and the upper phase.
    """
    second = share_of_second(order, lithium, phases)
    positions = interfaces(second)
    used = followed(positions, second.mean(axis=1), times)
    positions *= 0.5 * length
    # The second phase lies above the first interface and below the second.
    grown = np.array([-1.0, 1.0])[:, None] * positions[:, used]
    speeds = [growth(path, times[used]) for path in (*grown, grown.mean(axis=0))]
    values, errors = np.array(speeds).T
    status = Growth.MEASURED
    if np.isnan(values[2]):
        met = np.isfinite(positions).all(axis=0).any()
        status = Growth.TOO_FAST if met else Growth.NO_INTERFACE
    return {
        "share": shares_of(order, lithium),
        "interface_position": positions.T,
        "interface_speed": values[:2],
        stderr_name("interface_speed"): errors[:2],
        "growth_speed": values[2],
        stderr_name("growth_speed"): errors[2],
        "growth_time": np.array(np.ptp(times[used]) if used.any() else np.nan),
        "growth_status": np.array(status, dtype=np.int8),
    }


def padded(arrays: Arrays, n_time: int) -> Arrays:
    """Fill series of a run that ended early with NaN up to `n_time`."""
    result = dict(arrays)
    for name, array in arrays.items():
        if CATALOGUE[name.removesuffix("_stderr")].dims[:1] == ("time",):
            result[name] = np.full((n_time, *array.shape[1:]), np.nan)
            result[name][: len(array)] = array
    return result
