"""Radial distribution functions of gases and crystals, against freud and against brute force."""

from dataclasses import replace
from itertools import product

import freud
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.crystals import SKEWED, plan_of, same_bits, sample_of, show
from simulation.simulation_points import FORCE_FIELD, hold_point

from lbhsweep.observables.structure.radial import PAIRS, Radial
from lbhsweep.physics.crystal import build_alpha, remove_lithium
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.simulate import simulate

RADII = 0.05 * (np.arange(200) + 0.5)
SHELLS = 4.0 / 3.0 * np.pi * 0.05**3 * np.diff(np.arange(201.0) ** 3)


def half_height(cell):
    return 0.5 / np.linalg.norm(np.linalg.inv(cell), axis=0).max()


def of_kind(structure, positions, kind):
    if kind == "anion":
        numbers = range(1, structure.molecule.max() + 1)
        return np.array([positions[structure.molecule == k].mean(axis=0) for k in numbers])
    return positions[np.array(structure.symbols) == kind]


def test_atoms_that_know_nothing_of_each_other_have_one_everywhere():
    crystal = build_alpha((2, 2, 2))
    cell = crystal.cell @ SKEWED
    rng = np.random.default_rng(1)
    frames = []
    for _ in range(24):
        size = 1.0 + 0.02 * rng.normal()
        frames.append((rng.uniform(-1.0, 2.0, (832, 3)) @ cell * size, cell * size))
    result = show(Radial(plan_of(crystal)), frames)
    for name in ("rdf_li_li", "rdf_li_b", "rdf_li_h", "rdf_h_h"):
        far = (RADII > 2.0) & np.isfinite(result[name])
        assert result[name][far].mean() == pytest.approx(1.0, abs=0.01), name
        deviation = (result[name] - 1.0)[far] / result[stderr_name(name)][far]
        # Eight blocks: Student's t with seven degrees of freedom spreads a little wider than 1.
        assert 0.8 < deviation.std() < 1.8, name


@pytest.mark.parametrize("name", ["rdf_li_li", "rdf_li_b", "rdf_anion_anion", "rdf_li_anion"])
def test_a_skewed_configuration_against_freud(name):
    crystal = build_alpha((2, 2, 2))
    rng = np.random.default_rng(2)
    # A lower triangular cell, because freud's boxes are.
    cell = crystal.cell @ np.array([[1.02, 0, 0], [0.1, 0.98, 0], [-0.07, 0.12, 1.0]])
    positions = (crystal.positions + 0.4 * rng.normal(size=(832, 3))) @ (cell / crystal.cell[0, 0])
    found = show(Radial(plan_of(crystal)), [(positions, cell)])[name]
    one, other = (of_kind(crystal, positions, kind) for kind in PAIRS[name])
    box = freud.box.Box.from_matrix(cell.T)
    reach = 0.05 * int(half_height(cell) / 0.05)
    rdf = freud.density.RDF(round(reach / 0.05), reach, normalization_mode="finite_size")
    if one.shape == other.shape:
        rdf.compute((box, box.wrap(one)))
    else:
        rdf = freud.density.RDF(round(reach / 0.05), reach)
        rdf.compute((box, box.wrap(one)), query_points=box.wrap(other))
    inside = np.isfinite(found)
    assert np.count_nonzero(inside) == rdf.nbins
    # freud works in single precision, so a pair may fall into the neighbouring bin.
    difference = np.abs(np.cumsum((found[inside] - rdf.rdf) * SHELLS[inside]))
    pair = np.linalg.det(cell) / (len(one) * len(other))
    assert difference.max() < 2.5 * pair
    assert np.mean(difference < 0.01 * pair) > 0.9
    assert found[inside].max() > 1.5


def test_hydrogen_of_other_anions_by_brute_force():
    crystal = remove_lithium(build_alpha((1, 1, 2)), 3, seed=1)
    cell = crystal.cell @ SKEWED
    positions = crystal.positions @ SKEWED + 0.2 * np.random.default_rng(3).normal(
        size=crystal.positions.shape
    )
    found = show(Radial(plan_of(crystal, (1, 1, 2))), [(positions, cell)])["rdf_h_h"]
    hydrogen = np.array(crystal.symbols) == "H"
    points, anion = positions[hydrogen], crystal.molecule[hydrogen]
    images = np.array(list(product((-1, 0, 1), repeat=3))) @ cell
    apart = points[:, None, None] - points[None, :, None] + images
    nearest = np.linalg.norm(apart, axis=-1).min(axis=2)
    pairs = nearest[(anion[:, None] != anion[None]) & (np.arange(96)[:, None] < np.arange(96))]
    counts, _ = np.histogram(pairs, bins=0.05 * np.arange(201))
    expected = counts / len(pairs) / SHELLS * np.linalg.det(cell)
    inside = np.isfinite(found)
    np.testing.assert_allclose(found[inside], expected[inside], rtol=1e-9)
    assert len(pairs) == 96 * 84 / 2


def test_neighbours_in_the_perfect_crystal():
    """Integrals count neighbours: 12 anions at a/√2 around each; 3 around the window of each Li."""
    crystal = build_alpha((2, 2, 2), lattice_A=10.0, lithium=1.0 / 3.0 - 0.001)
    result = show(Radial(plan_of(crystal)), [(crystal.positions, crystal.cell)])
    volume = 20.0**3
    near = RADII < 8.0
    shells = result["rdf_anion_anion"] * SHELLS * 31 / volume
    assert shells[near].sum() == pytest.approx(12.0)
    assert shells[np.abs(RADII - 10.0 / np.sqrt(2.0)) < 0.1].sum() == pytest.approx(12.0)
    windows = result["rdf_li_anion"] * SHELLS * 32 / volume
    assert windows[RADII < 4.5].sum() == pytest.approx(3.0)


def test_nothing_is_said_beyond_half_of_the_smallest_height():
    crystal = build_alpha((1, 1, 1))
    frames = [(crystal.positions * size, crystal.cell * size) for size in (1.0, 0.95, 1.05)]
    result = show(Radial(plan_of(crystal, (1, 1, 1))), frames)
    reach = 0.5 * 9.61 * 0.95
    for name, array in result.items():
        if name.endswith("_stderr"):
            assert np.isnan(array).all(), name
        else:
            np.testing.assert_array_equal(np.isnan(array), reach < RADII + 0.025, err_msg=name)


def test_without_samples_there_is_nothing():
    crystal = build_alpha((1, 1, 1))
    result = Radial(plan_of(crystal, (1, 1, 1))).result()
    assert all(np.isnan(array).all() for array in result.values())
    ramp = Radial(plan_of(crystal, (1, 1, 1), group="ramp", n_bins=4))
    assert ramp.every > 1600
    assert ramp.result() == {}


@settings(max_examples=10)
@given(split=st.integers(0, 9), seed=st.integers(0, 1000))
def test_restoring_changes_no_bit(split, seed):
    rng = np.random.default_rng(seed)
    crystal = build_alpha((1, 1, 1))
    frames = [
        (crystal.positions + rng.normal(size=(104, 3)), crystal.cell * (1 + 0.01 * rng.normal()))
        for _ in range(9)
    ]
    same_bits(lambda: Radial(plan_of(crystal, (1, 1, 1))), frames, split)


def test_every_stretch_of_a_short_run_is_sampled():
    crystal = build_alpha((1, 1, 1))
    for steps in (1, 9, 100, 1601, 10**6):
        radial = Radial(plan_of(crystal, (1, 1, 1), steps=steps))
        looks = range(radial.every, min(steps, 40 * radial.every) + 1, radial.every)
        for step in looks:
            radial.sample(sample_of(crystal.positions, crystal.cell, step))
        if steps < 10**6:
            assert np.count_nonzero(radial.state()["count"]) == min(steps, 8)


def test_a_run_fills_what_the_catalogue_lists(tmp_path):
    point = replace(hold_point(), observables=("radial", "thermo"))
    arrays = simulate(point, tmp_path, force_field=FORCE_FIELD).arrays
    listed = {q.name for q in CATALOGUE.values() if q.observable == "radial"}
    assert listed == set(PAIRS)
    promised = rehearse(point).arrays
    for name in listed:
        for one in (name, stderr_name(name)):
            assert arrays[one].shape == promised[one].shape == (200,)
            assert np.all(np.isfinite(arrays[one][RADII < 4.5]))
            assert np.all(np.isnan(arrays[one][RADII > 5.5]))
    assert np.all(arrays["rdf_li_h"][RADII < 1.5] == 0.0)
    assert arrays["rdf_li_h"][(RADII > 1.8) & (RADII < 2.5)].max() > 1.5
