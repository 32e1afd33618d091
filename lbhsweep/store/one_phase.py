"""Whether a hold has properties of a phase: if it is settled and in one phase throughout.

Averages and time courses of a hold are stored whatever it did.  A diffusion coefficient of a hold
that drifted, or changed its phase, is a number too, but no property of anything.  In datasets
such quantities (`Quantity.of_phase`) are NaN there; as they were measured they stand in
``<name>_raw``.  Records keep what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.arrays import FloatArray
from lbhsweep.quantities import CATALOGUE, Quantity, stderr_name
from lbhsweep.quantities.quantity import flags, raw_name

ORDERED = 0.5
"""Orientational order S of α above which anions are ordered."""
DISORDERED = 0.3
"""S below which they are not; by its choice of the best of eight variants S of β is about 0.1."""
ORDER_ERROR = 0.1
"""Error of S beyond which order has changed during the run."""
LEVELS = 0.03
"""Relative distance of two levels of the volume: nearly half of the 7 % between the phases."""
EXPLAINED = 0.7
"""Share of the volume's variance in time that two levels must explain."""
SHORTEST = 0.05
"""Share of the run that each level lasts at least."""
STATUS = "property_status"


class Equilibrated(IntEnum):
    """Whether a run was equilibrated before its averages were taken.

    A run that is too short for its own correlation time does not show it, and its own standard
    errors are too small.
    """

    UNKNOWN = -1
    NO = 0
    YES = 1
    TOO_SHORT = 2


class PropertyStatus(IntEnum):
    """Whether a hold has properties of a phase, and why not."""

    UNKNOWN = -1
    """Nothing that would say so was measured."""
    PROPERTY = 0
    UNSETTLED = 1
    MIXED = 2
    """Between order and disorder, or it changed during the run."""
    TOO_SHORT = 3
    """For its own correlation time: no variances, such as C_P, but other properties."""


def property_status(arrays: Mapping[str, npt.NDArray[Any]]) -> PropertyStatus:
    """Decide whether one hold has properties of a phase, from what it alone measured.

    A hold between S = 0.3 and ½ within its error is mixed, and so is one whose order has an error
    above 0.1, or whose volume in time has two levels (`two_levels`).

    Parameters
    ----------
    arrays : mapping
        By variable: ``equilibrated``, ``alpha_order`` with its error, ``volume_series``; what was
        not measured says nothing.
    """
    settled = Equilibrated(int(arrays.get("equilibrated", np.array(Equilibrated.UNKNOWN))))
    order, error = (
        float(arrays.get(name, np.array(np.nan)))
        for name in ("alpha_order", stderr_name("alpha_order"))
    )
    error = 0.0 if np.isnan(error) else error
    between = order - error <= ORDERED and order + error >= DISORDERED
    changed_order = error > ORDER_ERROR and order + error > DISORDERED
    series = np.asarray(arrays.get("volume_series", np.empty(0)), dtype=np.float64)
    if settled == Equilibrated.NO:
        return PropertyStatus.UNSETTLED
    if between or changed_order or two_levels(series[np.isfinite(series)]) is not None:
        return PropertyStatus.MIXED
    if settled == Equilibrated.TOO_SHORT:
        return PropertyStatus.TOO_SHORT
    known = settled == Equilibrated.YES or np.isfinite(order)
    return PropertyStatus.PROPERTY if known else PropertyStatus.UNKNOWN


def two_levels(series: FloatArray) -> tuple[float, float] | None:
    """Return the levels of a volume before and after its change; None where it has none.

    The best split in two parts of constant volume (least squares).

    Parameters
    ----------
    series : (n,) array
        Volumes in time.
    """
    n = series.size
    first = max(int(np.ceil(SHORTEST * n)), 2)
    if n < 2 * first:
        return None
    total = np.cumsum(series)
    before = np.arange(first, n - first + 1)
    left = total[before - 1] / before
    right = (total[-1] - total[before - 1]) / (n - before)
    between = before * (n - before) / n**2 * (right - left) ** 2
    best = int(between.argmax())
    spread = float(np.var(series))
    apart = abs(right[best] - left[best]) / series.mean()
    if apart < LEVELS or between[best] < EXPLAINED * spread:
        return None
    return float(left[best]), float(right[best])


def is_property(quantity: Quantity, status: int) -> bool:
    """Return whether a hold of this status has this property of a phase."""
    no = PropertyStatus.UNSETTLED, PropertyStatus.MIXED
    short = quantity.needs_length and status == PropertyStatus.TOO_SHORT
    return status not in no and not short


def dataset_values(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """Return what a dataset shows of a run's arrays: properties where it has them, and all raw.

    Ramps, whose arrays are by temperature bin, have no such properties.
    """
    if any(np.ndim(arrays[name]) > 0 for name in ("volume", "alpha_order") if name in arrays):
        return dict(arrays)
    status = property_status(arrays)
    values: dict[str, Any] = {**arrays, STATUS: status}
    for quantity in _properties():
        for name in _with_error(quantity):
            if name in arrays:
                values[raw_name(name)] = arrays[name]
                if not is_property(quantity, status):
                    values[name] = np.full_like(arrays[name], np.nan)
    return values


def hide_what_is_none(dataset: xr.Dataset) -> xr.Dataset:
    """Do to a dataset of holds, written by an earlier version, what is now done when collecting."""
    if STATUS in dataset or "heating_rate" in dataset.dims or "status" not in dataset:
        return dataset
    dims = dataset["status"].dims
    names = ("equilibrated", "alpha_order", stderr_name("alpha_order"), "volume_series")
    read = {name: dataset[name].transpose(*dims, ...).values for name in names if name in dataset}
    status = np.full(dataset["status"].shape, PropertyStatus.UNKNOWN, dtype=np.int8)
    for place in np.ndindex(status.shape):
        status[place] = property_status({name: values[place] for name, values in read.items()})
    attributes = {"long_name": STATUS_LONG_NAME, **flags(PropertyStatus)}
    changed: dict[str, Any] = {STATUS: xr.Variable(dims, status, attributes)}
    for quantity in _properties():
        shown = [is_property(quantity, one) for one in PropertyStatus]
        codes = [one.value for one in PropertyStatus]
        inside = xr.DataArray(
            np.isin(
                status, [code for code, is_shown in zip(codes, shown, strict=True) if is_shown]
            ),
            dims=dims,
        )
        for name in _with_error(quantity):
            if name in dataset:
                one = dataset[name]
                changed[raw_name(name)] = one.assign_attrs(
                    long_name=raw_long_name(str(one.attrs.get("long_name", name)))
                )
                changed[name] = one.where(inside).assign_attrs(
                    **{**one.attrs, **hints(name, quantity.comment)}
                )
    return dataset.assign(changed)


def show_all(dataset: xr.Dataset) -> xr.Dataset:
    """Put what was measured in the place of properties, also where holds have none."""
    raw = {name: dataset[raw_name(str(name))] for name in dataset if raw_name(str(name)) in dataset}
    return dataset.assign(
        {name: one.assign_attrs(dataset[name].attrs) for name, one in raw.items()}
    ).drop_vars([raw_name(str(name)) for name in raw])


STATUS_LONG_NAME = "whether the hold has properties of a phase, and why not"


def raw_long_name(long_name: str) -> str:
    """Describe a raw variable by the property's own long name."""
    return f"{long_name}, also of holds that are unsettled or changed phase"


def hints(name: str, comment: str = "") -> dict[str, str]:
    """Return the attributes that point from a property to its status and to the raw value."""
    hint = f"NaN unless the hold is settled and in one phase; see {raw_name(name)}"
    return {
        "ancillary_variables": STATUS,
        "comment": "; ".join(filter(None, (comment, hint))),
    }


def _properties() -> Iterator[Quantity]:
    return (quantity for quantity in CATALOGUE.values() if quantity.of_phase)


def _with_error(quantity: Quantity) -> tuple[str, ...]:
    return (quantity.name, stderr_name(quantity.name)) if quantity.averaged else (quantity.name,)
