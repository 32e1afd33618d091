"""Molecules under periodic boundaries: which atoms belong together, and making them whole."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.errors import StructureError
from lbhsweep.physics.forcefield import DEFAULT_FORCE_FIELD, ForceField, load_force_field
from lbhsweep.physics.structure import Structure, checked_cell, checked_positions

SMALLEST_DISTANCE_A = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """Bonded pairs in both directions: atom `j` in the cell `shift` is bonded to atom `i`."""

    i: Int32Array
    j: Int32Array
    shift: Int32Array

    def where(self, chosen: npt.NDArray[np.bool_ | np.intp]) -> _Links:
        return _Links(self.i[chosen], self.j[chosen], self.shift[chosen])


def find_molecules(
    symbols: tuple[str, ...],
    positions: FloatArray,
    cell: FloatArray,
    force_field: ForceField | None = None,
) -> tuple[Int32Array, FloatArray]:
    """Find the molecules by their bonds, for any order of atoms, and make them whole.

    Parameters
    ----------
    symbols : tuple of str
    positions : (n_atoms, 3) float64
        Å; molecules may be cut by the periodic boundary.
    cell : (3, 3) float64
        Å; rows are the lattice vectors.
    force_field : ForceField, optional
        Its bond types' `max_length` decide which atoms are bonded; that of Li2B12H12 if not given.

    Returns
    -------
    molecule : (n_atoms,) int32
        0 for single ions, otherwise the molecule's number, from 1 in order of first atoms.
    positions : (n_atoms, 3) float64
        Å; each molecule whole, in the periodic image of its first atom.

    Raises
    ------
    ForceFieldError
        If the force field lacks a species.
    StructureError
        If an atom of the anion's species is bonded to nothing, atoms coincide, or a molecule is
        bonded to its own periodic image.
    """
    force_field = force_field or load_force_field(DEFAULT_FORCE_FIELD)
    force_field.require_species(symbols)
    positions, cell = checked_positions(positions, len(symbols)), checked_cell(cell)
    links = _links(symbols, positions, cell, force_field)
    n = len(symbols)
    graph = coo_array((np.ones(len(links.i), np.int8), (links.i, links.j)), shape=(n, n))
    labels = connected_components(graph, directed=False)[1]
    bonded = np.zeros(n, dtype=bool)
    bonded[links.i] = True
    if force_field.anion is not None:
        _require_bonded(bonded, symbols, positions, cell, force_field)
    _, first, inverse = np.unique(labels[bonded], return_index=True, return_inverse=True)
    molecule = np.zeros(n, np.int32)
    molecule[bonded] = np.argsort(np.argsort(first))[inverse] + 1
    return molecule, _unwrapped(symbols, positions, cell, molecule, links)


def make_whole(
    symbols: tuple[str, ...],
    positions: FloatArray,
    cell: FloatArray,
    molecule: Int32Array,
    force_field: ForceField,
) -> FloatArray:
    """Bring the atoms of each given molecule together across the periodic boundary.

    Parameters and errors are those of `find_molecules`, with `molecule` known.

    Returns
    -------
    (n_atoms, 3) float64
        Å; equal to `positions` up to whole lattice vectors, bit for bit where already whole.
    """
    force_field.require_species(symbols)
    positions, cell = checked_positions(positions, len(symbols)), checked_cell(cell)
    links = _links(symbols, positions, cell, force_field)
    same = (molecule[links.i] == molecule[links.j]) & (molecule[links.i] > 0)
    return _unwrapped(symbols, positions, cell, molecule, links.where(same))


def structure_with_molecules(
    symbols: tuple[str, ...],
    positions: FloatArray,
    cell: FloatArray,
    molecule: Int32Array | None,
    force_field: ForceField,
) -> Structure:
    """Build a structure of whole molecules, which are found by their bonds if not given.

    Parameters and errors are those of `find_molecules` and `make_whole`.
    """
    if molecule is None:
        molecule, whole = find_molecules(symbols, positions, cell, force_field)
    else:
        whole = make_whole(symbols, positions, cell, molecule, force_field)
    return Structure(symbols, whole, cell, molecule)


def _links(
    symbols: tuple[str, ...], positions: FloatArray, cell: FloatArray, force_field: ForceField
) -> _Links:
    """Find all bonded pairs in O(n): a tree of the cell against a tree of its images."""
    kinds = list(force_field.species)
    limits = np.zeros((len(kinds), len(kinds)))
    for bond in force_field.bonds:
        a, b = kinds.index(bond.a), kinds.index(bond.b)
        limits[a, b] = limits[b, a] = bond.max_length
    reach = float(limits.max(initial=0.0))
    kind = np.array([kinds.index(symbol) for symbol in symbols], dtype=np.int32)
    candidates = np.flatnonzero(limits.max(axis=1, initial=0.0)[kind] > 0.0).astype(np.int32)
    fractional = positions[candidates] @ np.linalg.inv(cell)
    translations = np.floor(fractional).astype(np.int32)
    owner, image = _images(fractional - translations, cell, reach)
    wrapped = positions[candidates] - translations @ cell
    pairs = cKDTree(wrapped).sparse_distance_matrix(
        cKDTree(wrapped[owner] + image @ cell), reach, output_type="ndarray"
    )
    i, j = pairs["i"], owner[pairs["j"]]
    shift = image[pairs["j"]] + translations[i] - translations[j]
    itself = (i == j) & ~shift.any(axis=1)
    links = _Links(candidates[i], candidates[j], shift).where(~itself)
    distance = pairs["v"][~itself]
    _require_apart(links, distance, symbols)
    return links.where(distance < limits[kind[links.i], kind[links.j]])


def _images(
    fractional: FloatArray, cell: FloatArray, reach: float
) -> tuple[Int32Array, Int32Array]:
    """List the atoms and periodic images no farther than `reach` outside the cell."""
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    margin = reach / heights
    if margin.max() > 1.0:
        raise StructureError(
            f"the cell is {heights.min():.3f} Å high, less than a bond may be long ({reach:g} Å); "
            "give lattice vectors in Å that hold whole molecules"
        )
    owners, images = [np.empty(0, np.int32)], [np.empty((0, 3), np.int32)]
    for image in product((-1, 0, 1), repeat=3):
        moved = fractional + image
        inside = np.flatnonzero(((moved > -margin) & (moved < 1.0 + margin)).all(axis=1))
        owners.append(inside.astype(np.int32))
        images.append(np.tile(np.array(image, np.int32), (len(inside), 1)))
    return np.concatenate(owners), np.concatenate(images)


def _require_apart(links: _Links, distance: FloatArray, symbols: tuple[str, ...]) -> None:
    close = np.flatnonzero(distance < SMALLEST_DISTANCE_A)
    if len(close):
        i, j = sorted((int(links.i[close[0]]), int(links.j[close[0]])))
        raise StructureError(
            f"atoms {i} ({symbols[i]}) and {j} ({symbols[j]}) are at the same place; remove one"
        )


def _require_bonded(
    bonded: npt.NDArray[np.bool_],
    symbols: tuple[str, ...],
    positions: FloatArray,
    cell: FloatArray,
    force_field: ForceField,
) -> None:
    loose = [i for i in np.flatnonzero(~bonded) if symbols[i] in (force_field.anion or {})]
    if not loose:
        return
    i = int(loose[0])
    separation = (positions - positions[i]) @ np.linalg.inv(cell)
    distance = np.linalg.norm((separation - np.round(separation)) @ cell, axis=1)
    distance[i] = np.inf
    j = int(np.argmin(distance))
    limits = ", ".join(f"{b.a}-{b.b} {b.max_length:g} Å" for b in force_field.bonds)
    nearest = f"; the nearest is atom {j} ({symbols[j]}) at {distance[j]:.3f} Å"
    raise StructureError(
        f"atom {i} ({symbols[i]}) belongs to no anion{nearest if len(symbols) > 1 else ''}; "
        f"wanted a bond (at most {limits}); complete the anion or remove the atom"
    )


def _unwrapped(
    symbols: tuple[str, ...],
    positions: FloatArray,
    cell: FloatArray,
    molecule: Int32Array,
    links: _Links,
) -> FloatArray:
    """Walk along bonds from each molecule's first atom, counting lattice vectors."""
    order = np.argsort(links.i, kind="stable")
    links = links.where(order)
    start = np.searchsorted(links.i, np.arange(len(symbols) + 1))
    shift = np.zeros((len(symbols), 3), np.int32)
    reached = molecule == 0
    for first in np.unique(molecule, return_index=True)[1]:
        queue = deque([] if reached[first] else [int(first)])
        reached[first] = True
        while queue:
            i = queue.popleft()
            for link in range(start[i], start[i + 1]):
                j = int(links.j[link])
                if not reached[j]:
                    reached[j] = True
                    shift[j] = shift[i] + links.shift[link]
                    queue.append(j)
    if not reached.all():
        lost = int(np.argmin(reached))
        first = int(np.argmax(molecule == molecule[lost]))
        raise StructureError(
            f"molecule {molecule[lost]} is in pieces: no bonds lead from atom {first} "
            f"({symbols[first]}) to atom {lost} ({symbols[lost]}); correct the molecule numbers, "
            "or repair the anion"
        )
    torn = np.flatnonzero((shift[links.j] != shift[links.i] + links.shift).any(axis=1))
    if len(torn):
        i, j = int(links.i[torn[0]]), int(links.j[torn[0]])
        raise StructureError(
            f"atoms {i} ({symbols[i]}) and {j} ({symbols[j]}) bond a molecule to its own "
            "periodic image; the cell is too small or atoms overlap"
        )
    return np.asarray(positions + shift @ cell)
