"""Places on a dataset's axes, given as users write coordinates."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import xarray as xr

from lbhsweep.errors import RunNotFoundError
from lbhsweep.units import parse_quantity

CLOSE = 1e-9
"""Relative distance within which two coordinates are the same."""
_DIMENSIONS = MappingProxyType(
    {
        "pressure": "pressure",
        "final_pressure": "pressure",
        "temperature": "temperature",
        "heating_rate": "rate",
        "cutoff": "length",
        "time": "time",
        "lag": "time",
    }
)
"""What kind of quantity a coordinate is, for texts with a unit."""


def place_of(axis: xr.DataArray, wanted: object, *, nearest: bool = False) -> int:
    """Return the index of a coordinate on an axis.

    Parameters
    ----------
    axis : DataArray
        Coordinates of one dimension, numbers or texts.
    wanted : object
        A text with a unit (``"300 MPa"``), a number in the axis' own unit, or another text.
    nearest : bool
        Whether the nearest number will do; otherwise it must match.

    Raises
    ------
    RunNotFoundError
        If there is no such value; the message lists those that there are.
    UnitError
        If a text has a wrong unit.
    """
    dim, values = str(axis.name), axis.values
    is_number = values.dtype.kind in "fiu"
    if is_number:
        value = _number(dim, wanted)
        at = int(np.abs(values - value).argmin()) if np.isfinite(value) and len(values) else None
        if at is not None and (nearest or np.isclose(values[at], value, rtol=CLOSE, atol=1e-12)):
            return at
    elif str(wanted) in (names := [str(one) for one in values]):
        return names.index(str(wanted))
    known = ", ".join(f"{one:g}" if is_number else str(one) for one in values)
    unit = str(axis.attrs.get("units", ""))
    raise RunNotFoundError(f"no {dim} {wanted}, wanted one of {known} {unit}".rstrip())


def _number(dim: str, wanted: object) -> float:
    if isinstance(wanted, str) and dim in _DIMENSIONS:
        return parse_quantity(wanted, _DIMENSIONS[dim])
    try:
        return float(wanted)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
