"""Bonds, angles and exclusions of a structure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lbhsweep.arrays import BoolArray, FloatArray, Int32Array
from lbhsweep.errors import StructureError
from lbhsweep.physics.bond_graph import bond_graph
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.molecules import find_molecules, make_whole
from lbhsweep.physics.structure import Structure

__all__ = ["Topology", "atoms_by_molecule", "build_topology", "find_molecules", "make_whole"]


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """Which atoms the bonded terms and the exclusions join.

    Attributes
    ----------
    bonds : (n_bonds, 2) int32
        i < j.
    bond_k : (n_bonds,) float64
        kJ/mol/Å², in the ½ k form.
    bond_length : (n_bonds,) float64
        Å.
    angles : (n_angles, 3) int32
        End, centre, end.
    angle_k : (n_angles,) float64
        kJ/mol/rad², in the ½ k form.
    angle_theta : (n_angles,) float64
        rad.
    exclusions : (n_exclusions, 2) int32
        i < j, sorted: pairs at most `exclusion_depth` bonds apart.
    """

    bonds: Int32Array
    bond_k: FloatArray
    bond_length: FloatArray
    angles: Int32Array
    angle_k: FloatArray
    angle_theta: FloatArray
    exclusions: Int32Array


def build_topology(structure: Structure, force_field: ForceField) -> Topology:
    """Find bonds, angles and exclusions within each molecule.

    Parameters
    ----------
    structure : Structure
        Molecules whole.
    force_field : ForceField

    Returns
    -------
    Topology

    Raises
    ------
    ForceFieldError
        If the force field lacks a species of the structure.
    StructureError
        If an anion is not what the force field describes, or not whole.
    """
    force_field.require_species(structure.symbols)
    _require_no_loose_atoms(structure, force_field)
    bonds, angles, exclusions = [], [], []
    for atoms in atoms_by_molecule(structure.molecule):
        symbols = [structure.symbols[i] for i in atoms]
        adjacency = bond_graph(symbols, structure.positions[atoms], atoms, force_field)
        near = _within_reach(adjacency, force_field.exclusion_depth)
        bonds.append(atoms[np.argwhere(np.triu(adjacency))])
        angles.append(atoms[_pairs_of_bonds(adjacency)])
        exclusions.append(atoms[np.argwhere(np.triu(near, 1))])
    bond_rows, bond_k, bond_length = _bond_terms(structure, _rows(bonds, 2), force_field)
    angle_rows, angle_k, angle_theta = _angle_terms(structure, _rows(angles, 3), force_field)
    excluded = _rows(exclusions, 2)
    return Topology(
        bonds=bond_rows,
        bond_k=bond_k,
        bond_length=bond_length,
        angles=angle_rows,
        angle_k=angle_k,
        angle_theta=angle_theta,
        exclusions=excluded[np.lexsort(excluded.T[::-1])],
    )


def atoms_by_molecule(molecule: Int32Array) -> Iterator[Int32Array]:
    """Yield the ascending atoms of each molecule; single ions (number 0) belong to none."""
    order = np.argsort(molecule, kind="stable").astype(np.int32)
    starts = np.flatnonzero(np.diff(molecule[order], prepend=0))
    for atoms in np.split(order, starts):
        if len(atoms) and molecule[atoms[0]] > 0:
            yield atoms


def _require_no_loose_atoms(structure: Structure, force_field: ForceField) -> None:
    if force_field.anion is None:
        return
    for index, symbol in enumerate(structure.symbols):
        if (symbol in force_field.anion) != (structure.molecule[index] > 0):
            number = int(structure.molecule[index])
            found = f"molecule {number}" if number else "no molecule"
            raise StructureError(
                f"atom {index} ({symbol}) is in {found}, wanted "
                f"{'an anion' if number == 0 else 'a single ion, number 0'}; correct the "
                "molecule numbers"
            )


def _rows(blocks: list[Int32Array], width: int) -> Int32Array:
    return np.concatenate([np.empty((0, width), np.int32), *blocks])


def _within_reach(adjacency: BoolArray, depth: int) -> BoolArray:
    """Join atoms at most `depth` bonds apart."""
    reached = np.eye(len(adjacency), dtype=bool)
    for _ in range(depth):
        reached |= (reached.astype(np.int32) @ adjacency) > 0
    return reached


def _pairs_of_bonds(adjacency: BoolArray) -> Int32Array:
    """Return (end, centre, end) of each two bonds that share an atom."""
    triples = [
        (i, centre, j)
        for centre, row in enumerate(adjacency)
        for neighbours in [np.flatnonzero(row)]
        for n, i in enumerate(neighbours)
        for j in neighbours[n + 1 :]
    ]
    return np.array(triples, dtype=np.int32).reshape(-1, 3)


def _bond_terms(
    structure: Structure, bonds: Int32Array, force_field: ForceField
) -> tuple[Int32Array, FloatArray, FloatArray]:
    """Look up the bond type of each bond."""
    types = {frozenset((bond.a, bond.b)): bond for bond in force_field.bonds}
    symbols = structure.symbols
    found = [types[frozenset((symbols[i], symbols[j]))] for i, j in bonds]
    return bonds, np.array([bond.k for bond in found]), np.array([bond.length for bond in found])


def _angle_terms(
    structure: Structure, triples: Int32Array, force_field: ForceField
) -> tuple[Int32Array, FloatArray, FloatArray]:
    """Keep the triples that have an angle type, the type's first end first."""
    types = {}
    for angle in force_field.angles:
        types[angle.end_a, angle.centre, angle.end_b] = angle, False
        types.setdefault((angle.end_b, angle.centre, angle.end_a), (angle, True))
    rows, k, theta = [], [], []
    symbols = structure.symbols
    for i, centre, j in triples:
        found = types.get((symbols[i], symbols[centre], symbols[j]))
        if found:
            angle, swapped = found
            rows.append((j, centre, i) if swapped else (i, centre, j))
            k.append(angle.k)
            theta.append(angle.theta)
    return np.array(rows, dtype=np.int32).reshape(-1, 3), np.array(k), np.array(theta)
