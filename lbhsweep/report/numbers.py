"""The numbers of the analysis with their errors: tables by material, with caveats."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from lbhsweep.analysis.material import MATERIAL
from lbhsweep.analysis.summary import (
    combined_error,
    describe_coexistence,
    note_bounds,
    write_bound,
)
from lbhsweep.plots.shared.style import unit_text
from lbhsweep.report.described import Description, describe_variable
from lbhsweep.report.parts import Definition, Table, TableCell, table
from lbhsweep.units import plain_number

_SHOWN_ELSEWHERE = (
    "label",
    "missing",
    "flagged",
    "published",
    "contradicts_published",
    "phases",
    "laterals_A",
    *MATERIAL,
)
_VARIABLES = {
    "largest_entropy_change": "isothermal_entropy_change",
    "largest_temperature_change": "adiabatic_temperature_change",
}
"""Names of the summary's numbers in the analysis where they differ."""
_GROUPS = ("transition", "barocaloric", "heat_capacity/baseline")
"""Groups of the analysis that hold most numbers of the summary."""
_COEXISTENCE = "equilibrium"
"""Group that describes the numbers of coexisting phases."""
_SMALL = 1e-3
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_REMARK = "reason"
_VALUE = "value"
_OF_NUMBER = ("value", "stderr", "systematic", "units")
_UNITS_IN_NAMES = {"_GPa": "GPa", "_K": "K"}
_ABSENT = TableCell("–", hint="absent; the reason is below")


@dataclass(frozen=True, slots=True)
class Notes:
    """Remarks under a heading."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MaterialNumbers:
    """The numbers of one material.

    Attributes
    ----------
    label : str
        Of the material.
    has_number : bool
        Whether any of the numbers is known.
    tables : tuple of Table
        The numbers.
    signs : str
        What signs before T_t mean; empty if all are values.
    formulas : tuple of Definition
        Formulas and sources of those shown.
    notes : tuple of Notes
        Caveats, flagged runs, and what is missing.
    """

    label: str
    has_number: bool
    tables: tuple[Table, ...]
    signs: str
    formulas: tuple[Definition, ...]
    notes: tuple[Notes, ...]


def describe_numbers(
    summary: Mapping[str, Any], analysis: xr.DataTree, notes: Mapping[str, list[str]]
) -> list[MaterialNumbers]:
    """Describe everything in the summary by material, with caveats and what is missing.

    Parameters
    ----------
    summary : mapping
        From `summarize`.
    analysis : DataTree
        Whose variables describe the numbers.
    notes : mapping of str to list of str
        Caveats by the material's label.
    """
    found = [
        _material(material, analysis, notes.get(str(material["label"]), []))
        for material in summary["materials"]
    ]
    own = xr.DataTree.from_dict(
        {
            path: node.to_dataset()
            for path, node in analysis.children.items()
            if path == _COEXISTENCE
        }
    )
    return found + [
        _material({**material, "label": describe_coexistence(material)}, own, [])
        for material in summary.get("equilibrium", ())
    ]


def number_cell(number: Mapping[str, Any] | float | None, note: str = "") -> TableCell:
    """Write a number of the summary with its combined error; `value` has all its digits."""
    if number is None:
        return _ABSENT
    if not isinstance(number, Mapping):
        return TableCell(f"{number:g}", value=repr(number))
    shown = with_error(number["value"], combined_error(number))
    if not number["stderr"] and number.get("bound", _VALUE) != _VALUE:
        shown = f"{number['value']:.4g}"
    if "at_T_t" in number:
        note += f" at the {number['at_T_t']} of T_t"
    return TableCell(write_bound(number, shown), value=repr(number["value"]), note=note)


def with_error(value: float, stderr: float | None) -> str:
    """Write a value and its error to the error's second digit: ``480.3 ± 1.2``.

    Small ones get a power of ten: ``(9.3 ± 2.7) × 10⁻⁷``.
    """
    if not stderr or not math.isfinite(stderr):
        return f"{plain_number(value, 4)} (error unknown)"
    size = max(abs(value), stderr)
    if size < _SMALL:
        power = math.floor(math.log10(size))
        shown = with_error(value / 10.0**power, stderr / 10.0**power)
        return f"({shown}) × 10{str(power).translate(_RAISED)}"
    digits = max(0, 1 - math.floor(math.log10(stderr)))
    return f"{value:.{digits}f} ± {stderr:.{digits}f}"


def _material(
    material: Mapping[str, Any], analysis: xr.DataTree, caveats: list[str]
) -> MaterialNumbers:
    shown = {key: value for key, value in material.items() if key not in _SHOWN_ELSEWHERE}
    tables, used = _tables(shown, analysis)
    tables += _published(material.get("published", []))
    lists = {
        "Caveats": caveats,
        "Flagged runs": [note for note in material.get("flagged", []) if note not in caveats],
        "Missing, and why": [note for note in material.get("missing", []) if note not in caveats],
    }
    return MaterialNumbers(
        label=str(material["label"]),
        has_number=any(map(_has_number, shown.values())),
        tables=tuple(tables),
        signs=note_bounds(material, derived="phases" not in material),
        formulas=_formulas(used, analysis),
        notes=tuple(Notes(title, tuple(lines)) for title, lines in lists.items() if lines),
    )


def _published(statements: list[Mapping[str, Any]]) -> list[Table]:
    if not statements:
        return []
    rows = [
        (one["statement"], _range(one["lower_K"], one["upper_K"]), one["source"])
        for one in statements
    ]
    return [table(("statement", "T_t (K)", "source"), rows, "published T_t at ambient pressure")]


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _has_number(value: Any) -> bool:
    """Check whether there is a measured number anywhere inside, besides coordinates."""
    if isinstance(value, Mapping):
        return "value" in value or any(map(_has_number, value.values()))
    return isinstance(value, list) and any(map(_has_number, value))


def _tables(shown: Mapping[str, Any], analysis: xr.DataTree) -> tuple[list[Table], list[str]]:
    """Build the tables of a material, and list the names of the numbers in them."""
    tables, single, used = [], [], []
    for key, value in shown.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            tables.append(_by_row(key, value, analysis))
            used += list(value[0])
        elif not isinstance(value, list):
            single += list(_entries(key, value, analysis))
            used.append(key)
    if single:
        tables.append(table(("over all pressures", "value", "unit"), single))
    return tables, used


def _by_row(key: str, rows: list[Mapping[str, Any]], analysis: xr.DataTree) -> Table:
    """Build a table of entries that have the same keys, such as those at each pressure.

    Entries that are numbers themselves have their coordinates and remarks before the number.
    """
    whole = "value" in rows[0]
    columns = [
        name
        for name, value in rows[0].items()
        if not isinstance(value, list)
        and not (whole and name in _OF_NUMBER)
        and any(row.get(name) != "" for row in rows)
    ]
    header = [_heading(name, [row.get(name) for row in rows], analysis) for name in columns]
    body: list[list[str | TableCell]] = [[_cell(row.get(name)) for name in columns] for row in rows]
    if whole:
        header += ["value", "unit"]
        body = [
            [*cells, number_cell(row), _unit(row)] for cells, row in zip(body, rows, strict=True)
        ]
    title = key.replace("_", " ") if whole else f"by {key.removesuffix('s').replace('_', ' ')}"
    return table(header, body, title)


def _cell(value: Any) -> str | TableCell:
    return value.replace("_", " ") if isinstance(value, str) else number_cell(value)


def _entries(key: str, value: Any, analysis: xr.DataTree) -> Iterator[tuple[str | TableCell, ...]]:
    """Yield rows (name, value, unit) of one entry of the summary, whatever its shape."""
    name = _name(key, analysis)
    if isinstance(value, str):
        yield name, value.replace("_", " "), ""
    elif not isinstance(value, Mapping):
        yield name, number_cell(value), ""
    elif "value" in value:
        places = ", ".join(
            f"{_name(other, analysis)} {at:g} {_unit_in(other)}".strip()
            for other, at in value.items()
            if other not in _OF_NUMBER and isinstance(at, float | int)
        )
        yield name, number_cell(value, f" at {places}" if places else ""), _unit(value)
    else:
        for part, inner in value.items():
            yield from _entries(f"{key}, {part}", inner, analysis)


def _unit(number: Mapping[str, Any]) -> str:
    units = str(number.get("units", "1"))
    return "" if units == "1" else unit_text(units)


def _heading(name: str, numbers: list[Any], analysis: xr.DataTree) -> str:
    units = [_unit(one) for one in numbers if isinstance(one, Mapping)]
    found = _described(name, analysis)
    units += [_unit({"units": found.units})] if found else []
    unit = next(filter(None, units), "") or _unit_in(name)
    return f"{_name(name, analysis)} ({unit})" if unit else _name(name, analysis)


def _name(key: str, analysis: xr.DataTree) -> str:
    """Return a number's long name, or its key in words."""
    if key == _REMARK:
        return "remark"
    found = _described(key, analysis)
    words = key
    for suffix in _UNITS_IN_NAMES:
        words = words.removesuffix(suffix)
    words = words.replace("_", " ")
    if found is None:
        return words
    return f"largest {found.long_name}" if key in _VARIABLES else found.long_name


def _described(key: str, analysis: xr.DataTree) -> Description | None:
    """Find the description of a number in the analysis, first in the groups of the summary."""
    first = [node for node in analysis.subtree if node.path.strip("/") in _GROUPS]
    return describe_variable(_VARIABLES.get(key, key), [*first, analysis])


def _unit_in(name: str) -> str:
    return next((unit for end, unit in _UNITS_IN_NAMES.items() if name.endswith(end)), "")


def _formulas(names: list[str], analysis: xr.DataTree) -> tuple[Definition, ...]:
    """Return formula and source of the numbers shown, as far as their variables say them."""
    found = {name: _described(name, analysis) for name in dict.fromkeys(names)}
    pairs = {one.long_name: one.text for one in found.values() if one is not None and one.text}
    return tuple(Definition(name, text) for name, text in pairs.items())
