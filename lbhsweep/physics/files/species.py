"""Which element, and which isotope, an atom of a file is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from lbhsweep.errors import StructureError
from lbhsweep.physics.forcefield import ForceField

SAME_MASS = 0.05
"""g/mol: natural masses are printed with different digits (10.81, 10.811); isotopes differ more
(7.016 of ⁷Li from 6.94)."""
ELEMENT_MASS = 0.5
"""g/mol: farther from every element's mass, a mass names none."""
ISOTOPES = {
    ("H", 1): 1.008,
    ("H", 2): 2.014,
    ("H", 3): 3.016,
    ("Li", 6): 6.015,
    ("Li", 7): 7.016,
    ("B", 10): 10.013,
    ("B", 11): 11.009,
}
"""g/mol, of the elements of the crystal."""
_HEAVY_HYDROGEN = {"D": 2, "T": 3}


def element_of_label(label: str) -> tuple[str, float | None] | None:
    """Return the element that a label is, and its mass in g/mol where it names an isotope.

    A label is an element's symbol, ``D`` or ``T``, or one of these after a mass number (``7Li``).
    """
    from ase.data import atomic_numbers

    number, symbol = re.fullmatch(r"(\d*)(.*)", label, re.DOTALL).groups()  # type: ignore[union-attr]
    if symbol in _HEAVY_HYDROGEN and not number:
        symbol, number = "H", str(_HEAVY_HYDROGEN[symbol])
    if symbol not in atomic_numbers or symbol == "X":
        return None
    if not number:
        return symbol, None
    return symbol, ISOTOPES.get((symbol, int(number)), float(number))


def element_of_mass(mass: float) -> str | None:
    """Return the element whose natural mass, or isotope's, is nearest; None if all are far."""
    from ase.data import atomic_masses, chemical_symbols

    for (symbol, _), isotope in ISOTOPES.items():
        if abs(mass - isotope) < SAME_MASS:
            return symbol
    apart = np.abs(np.asarray(atomic_masses) - mass)
    apart[0] = np.inf
    nearest = int(np.argmin(apart))
    return str(chemical_symbols[nearest]) if apart[nearest] < ELEMENT_MASS else None


def masses_by_species(symbols: Iterable[str], masses: Iterable[float | None]) -> dict[str, float]:
    """Return the mass that each species has in a file.

    Parameters
    ----------
    symbols : iterable of str
        Of each atom, or of each kind of atom.
    masses : iterable of float or None
        Theirs in g/mol; None where the file gives none.

    Returns
    -------
    dict of str to float
        g/mol, of the species for which the file gives masses.

    Raises
    ------
    StructureError
        If atoms of one species have different masses.
    """
    from ase.data import atomic_masses, atomic_numbers

    found: dict[str, set[float | None]] = {}
    for symbol, mass in zip(symbols, masses, strict=True):
        found.setdefault(symbol, set()).add(None if mass is None else float(mass))
    for symbol, several in found.items():
        natural = float(atomic_masses[atomic_numbers[symbol]]) if symbol in atomic_numbers else 0.0
        known = sorted(natural if mass is None else mass for mass in several)
        if len(several) > 1 and known[-1] - known[0] > SAME_MASS:
            raise StructureError(
                f"its {symbol} atoms have masses from {known[0]:g} to {known[-1]:g} g/mol, wanted "
                f"one isotope, or the natural mixture, of {symbol} in the whole file: a species "
                "of a force field has one mass"
            )
    return {
        symbol: float(next(mass for mass in several if mass is not None))
        for symbol, several in found.items()
        if several != {None}
    }


def other_masses(masses: Mapping[str, float], force_field: ForceField) -> str | None:
    """Say which masses of a file are not those of a force field; None if all are.

    Parameters
    ----------
    masses : mapping of str to float
        By species, g/mol.
    force_field : ForceField
        Its masses are those that move.
    """
    for symbol, mass in masses.items():
        species = force_field.species.get(symbol)
        if species is None or abs(mass - species.mass) < SAME_MASS:
            continue
        return (
            f"{symbol} has mass {mass:g} g/mol in the file, but {species.mass:g} in force field "
            f"'{force_field.name}', with which runs would move; for an isotope set "
            f"species.{symbol}.mass: {mass:g} in a parameter file of your own and give that as "
            "potential (see docs/force-fields.md), or correct the structure file"
        )
    return None
