"""Text dumps of LAMMPS: https://docs.lammps.org/dump.html."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.errors import StructureError
from lbhsweep.physics.files.choice import chosen_frame, no_frame, several_frames
from lbhsweep.physics.files.content import FileContent
from lbhsweep.physics.files.species import element_of_label, element_of_mass, masses_by_species

_PLACES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
_ITEM = "ITEM:"


@dataclass(frozen=True, slots=True)
class _Step:
    """One step: the headings' lines by title, and the lines below each."""

    items: dict[str, tuple[int, list[str], list[str]]]


def read_lammps_dump(text: str, choice: str | None = None) -> FileContent:
    """Read the crystal of one step of a text dump in units real or metal.

    Parameters
    ----------
    text : str
        Of the file; atoms have one of the columns ``element``, ``typelabel`` or ``mass``.
    choice : str, optional
        Number of the step in the file, from 0, or from −1 backwards; needed if there are several.

    Returns
    -------
    FileContent
        Atoms in the order of their ids, if they have any.

    Raises
    ------
    StructureError
        If lines are missing or wrong, the species can't be known, or several steps are there and
        none is named.
    """
    steps = list(_steps(text))
    number = chosen_frame(choice)
    if not steps:
        raise StructureError(f"it has no line '{_ITEM} TIMESTEP', wanted a text dump of LAMMPS")
    if number is None and len(steps) > 1:
        raise several_frames()
    try:
        place = range(len(steps))[number or 0]
    except IndexError:
        raise no_frame(choice, len(steps)) from None
    return _content(steps[place], is_last=place == len(steps) - 1)


def _steps(text: str) -> Iterator[_Step]:
    step: _Step | None = None
    for line, whole in enumerate(text.splitlines(), 1):
        if whole.startswith(_ITEM):
            title, *rest = whole.removeprefix(_ITEM).split() or [""]
            if title == "TIMESTEP":
                if step:
                    yield step
                step = _Step({})
            if step is None:
                raise StructureError(f"line {line}: got {whole!r}, wanted '{_ITEM} TIMESTEP' first")
            step.items[title] = line, rest, []
        elif step is not None and whole.strip():
            next(reversed(step.items.values()))[2].append(whole)
    if step:
        yield step


def _content(step: _Step, *, is_last: bool) -> FileContent:
    cell, origin = _box(step)
    line, columns, rows = _item(step, "ATOMS")
    _, _, count = _item(step, "NUMBER")
    n_atoms = _numbers(count, 1, _item(step, "NUMBER")[0])[0, 0]
    if len(rows) != n_atoms:
        raise StructureError(
            f"a step has {len(rows)} lines of atoms, wanted {n_atoms:g}; is the file whole?"
        )
    words = [row.split() for row in rows]
    for i, one in enumerate(words, line + 1):
        if len(one) != len(columns):
            raise StructureError(f"line {i}: got {len(one)} words, wanted {len(columns)}")

    def column(name: str) -> list[str]:
        place = columns.index(name)
        return [one[place] for one in words]

    named = next((names for names in _PLACES if set(names) <= set(columns)), None)
    if named is None:
        raise StructureError(
            f"line {line}: its columns are {' '.join(columns)}, wanted positions: x y z (or xu, "
            "xs, xsu and so on)"
        )
    placed = [" ".join(row) for row in zip(*map(column, named), strict=True)]
    positions = _numbers(placed, 3, line + 1)
    positions = positions @ cell + origin if "s" in named[0] else positions
    symbols, masses = _species(columns, column, line)
    if "id" in columns:
        order = np.argsort(_numbers(column("id"), 1, line + 1)[:, 0], kind="stable")
    else:
        order = np.arange(len(rows))
    return FileContent(
        tuple(symbols[i] for i in order),
        positions[order],
        cell,
        masses_by_species(symbols, masses),
        is_last=is_last,
    )


def _species(
    columns: Sequence[str], column: Callable[[str], list[str]], line: int
) -> tuple[list[str], list[float | None]]:
    label = next((name for name in ("element", "typelabel") if name in columns), None)
    given = [element_of_label(word) for word in column(label)] if label else []
    masses: list[float | None] = []
    if "mass" in columns:
        masses = [float(mass) for mass in _numbers(column("mass"), 1, line + 1)[:, 0]]
    if label and all(given):
        known = [one for one in given if one]
        return [one[0] for one in known], masses or [one[1] for one in known]
    found = [element_of_mass(mass) for mass in masses if mass is not None]
    if masses and all(found):
        return [one for one in found if one], masses
    if label:
        wrong = column(label)[given.index(None)]
        got = f"column {label} has {wrong!r}, which is no element"
    else:
        got = f"its columns are {' '.join(columns)}, which don't say what elements types are"
    raise StructureError(
        f"line {line}: {got}; wanted a column element or mass: in LAMMPS 'dump 1 all custom 100 "
        "my.dump id element x y z' with 'dump_modify 1 element' and a symbol for each type"
    )


def _box(step: _Step) -> tuple[FloatArray, FloatArray]:
    """Return lattice vectors in rows and the corner, of a box of any shape."""
    line, flags, rows = _item(step, "BOX")
    words = flags[1:]  # After BOUNDS.
    if words.count("pp") != 3:
        raise StructureError(
            f"line {line}: got {' '.join(words)!r}, wanted pp pp pp, a periodic box"
        )
    if words[:2] == ["abc", "origin"]:
        general = _numbers(rows, 4, line + 1, n_rows=3)
        return general[:, :3], general[:, 3]
    is_tilted = "xy" in words
    bounds = _numbers(rows, 3 if is_tilted else 2, line + 1, n_rows=3)
    low, high = bounds[:, 0].copy(), bounds[:, 1].copy()
    xy, xz, yz = bounds[:, 2] if is_tilted else (0.0, 0.0, 0.0)
    # The bounds are those of the tilted box: https://docs.lammps.org/Howto_triclinic.html
    low -= [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high -= [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    cell = np.diag(high - low)
    cell[1, 0], cell[2, 0], cell[2, 1] = xy, xz, yz
    return np.asarray(cell), low


def _item(step: _Step, title: str) -> tuple[int, list[str], list[str]]:
    if title not in step.items:
        raise StructureError(
            f"a step has no '{_ITEM} {title}', wanted a whole dump; is it cut off?"
        )
    return step.items[title]


def _numbers(
    rows: Sequence[str], n_columns: int, line: int, n_rows: int | None = None
) -> FloatArray:
    """Convert lines of numbers to an array (rows, columns)."""
    wanted = len(rows) if n_rows is None else n_rows
    try:
        array = np.array([row.split() for row in rows], dtype=np.float64)
        if array.shape != (wanted, n_columns) or not wanted or not np.isfinite(array).all():
            raise ValueError
    except ValueError:
        raise StructureError(
            f"from line {line} on: wanted {max(wanted, 1)} lines of {n_columns} numbers"
        ) from None
    return array
