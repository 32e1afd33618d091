"""Density maps of crystals and of random atoms, counted independently."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.crystals import SKEWED, deformed, plan_of, same_bits, show
from simulation.simulation_points import FORCE_FIELD, hold_point

from lbhsweep.observables.structure.density import Density
from lbhsweep.physics.crystal import build_alpha, build_beta, remove_lithium
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.simulate import simulate

NAMES = {"li_density": 8.0, "h_density": 48.0}
"""Atoms in the conventional cell."""


def maps(structure, supercell, frames=None):
    frames = frames or [(structure.positions, structure.cell)]
    return show(Density(plan_of(structure, supercell)), frames)


def test_lithium_on_its_sites_fills_their_voxels():
    beta = build_beta((2, 1, 1), seed=1)
    result = maps(beta, (2, 1, 1))
    filled = np.argwhere(result["li_density"] > 0.0)
    assert {tuple(place) for place in filled} == {
        (a, b, c) for a in (6, 18) for b in (6, 18) for c in (6, 18)
    }
    voxel = 10.2**3 / 24**3
    np.testing.assert_allclose(result["li_density"][6, 18, 6], 1.0 / voxel)


@pytest.mark.parametrize("n_vacancies", [0, 5])
def test_the_integral_is_the_number_of_atoms_in_the_conventional_cell(n_vacancies):
    """Of the mean cell, while the cell changes."""
    crystal = remove_lithium(build_alpha((2, 2, 2)), n_vacancies, seed=2)
    rng = np.random.default_rng(3)
    frames = []
    for _ in range(20):
        size = 1.0 + 0.02 * rng.normal()
        noise = 0.3 * rng.normal(size=crystal.positions.shape)
        frames.append((size * crystal.positions + noise, size * crystal.cell))
    result = maps(crystal, (2, 2, 2), frames)
    voxel = np.mean([np.linalg.det(cell) for _, cell in frames]) / 8 / 24**3
    lithium = 8.0 - n_vacancies / 8
    assert result["li_density"].sum() * voxel == pytest.approx(lithium, rel=1e-12)
    assert result["h_density"].sum() * voxel == pytest.approx(48.0, rel=1e-12)


def test_drift_strain_and_rotation_of_the_crystal_change_nothing_but_the_volume():
    # Not on the faces of voxels, where rounding decides.
    crystal = build_alpha((2, 2, 2), lithium=0.342)
    away = deformed(crystal, np.diag([1.05, 0.98, 1.01]) @ SKEWED, shift=(17.0, -40.0, 3.1))
    here = maps(crystal, (2, 2, 2))["li_density"]
    there = maps(crystal, (2, 2, 2), [(away.positions, away.cell)])["li_density"]
    scale = np.linalg.det(away.cell) / np.linalg.det(crystal.cell)
    np.testing.assert_allclose(there * scale, here, rtol=1e-9)
    assert np.count_nonzero(here) == 8


def test_diffusing_lithium_moves_the_frame_no_more_than_anions_do():
    crystal = build_alpha((2, 2, 2), lithium=0.342)
    positions = crystal.positions.copy()
    positions[np.array(crystal.symbols) == "Li"] += 9.61 * np.array([3.25, -1.0, 0.5])
    there = maps(crystal, (2, 2, 2), [(positions, crystal.cell)])["li_density"]
    here = maps(crystal, (2, 2, 2))["li_density"]
    np.testing.assert_allclose(there, np.roll(here, (6, 0, 12), axis=(0, 1, 2)))


def test_random_atoms_against_an_independent_histogram():
    crystal = build_alpha((2, 1, 2))
    rng = np.random.default_rng(4)
    lithium = np.array(crystal.symbols) == "Li"
    fractions = np.empty((0, 3))
    frames = []
    for _ in range(200):
        places = rng.uniform(-2.0, 2.0, (lithium.sum(), 3))
        positions = crystal.positions.copy()
        positions[lithium] = places * 9.61
        frames.append((positions, crystal.cell))
        fractions = np.concatenate([fractions, places])
    result = maps(crystal, (2, 1, 2), frames)["li_density"]
    edges = [(np.arange(25) - 0.5) / 24] * 3
    counts, _ = np.histogramdd((fractions + 0.5 / 24) % 1.0 - 0.5 / 24, bins=edges)
    np.testing.assert_allclose(result, counts / 200 / 4 / (9.61 / 24) ** 3, rtol=1e-9)


@settings(max_examples=10)
@given(split=st.integers(0, 12), seed=st.integers(0, 1000))
def test_restoring_changes_no_bit(split, seed):
    rng = np.random.default_rng(seed)
    crystal = build_alpha((1, 1, 1))
    frames = [
        (crystal.positions + rng.normal(size=(104, 3)), crystal.cell * (1 + 0.01 * rng.normal()))
        for _ in range(12)
    ]
    same_bits(lambda: Density(plan_of(crystal, (1, 1, 1))), frames, split)


def test_without_samples_there_is_no_density():
    crystal = build_alpha((1, 1, 1))
    assert all(np.isnan(a).all() for a in Density(plan_of(crystal, (1, 1, 1))).result().values())
    ramp = Density(plan_of(crystal, (1, 1, 1), group="ramp", n_bins=4))
    assert ramp.every > 1600
    assert ramp.result() == {}


def test_a_run_fills_both_maps(tmp_path):
    point = replace(hold_point(), observables=("density", "thermo"))
    arrays = simulate(point, tmp_path, force_field=FORCE_FIELD).arrays
    promised = rehearse(point).arrays
    for name, atoms in NAMES.items():
        assert arrays[name].shape == promised[name].shape == (24, 24, 24)
        assert arrays[name].mean() * arrays["lattice_a"] ** 3 == pytest.approx(atoms, rel=0.02)
    # Cold lithium stays within an ångström of its windows.
    fraction = np.argwhere(arrays["li_density"] > 0.0) / 24
    site = np.array([0.352, 0.352, 0.352])
    nearest = np.abs((fraction - site + 0.5) % 1.0 - 0.5).max(axis=1).min()
    assert nearest < 1 / 24
