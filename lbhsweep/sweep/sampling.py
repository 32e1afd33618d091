"""The axes inside one run on which observables answer: pure functions of the point.

The store lays out its arrays from them before anything has run, and observables fill them; all
runs of a sweep share them, because they depend on protocol and dynamics only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.schedule import series_times

Axes = dict[str, tuple[float, ...]]


def _thermo(point: RunPoint) -> Axes:
    times = series_times(point)
    return {} if times is None else {"time": tuple(times.tolist())}


AXES: Mapping[str, Callable[[RunPoint], Axes]] = MappingProxyType({"thermo": _thermo})
"""Axes of each observable, by the name that a sweep uses."""


def inner_axes(point: RunPoint) -> Axes:
    """Give the coordinates of all dimensions inside a run that its observables use."""
    axes: Axes = {}
    for name in point.observables:
        axes |= AXES[name](point)
    return axes
