"""Parameters of the compiled outer step, and the arrays that it works on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.dynamics.barostat import Barostat
from lbhsweep.engine.dynamics.frozen import Bodies, find_bodies
from lbhsweep.engine.molecules.bonded import BondedTables
from lbhsweep.engine.vectors.aligned import aligned_full
from lbhsweep.units import ACCELERATION


class Scheme(NamedTuple):
    """What stays the same in all steps.

    Attributes
    ----------
    timestep : float
        Inner step in ps.
    inner_steps : int
        Inner steps in an outer step.
    thermostatted, barostatted : bool
        Whether atoms have a heat bath, and whether the cell has a piston.
    decay : float
        exp(-Δt/2τ) of the thermostat.
    n_dof : int
        Degrees of freedom N_f.
    mass : float
        Of all atoms, g/mol.
    centre_rests : bool
        Whether the centre of mass is kept at rest.
    barostat : Barostat
    largest_strain : float
        Relative change of a length in an outer step beyond which nothing is moved.
    largest_speed : float
        Å/ps.
    """

    timestep: float
    inner_steps: int
    thermostatted: bool
    barostatted: bool
    decay: float
    n_dof: int
    mass: float
    centre_rests: bool
    barostat: Barostat
    largest_strain: float
    largest_speed: float


class Workspace(NamedTuple):
    """Arrays of an integrator: masses by atom, and everything by slot.

    Attributes
    ----------
    masses, per_mass : (n_atoms,) float64
        g/mol, and 100/m; zero for frozen atoms.
    positions, velocities, forces : (3, n_slots) float64
        Å, Å/ps, kJ/mol/Å: of the fast forces.
    slot_per_mass : (n_slots,) float64
    virial : (3, 3) float64
        Of the fast forces, kJ/mol.
    energies : (2,) float64
        Of the fast forces, kJ/mol.
    bodies : Bodies
        Frozen molecules.
    """

    masses: FloatArray
    per_mass: FloatArray
    positions: FloatArray
    velocities: FloatArray
    forces: FloatArray
    slot_per_mass: FloatArray
    virial: FloatArray
    energies: FloatArray
    bodies: Bodies


class Conditions(NamedTuple):
    """Conditions of a step: bath temperature (K), target pressure (kJ/mol/Å³), random numbers."""

    temperature: float
    pressure: float
    seed: int
    step: int


def workspace_of(
    masses: FloatArray,
    tables: BondedTables,
    frozen: npt.NDArray[np.bool_],
    molecule: npt.NDArray[Any],
) -> Workspace:
    """Make the arrays for atoms of given masses (n_atoms,), of which some are `frozen`."""
    mobile = np.where(frozen, 0.0, masses)
    per_mass = np.where(frozen, 0.0, ACCELERATION / masses)
    slots = (3, len(tables.atoms))
    return Workspace(
        mobile,
        per_mass,
        aligned_full(slots, 0.0, np.float64),
        aligned_full(slots, 0.0, np.float64),
        aligned_full(slots, 0.0, np.float64),
        per_mass[tables.atoms],
        np.zeros((3, 3)),
        np.zeros(2),
        find_bodies(frozen, molecule, tables.atoms),
    )
