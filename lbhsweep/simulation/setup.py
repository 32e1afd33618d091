"""From a run point to what the engine needs: structure, potential, dynamics, start."""

from __future__ import annotations

import numpy as np

from lbhsweep.engine.dynamics.integrate import Dynamics
from lbhsweep.engine.dynamics.minimize import minimize
from lbhsweep.engine.dynamics.state import State
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.engine.potential import Potential
from lbhsweep.errors import ForceFieldError, StructureError
from lbhsweep.observables import MeasurementPlan
from lbhsweep.physics.charges import compensated_charges
from lbhsweep.physics.coexistence import join_halves
from lbhsweep.physics.conventional import ConventionalCrystal, missing_lithium
from lbhsweep.physics.crystal import (
    ALPHA_CAP,
    build_alpha,
    build_beta,
    remove_lithium,
    remove_lithium_near,
)
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure
from lbhsweep.simulation.end_state import EndState
from lbhsweep.sweep.point import CoexistPoint, Phase, RunPoint
from lbhsweep.sweep.sampling import inner_axes
from lbhsweep.sweep.schedule import Schedule
from lbhsweep.units import GPA

RELAXED_FORCE = 1.0
"""kJ/mol/Å: largest force at which the start counts as relaxed; thermal forces are 50."""
RELAXATION_STEPS = 300
COEXISTENCE_LATTICE_A = 9.95
"""Å: between those of α, 9.85, and β, 10.1, at 400 K, where phases join before they relax."""
FIXED_VOLUME_FORCE, FIXED_VOLUME_STEPS = 0.1, 2000
"""The same where the volume stays what the relaxation gave: it is then known to 0.05 % of the
lattice parameter in α, 0.02 % in β, instead of 0.2 and 0.6 %.  β takes up to 1200 steps."""


def build_structure(point: RunPoint, crystal: ConventionalCrystal | None = None) -> Structure:
    """Build the crystal of a point; disorder and random vacancies depend on its replica.

    So runs at other temperatures, pressures and rates have the same crystal, and replicas differ.

    Parameters
    ----------
    point : RunPoint
        The point.
    crystal : ConventionalCrystal, optional
        The start, if it isn't built.

    Raises
    ------
    StructureError
        If it is not the one for which the point was planned.
    """
    if point.system.structure:
        return _from_file(point, crystal)
    system, protocol = point.system, point.protocol
    if isinstance(protocol, CoexistPoint):
        lattice = protocol.lateral_A or COEXISTENCE_LATTICE_A
        lower, upper = (_build(phase, point, lattice_A=lattice) for phase in protocol.phases)
        built = join_halves(lower, upper, system.supercell)
    else:
        built = _build(system.phase, point)
    if system.vacancy_sites:
        return remove_lithium_near(built, system.supercell, system.vacancy_sites)
    return remove_lithium(built, system.n_vacancies, seed=point.replica)


def _build(phase: Phase, point: RunPoint, **lattice: float) -> Structure:
    supercell = point.system.supercell
    if phase == "beta":
        return build_beta(supercell, seed=point.replica, **lattice)
    return build_alpha(supercell, **(ALPHA_CAP if phase == "alpha_cap" else {}), **lattice)


def _from_file(point: RunPoint, given: ConventionalCrystal | None) -> Structure:
    system = point.system
    if given is None or given.digest != system.structure:
        got = "none" if given is None else f"one of digest {given.digest[:12]}"
        raise StructureError(
            f"{point.label}: starts from the crystal of digest {system.structure[:12]}, got {got}: "
            "the structure file changed in between (older copies are in the sweep's folder, "
            "inputs/before-*); give the command again to run the sweep with the new file"
        )
    whole = given.repeated(system.supercell)
    if system.vacancy_sites:
        return remove_lithium_near(whole, system.supercell, system.vacancy_sites)
    n_more = system.n_vacancies - missing_lithium(whole)
    return remove_lithium(whole, n_more, seed=point.replica)


def build_potential(
    point: RunPoint, structure: Structure, force_field: ForceField
) -> ForceFieldPotential:
    """Set up the forces of a point.

    Raises
    ------
    ForceFieldError
        If the force field is not the one for which the point was planned.
    """
    model = point.model
    if force_field.digest != model.potential_digest:
        raise ForceFieldError(
            f"force field {force_field.name!r} has digest {force_field.digest[:12]}, the run was "
            f"planned with {model.potential!r}, {model.potential_digest[:12]}: the parameter "
            "file changed in between; give the command again"
        )
    charges = compensated_charges(structure, force_field, point.system.charge_compensation)
    return ForceFieldPotential(
        structure,
        force_field,
        charges,
        cutoff_A=model.cutoff_A,
        shift=model.shift,
        accuracy=model.accuracy,
    )


def build_dynamics(point: RunPoint, schedule: Schedule) -> Dynamics:
    """Build the integrator's settings of a point; the barostat's inertia is for its mean T."""
    dynamics = point.dynamics
    return Dynamics(
        ensemble=dynamics.ensemble,
        timestep=dynamics.timestep_fs * 1e-3,
        inner_steps=dynamics.nonbonded_every,
        thermostat_time=dynamics.thermostat_time_ps,
        barostat_time=dynamics.barostat_time_ps,
        pressure=point.pressure_GPa * GPA,
        reference_temperature=0.5 * (schedule.start_K + schedule.end_K),
        barostat=dynamics.barostat,
    )


def build_plan(
    point: RunPoint,
    structure: Structure,
    potential: ForceFieldPotential,
    schedule: Schedule,
) -> MeasurementPlan:
    """Build what observables know before the run."""
    return MeasurementPlan(
        group=point.group,
        n_blocks=schedule.n_blocks,
        n_bins=schedule.n_bins,
        n_formula=structure.formula_units,
        supercell=point.system.supercell,
        mass=float(potential.masses.sum()),
        pressure=point.pressure_GPa * GPA,
        temperature=float("nan") if point.group == "ramp" else schedule.start_K,
        ensemble=point.dynamics.ensemble,
        structure=structure,
        masses=potential.masses,
        charges=potential.charges,
        outer_step=point.dynamics.outer_step_ps,
        sample_every=schedule.sample_every,
        produce_steps=schedule.produce_steps,
        axes={name: np.array(values) for name, values in inner_axes(point).items()},
        phases=point.protocol.phases if isinstance(point.protocol, CoexistPoint) else (),
    )


def start_state(point: RunPoint, structure: Structure, potential: Potential, seed: int) -> State:
    """Relax the built crystal and its volume; atoms are at rest.

    A run at constant volume has the volume of the potential's own crystal at 0 K, since the
    readings of the force field differ in it by 2 %.  A crystal from a file keeps its cell then.

    Raises
    ------
    SimulationError
        If the crystal can't be relaxed.
    """
    free = point.dynamics.ensemble == "npt"
    held = isinstance(point.protocol, CoexistPoint) and point.protocol.lateral_A > 0.0
    minimum = minimize(
        potential,
        structure.positions,
        structure.cell,
        relax_cell=not held and (free or not point.system.structure),
        pressure=point.pressure_GPa * GPA,
        tolerance=RELAXED_FORCE if free else FIXED_VOLUME_FORCE,
        max_steps=RELAXATION_STEPS if free else FIXED_VOLUME_STEPS,
    )
    return State.at_rest(minimum.positions, minimum.cell, seed)


def followed_state(point: RunPoint, structure: Structure, end: EndState | None, seed: int) -> State:
    """Start from the end state of another run, at step 0 and with random numbers of its own.

    Raises
    ------
    StructureError
        If the other run's end state is missing, or has other atoms.
    """
    if end is None or len(end.positions) != structure.n_atoms:
        got = "nothing" if end is None else f"{len(end.positions)} atoms"
        raise StructureError(
            f"{point.label}: follows run {point.follows[:12]} with "
            f"{structure.n_atoms} atoms, got {got}; remove that run's record and give the command "
            "again"
        )
    return State(
        end.positions.copy(), end.velocities.copy(), end.cell.copy(), end.strain_rate.copy(), seed
    )


def end_state(state: State) -> EndState:
    """Return what a run that follows this one needs."""
    kept = (state.positions, state.velocities, state.cell, state.strain_rate)
    return EndState(*(array.copy() for array in kept))
