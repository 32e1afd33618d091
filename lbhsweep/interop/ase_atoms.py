"""Structures to and from ASE's `Atoms`."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from lbhsweep.arrays import Int32Array
from lbhsweep.errors import StructureError
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.molecules import find_molecules, make_whole
from lbhsweep.physics.structure import Structure

MOLECULE = "molecule"
"""Name of the optional array of molecule numbers in `Atoms.arrays`."""


def structure_from_atoms(atoms: Atoms, force_field: ForceField) -> Structure:
    """Read a periodic structure, with its molecules whole.

    Parameters
    ----------
    atoms : ase.Atoms
        In any order, wrapped or not.  ``atoms.arrays["molecule"]`` (0 for single ions, else the
        anion's number) is used if there, otherwise anions are found by their bonds.
    force_field : ForceField
        Defines the species and the limits of bonds.

    Returns
    -------
    Structure

    Raises
    ------
    ForceFieldError
        If the force field lacks a species.
    StructureError
        If the cell is not periodic in three dimensions, or the anions are incomplete.
    """
    if not atoms.pbc.all():
        raise StructureError(
            f"the structure is periodic along {atoms.pbc.tolist()}, wanted all three: the "
            "Coulomb sum needs a periodic cell; set atoms.cell and atoms.pbc = True"
        )
    if len(atoms) == 0:
        raise StructureError("the structure has no atoms")
    symbols = tuple(atoms.get_chemical_symbols())
    cell = np.array(atoms.cell)
    positions = np.array(atoms.positions)
    given = molecule_numbers(atoms)
    if given is None:
        molecule, whole = find_molecules(symbols, positions, cell, force_field)
    else:
        molecule, whole = given, make_whole(symbols, positions, cell, given, force_field)
    return Structure(symbols, whole, cell, molecule)


def molecule_numbers(atoms: Atoms) -> Int32Array | None:
    """Return the array of molecule numbers, if the atoms have one.

    Raises
    ------
    StructureError
        If it holds anything but whole numbers from 0.
    """
    given = atoms.arrays.get(MOLECULE)
    if given is None:
        return None
    if not np.issubdtype(given.dtype, np.integer) or given.ndim != 1 or (given < 0).any():
        raise StructureError(
            f"atoms.arrays['{MOLECULE}'] holds {given.dtype} of shape {given.shape}, wanted one "
            "whole number for each atom: 0 for single ions, otherwise the anion's number"
        )
    return np.array(given, dtype=np.int32)


def atoms_from_structure(structure: Structure) -> Atoms:
    """Build an `Atoms` object with molecule numbers."""
    atoms = Atoms(structure.symbols, structure.positions, cell=structure.cell, pbc=True)
    atoms.set_array(MOLECULE, structure.molecule)
    return atoms
