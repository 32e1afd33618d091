"""What was swept: axes, protocol, and the sweep file itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lbhsweep.document import Document
from lbhsweep.plots.shared.style import unit_text
from lbhsweep.report.parts import Definition, Table, table

_MOST_VALUES = 12
_PARTS = ("system", "model", "protocol", "dynamics", "observables", "exclude", "extra_points")
"""Of the sweep file, beside its axes."""


@dataclass(frozen=True, slots=True)
class Swept:
    """The sweep as its file and the grid of its results describe it.

    Attributes
    ----------
    is_known : bool
        Whether the results contain a sweep file that can be read.
    axes : Table
        Values along each axis; without rows if there are no runs.
    parts : tuple of Definition
        Parts of the sweep file beside its axes.
    sweep_file : str
        Its text; empty if unknown.
    """

    is_known: bool
    axes: Table
    parts: tuple[Definition, ...]
    sweep_file: str


def describe_sweep(results: xr.DataTree, document: Document | None) -> Swept:
    """Describe the sweep from its file and from the grid of the results."""
    rows = [row for node in results.children.values() for row in _axes(node.to_dataset())]
    parts = [] if document is None else [_part(name, document.at((name,))) for name in _PARTS]
    return Swept(
        is_known=document is not None,
        axes=table(("axis", "values", "number"), rows),
        parts=tuple(part for part in parts if part.text or part.parts),
        sweep_file=str(results.attrs.get("sweep_yaml", "")),
    )


def _axes(dataset: xr.Dataset) -> Iterator[tuple[str, str, str]]:
    """Yield rows (axis, values, number); a ramp's temperature is that of its bins."""
    if "status" not in dataset:
        return
    dims = [str(dim) for dim in dataset["status"].dims]
    extra = [] if "temperature" in dims else ["temperature"]
    for dim in [*dims, *extra]:
        if dim not in dataset.coords:
            continue
        coordinate = dataset[dim]
        name = "temperature bins" if dim in extra else str(coordinate.attrs.get("long_name", dim))
        unit = str(coordinate.attrs.get("units", "1"))
        shown = _some(coordinate.values)
        yield name, shown if unit == "1" else f"{shown} {unit_text(unit)}", str(coordinate.size)


def _some(values: np.ndarray) -> str:
    words = [f"{value:g}" if values.dtype.kind in "fiu" else str(value) for value in values]
    if len(words) > _MOST_VALUES:
        words = [*words[:3], "…", *words[-2:]]
    return ", ".join(words)


def _part(name: str, value: object) -> Definition:
    """Describe a part of the sweep file; a mapping alone in it keeps its name as a term."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if isinstance(inner, dict):
            return Definition(name, "", (Definition(str(key), _text(inner)),))
    return Definition(name, _text(value))


def _text(value: object) -> str:
    """Write a value of the sweep file: mappings as ``key: value``, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_text(part)}" for key, part in value.items())
    if isinstance(value, list):
        between = " | " if any(isinstance(part, dict) for part in value) else ", "
        return between.join(_text(part) for part in value)
    return str(value)
