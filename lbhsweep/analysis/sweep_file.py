"""What the analysis needs of the sweep's own file, which the results keep as an attribute."""

from __future__ import annotations

import math

import xarray as xr

from lbhsweep.document import Document, KeyPath, parse_document
from lbhsweep.errors import SpecError
from lbhsweep.sweep.file.spec import SystemSection

FORMULA_UNITS_PER_CELL = 4


def sweep_of(tree: xr.DataTree) -> Document | None:
    """Read the sweep's file as the results keep it; None where they have none."""
    try:
        return parse_document(str(tree.attrs.get("sweep_yaml", "")), "sweep.yaml")
    except SpecError:
        return None


def string_at(sweep: Document | None, path: KeyPath, default: str) -> str:
    """Return the string at a path of the file, or the default where the file has none."""
    value = None if sweep is None else sweep.at(path)
    return value if isinstance(value, str) else default


def formula_units(sweep: Document | None) -> int | None:
    """Count the anions of the supercell; None where the file has no size."""
    if sweep is None:
        return None
    try:
        system = SystemSection.model_validate(sweep.at(("system",)) or {})
    except ValueError:
        return None
    return FORMULA_UNITS_PER_CELL * math.prod(system.supercell)
