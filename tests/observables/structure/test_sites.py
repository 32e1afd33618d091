"""Order parameters of crystals whose order is known, and nearest sites by brute force."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.crystals import SKEWED, deformed, plan_of, same_bits, show, turned
from scipy.special import eval_legendre
from simulation.simulation_points import FORCE_FIELD, hold_point, ramp_point

from lbhsweep.observables.frame.spherical_harmonics import ORDERS, add_harmonics
from lbhsweep.observables.structure.sites import NAMES, Sites
from lbhsweep.observables.structure.sites_kernels import (
    ELSEWHERE_BEYOND,
    N_VALUES,
    SHARES_FROM,
    add_lithium,
)
from lbhsweep.physics.crystal import build_alpha, build_beta, remove_lithium
from lbhsweep.physics.structure import Structure
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.simulate import simulate

EXPERIMENTAL = {"turn_deg": 40.3, "lithium": 0.352}
CAPPING = {"turn_deg": 24.2, "lithium": 0.214}
QUARTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
MIRROR = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
CENTRES = [(0.0, 0.0, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5), (0.5, 0.5, 0.0)]
SHARES = NAMES[:4]


def measured(structure, supercell=(2, 2, 2), positions=None, cell=None):
    positions = structure.positions if positions is None else positions
    cell = structure.cell if cell is None else cell
    return show(Sites(plan_of(structure, supercell)), [(positions, cell)] * 16)


def moved(structure, operation, shift_A):
    """Turn or mirror a whole crystal and shift it: another variant of the same cubic cell."""
    positions = structure.positions @ operation.T + shift_A
    return Structure(structure.symbols, positions, structure.cell, structure.molecule)


@pytest.mark.parametrize("parameters", [EXPERIMENTAL, CAPPING], ids=["window", "capping"])
@pytest.mark.parametrize("operation", [np.eye(3), QUARTER_TURN, MIRROR, -np.eye(3)])
def test_perfect_alpha_has_its_own_parameters_in_every_variant(parameters, operation):
    for centre in CENTRES:
        crystal = build_alpha((2, 2, 2), lattice_A=9.7, **parameters)
        result = measured(moved(crystal, operation, 9.7 * np.array(centre)))
        assert result["alpha_order"] == pytest.approx(1.0, abs=1e-9)
        assert result["alpha_coherence"] == pytest.approx(1.0, abs=1e-9)
        assert result["alpha_turn"] == pytest.approx(parameters["turn_deg"], abs=1e-6)
        assert result["alpha_lithium"] == pytest.approx(parameters["lithium"], abs=1e-9)
        for name in NAMES:
            assert result[stderr_name(name)] == pytest.approx(0.0, abs=1e-9), name


@given(turn=st.floats(0.5, 119.5), lithium=st.floats(0.2, 0.36))
@settings(max_examples=20)
def test_any_turn_and_any_lithium_parameter_are_found(turn, lithium):
    result = measured(build_alpha((1, 1, 1), turn_deg=turn, lithium=lithium), (1, 1, 1))
    assert result["alpha_turn"] == pytest.approx(turn, abs=1e-6)
    assert result["alpha_order"] == pytest.approx(1.0, abs=1e-9)
    assert result["alpha_lithium"] == pytest.approx(lithium, abs=1e-9)


def test_anions_turned_at_random_have_no_order_and_no_turn():
    rng = np.random.default_rng(1)
    crystal = build_alpha((2, 2, 2), lithium=0.25)
    found = [measured(crystal, positions=turned(crystal, rng)) for _ in range(30)]
    assert max(one["alpha_order"] for one in found) < 0.3
    assert np.mean([one["alpha_order"] for one in found]) < 0.15
    assert all(np.isnan(one["alpha_turn"]) for one in found)
    assert all(np.isnan(one["alpha_turn_stderr"]) for one in found)
    beta = measured(build_beta((2, 2, 2), seed=3))
    assert beta["alpha_order"] < 0.3
    assert beta["alpha_lithium"] == pytest.approx(0.25, abs=1e-9)
    assert beta["li_tetrahedral"] == pytest.approx(1.0)


def test_anions_that_tumble_lose_their_order_with_time():
    rng = np.random.default_rng(2)
    crystal = build_alpha((1, 1, 1), lithium=0.25)
    frames = [(turned(crystal, rng), crystal.cell) for _ in range(1600)]
    result = show(Sites(plan_of(crystal, (1, 1, 1))), frames)
    # 6400 orientations, each ± 0.28; the best of eight variants.
    assert abs(result["alpha_order"]) < 4 * 0.28 / 80.0
    assert result["alpha_order_stderr"] == pytest.approx(0.28 / 80.0, rel=0.5)


def test_librations_lower_the_order_as_theory_says():
    """1 − l(l+1)/6 ⟨θ²⟩ with l = 6."""
    rng = np.random.default_rng(3)
    crystal = build_alpha((2, 2, 2))
    frames = [(turned(crystal, rng, degrees=2.0), crystal.cell) for _ in range(64)]
    result = show(Sites(plan_of(crystal)), frames)
    expected = 1.0 - 7.0 * 3.0 * np.radians(2.0) ** 2
    assert result["alpha_order"] == pytest.approx(expected, abs=0.002)
    assert result["alpha_turn"] == pytest.approx(40.3, abs=0.2)


@pytest.mark.parametrize("supercell", [(1, 1, 1), (2, 1, 3)])
def test_drift_strain_and_rotation_of_the_whole_crystal_change_nothing(supercell):
    crystal = build_alpha(supercell, **CAPPING)
    moved_away = deformed(crystal, SKEWED, shift=(31.0, -7.3, 2.2))
    assert abs(moved_away.cell[1, 0]) > 0.5
    there = measured(crystal, supercell, moved_away.positions, moved_away.cell)
    for name, value in measured(crystal, supercell).items():
        assert there[name] == pytest.approx(value, abs=1e-6), name


def test_lithium_that_moves_against_the_anions_is_seen():
    """All Li carried from their tetrahedral sites to the octahedral ones and beyond."""
    crystal = build_alpha((2, 2, 2), lithium=0.25)
    lithium = np.array(crystal.symbols) == "Li"
    positions = crystal.positions.copy()
    positions[lithium] += 0.25 * 9.61
    result = measured(crystal, positions=positions)
    # From half of the tetrahedra (¼¼¼) leads to an octahedral site, from the others to an anion.
    assert result["li_octahedral"] == pytest.approx(0.5)
    assert result["li_elsewhere"] == pytest.approx(0.5)


def test_shares_of_atoms_put_on_known_sites():
    crystal = remove_lithium(build_alpha((2, 2, 2)), 4, seed=1)
    lithium = np.flatnonzero(np.array(crystal.symbols) == "Li")
    sites = {"li_tetrahedral": (0.75, 0.25, 0.25), "li_octahedral": (0.0, 0.5, 0.0)}
    sites |= {"li_window": (1 / 6, 1 / 6, 1 / 3), "li_elsewhere": (0.25, 0.25, 0.0)}
    counts = dict(zip(sites, (30, 15, 10, 5), strict=True))
    positions = crystal.positions.copy()
    rng = np.random.default_rng(4)
    places = np.repeat(np.array(list(sites.values())), list(counts.values()), axis=0)
    cells = rng.integers(-5, 5, (60, 3))
    positions[lithium] = 9.61 * (places + cells + 0.01 * rng.normal(size=(60, 3)))
    result = measured(crystal, positions=positions)
    for name, count in counts.items():
        assert result[name] == pytest.approx(count / 60.0), name


def ideal_sites():
    octahedral = np.array(CENTRES) + 0.5
    tetrahedral = np.array(list(product((0.25, 0.75), repeat=3)))
    corners = np.array(list(product((-1, 1), repeat=3))) / 12.0
    near = (tetrahedral[:, None] + corners).reshape(-1, 3)
    return tetrahedral, octahedral, near[[is_window(point) for point in near]]


def distances(points, sites):
    apart = points[:, None] - sites[None]
    return np.linalg.norm(apart - np.rint(apart), axis=2)


def is_window(point):
    """The middle of a triangle with sides a/√2 is a/√6 from its three corners."""
    apart = distances(point[None], np.array(CENTRES))
    return np.sum(np.isclose(apart, 1.0 / np.sqrt(6.0))) == 3


def test_nearest_sites_by_brute_force():
    tetrahedral, octahedral, windows = ideal_sites()
    assert len(windows) == 32
    rng = np.random.default_rng(5)
    points = np.concatenate([rng.uniform(-2.0, 2.0, (4000, 3)), tetrahedral, octahedral, windows])
    nearest = np.array(
        [distances(points, sites).min(axis=1) for sites in (tetrahedral, octahedral, windows)]
    )
    kind = np.where(nearest.min(axis=0) > ELSEWHERE_BEYOND, 3, nearest.argmin(axis=0))
    values = np.zeros(N_VALUES)
    add_lithium(points, np.eye(3), np.zeros(3), np.arange(len(points)), values)
    expected = np.bincount(kind, minlength=4) / len(points)
    np.testing.assert_allclose(values[SHARES_FROM:], expected, atol=1e-12)
    assert expected.min() > 0.03


def test_harmonics_obey_the_addition_theorem():
    rng = np.random.default_rng(6)
    first, second = rng.normal(size=(2, 50, 3))
    for u, w in zip(first, second, strict=True):
        a, b = np.zeros(ORDERS), np.zeros(ORDERS)
        add_harmonics(*u, 1.0, a)
        add_harmonics(*w, 1.0, b)
        cosine = u @ w / np.linalg.norm(u) / np.linalg.norm(w)
        assert a @ b == pytest.approx(eval_legendre(6, cosine), abs=1e-12)


def test_errors_are_the_scatter_of_blocks():
    rng = np.random.default_rng(7)
    turns, lithium = 30.0 + 2.0 * rng.normal(size=128), 0.3 + 0.01 * rng.normal(size=128)
    crystals = [
        build_alpha((1, 1, 1), turn_deg=turn, lithium=x)
        for turn, x in zip(turns, lithium, strict=True)
    ]
    sites = Sites(plan_of(crystals[0], (1, 1, 1), n_blocks=128))
    result = show(sites, [(one.positions, one.cell) for one in crystals], n_blocks=128)
    assert result["alpha_lithium"] == pytest.approx(lithium.mean(), abs=1e-9)
    assert result["alpha_lithium_stderr"] == pytest.approx(0.01 / np.sqrt(128), rel=0.4)
    assert result["alpha_turn"] == pytest.approx(turns.mean(), abs=0.05)
    assert result["alpha_turn_stderr"] == pytest.approx(2.0 / np.sqrt(128), rel=0.4)


def test_bins_of_a_ramp_see_order_come_and_go():
    rng = np.random.default_rng(8)
    crystal = build_alpha((2, 2, 2))
    beta = build_alpha((2, 2, 2), lithium=0.25)
    frames = [(crystal.positions, crystal.cell)] * 64
    frames += [(turned(beta, rng), beta.cell) for _ in range(64)]
    result = show(Sites(plan_of(crystal, group="ramp", n_blocks=64, n_bins=4)), frames, 64)
    np.testing.assert_allclose(result["alpha_order"][:2], 1.0)
    assert np.all(np.abs(result["alpha_order"][2:]) < 0.1)
    np.testing.assert_allclose(result["alpha_turn"], [40.3, 40.3, np.nan, np.nan])
    np.testing.assert_allclose(result["alpha_lithium"], [0.352, 0.352, 0.25, 0.25])
    np.testing.assert_allclose(result["li_window"], [1.0, 1.0, 0.0, 0.0], atol=1e-12)
    assert np.all(np.isfinite(result["alpha_order_stderr"]))


def test_an_empty_bin_has_no_value():
    crystal = build_alpha((1, 1, 1))
    plan = plan_of(crystal, (1, 1, 1), group="ramp", n_blocks=16, n_bins=2)
    result = show(Sites(plan), [(crystal.positions, crystal.cell)] * 8, n_blocks=8)
    for name in NAMES:
        assert np.isfinite(result[name][0])
        assert np.isnan(result[name][1])
        assert np.isnan(result[stderr_name(name)][1])


def test_blocks_of_fast_ramps_are_each_sampled():
    crystal = build_alpha((1, 1, 1))
    for steps, n_blocks in ((1600, 160), (1601, 160), (10, 1), (10**6, 512)):
        every = Sites(plan_of(crystal, (1, 1, 1), n_blocks=n_blocks, steps=steps)).every
        assert 1 <= every <= min(50, steps // n_blocks)


@settings(max_examples=10)
@given(split=st.integers(0, 24), seed=st.integers(0, 1000))
def test_restoring_changes_no_bit(split, seed):
    rng = np.random.default_rng(seed)
    crystal = build_alpha((1, 1, 1))
    frames = [
        (crystal.positions + 0.3 * rng.normal(size=(104, 3)), crystal.cell) for _ in range(24)
    ]
    same_bits(lambda: Sites(plan_of(crystal, (1, 1, 1))), frames, split)


@pytest.mark.parametrize("point", [hold_point(), ramp_point("cooling", phase="beta")])
def test_a_run_fills_what_the_catalogue_lists(tmp_path, point):
    point = replace(point, observables=("sites", "thermo"))
    arrays = simulate(point, tmp_path, force_field=FORCE_FIELD).arrays
    listed = {q.name for q in CATALOGUE.values() if q.observable == "sites"}
    assert listed == set(NAMES)
    promised = rehearse(point).arrays
    for name in (one for q in listed for one in (q, stderr_name(q))):
        assert arrays[name].shape == promised[name].shape
        assert arrays[name].dtype == np.float64
        if not name.startswith("alpha_turn"):
            assert np.all(np.isfinite(arrays[name])), name
    np.testing.assert_allclose(sum(arrays[name] for name in SHARES), 1.0)
    if point.group == "hold":
        assert arrays["alpha_order"] > 0.7
        assert arrays["alpha_turn"] == pytest.approx(40.0, abs=8.0)
        assert arrays["alpha_lithium"] == pytest.approx(0.35, abs=0.03)
