"""Charges of atoms when lithium is missing, and their compensation."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.errors import ForceFieldError, StructureError
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure

Compensation = Literal["anions", "cations", "background"]
NEUTRAL_E = 1e-9
"""Largest total charge that counts as rounding, e."""


def species_charges(structure: Structure, force_field: ForceField) -> FloatArray:
    """Return for each atom its species' charge.

    Returns
    -------
    (n_atoms,) float64
        e.

    Raises
    ------
    ForceFieldError
        If the force field lacks a species.
    """
    force_field.require_species(structure.symbols)
    return np.array([force_field.species[symbol].charge for symbol in structure.symbols])


def compensated_charges(
    structure: Structure, force_field: ForceField, mode: Compensation
) -> FloatArray:
    """Return for each atom its charge, with the cell's total charge compensated.

    Parameters
    ----------
    structure : Structure
    force_field : ForceField
    mode : {'anions', 'cations', 'background'}
        ``anions`` spreads the total evenly over the anions' charged atoms (H).  ``cations``
        rescales the single ions (Li).  ``background`` leaves the charges as they are, and the
        Coulomb sum adds a uniform background.

    Returns
    -------
    (n_atoms,) float64
        e; neutral in total except with ``background``.  A neutral structure gets exactly its
        species' charges.

    Raises
    ------
    ForceFieldError
        If the force field lacks a species, or the mode is unknown.
    StructureError
        If the structure has no atoms that could take the charge.
    """
    charges = species_charges(structure, force_field)
    excess = float(charges.sum())
    if mode == "background" or abs(excess) < NEUTRAL_E:
        return charges
    in_anions = (structure.molecule > 0) & (charges != 0.0)
    single = (structure.molecule == 0) & (charges != 0.0)
    if mode == "anions":
        _require_some(in_anions, "charged atoms in anions", excess, mode)
        charges[in_anions] -= excess / in_anions.sum()
    elif mode == "cations":
        _require_some(single, "single ions", excess, mode)
        charges[single] *= 1.0 - excess / charges[single].sum()
    else:
        raise ForceFieldError(
            f"unknown charge compensation {mode!r}, wanted anions, cations or background"
        )
    return charges


def _require_some(chosen: np.ndarray, what: str, excess: float, mode: str) -> None:
    if not chosen.any():
        raise StructureError(
            f"the structure has no {what} to take its total charge of {excess:+.4f} e; choose "
            f"another charge compensation than {mode!r}"
        )
