"""What was swept: name, description, axes, protocol, and the sweep file itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lbhsweep.document import Document
from lbhsweep.plots.shared.style import unit_text
from lbhsweep.report.html import Html, definitions, folded, section, table, tag

_MOST_VALUES = 12
_PARTS = ("system", "model", "protocol", "dynamics", "observables", "exclude", "extra_points")
"""Of the sweep file, beside its axes."""
NOT_READ = "The results don't say from which sweep file they are."


def swept_section(results: xr.DataTree, document: Document | None) -> Html:
    """Describe the sweep, from its file and from the grid of the results."""
    axes = [row for node in results.children.values() for row in _axes(node.to_dataset())]
    pieces: list[object] = []
    if document is None:
        pieces.append(tag("p", NOT_READ))
    if axes:
        pieces.append(table(("axis", "values", "number"), axes))
    if document is not None:
        parts = [(part, _lines(document.at((part,)))) for part in _PARTS]
        pieces.append(definitions((part, said) for part, said in parts if said))
    text = str(results.attrs.get("sweep_yaml", ""))
    if text:
        pieces.append(folded("The sweep file", tag("pre", tag("code", text))))
    return section("What was swept", *pieces, key="swept")


def _axes(dataset: xr.Dataset) -> Iterator[tuple[str, str, str]]:
    """Give rows (axis, values, number); a ramp's temperature is that of its bins."""
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


def _lines(value: object, depth: int = 0) -> Html | str:
    """Write a part of the sweep file: mappings as lists of terms, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, dict):
        if depth == 0 and len(value) == 1 and isinstance(next(iter(value.values())), dict):
            return definitions((key, _lines(part, depth + 1)) for key, part in value.items())
        return "; ".join(f"{key}: {_lines(part, depth + 1)}" for key, part in value.items())
    if isinstance(value, list):
        between = " | " if any(isinstance(part, dict) for part in value) else ", "
        return between.join(str(_lines(part, depth + 1)) for part in value)
    return str(value)
