"""Identical molecules side by side, so that one vector holds one atom of each of them.

A term inside molecules, say the bond between atoms 3 and 7, then is the same arithmetic on
neighbouring lanes, without gathers and scatters.  A *slot* is a place in this order: slots of
atom a of all molecules of one kind follow each other, and are filled up to whole vectors with
copies whose weight is zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.engine.molecules.matching import LocalTerm, match, relations
from lbhsweep.physics.topology import atoms_by_molecule

LANES = 8
"""float64 lanes of a vector: runs of slots are multiples of this."""


@dataclass(frozen=True, slots=True, eq=False)
class LaneTerms:
    """One sort of term inside molecules, atom by atom.

    Attributes
    ----------
    atoms : (n_terms, k) integers
        Atoms of each term, all in one molecule.
    parameters : (n_terms, p) float64
    """

    atoms: npt.NDArray[Any]
    parameters: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The same terms, one row for all molecules of a kind.

    Attributes
    ----------
    slots : (n_rows, k + 1) int64
        First slot of each atom, then the number of slots.
    parameters : (n_rows, p) float64
    """

    slots: IntArray
    parameters: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LaneLayout:
    """Atoms in slots, and terms as rows.

    Attributes
    ----------
    atoms : (n_slots,) int64
        Atom of each slot.
    slot : (n_atoms,) int64
        Slot of each atom, of those that count.
    weight : (n_slots,) float64
        1, or 0 for copies that only fill a vector.
    rows : dict
        `Rows` by name.
    """

    atoms: IntArray
    slot: IntArray
    weight: FloatArray
    rows: dict[str, Rows]


def lay_out(molecule: npt.NDArray[Any], terms: Mapping[str, LaneTerms]) -> LaneLayout:
    """Find identical molecules and put them side by side.

    Molecules are identical if their terms are, whatever the order of their atoms.

    Parameters
    ----------
    molecule : (n_atoms,) integers
        0 for single atoms, otherwise the molecule's number.
    terms : dict
        `LaneTerms` by name, each within one molecule and the same if its atoms are read backwards.
    """
    members = molecules_and_ions(molecule)
    local = np.empty(len(molecule), np.int64)
    home = np.empty(len(molecule), np.int64)
    for m, atoms in enumerate(members):
        home[atoms], local[atoms] = m, np.arange(len(atoms))
    described: list[list[LocalTerm]] = [[] for _ in members]
    for name, term in terms.items():
        for atoms, parameters in zip(term.atoms, term.parameters, strict=True):
            place = tuple(local[atoms].tolist())
            described[home[atoms[0]]].append((name, place, tuple(parameters.tolist())))
    return _place(_kinds(members, described), terms, len(molecule))


def _kinds(
    members: list[IntArray], described: list[list[LocalTerm]]
) -> list[tuple[list[LocalTerm], list[IntArray]]]:
    """Sort molecules into kinds: a kind's terms, and its molecules' atoms in the same order."""
    numbers: dict[Any, int] = {}
    kinds: list[tuple[IntArray, list[LocalTerm], list[IntArray]]] = []
    for atoms, found in zip(members, described, strict=True):
        table = relations(len(atoms), found, numbers)
        for template, wanted, molecules in kinds:
            order = match(template, table)
            if order is not None and _reordered(found, order) == sorted(wanted):
                molecules.append(atoms[order])
                break
        else:
            canonical = _reordered(found, np.arange(len(atoms)))
            kinds.append((table, canonical, [atoms]))
    return [(wanted, molecules) for _, wanted, molecules in kinds]


def _reordered(terms: list[LocalTerm], order: IntArray) -> list[LocalTerm]:
    """LaneTerms with atom ``order[k]`` called k, each read from the end that sorts first."""
    place = np.argsort(order)
    renamed = ((name, tuple(place[list(atoms)].tolist()), values) for name, atoms, values in terms)
    return sorted((name, min(atoms, atoms[::-1]), values) for name, atoms, values in renamed)


def _place(
    kinds: list[tuple[list[LocalTerm], list[IntArray]]],
    terms: Mapping[str, LaneTerms],
    n_atoms: int,
) -> LaneLayout:
    atoms: list[IntArray] = []
    weight: list[FloatArray] = []
    slots: dict[str, list[list[int]]] = {name: [] for name in terms}
    parameters: dict[str, list[tuple[float, ...]]] = {name: [] for name in terms}
    base = 0
    for wanted, molecules in kinds:
        length = LANES * math.ceil(len(molecules) / LANES)
        filled = molecules + molecules[:1] * (length - len(molecules))
        size = len(molecules[0])
        atoms.append(np.array(filled).T.ravel())
        weight.append(np.tile(np.arange(length) < len(molecules), size).astype(np.float64))
        for name, local, values in wanted:
            slots[name].append([base + a * length for a in local] + [length])
            parameters[name].append(values)
        base += size * length
    every, counts = np.concatenate(atoms), np.concatenate(weight)
    slot = np.empty(n_atoms, np.int64)
    real = np.flatnonzero(counts)
    slot[every[real]] = real
    rows = {
        name: Rows(
            np.array(slots[name], np.int64).reshape(-1, term.atoms.shape[1] + 1),
            np.array(parameters[name], np.float64).reshape(-1, term.parameters.shape[1]),
        )
        for name, term in terms.items()
    }
    return LaneLayout(every, slot, counts, rows)


def molecules_and_ions(molecule: npt.NDArray[Any]) -> list[IntArray]:
    """List the atoms of each molecule, then each single atom by itself."""
    whole = [atoms.astype(np.int64) for atoms in atoms_by_molecule(molecule)]
    return whole + [np.array([i]) for i in np.flatnonzero(molecule == 0)]
