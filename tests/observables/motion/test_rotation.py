"""Orientations against rotors whose motion is known."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.turning_anions import (
    EVERY,
    fivefold_turns,
    look,
    plan_of,
    products,
    show,
    small_turns,
    turned,
)
from scipy.integrate import quad
from scipy.spatial.transform import Rotation as Turn
from scipy.special import eval_legendre
from simulation.simulation_points import FORCE_FIELD, hold_point

from lbhsweep.observables.frame.anions import anion_bonds
from lbhsweep.observables.frame.cell_rotation import cell_rotation
from lbhsweep.observables.motion import rotation_kernels as kernels
from lbhsweep.observables.motion.rotation import NEAR_START_DEG, Rotation
from lbhsweep.physics.crystal import build_alpha, build_beta
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.quantities.lags import KEPT, lags_in_samples
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.simulate import simulate
from lbhsweep.sweep.sampling import inner_axes

UNTURNED = np.tile(np.eye(3), (4, 1, 1))


def kept_by_a_turn(degree, spread):
    """Mean correlation of this degree after a turn whose vector's components are normal."""

    def integrand(angle):
        character = np.sin((degree + 0.5) * angle) / np.sin(0.5 * angle) / (2 * degree + 1)
        weight = angle**2 * np.exp(-0.5 * (angle / spread) ** 2)
        return character * weight * np.sqrt(2.0 / np.pi) / spread**3

    return quad(integrand, 0.0, 12.0 * spread)[0]


def assert_within(measured, error, expected, n_sigma=4.5):
    """Hold curves, and all points of a curve, against their standard errors."""
    assert np.all(np.abs(measured - expected) <= n_sigma * error)


def test_free_rotational_diffusion_decays_as_debye_says():
    """<P_l(u(0)·u(t))> = exp(-l(l+1) D t); for l = 6 of the whole icosahedron too."""
    diffusion, interval = 0.02, 0.1
    spread = np.sqrt(2.0 * diffusion * interval)
    rng = np.random.default_rng(1)
    result = show(Rotation, products(small_turns(rng, spread, 4000, 64))).result()
    lags = np.array(lags_in_samples(4000))
    for name, degree in (("bh_correlation", 1), ("icosahedral_correlation", 6)):
        factor = kept_by_a_turn(degree, spread)
        rate = degree * (degree + 1) * diffusion
        assert factor == pytest.approx(np.exp(-rate * interval), rel=0.002)
        assert_within(result[name], result[stderr_name(name)], factor**lags)
    rate, error = result["reorientation_rate"], result["reorientation_rate_stderr"]
    assert rate == pytest.approx(2.0 * diffusion, abs=3.5 * error)
    assert error < 0.15 * rate
    amplitude_error = result["reorientation_amplitude_stderr"]
    assert result["reorientation_amplitude"] == pytest.approx(1.0, abs=3.5 * amplitude_error)
    assert result["reorientation_resolved"] == 1.0


def test_librations_leave_a_plateau_and_no_rate():
    spread = 0.2
    rng = np.random.default_rng(2)
    result = show(Rotation, small_turns(rng, spread, 600, 32)).result()
    for name, degree in (("bh_correlation", 1), ("icosahedral_correlation", 6)):
        plateau = kept_by_a_turn(degree, spread) ** 2
        assert_within(result[name], result[stderr_name(name)], plateau)
    assert result["reorientation_resolved"] == 0.0
    assert 0.0 <= result["reorientation_rate"] <= 3.0 * result["reorientation_rate_stderr"]
    assert result["full_rotation_rate"] == 0.0
    assert result["full_rotation_rate_stderr"] == pytest.approx(1e3 / (32 * 59.9))


def test_diffusion_after_librations_has_the_same_rate_and_less_amplitude():
    diffusion, spread = 0.03, 0.25
    rng = np.random.default_rng(3)
    slow = products(small_turns(rng, np.sqrt(0.2 * diffusion), 2000, 64))
    result = show(Rotation, small_turns(rng, spread, 2000, 64) @ slow).result()
    for name, expected in (
        ("reorientation_rate", 2.0 * diffusion),
        ("reorientation_amplitude", kept_by_a_turn(1, spread) ** 2),
    ):
        assert result[name] == pytest.approx(expected, abs=4.0 * result[stderr_name(name)])
    assert result["reorientation_amplitude"] < 0.93
    assert result["reorientation_resolved"] == 1.0


def test_jumps_between_orientations_that_look_the_same_leave_the_order():
    chance, n_frames = 0.02, 3000
    jumps = fivefold_turns()
    rng = np.random.default_rng(4)
    steps = np.where(
        (rng.random((n_frames, 4)) < chance)[..., None, None],
        jumps[rng.integers(0, 12, (n_frames, 4))],
        np.eye(3),
    )
    # Body-fixed jumps: the newest comes first, and the anion is turned to its place afterwards.
    paths = np.empty_like(steps)
    paths[0] = np.eye(3)
    for frame in range(1, n_frames):
        paths[frame] = paths[frame - 1] @ steps[frame]
    structure = build_alpha((1, 1, 1))
    first = structure.positions[structure.molecule == 1]
    alike = np.concatenate(
        [structure.positions[:8]] + [first + centre for centre in 12.0 * np.eye(4, 3)]
    )
    structure = replace(structure, positions=alike)
    result = show(Rotation, paths, structure).result()
    np.testing.assert_allclose(result["icosahedral_correlation"], 1.0, atol=1e-6)
    kept = 1.0 - chance * (1.0 - (1.0 + 2.0 * np.cos(np.radians(72.0))) / 3.0)
    lags = np.array(lags_in_samples(n_frames))
    short = lags < 200
    # The scatter of four anions is a poor estimate, so the tolerance is that of some 200 jumps.
    np.testing.assert_allclose(result["bh_correlation"][short], kept ** lags[short], atol=0.12)
    assert result["bh_correlation"][lags.searchsorted(100)] < 0.6


def test_static_disorder_has_no_rate():
    structure = build_beta((2, 1, 1), seed=5)
    plan = plan_of(structure, 300)
    observable = Rotation(plan)
    rng = np.random.default_rng(6)
    for frame in range(300):
        shaken = structure.positions + rng.normal(0.0, 0.05, structure.positions.shape)
        look(observable, plan, frame, shaken)
    result = observable.result()
    assert result["reorientation_resolved"] == 0.0
    assert 0.0 <= result["reorientation_rate"] <= 3.0 * result["reorientation_rate_stderr"]
    assert result["bh_correlation"].min() > 0.98


def test_still_anions_have_no_rate_at_all():
    result = show(Rotation, np.tile(np.eye(3), (60, 4, 1, 1))).result()
    assert result["reorientation_rate"] == pytest.approx(0.0, abs=1e-9)
    assert result["reorientation_resolved"] == 0.0


def full_turn_paths(axes, degrees):
    """Turns about an axis of each anion by angles (n_frames, n_anions)."""
    vectors = np.radians(degrees)[..., None] * axes
    return Turn.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*degrees.shape, 3, 3)


@settings(max_examples=15, deadline=None)
@given(turns=st.lists(st.integers(-4, 4), min_size=4, max_size=4), seed=st.integers(0, 2**32 - 1))
def test_prescribed_full_turns_are_counted(turns, seed):
    rng = np.random.default_rng(seed)
    axes = rng.normal(size=(4, 3))
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    degrees = np.minimum(np.arange(120)[:, None] / 100.0, 1.0) * 360.0 * np.array(turns)
    paths = small_turns(rng, 0.1, 120, 4) @ full_turn_paths(axes, degrees)
    result = show(Rotation, paths, n_blocks=12).result()
    counted = np.abs(turns).mean()
    assert result["full_rotations_series"][-1] == pytest.approx(counted)
    assert result["full_rotation_rate"] == pytest.approx(counted / (119 * 1e-4))


def test_noise_about_the_threshold_and_there_and_back_are_no_turns():
    rng = np.random.default_rng(7)
    axes = np.eye(4, 3) + 0.5
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    frames = np.linspace(0.0, 1.0, 400)
    there_and_back = 280.0 * np.sin(np.pi * frames)
    one_turn = np.minimum(330.0 * frames / 0.5, 330.0)
    hovering = NEAR_START_DEG * np.minimum(frames / 0.1, 1.0)
    two_turns = 720.0 * frames
    degrees = np.stack([there_and_back, one_turn, hovering, two_turns], axis=1)
    noise = rng.normal(0.0, 12.0, degrees.shape) * (frames > 0.01)[:, None]
    observable = show(Rotation, full_turn_paths(axes, degrees + noise))
    assert observable.state()["turns"].tolist() == [0, 1, 0, 2]


def test_a_turn_about_changing_axes_counts_as_one():
    """By 240° about one axis and 120° about another, 20° apart: past the farthest point, back."""
    first, second = np.array([0.0, 0.0, 1.0]), np.array([0.0, np.sin(0.35), np.cos(0.35)])
    out = Turn.from_rotvec(np.radians(np.linspace(0.0, 240.0, 60))[:, None] * first)
    on = Turn.from_rotvec(np.radians(np.linspace(0.0, 120.0, 60))[:, None] * second) * out[-1]
    path = np.concatenate([out.as_matrix(), on.as_matrix()])
    observable = show(Rotation, np.repeat(path[:, None], 4, axis=1))
    assert observable.state()["turns"].tolist() == [1] * 4


def test_a_crystal_that_turns_with_its_cell_has_not_turned():
    structure = build_alpha((1, 1, 1))
    skew = np.eye(3) + np.array([[0, 0.1, 0], [0, 0, -0.05], [0.02, 0, 0.03]])
    sheared = replace(structure, cell=structure.cell @ skew)
    plan = plan_of(sheared, 40)
    observable = Rotation(plan)
    for frame in range(40):
        turn = Turn.from_rotvec(0.02 * frame * np.array([1.0, -2.0, 0.5])).as_matrix()
        # The shape changes too, by a symmetric strain; that is no rotation.
        cell = sheared.cell @ np.diag([1.0 + 0.002 * frame, 1.0, 1.0]) @ turn.T
        look(observable, plan, frame, sheared.positions @ turn.T, cell)
    result = observable.result()
    np.testing.assert_allclose(result["bh_correlation"], 1.0, atol=1e-6)
    np.testing.assert_allclose(np.ptp(result["bh_theta_series"], axis=0), 0.0, atol=1e-5)


def test_a_symmetric_strain_turns_nothing():
    strain = np.array([[1.02, 0.03, -0.01], [0.03, 0.97, 0.02], [-0.01, 0.02, 1.01]])
    np.testing.assert_allclose(cell_rotation(strain), np.eye(3), atol=1e-12)
    turn = Turn.from_rotvec([0.3, -0.2, 0.5])
    # A row vector v turned is v R; the rotation found turns it back as a matrix before a column.
    rows = np.array([0.1, 0.2, 0.3]) @ turn.as_matrix()
    back = cell_rotation(strain @ turn.as_matrix()) @ rows
    np.testing.assert_allclose(back, [0.1, 0.2, 0.3], atol=1e-12)


def test_angles_of_the_followed_bonds():
    """Each first B–H bond of α turned about z: its φ advances, its θ stays."""
    structure = build_alpha((1, 1, 1))
    speeds = np.array([3.0, -5.0, 7.0, 0.0])
    degrees = np.arange(32)[:, None] * speeds
    result = show(Rotation, full_turn_paths(np.tile([0.0, 0.0, 1.0], (4, 1)), degrees)).result()
    b, h = anion_bonds(structure)[:, 0].T
    x, y, z = (structure.positions[h] - structure.positions[b]).T / 1.2
    np.testing.assert_allclose(
        result["bh_theta_series"], np.tile(np.degrees(np.arccos(z)), (16, 1)), atol=1e-6
    )
    # Blocks of two frames: the last one not after the middle is the first.
    expected = np.degrees(np.arctan2(y, x)) + degrees[::2]
    apart = (result["bh_phi_series"] - expected + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(apart, 0.0, atol=1e-6)


def test_bonds_are_those_of_the_builder():
    structure = build_beta((1, 1, 1), seed=8)
    bonds = anion_bonds(structure)
    assert bonds.shape == (4, 12, 2)
    np.testing.assert_array_equal(bonds[..., 1] - bonds[..., 0], 12)


def test_fitted_rotations_are_those_of_an_independent_fit():
    structure = build_alpha((2, 1, 1))
    bonds = anion_bonds(structure)
    rng = np.random.default_rng(9)
    reference, directions = np.empty((2, 8, 12, 3))
    kernels.bond_directions(structure.positions, bonds, np.eye(3), reference)
    wanted = Turn.random(8, rng=rng)
    shaken = turned(structure, wanted.as_matrix()) + rng.normal(0, 0.1, structure.positions.shape)
    kernels.bond_directions(shaken, bonds, np.eye(3), directions)
    found = np.tile([1.0, 0.0, 0.0, 0.0], (8, 1))
    kernels.fit_rotations(directions, reference, found)
    for k in range(8):
        fitted, _ = Turn.align_vectors(directions[k], reference[k])
        w = fitted.as_quat(scalar_first=True)
        assert abs(found[k] @ w) == pytest.approx(1.0, abs=1e-12)
        assert found[k, 0] > 0.0


def test_harmonics_of_degree_6_have_the_products_of_legendre_polynomials():
    rng = np.random.default_rng(10)
    directions = rng.normal(size=(2, 12, 3))
    directions /= np.linalg.norm(directions, axis=-1)[..., None]
    features = np.empty((2, kernels.N_FEATURES), np.float32)
    kernels.orientation_features(directions, features)
    cosines = np.einsum("abi,cdi->acbd", directions, directions)
    sums = eval_legendre(6, cosines).sum(axis=(2, 3))
    scale = np.sqrt(np.diag(sums))
    found = features[:, 36:].astype(float) @ features[:, 36:].astype(float).T
    np.testing.assert_allclose(found, sums / np.outer(scale, scale), atol=1e-6)
    own = features[0, :36].astype(float) @ features[1, :36].astype(float)
    assert own == pytest.approx(np.einsum("bbd->bd", cosines[0, 1][..., None]).mean(), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(n_samples=st.integers(2, 150), seed=st.integers(0, 100))
def test_products_over_lags_are_those_of_a_plain_sum(n_samples, seed):
    """Level b, which has the lags above KEPT 2^(b-1) samples, knows every 2^b-th sample."""
    rng = np.random.default_rng(seed)
    series = rng.normal(size=(n_samples, 3, kernels.N_FEATURES)).astype(np.float32)
    lags = lags_in_samples(n_samples)
    kept = np.zeros((6, KEPT, 3, kernels.N_FEATURES), np.float32)
    sums, counts = np.zeros((2, len(lags), 3)), np.zeros(len(lags), np.int64)
    for number, now in enumerate(series):
        kernels.add_products(number, now, kept, sums, counts)
    for place, lag in enumerate(lags):
        stride = 1 << max(0, int(np.ceil(np.log2(lag / KEPT))))
        origins = np.arange(0, n_samples - lag, stride)
        assert counts[place] == len(origins)
        pairs = series[origins].astype(float) * series[origins + lag].astype(float)
        for row, part in enumerate((pairs[..., :36], pairs[..., 36:])):
            expected = part.sum(axis=(0, 2))
            np.testing.assert_allclose(sums[row, place], expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(split=st.integers(0, 60))
def test_restoring_changes_no_bit(split):
    rng = np.random.default_rng(11)
    structure = build_alpha((1, 1, 1))
    plan = plan_of(structure, 60)
    spinning = 25.0 * np.arange(60)[:, None] * np.array([1.0, 1.3, -1.6, 2.0])
    paths = full_turn_paths(np.eye(4, 3)[[0, 1, 2, 2]], spinning) @ small_turns(rng, 0.1, 60, 4)
    whole, first, second = (Rotation(plan) for _ in range(3))
    for frame, matrices in enumerate(paths):
        look(whole, plan, frame, turned(structure, matrices))
        look(first if frame < split else second, plan, frame, turned(structure, matrices))
        if frame == split - 1:
            second.restore({name: array.copy() for name, array in first.state().items()})
    last = second if split < 60 else first
    for name, array in whole.result().items():
        np.testing.assert_array_equal(last.result()[name], array, err_msg=name)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(last.state()[name], array, err_msg=name)


def test_a_run_too_short_for_its_lags_says_so():
    result = show(Rotation, np.tile(UNTURNED, (1, 1, 1, 1)), n_blocks=1).result()
    assert np.isnan(result["bh_correlation"]).all()
    assert np.isnan(result["reorientation_rate"])
    assert np.isnan(result["full_rotation_rate"])
    assert result["reorientation_resolved"] == 0.0


def test_a_run_shorter_than_its_correlation_time_is_not_resolved():
    """The decay is significant, but after the longest lag nine tenths are left."""
    rng = np.random.default_rng(12)
    spread = np.sqrt(2.0 * 0.002 * 0.1)
    result = show(Rotation, products(small_turns(rng, spread, 500, 64))).result()
    assert result["reorientation_rate"] > 3.0 * result["reorientation_rate_stderr"] > 0.0
    assert result["reorientation_resolved"] == 0.0


def test_ramps_are_not_looked_at():
    plan = plan_of(build_alpha((1, 1, 1)), 10, group="ramp")
    assert Rotation(plan).every > plan.produce_steps
    assert Rotation(plan).result() == {}


def test_a_run_fills_every_quantity(tmp_path):
    point = hold_point(
        produce_ps=4.0,
        sample_every=EVERY,
        temperature_K=500.0,
        observables=("anion_position", "rotation", "thermo"),
    )
    outcome = simulate(point, tmp_path, force_field=FORCE_FIELD)
    promised = rehearse(point).arrays
    assert outcome.arrays.keys() == promised.keys()
    axes = inner_axes(point)
    for name, quantity in CATALOGUE.items():
        if quantity.observable in ("rotation", "anion_position"):
            value = outcome.arrays[name]
            assert value.dtype == np.float64
            assert value.shape == promised[name].shape
            assert value.shape == tuple(len(axes[dim]) for dim in quantity.dims)
            assert np.isfinite(value).all(), name
            if quantity.averaged:
                assert np.all(outcome.arrays[stderr_name(name)] > 0.0), name
    correlation = outcome.arrays["bh_correlation"]
    assert 0.6 < correlation[-1] < correlation[0] < 1.0


SCRIPT = """
import sys
import numpy as np
from observables.turning_anions import products, show, small_turns
from lbhsweep.observables.motion.rotation import Rotation
paths = products(small_turns(np.random.default_rng(13), 0.3, 12, 4))
state = show(Rotation, paths).state()
np.savez(sys.argv[1], **state)
"""


def test_kernels_agree_without_compilation(tmp_path):
    found = []
    for disabled in ("0", "1"):
        path = tmp_path / f"{disabled}.npz"
        folders = [str(Path(__file__).parents[2]), str(Path(__file__).parents[3])]
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            env={
                **os.environ,
                "NUMBA_DISABLE_JIT": disabled,
                "PYTHONPATH": os.pathsep.join(folders),
            },
            check=True,
        )
        found.append(np.load(path))
    compiled, plain = found
    for name in compiled:
        np.testing.assert_allclose(compiled[name], plain[name], rtol=1e-5, atol=1e-6, err_msg=name)
