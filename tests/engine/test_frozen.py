"""Frozen molecules follow the cell as rigid bodies: the real force field, and odd groupings."""

import numpy as np
import pytest

from lbhsweep.engine.barostat import MODES
from lbhsweep.engine.forcefield_potential import ForceFieldPotential
from lbhsweep.engine.frozen import find_bodies
from lbhsweep.engine.integrate import Dynamics, Integrator
from lbhsweep.engine.state import State, draw_velocities
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.units import BOLTZMANN, GPA

TEMPERATURE = 500.0


def crystal(frozen, accuracy="production"):
    """One cell, 104 atoms, somewhat shaken, with one sublattice frozen: potential, state, options."""
    structure = build_alpha((1, 1, 1), lattice_A=9.8)
    shaken = np.random.default_rng(3).normal(0.0, 0.03, structure.positions.shape)
    potential = ForceFieldPotential(
        structure, load_force_field("lbh-2021"), cutoff_A=4.5, shift=True, accuracy=accuracy
    )
    of_anion = structure.molecule > 0
    mask = of_anion if frozen == "anions" else ~of_anion
    state = State.at_rest(structure.positions + shaken, structure.cell, 4)
    draw_velocities(state, potential.masses, TEMPERATURE, mask)
    return potential, state, {"frozen": mask, "molecule": structure.molecule}


def centres_and_offsets(positions):
    """Split anions (4 of 24 atoms, behind 8 lithium or before) into centres and offsets."""
    centres = positions.reshape(-1, 24, 3).mean(axis=1)
    return centres, positions.reshape(-1, 24, 3) - centres[:, None]


def test_the_pressure_is_minus_the_slope_of_the_energy_in_the_strain_of_rigid_anions():
    potential, state, options = crystal("anions", "high")
    anions = options["frozen"]
    integrator = Integrator(potential, state, Dynamics("nve", 0.0005), **options)
    order = np.argsort(options["molecule"][anions], kind="stable")
    atoms = np.flatnonzero(anions)[order]
    centres, offsets = centres_and_offsets(state.positions[atoms])

    def energy(strain):
        deformation = np.eye(3) + strain
        places = state.positions @ deformation
        places[atoms] = ((centres @ deformation)[:, None] + offsets).reshape(-1, 3)
        return potential.single_point(places, state.cell @ deformation).energy

    velocities, masses = state.velocities, np.where(anions, 0.0, potential.masses)
    kinetic = np.einsum("i,ia,ib->ab", masses, velocities, velocities) / 100
    found = integrator.pressure_tensor * state.volume - kinetic
    np.testing.assert_allclose(found, found.T, rtol=0.0, atol=1e-9)
    # All atoms strained alike are another thing: shaken bonds resist.
    atomic = potential.single_point(state.positions, state.cell).virial
    assert np.abs(found - atomic).max() > 50.0
    h = 1e-5
    for a in range(3):
        for b in range(a + 1):
            step = np.zeros((3, 3))
            step[a, b] += 0.5 * h
            step[b, a] += 0.5 * h
            slope = (energy(step) - energy(-step)) / (2 * h)
            assert found[a, b] == pytest.approx(-slope, abs=0.02)


@pytest.mark.parametrize("mode", MODES)
def test_frozen_anions_keep_their_shape_and_the_energy_is_conserved(mode):
    potential, state, options = crystal("anions")
    atoms = np.flatnonzero(options["frozen"])
    atoms = atoms[np.argsort(options["molecule"][atoms], kind="stable")]
    centres, offsets = centres_and_offsets(state.positions[atoms])
    scaled = centres @ np.linalg.inv(state.cell)
    volume = state.volume
    dynamics = Dynamics("npt", 5e-4, 4, 0.1, 0.2, 0.2 * GPA, TEMPERATURE, mode)
    integrator = Integrator(potential, state, dynamics, **options)
    conserved = []
    for _ in range(500):
        integrator.advance(TEMPERATURE)
        conserved.append(integrator.conserved_energy)
    found, kept = centres_and_offsets(state.positions[atoms])
    np.testing.assert_allclose(kept, offsets, rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(found @ np.linalg.inv(state.cell), scaled, rtol=0.0, atol=1e-12)
    assert abs(state.volume / volume - 1.0) > 1e-3
    assert np.ptp(conserved) < 0.02 * integrator.freedom / 3.0 * BOLTZMANN * TEMPERATURE


def test_atoms_are_grouped_by_molecule_and_those_alone_need_nothing():
    frozen = np.array([True, True, False, True, True, True, True, False])
    molecule = np.array([2, 0, 2, 5, 2, 5, 0, 5])
    slot_atoms = np.array([4, 7, 0, 0, 3, 2, 5, 1, 6])
    bodies = find_bodies(frozen, molecule, slot_atoms)
    np.testing.assert_array_equal(bodies.atoms, [0, 4, 3, 5])
    np.testing.assert_array_equal(bodies.first, [0, 2, 4])
    np.testing.assert_array_equal(bodies.slots, [0, 2, 3, 4, 6])
    np.testing.assert_array_equal(bodies.atoms[bodies.member], slot_atoms[bodies.slots])


def test_nothing_is_done_for_frozen_ions():
    potential, state, options = crystal("Li")
    bodies = find_bodies(options["frozen"], options["molecule"], potential.bonded.atoms)
    assert [part.size for part in bodies] == [0, 1, 0, 0, 0]
