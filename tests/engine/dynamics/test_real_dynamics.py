"""The real force field in motion: energy, momentum and equipartition of 832 atoms."""

import numpy as np
import pytest

from lbhsweep.engine.dynamics.integrate import Dynamics, Integrator
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.observables.statistics.errors_of_means import mean_error
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.units import BOLTZMANN


def thermalised(temperature, picoseconds, seed=5):
    """A crystal brought to a temperature at constant volume, and its potential."""
    structure = build_alpha((2, 2, 2), lattice_A=9.9)
    potential = ForceFieldPotential(
        structure, load_force_field("lbh-2021"), cutoff_A=9.0, shift=True
    )
    state = State.at_rest(structure.positions, structure.cell, seed)
    draw_velocities(state, potential.masses, 2 * temperature)
    integrator = Integrator(potential, state, Dynamics("nvt", 5e-4, 4, thermostat_time=0.05))
    for _ in range(round(picoseconds / 0.002)):
        integrator.advance(temperature)
    return potential, state


def energies(potential, state, inner_steps, picoseconds):
    """Times (ps) and conserved energies (kJ/mol) of a stretch without a thermostat."""
    integrator = Integrator(potential, state, Dynamics("nve", 5e-4, inner_steps))
    n = round(picoseconds / (5e-4 * inner_steps))
    values = np.empty(n)
    for k in range(n):
        integrator.advance()
        values[k] = integrator.conserved_energy
    return (np.arange(n) + 1) * 5e-4 * inner_steps, values


def test_energy_and_momentum_are_conserved_with_multiple_time_steps():
    potential, state = thermalised(500.0, 0.4)
    _, values = energies(potential, state, 4, 0.6)
    thermal = state.n_atoms * BOLTZMANN * 500.0
    # No trend of more than 0.2 % of the thermal energy in 0.6 ps, and little noise about it.
    assert abs(values[-50:].mean() - values[:50].mean()) < 2e-3 * thermal
    assert values.std() < 2e-3 * thermal
    momentum = potential.masses @ state.velocities
    thermal_momentum = np.sqrt(potential.masses.sum() * BOLTZMANN * 500.0 * 100.0)
    # Pairs are summed in float32: each pushes its two atoms alike to 1e-7 of the force.
    assert np.abs(momentum).max() < 1e-6 * thermal_momentum


@pytest.mark.validation
def test_drift_at_600_K_is_below_a_twentieth_kT_per_atom_and_nanosecond():
    potential, state = thermalised(600.0, 5.0)
    times, values = energies(potential, state, 4, 60.0)
    slope = np.polyfit(times, values, 1)[0] * 1e3
    assert abs(slope) / (state.n_atoms * BOLTZMANN * 600.0) < 0.05


@pytest.mark.validation
def test_species_share_the_temperature_with_multiple_time_steps():
    potential, state = thermalised(500.0, 5.0)
    integrator = Integrator(potential, state, Dynamics("nvt", 5e-4, 4, thermostat_time=0.1))
    heavy = {mass: np.flatnonzero(potential.masses == mass) for mass in np.unique(potential.masses)}
    found = {mass: [] for mass in heavy}
    for k in range(10_000):
        integrator.advance(500.0)
        if k % 5 == 0:
            for mass, atoms in heavy.items():
                square = (state.velocities[atoms] ** 2).sum() / 100.0
                found[mass].append(mass * square / (3 * len(atoms) * BOLTZMANN))
    for mass, series in found.items():
        error = mean_error(np.array(series))
        assert error < 8.0, mass
        assert np.mean(series) == pytest.approx(500.0, abs=4.0 * error), mass
