"""Which runs of a group count, and their means over replicas."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.statistics import combine_replicas
from lbhsweep.arrays import BoolArray
from lbhsweep.quantities import stderr_name
from lbhsweep.store.one_phase import Equilibrated
from lbhsweep.store.schema import Status

CURVES = ("volume", "enthalpy", "lattice_a")


def done(dataset: xr.Dataset) -> xr.DataArray:
    """Select the runs that are done."""
    return _like_volume(dataset, _done(dataset))


def counted(dataset: xr.Dataset) -> xr.DataArray:
    """Select the runs that count: those that are done and, of holds, don't drift."""
    usable = _done(dataset)
    if _is_flagged(dataset):
        usable = usable & (dataset.variables["equilibrated"] != Equilibrated.NO)
    return _like_volume(dataset, usable)


def _done(dataset: xr.Dataset) -> xr.Variable:
    """Select the runs that are done.

    Variables have no coordinates to align, which takes longer than all else on small grids.
    """
    usable = xr.ones_like(dataset.variables["volume"], dtype=bool)
    return usable & (dataset.variables["status"] == Status.DONE) if "status" in dataset else usable


def _like_volume(dataset: xr.Dataset, values: xr.Variable) -> xr.DataArray:
    volume = dataset["volume"]
    return xr.DataArray(values.transpose(*volume.dims).values, {**volume.coords}, volume.dims)


def too_short(dataset: xr.Dataset) -> xr.DataArray:
    """Select the runs that are too short for their own correlation time; known of holds only.

    They count.  Their own errors are too small, and a lower limit of the mean's.  Over two
    replicas of 3 independent samples each, the true mean lies within the larger of own errors and
    scatter in 67 %, within the scatter alone in 49 %.  A single one has no error.
    """
    if _is_flagged(dataset):
        return dataset["equilibrated"] == Equilibrated.TOO_SHORT
    return xr.zeros_like(dataset["volume"], dtype=bool)


def _is_flagged(dataset: xr.Dataset) -> bool:
    return "heating_rate" not in dataset.dims and "equilibrated" in dataset


def curve(dataset: xr.Dataset, name: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Return a quantity and its error.

    Both are NaN where a run is not done or a hold is not equilibrated.
    """
    if name not in dataset:
        empty = xr.full_like(dataset["volume"], np.nan)
        return empty, empty
    usable = counted(dataset)
    values = _where(dataset[name], usable)
    error = stderr_name(name)
    if error not in dataset:
        return values, xr.full_like(values, np.nan)
    return values, _where(dataset[error], usable)


def _where(array: xr.DataArray, usable: xr.DataArray) -> xr.DataArray:
    """Keep what is usable, NaN elsewhere; both lie on the same grid, which is not compared."""
    mask = usable.variable.transpose(*array.dims).values
    return array.copy(data=np.where(mask, array.values, np.nan))


def short_and_alone(dataset: xr.Dataset, values: xr.DataArray) -> BoolArray:
    """Select, in the order of the values' dimensions, cells whose only value is one short hold."""
    axis = values.dims.index("replica")
    known = np.isfinite(values.values)
    short = too_short(dataset).variable.transpose(*values.dims).values
    return np.asarray((known & short).any(axis=axis) & (known.sum(axis=axis) == 1), dtype=bool)


def mean_over_replicas(
    dataset: xr.Dataset, name: str
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Average a quantity over replicas: mean, standard error, and replicas counted."""
    values, stderrs = curve(dataset, name)
    axis = values.get_axis_num("replica")
    assert isinstance(axis, int)  # noqa: S101 - one dimension name gives one axis
    mean, stderr, count = combine_replicas(values.values, stderrs.values, axis)
    template = values.isel(replica=0, drop=True)
    stderr = np.where(short_and_alone(dataset, values), np.nan, stderr)
    return template.copy(data=mean), template.copy(data=stderr), template.copy(data=count)
