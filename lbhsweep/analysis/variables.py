"""How products become labelled variables: units, long name, formula and source, error beside."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.quantities import stderr_name

ENTROPY_UNITS = "J/kg/K"
BAROCALORIC_STUDY = "barocaloric study of Li2B12H12, Sci. Rep. 2021, supplement"


def kilogram_factor(molar_mass: float) -> float:
    """Convert kJ/mol/K per formula unit to J/kg/K, for a molar mass in g/mol."""
    return 1e6 / molar_mass


def variable(
    dims: Sequence[str],
    data: npt.ArrayLike,
    units: str,
    long_name: str,
    *,
    formula: str = "",
    source: str = "",
) -> xr.Variable:
    """Build one variable with its attributes."""
    attributes: dict[str, Any] = {"units": units, "long_name": long_name}
    if formula:
        attributes["formula"] = formula
    if source:
        attributes["source"] = source
    return xr.Variable(tuple(dims), np.asarray(data), attributes)


def with_error(
    name: str,
    dims: Sequence[str],
    value: npt.ArrayLike,
    stderr: npt.ArrayLike,
    units: str,
    long_name: str,
    *,
    formula: str = "",
    source: str = "",
) -> dict[str, xr.Variable]:
    """Build a variable and its standard error."""
    return {
        name: variable(dims, value, units, long_name, formula=formula, source=source),
        stderr_name(name): variable(dims, stderr, units, f"standard error of {long_name}"),
    }


def stack(parts: Sequence[xr.Dataset], dim: Hashable) -> xr.Dataset:
    """Put datasets of the same variables and coordinates side by side along a new dimension.

    The same as `xarray.concat`, which compares all coordinates first and takes most of the time
    of a small sweep's analysis.
    """
    first = parts[0]
    variables = {
        name: xr.Variable(
            (dim, *one.dims),
            np.stack([part.variables[name].transpose(*one.dims).values for part in parts]),
            one.attrs,
        )
        for name, one in first.data_vars.items()
    }
    coords = {name: coordinate.variable for name, coordinate in first.coords.items()}
    return xr.Dataset(variables, coords=coords, attrs=first.attrs)


def mask(dims: Sequence[str], data: npt.ArrayLike, meaning: str) -> xr.Variable:
    """Build a variable that is 1 where `meaning` holds."""
    attributes = {
        "long_name": meaning,
        "flag_values": np.array([0, 1], dtype=np.int8),
        "flag_meanings": "no yes",
    }
    return xr.Variable(tuple(dims), np.asarray(data, dtype=np.int8), attributes)


def text(dims: Sequence[str], data: npt.ArrayLike, long_name: str) -> xr.Variable:
    """Build a variable of texts, such as why a number is absent; empty where it is there."""
    return xr.Variable(tuple(dims), np.asarray(data, dtype=object), {"long_name": long_name})
