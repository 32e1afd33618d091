"""Axes of the anions' orientations: the lags of displacements, and the bonds that are followed."""

from __future__ import annotations

from lbhsweep.sweep.point import RampPoint, RunPoint
from lbhsweep.sweep.sampling_lags import lag_axes
from lbhsweep.sweep.schedule import series_times

N_BONDS_FOLLOWED = 4
"""Bonds whose angles are kept as time courses, each the first of its anion."""


def rotation_axes(point: RunPoint) -> dict[str, tuple[float, ...]]:
    """Give the lags in ps, the times of the courses in ps and the numbers of the bonds."""
    times = series_times(point)
    if isinstance(point.protocol, RampPoint) or times is None:
        return {}
    return {
        **lag_axes(point),
        "time": tuple(times.tolist()),
        "bond": tuple(float(k) for k in range(1, N_BONDS_FOLLOWED + 1)),
    }
