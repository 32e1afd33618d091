"""LAMMPS data files: https://docs.lammps.org/read_data.html."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.errors import StructureError
from lbhsweep.physics.files.content import FileContent
from lbhsweep.physics.files.species import element_of_label, element_of_mass, masses_by_species

COLUMNS = {
    "atomic": (1, 2),
    "charge": (1, 3),
    "angle": (2, 3),
    "bond": (2, 3),
    "molecular": (2, 3),
    "full": (2, 4),
}
"""Columns of the type and of x by atom style; three image flags may follow."""
GRAMS_AND_ANGSTROM = ("real", "metal")
"""Systems of units with masses in g/mol and lengths in Å."""
_SECTIONS = frozenset(
    {
        "Atoms", "Velocities", "Masses", "Ellipsoids", "Lines", "Triangles", "Bodies", "Bonds",
        "Angles", "Dihedrals", "Impropers", "Atom Type Labels", "Bond Type Labels",
        "Angle Type Labels", "Dihedral Type Labels", "Improper Type Labels", "Pair Coeffs",
        "PairIJ Coeffs", "Bond Coeffs", "Angle Coeffs", "Dihedral Coeffs", "Improper Coeffs",
        "BondBond Coeffs", "BondAngle Coeffs", "MiddleBondTorsion Coeffs",
        "EndBondTorsion Coeffs", "AngleTorsion Coeffs", "AngleAngleTorsion Coeffs",
        "BondBond13 Coeffs", "AngleAngle Coeffs",
    }
)  # fmt: skip
_BOX = {
    "xlo xhi": 2, "ylo yhi": 2, "zlo zhi": 2, "xy xz yz": 3, "avec": 3, "bvec": 3, "cvec": 3,
    "abc origin": 3,
}  # fmt: skip
_HEADER = re.compile(rf"(.*?) ({'|'.join(_BOX)}|atoms|atom types)")


@dataclass(slots=True)
class _Section:
    """Lines of a section: number in the file, and words without the comment."""

    comment: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read_lammps_data(text: str) -> FileContent:
    """Read the crystal of a data file in units real or metal.

    Species are those of the type labels if these are elements, otherwise of the masses.

    Parameters
    ----------
    text : str
        Of the file.

    Returns
    -------
    FileContent
        Atoms in the order of their ids, image flags applied.

    Raises
    ------
    StructureError
        If lines are missing or wrong, or the species can't be known.
    """
    lines = text.splitlines()
    header, sections = _parts(lines)
    _require_units(lines[0] if lines else "")
    cell = _cell(header)
    if "Atoms" not in sections:
        raise StructureError("it has no section Atoms, wanted a whole LAMMPS data file")
    labels = {}
    if "Atom Type Labels" in sections:
        for line, words in sections["Atom Type Labels"].rows:
            labels[_at(words, 1, line, "a label")] = _whole(words, 0, line)
    species = _species(sections, labels)
    atoms = sections["Atoms"]
    n_atoms = header["atoms"][0] if "atoms" in header else None
    if n_atoms is None or len(atoms.rows) != n_atoms:
        wanted = "no number of atoms" if n_atoms is None else f"{n_atoms:g} atoms"
        raise StructureError(
            f"section Atoms has {len(atoms.rows)} lines, but the header says {wanted}; is the "
            "file whole?"
        )
    type_column, first, n_columns = _columns(atoms, labels, set(species))
    ids, symbols, masses, positions = [], [], [], np.empty((len(atoms.rows), 3))
    for row, (line, words) in enumerate(atoms.rows):
        if len(words) != n_columns:
            raise StructureError(
                f"line {line}: got {len(words)} words, wanted {n_columns} as in the first of Atoms"
            )
        kind = _type(words[type_column], labels, line)
        if kind not in species:
            raise StructureError(f"line {line}: atom type {kind} has no mass and no label")
        symbol, mass = species[kind]
        ids.append(_whole(words, 0, line))
        symbols.append(symbol)
        masses.append(mass)
        positions[row] = [_number(words, first + k, line) for k in range(3)]
        if n_columns == first + 6:
            positions[row] += [_whole(words, first + 3 + k, line) for k in range(3)] @ cell
    if len(set(ids)) != len(ids):
        raise StructureError("two lines of section Atoms have the same id")
    order = np.argsort(ids)
    return FileContent(
        tuple(symbols[i] for i in order),
        positions[order],
        cell,
        masses_by_species(symbols, masses),
    )


def _parts(lines: Sequence[str]) -> tuple[dict[str, list[float]], dict[str, _Section]]:
    """Split a file into its header and its sections; the first line is a comment."""
    header: dict[str, list[float]] = {}
    sections: dict[str, _Section] = {}
    current: _Section | None = None
    for line, whole in enumerate(lines[1:], 2):
        text, _, comment = whole.partition("#")
        words = text.split()
        title = " ".join(words)
        if title in _SECTIONS:
            if title in sections:
                raise StructureError(f"line {line}: a second section {title}, wanted one")
            current = sections[title] = _Section(comment.strip())
        elif words and current is not None:
            current.rows.append((line, words))
        elif words and (match := _HEADER.fullmatch(title)):
            name = match[2]
            values = match[1].split()
            n = _BOX.get(name, 1)
            if len(values) != n:
                raise StructureError(
                    f"line {line}: got {title!r}, wanted {n} numbers before {name}"
                )
            header[name] = [_number(values, k, line) for k in range(n)]
    return header, sections


def _require_units(first: str) -> None:
    named = re.search(r"units\s*=\s*(\w+)", first)
    if named and named[1] not in GRAMS_AND_ANGSTROM:
        raise StructureError(
            f"it is in units {named[1]}, wanted {' or '.join(GRAMS_AND_ANGSTROM)}: lengths in Å "
            "and masses in g/mol"
        )


def _cell(header: dict[str, list[float]]) -> FloatArray:
    """Build the lattice vectors, in rows, of an orthogonal, restricted or general box."""
    general = [header[name] for name in ("avec", "bvec", "cvec") if name in header]
    if len(general) == 3:
        return np.array(general)
    missing = [name for name in ("xlo xhi", "ylo yhi", "zlo zhi") if name not in header]
    if missing:
        raise StructureError(
            f"its header has no {', '.join(missing)}, wanted the periodic box (or avec, bvec and "
            "cvec of a general triclinic one)"
        )
    cell = np.diag([header[f"{axis}lo {axis}hi"][1] - header[f"{axis}lo {axis}hi"][0]
                    for axis in "xyz"])  # fmt: skip
    cell[1, 0], cell[2, 0], cell[2, 1] = header.get("xy xz yz", (0.0, 0.0, 0.0))
    return np.asarray(cell)


def _species(
    sections: dict[str, _Section], labels: dict[str, int]
) -> dict[int, tuple[str, float | None]]:
    """Return symbol and mass of each atom type."""
    masses = {
        _type(_at(words, 0, line, "an atom type"), labels, line): _number(words, 1, line)
        for line, words in (sections["Masses"].rows if "Masses" in sections else ())
    }
    by_label = {kind: element_of_label(label) for label, kind in labels.items()}
    found: dict[int, tuple[str, float | None]] = {}
    for kind in sorted({*masses, *by_label}):
        labelled, mass = by_label.get(kind), masses.get(kind)
        symbol = labelled[0] if labelled else element_of_mass(mass) if mass is not None else None
        if symbol is None:
            names = [label for label, own in labels.items() if own == kind]
            called = f", labelled {names[0]!r}," if names else ""
            has = "no mass" if mass is None else f"mass {mass:g}, which is no element's"
            raise StructureError(
                f"atom type {kind}{called} has {has}; wanted its mass in g/mol in section Masses, "
                "or an element's symbol in section Atom Type Labels"
            )
        found[kind] = symbol, mass if mass is not None or labelled is None else labelled[1]
    if not found:
        raise StructureError(
            "it doesn't say which elements its atom types are; wanted a section Masses (g/mol), "
            "or a section Atom Type Labels with their symbols, for example '1 Li'"
        )
    return found


def _columns(atoms: _Section, labels: dict[str, int], kinds: set[int]) -> tuple[int, int, int]:
    """Return the columns of the type and of x, and how many there are, of section Atoms."""
    if not atoms.rows:
        raise StructureError("section Atoms is empty")
    line, words = atoms.rows[0]
    n = len(words)
    style = atoms.comment.split()[0] if atoms.comment else ""
    if not style:
        is_type = n > 2 and (words[2] in labels or words[2] in {str(kind) for kind in kinds})
        style = {5: "atomic", 8: "atomic", 7: "full", 10: "full"}.get(n, "")
        if n in (6, 9):
            style = "molecular" if is_type else "charge"
    if style not in COLUMNS:
        got = f"atom style {style!r}" if style else f"{n} columns and no atom style"
        raise StructureError(
            f"line {line}: got {got} in section Atoms, wanted one of {', '.join(COLUMNS)}, named "
            "as in 'Atoms # full'"
        )
    kind, first = COLUMNS[style]
    if n not in (first + 3, first + 6):
        raise StructureError(
            f"line {line}: got {n} columns, wanted {first + 3} or {first + 6} of atom style {style}"
        )
    return kind, first, n


def _type(word: str, labels: dict[str, int], line: int) -> int:
    if word in labels:
        return labels[word]
    if word.isascii() and word.isdigit():
        return int(word)
    raise StructureError(
        f"line {line}: atom type {word!r} is no number, and section Atom Type Labels has no such "
        "label"
    )


def _at(words: Sequence[str], place: int, line: int, wanted: str) -> str:
    if place >= len(words):
        raise StructureError(f"line {line}: got {' '.join(words)!r}, wanted {wanted} there too")
    return words[place]


def _whole(words: Sequence[str], place: int, line: int) -> int:
    value = _number(words, place, line)
    if value != int(value):
        raise StructureError(f"line {line}: got {words[place]!r}, wanted a whole number")
    return int(value)


def _number(words: Sequence[str], place: int, line: int) -> float:
    word = _at(words, place, line, "a number")
    try:
        value = float(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise StructureError(f"line {line}: got {word!r}, wanted a number")
    return value
