"""The coordinates inside one run at which its observables are stored, from the point alone.

The store lays out its arrays from them before anything has run, and observables fill them.  All
runs of a sweep share them, because they depend on protocol and dynamics only.
"""

from __future__ import annotations

from lbhsweep.quantities import DECLARATIONS, Production
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.schedule import schedule_of, series_times


def production_of(point: RunPoint) -> Production:
    """Return those numbers of a run's production on which coordinates inside it depend."""
    times = series_times(point)
    return Production(
        group=point.group,
        outer_step_ps=point.dynamics.outer_step_ps,
        steps=schedule_of(point).produce_steps,
        block_times=() if times is None else tuple(times.tolist()),
        layers=2 * point.system.supercell[2],
    )


def inner_axes(point: RunPoint) -> dict[str, tuple[float | str, ...]]:
    """Return the coordinates of all dimensions inside a run that its observables use."""
    production = production_of(point)
    axes: dict[str, tuple[float | str, ...]] = {}
    for name in point.observables:
        axes |= DECLARATIONS[name].axes(production)
    return axes
