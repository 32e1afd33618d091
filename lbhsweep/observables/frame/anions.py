"""Which atoms make up each anion, and which of them are bonded as B–H."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import IntArray
from lbhsweep.physics.structure import Structure


def anion_atoms(structure: Structure) -> IntArray:
    """Return the atoms (n_anions, n_atoms_per_anion) of each anion, all anions being alike."""
    numbers = np.unique(structure.molecule[structure.molecule > 0])
    return np.array([np.flatnonzero(structure.molecule == k) for k in numbers], dtype=np.int64)


def anion_bonds(structure: Structure) -> IntArray:
    """Return the two ends (n_anions, n_bonds, 2) of each bond to H, the cage atom first.

    An H is bonded to the nearest other atom of its anion; the structure is one as it was built.
    """
    symbols = np.array(structure.symbols)
    bonds = []
    for atoms in anion_atoms(structure):
        outer, cage = atoms[symbols[atoms] == "H"], atoms[symbols[atoms] != "H"]
        apart = structure.positions[outer, None] - structure.positions[None, cage]
        bonds.append(np.stack([cage[np.argmin((apart**2).sum(axis=-1), axis=1)], outer], axis=1))
    return np.array(bonds, dtype=np.int64)


def opposite_hydrogens(structure: Structure) -> IntArray:
    """Return the six pairs (n_anions, 6, 2) of opposite H of each anion."""
    hydrogen = np.array(structure.symbols) == "H"
    pairs = []
    for atoms in (anion[hydrogen[anion]] for anion in anion_atoms(structure)):
        vectors = structure.positions[atoms] - structure.positions[atoms].mean(axis=0)
        opposite = np.argmin(vectors @ vectors.T, axis=1)
        pairs.append([(atoms[i], atoms[j]) for i, j in enumerate(opposite) if i < j])
    return np.array(pairs, dtype=np.int64)
