"""Frozen molecules follow the cell as rigid bodies: the real force field, and odd groupings."""

import numpy as np
import pytest

from lbhsweep.engine.dynamics.barostat import MODES
from lbhsweep.engine.dynamics.frozen import find_bodies
from lbhsweep.engine.dynamics.integrate import Dynamics, Integrator
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.units import BOLTZMANN, GPA

TEMPERATURE = 500.0
CRYSTAL = build_alpha((1, 1, 1), lattice_A=9.8)
ANIONS = CRYSTAL.molecule > 0
BY_ANION = np.array([np.flatnonzero(CRYSTAL.molecule == m) for m in (1, 2, 3, 4)])


def shaken_crystal(accuracy="production"):
    """104 atoms beside their places, so that anions are strained; lithium has velocities."""
    potential = ForceFieldPotential(
        CRYSTAL, load_force_field("lbh-2021"), cutoff_A=4.5, shift=True, accuracy=accuracy
    )
    shaken = np.random.default_rng(3).normal(0.0, 0.03, CRYSTAL.positions.shape)
    state = State.at_rest(CRYSTAL.positions + shaken, CRYSTAL.cell, 4)
    draw_velocities(state, potential.masses, TEMPERATURE, ANIONS)
    return potential, state


def centres_and_offsets(positions):
    centres = positions[BY_ANION].mean(axis=1)
    return centres, positions[BY_ANION] - centres[:, None]


def test_the_pressure_is_minus_the_slope_of_the_energy_in_the_strain():
    potential, state = shaken_crystal("high")
    integrator = Integrator(
        potential, state, Dynamics("nve", 5e-4), frozen=ANIONS, molecule=CRYSTAL.molecule
    )
    centres, offsets = centres_and_offsets(state.positions)

    def energy(strain):
        deformation = np.eye(3) + strain
        places = state.positions @ deformation
        places[BY_ANION] = (centres @ deformation)[:, None] + offsets
        return potential.single_point(places, state.cell @ deformation).energy

    mobile = np.where(ANIONS, 0.0, potential.masses)
    kinetic = np.einsum("i,ia,ib->ab", mobile, state.velocities, state.velocities) / 100
    found = integrator.pressure_tensor * state.volume - kinetic
    np.testing.assert_allclose(found, found.T, rtol=0.0, atol=1e-9)
    h = 1e-5
    for a in range(3):
        for b in range(a + 1):
            step = np.zeros((3, 3))
            step[a, b] += 0.5 * h
            step[b, a] += 0.5 * h
            slope = (energy(step) - energy(-step)) / (2 * h)
            assert found[a, b] == pytest.approx(-slope, abs=0.02)


@pytest.mark.parametrize("mode", MODES)
def test_anions_keep_their_shape_and_the_energy_is_conserved(mode):
    potential, state = shaken_crystal()
    centres, offsets = centres_and_offsets(state.positions)
    scaled, volume = centres @ np.linalg.inv(state.cell), state.volume
    dynamics = Dynamics("npt", 5e-4, 4, 0.1, 0.2, 0.2 * GPA, TEMPERATURE, mode)
    integrator = Integrator(potential, state, dynamics, frozen=ANIONS, molecule=CRYSTAL.molecule)
    conserved = []
    for _ in range(500):
        integrator.advance(TEMPERATURE)
        conserved.append(integrator.conserved_energy)
    centres, kept = centres_and_offsets(state.positions)
    np.testing.assert_allclose(kept, offsets, rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(centres @ np.linalg.inv(state.cell), scaled, rtol=0.0, atol=1e-12)
    assert abs(state.volume / volume - 1.0) > 1e-3
    thermal = integrator.n_dof / 3.0 * BOLTZMANN * TEMPERATURE
    assert np.ptp(conserved) < 0.02 * thermal


def test_atoms_are_grouped_by_molecule_and_those_alone_need_nothing():
    frozen = np.array([True, True, False, True, True, True, True, False])
    molecule = np.array([2, 0, 2, 5, 2, 5, 0, 5])
    slot_atoms = np.array([4, 7, 0, 0, 3, 2, 5, 1, 6])
    bodies = find_bodies(frozen, molecule, slot_atoms)
    np.testing.assert_array_equal(bodies.atoms, [0, 4, 3, 5])
    np.testing.assert_array_equal(bodies.first, [0, 2, 4])
    np.testing.assert_array_equal(bodies.slots, [0, 2, 3, 4, 6])
    np.testing.assert_array_equal(bodies.atoms[bodies.member], slot_atoms[bodies.slots])
    alone = find_bodies(molecule == 0, molecule, slot_atoms)
    assert [len(part) for part in alone] == [0, 1, 0, 0, 0]
