"""Crystals of two phases on one lattice, one above the other along c."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import BoolArray, IntArray
from lbhsweep.errors import StructureError
from lbhsweep.physics.crystal import Supercell
from lbhsweep.physics.structure import Structure


def layers_of(structure: Structure, supercell: Supercell) -> IntArray:
    """Return the layer (n_atoms,) along c of each atom, two in each conventional cell.

    All atoms of an anion belong to the layer whose plane its centre is near.  Planes lie at the
    foot of their layers, and a Li belongs to the layer in which it is.
    """
    n_layers = 2 * supercell[2]
    height = n_layers * np.asarray(structure.positions @ np.linalg.inv(structure.cell))[:, 2]
    anion = structure.molecule
    centre = np.bincount(anion, height) / np.bincount(anion)
    layer = np.where(anion > 0, np.rint(centre[anion]), np.floor(height))
    return np.asarray(layer.astype(np.int64) % n_layers)


def is_lower(structure: Structure, supercell: Supercell) -> BoolArray:
    """Find the atoms (n_atoms,) of the lower half."""
    return np.asarray(layers_of(structure, supercell) < supercell[2])


def join_halves(lower: Structure, upper: Structure, supercell: Supercell) -> Structure:
    """Take the lower half of one crystal and the upper half of another.

    Parameters
    ----------
    lower, upper : Structure
        Crystals on the same lattice, anions in the same order.
    supercell : tuple of int
        Conventional cells along each axis.

    Returns
    -------
    Structure
        With the atoms in the order of both crystals.

    Raises
    ------
    StructureError
        If their atoms or cells differ, or the halves don't add up to the same crystal.
    """
    same = lower.symbols == upper.symbols and np.array_equal(lower.molecule, upper.molecule)
    if not same or not np.allclose(lower.cell, upper.cell):
        raise StructureError(
            f"crystals of {lower.n_atoms} and {upper.n_atoms} atoms don't join; wanted the same "
            "atoms in the same order, and the same cell"
        )
    below, above = is_lower(lower, supercell), ~is_lower(upper, supercell)
    ion = lower.molecule == 0
    ions = np.concatenate([lower.positions[below & ion], upper.positions[above & ion]])
    if len(ions) != ion.sum() or not np.array_equal(below[~ion], ~above[~ion]):
        raise StructureError(
            f"the halves of two crystals hold {len(ions)} single ions, wanted {ion.sum()}, and the "
            "same anions; wanted crystals on the same lattice"
        )
    positions = np.where(below[:, None], lower.positions, upper.positions)
    positions[ion] = ions
    return Structure(lower.symbols, positions, lower.cell, lower.molecule)
