"""Structures to and from ASE's `Atoms`."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from lbhsweep.errors import StructureError
from lbhsweep.physics.files.from_ase import MOLECULE, molecule_numbers
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.molecules import structure_with_molecules
from lbhsweep.physics.structure import Structure

__all__ = ["MOLECULE", "atoms_from_structure", "molecule_numbers", "structure_from_atoms"]


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
    molecule = molecule_numbers(atoms)
    return structure_with_molecules(symbols, positions, cell, molecule, force_field)


def atoms_from_structure(structure: Structure) -> Atoms:
    """Build an `Atoms` object with molecule numbers."""
    atoms = Atoms(structure.symbols, structure.positions, cell=structure.cell, pbc=True)
    atoms.set_array(MOLECULE, structure.molecule)
    return atoms
