"""Bonds and angles on vectors against one by one, and how molecules are laid side by side."""

import itertools
import math

import numpy as np
import pytest
from engine.plain_forces import plain_bonded
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.engine.molecules.bonded import atom_forces, bonded_tables, no_bonds
from lbhsweep.engine.molecules.lanes import LANES, LaneTerms, lay_out
from lbhsweep.engine.virial import add_symmetric
from lbhsweep.physics.topology import Topology

NO_EXCLUSIONS = np.zeros((0, 2), np.int32)


def topology_of(molecules):
    """Chains of given lengths, bonds and angles along each; 1 is a single atom."""
    bonds, angles, molecule, first = [], [], [], 0
    for number, length in enumerate(molecules, 1):
        atoms = range(first, first + length)
        bonds += list(itertools.pairwise(atoms))
        angles += [(i, i + 1, i + 2) for i in atoms[:-2]]
        molecule += [number if length > 1 else 0] * length
        first += length
    bonds = np.array(bonds, np.int32).reshape(-1, 2)
    angles = np.array(angles, np.int32).reshape(-1, 3)
    place = np.concatenate([np.arange(n) for n in molecules])
    return np.array(molecule, np.int32), Topology(
        bonds, 100.0 + 10 * place[bonds[:, 0]], np.full(len(bonds), 1.3),
        angles, 40.0 + place[angles[:, 0]], np.full(len(angles), 1.9), NO_EXCLUSIONS,
    )  # fmt: skip


def tables_of(molecule, topology):
    return bonded_tables(
        molecule, topology.bonds, topology.bond_k, topology.bond_length,
        topology.angles, topology.angle_k, topology.angle_theta,
    )  # fmt: skip


def renamed(molecule, topology, order):
    """The same molecules with atom i called order[i]."""
    moved = np.empty_like(molecule)
    moved[order] = molecule
    return moved, Topology(
        order[topology.bonds].astype(np.int32), topology.bond_k, topology.bond_length,
        order[topology.angles].astype(np.int32), topology.angle_k, topology.angle_theta,
        NO_EXCLUSIONS,
    )  # fmt: skip


def walk(rng, n):
    """Positions of a chain, no bond too short."""
    steps = rng.normal(size=(n, 3))
    steps *= (rng.uniform(0.9, 1.7, n) / np.linalg.norm(steps, axis=1))[:, None]
    return np.cumsum(steps, axis=0)


def require_equal(found, expected):
    np.testing.assert_allclose(found.energies, list(expected.energies.values()), rtol=1e-12)
    scale = max(abs(expected.forces).max(), 1.0)
    np.testing.assert_allclose(found.forces, expected.forces, atol=1e-11 * scale)
    np.testing.assert_allclose(found.virial, expected.virial, atol=1e-10 * scale)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 32])
def test_identical_molecules_fill_whole_vectors(n):
    molecule, topology = topology_of([4] * n)
    tables = tables_of(molecule, topology)
    length = LANES * math.ceil(n / LANES)
    assert len(tables.bonds) == 3
    assert len(tables.angles) == 2
    assert (tables.bonds[:, 2] == length).all()
    assert len(tables.atoms) == 4 * length
    assert tables.weight.sum() == 4 * n
    assert (tables.atoms[tables.slot] == np.arange(4 * n)).all()
    positions = walk(np.random.default_rng(n), 4 * n)
    require_equal(atom_forces(positions, tables), plain_bonded(positions, topology))


@settings(max_examples=40)
@given(
    molecules=st.lists(st.sampled_from([1, 1, 2, 3, 3, 5]), min_size=1, max_size=24),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_mixture_in_any_order_gives_what_single_terms_give(molecules, seed):
    rng = np.random.default_rng(seed)
    molecule, topology = topology_of(molecules)
    order = rng.permutation(len(molecule))
    molecule, topology = renamed(molecule, topology, order)
    positions = np.empty((len(molecule), 3))
    positions[order] = walk(rng, len(molecule)) + rng.uniform(-1e3, 1e3)
    tables = tables_of(molecule, topology)
    require_equal(atom_forces(positions, tables), plain_bonded(positions, topology))
    kinds = len(set(molecules) - {1})
    assert len(tables.bonds) == sum(n - 1 for n in set(molecules))
    assert kinds == 0 or len(tables.angles) == sum(max(n - 2, 0) for n in set(molecules))


def test_slots_that_fill_vectors_weigh_nothing():
    molecule, topology = topology_of([3])
    tables = tables_of(molecule, topology)
    positions = walk(np.random.default_rng(1), 3)
    assert tables.weight.sum() == 3
    before = atom_forces(positions, tables)
    eight = tables_of(*topology_of([3] * 8))
    full = atom_forces(np.tile(positions, (8, 1)), eight)
    np.testing.assert_allclose(full.energies, 8 * before.energies, rtol=1e-13)
    np.testing.assert_allclose(full.virial, 8 * before.virial, rtol=1e-12, atol=1e-12)


def test_molecules_differ_by_the_parameters_of_their_terms():
    molecule, topology = topology_of([2, 2, 2])
    layout = lay_out(molecule, {"bond": LaneTerms(topology.bonds, np.array([[1.0], [2.0], [1.0]]))})
    assert sorted(layout.rows["bond"].parameters.ravel().tolist()) == [1.0, 2.0]
    assert layout.weight.sum() == 6


def test_atoms_without_bonds_have_no_force():
    out = atom_forces(np.random.default_rng(0).normal(size=(11, 3)), no_bonds(11))
    assert (out.forces == 0).all()
    assert (out.virial == 0).all()
    assert (out.energies == 0).all()


def angle_alone(degrees, arms=(1.0, 1.4)):
    """Positions of one angle, turned out of every plane."""
    theta = math.radians(degrees)
    flat = np.array(
        [[arms[0], 0, 0], [0, 0, 0], [arms[1] * math.cos(theta), arms[1] * math.sin(theta), 0]]
    )
    return flat @ np.linalg.qr(np.random.default_rng(8).normal(size=(3, 3)))[0]


ONE_ANGLE = (
    np.array([1, 1, 1]), np.zeros((0, 2), np.int32), np.zeros(0), np.zeros(0),
    np.array([[0, 1, 2]], np.int32), np.array([83.7]),
)  # fmt: skip


@pytest.mark.parametrize("theta_0", [2.0944, math.pi])
@pytest.mark.parametrize("degrees", [1.0, 30.0, 60.0, 89.9999, 90.0, 120.0, 150.0, 179.0])
def test_angles_of_any_size(degrees, theta_0):
    tables = bonded_tables(*ONE_ANGLE, np.array([theta_0]))
    positions = angle_alone(degrees)
    found = atom_forces(positions, tables)
    bend = math.radians(degrees) - theta_0
    assert found.energies[1] == pytest.approx(0.5 * 83.7 * bend**2, rel=1e-11, abs=1e-15)
    h = 1e-6
    for atom, axis in itertools.product(range(3), range(3)):
        step = np.zeros((3, 3))
        step[atom, axis] = h
        difference = (
            atom_forces(positions + step, tables).energies[1]
            - atom_forces(positions - step, tables).energies[1]
        )
        assert found.forces[atom, axis] == pytest.approx(-difference / (2 * h), rel=1e-5, abs=2e-5)
    np.testing.assert_allclose(found.forces.sum(axis=0), 0.0, atol=1e-11)
    np.testing.assert_allclose(found.virial, found.virial.T, atol=1e-11)


@pytest.mark.parametrize("degrees", [0.0, 180.0])
def test_straight_angles_stay_finite(degrees):
    # At its ends the angle has no direction: no force, or that of an angle nearby, never NaN.
    tables = bonded_tables(*ONE_ANGLE, np.array([2.0944]))
    found = atom_forces(angle_alone(degrees), tables)
    bend = math.radians(degrees) - 2.0944
    assert found.energies[1] == pytest.approx(0.5 * 83.7 * bend**2, rel=1e-6)
    assert np.linalg.norm(found.forces[[0, 2]], axis=1).max() < 83.7 * math.pi
    nearly = atom_forces(angle_alone(abs(degrees - 1e-3)), tables)
    assert nearly.energies[1] == pytest.approx(found.energies[1], rel=1e-4)


def test_not_a_number_stays_a_force_that_is_none():
    molecule, topology = topology_of([3] * 4)
    positions = walk(np.random.default_rng(2), 12)
    positions[4] = np.nan
    found = atom_forces(positions, tables_of(molecule, topology))
    assert np.isnan(found.forces[3:6]).any()
    assert np.isnan(found.energies[0])
    assert np.isfinite(found.forces[[0, 1, 2, 6, 7, 8]]).all()


def test_symmetric_matrices_are_added_whole():
    virial = np.ones((3, 3))
    add_symmetric(virial, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    np.testing.assert_array_equal(virial, 1 + np.array([[1.0, 4, 5], [4, 2, 6], [5, 6, 3]]))
