"""The axes inside one run on which observables answer: pure functions of the point.

The store lays out its arrays from them before anything has run, and observables fill them; all
runs of a sweep share them, because they depend on protocol and dynamics only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.sampling_lags import lag_axes
from lbhsweep.sweep.sampling_rotation import rotation_axes
from lbhsweep.sweep.sampling_spectra import spectra_axes
from lbhsweep.sweep.schedule import series_times

Axes = dict[str, tuple[float | str, ...]]

DENSITY_GRID = 24
"""Voxels along each axis of the conventional cell, 0.42 Å: about the amplitude of vibrations.
Divisible by 2, 3 and 4, so that ideal sites are centres of voxels.  A run's two maps take 0.2 MB,
some 20 kB when compressed; 32 voxels would take 0.5 MB."""
RADIAL_REACH_A = 10.0
"""Half of the usual box; the same for all boxes, so that runs compare."""
RADIAL_BIN_A = 0.05


def _thermo(point: RunPoint) -> Axes:
    axes: Axes = {"lattice_vector": ("a", "b", "c"), "component": ("x", "y", "z")}
    times = series_times(point)
    return axes if times is None else {"time": tuple(times.tolist()), **axes}


def _density(point: RunPoint) -> Axes:
    if point.group == "ramp":
        return {}
    fractions = tuple(k / DENSITY_GRID for k in range(DENSITY_GRID))
    return {f"fraction_{axis}": fractions for axis in "abc"}


def _radial(point: RunPoint) -> Axes:
    if point.group == "ramp":
        return {}
    n_bins = round(RADIAL_REACH_A / RADIAL_BIN_A)
    return {"radius": tuple((k + 0.5) * RADIAL_BIN_A for k in range(n_bins))}


def _no_axes(point: RunPoint) -> Axes:
    return {}


AXES: Mapping[str, Callable[[RunPoint], Mapping[str, tuple[float | str, ...]]]] = MappingProxyType(
    {
        "thermo": _thermo,
        "density": _density,
        "sites": _no_axes,
        "radial": _radial,
        "spectra": spectra_axes,
        "rotation": rotation_axes,
        "anion_position": _no_axes,
        "diffusion": lag_axes,
    }
)
"""Axes of each observable, by the name that a sweep uses."""


def inner_axes(point: RunPoint) -> Axes:
    """Give the coordinates of all dimensions inside a run that its observables use."""
    axes: Axes = {}
    for name in point.observables:
        axes |= AXES[name](point)
    return axes
