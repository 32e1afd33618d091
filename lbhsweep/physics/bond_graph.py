"""The bonds of one molecule.

A closo anion (twelve cage atoms, each with one H) has the graph of the icosahedron.  In hot
anions the distances of neighbours and of the next shell overlap.  The graph is therefore found
from the six axes through opposite cage atoms, which thermal motion hardly confuses.  Of two axes,
the ends that point the same way are neighbours.
"""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import BoolArray, FloatArray, Int32Array
from lbhsweep.errors import StructureError
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import composition

ATOMS_NAMED = 6


def bond_graph(
    symbols: list[str], positions: FloatArray, atoms: Int32Array, force_field: ForceField
) -> BoolArray:
    """Find the bonds of one molecule.

    Parameters
    ----------
    symbols : list of str
        Of the molecule's atoms.
    positions : (n, 3) float64
        Å, the molecule whole.
    atoms : (n,) int32
        Indices in the structure, for messages.
    force_field : ForceField
        If it describes an `anion`, the graph is the icosahedron's; otherwise all pairs nearer
        than `max_length` are bonded.

    Returns
    -------
    (n, n) bool
        Symmetric.

    Raises
    ------
    StructureError
        Naming atoms, if the molecule is not the force field's anion.
    """
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    limits = bond_limits(symbols, force_field)
    if force_field.anion is None:
        return np.asarray(distances < limits)
    _require_composition(symbols, atoms, force_field)
    terminal = np.array(symbols) == "H"
    adjacency = np.zeros(distances.shape, dtype=bool)
    cage = np.flatnonzero(~terminal)
    adjacency[np.ix_(cage, cage)] = _icosahedron(positions[cage], atoms[cage])
    owner = cage[np.argmin(distances[np.ix_(terminal, cage)], axis=1)]
    adjacency[np.flatnonzero(terminal), owner] = True
    adjacency |= adjacency.T
    _require_short(adjacency, distances, limits, symbols, atoms)
    _require_one_terminal(adjacency, distances, terminal, symbols, atoms)
    return adjacency


def bond_limits(symbols: list[str], force_field: ForceField) -> FloatArray:
    """Return the longest bond of each pair of atoms in Å: 0 where no bond type fits."""
    limits = np.zeros((len(symbols), len(symbols)))
    names = np.array(symbols)
    for bond in force_field.bonds:
        limits[np.ix_(names == bond.a, names == bond.b)] = bond.max_length
        limits[np.ix_(names == bond.b, names == bond.a)] = bond.max_length
    np.fill_diagonal(limits, 0.0)
    return limits


def _icosahedron(positions: FloatArray, atoms: Int32Array) -> BoolArray:
    directions = positions - positions.mean(axis=0)
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    opposite = np.argmin(directions @ directions.T, axis=1)
    wrong = np.flatnonzero(opposite[opposite] != np.arange(len(atoms)))
    if len(wrong):
        raise StructureError(
            f"cage atoms {', '.join(map(str, atoms))} form no icosahedron: atom "
            f"{atoms[wrong[0]]} has no opposite; is the anion complete, whole and unbroken?"
        )
    axes = directions - directions[opposite]
    adjacency = np.asarray(axes @ axes.T > 0.0)
    np.fill_diagonal(adjacency, val=False)
    return adjacency


def _require_composition(symbols: list[str], atoms: Int32Array, force_field: ForceField) -> None:
    anion = force_field.anion or {}
    found = composition(symbols)
    wanted = composition([symbol for symbol, n in anion.items() for _ in range(n)])
    if found != wanted:
        named = ", ".join(f"{i} ({s})" for i, s in zip(atoms[:ATOMS_NAMED], symbols, strict=False))
        raise StructureError(
            f"a molecule of {len(atoms)} atoms, {named}{', …' if len(atoms) > ATOMS_NAMED else ''}"
            f" is {found}, but force field {force_field.name!r} describes {wanted}; complete or "
            "remove it, or correct the molecule numbers"
        )


def _require_one_terminal(
    adjacency: BoolArray,
    distances: FloatArray,
    terminal: BoolArray,
    symbols: list[str],
    atoms: Int32Array,
) -> None:
    count = adjacency[:, terminal].sum(axis=1)
    wrong = np.flatnonzero(~terminal & (count != 1))
    if len(wrong):
        i = wrong[np.argmin(count[wrong])]
        j = int(np.argmin(np.where(terminal, distances[i], np.inf)))
        raise StructureError(
            f"{symbols[i]} atom {atoms[i]} has {count[i]} H bonded to it, wanted 1; the nearest "
            f"is H atom {atoms[j]} at {distances[i, j]:.3f} Å, which belongs to another atom; "
            "is the anion broken?"
        )


def _require_short(
    adjacency: BoolArray,
    distances: FloatArray,
    limits: FloatArray,
    symbols: list[str],
    atoms: Int32Array,
) -> None:
    too_long = np.argwhere(adjacency & (distances > limits))
    if len(too_long):
        i, j = too_long[0]
        raise StructureError(
            f"{symbols[i]} atom {atoms[i]} and {symbols[j]} atom {atoms[j]} of one anion are "
            f"{distances[i, j]:.3f} Å apart, wanted a bond of at most {limits[i, j]:g} Å; is the "
            "anion broken, or cut by the periodic boundary?"
        )
