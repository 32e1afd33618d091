"""Displacements are exact, blind to drift and breathing, and their slopes' errors are honest."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.synthetic_ions import INTERVAL, D, diffusion, plan, samples, vibration, walk
from simulation.simulation_points import FORCE_FIELD, hold_point

from lbhsweep.observables.motion.diffusion import N_BLOCKS, Diffusion, along_axes, origins_by_block
from lbhsweep.observables.motion.diffusion_kernels import add_displacements
from lbhsweep.observables.motion.diffusive_fit import (
    diffusive_slope,
    growth_exponent,
    line_weights,
    msd_error,
)
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.quantities.diffusion import DiffusionStatus
from lbhsweep.quantities.lags import lags_in_samples, sample_every
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.simulate import simulate
from lbhsweep.sweep.sampling import inner_axes

CHARGE_FACTOR = 16 * 1.602176634e-19**2 * 1e-8 / (8e-27 * 1.380649e-23 * 500.0) / 100
"""S/cm per Å²/ps: n e²/(V k_B T) of 16 ions of charge 1 e in 20³ Å³ at 500 K."""


def brute_force(displaced, lags):
    """MSD by axis, and of the sum per ion, over the origins that each lag uses."""
    tracer, collective = [], []
    for row, lag in enumerate(lags):
        spacing = 2 ** max(row // 4 - 1, 0)
        origins = np.arange(0, len(displaced) - lag, spacing)
        moves = displaced[origins + lag] - displaced[origins]
        tracer.append((moves**2).mean(axis=(0, 1)))
        collective.append((moves.sum(axis=1) ** 2).sum(axis=-1).mean() / displaced.shape[1])
    return np.array(tracer), np.array(collective)


def test_lags_are_four_an_octave_up_to_half_the_samples():
    assert lags_in_samples(50) == (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24)
    assert lags_in_samples(0) == lags_in_samples(3) == (1,)
    assert lags_in_samples(10_000)[-1] == 4096
    assert sample_every(0.002) == 50
    assert sample_every(0.3) == 1


@pytest.mark.parametrize("n_samples", [2, 17, 100, 333])
def test_every_lag_is_the_average_over_its_origins(n_samples):
    rng = np.random.default_rng(n_samples)
    displaced = walk(rng, n_samples, 5)
    result = diffusion(displaced)
    tracer, collective = brute_force(displaced, lags_in_samples(n_samples))
    np.testing.assert_allclose(result["li_msd"], tracer.sum(axis=1), rtol=1e-10)
    np.testing.assert_allclose(result["collective_msd"], collective, rtol=1e-10)
    for axis, name in enumerate("xyz"):
        np.testing.assert_allclose(result[f"li_msd_{name}"], tracer[:, axis], rtol=1e-10)


def test_ballistic_motion_is_quadratic_and_gives_no_coefficient():
    velocities = np.random.default_rng(1).normal(size=(12, 3))
    displaced = 0.1 * np.arange(400)[:, None, None] * velocities
    result = diffusion(displaced)
    lags = 0.1 * np.array(lags_in_samples(400))
    np.testing.assert_allclose(result["li_msd"], (velocities**2).sum(1).mean() * lags**2, rtol=1e-9)
    total = (velocities.sum(axis=0) ** 2).sum() / 12
    np.testing.assert_allclose(result["collective_msd"], total * lags**2, rtol=1e-9)
    assert np.isnan(result["diffusion_coefficient"])
    assert np.isnan(result["diffusion_start"])


def test_a_breathing_drifting_crystal_whose_ions_keep_their_places_moves_not_at_all():
    rng = np.random.default_rng(2)
    result = diffusion(np.zeros((200, 8, 3)), breathing=0.02, rng=rng, drift=0.3)
    assert np.abs(result["li_msd"]).max() < 1e-20
    assert np.abs(result["collective_msd"]).max() < 1e-20


def test_breathing_changes_nothing_but_the_mean_cell():
    displaced = walk(np.random.default_rng(3), 300, 8)
    still = diffusion(displaced)
    breathing = diffusion(displaced, breathing=0.02, rng=np.random.default_rng(4), drift=0.1)
    # The mean of the deformations is not exactly one, which is all that is left.
    for name in ("li_msd", "collective_msd", "li_msd_y"):
        np.testing.assert_allclose(breathing[name], still[name], rtol=0.01)
        ratio = breathing[name] / still[name]
        assert np.ptp(ratio) < 0.01


def test_brownian_motion_gives_its_coefficient_and_conductivity():
    result = diffusion(walk(np.random.default_rng(5), 2000, 64), edge=20.0, temperature=600.0)
    error = result["diffusion_coefficient_stderr"]
    assert error < 0.02 * 1e-4 * D
    assert result["diffusion_coefficient"] == pytest.approx(1e-4 * D, abs=4 * error)
    # n e² D / (V k_B T) in SI units, to S/cm.
    factor = 64 * 1.602176634e-19**2 * 1e-8 / (8e-27 * 1.380649e-23 * 600.0) / 100
    for name, slope in (("conductivity_tracer", "diffusion_coefficient"),):
        assert result[name] == pytest.approx(factor * 1e4 * result[slope], rel=1e-9)
    assert result["conductivity"] == pytest.approx(
        factor * D, abs=4 * result["conductivity_stderr"]
    )
    assert result["haven_ratio"] == pytest.approx(1.0, abs=4 * result["haven_ratio_stderr"])
    ratio = result["conductivity_tracer"] / result["conductivity"]
    assert result["haven_ratio"] == pytest.approx(ratio, rel=1e-9)
    assert result["li_hop_count"] == pytest.approx(64 * 6 * D * 200 / 125 ** (2 / 3), rel=0.1)


def test_ions_that_move_in_pairs_have_a_haven_ratio_of_one_half():
    leaders = walk(np.random.default_rng(6), 8000, 16)
    result = diffusion(np.repeat(leaders, 2, axis=1))
    error = result["haven_ratio_stderr"]
    assert error < 0.08
    assert result["haven_ratio"] == pytest.approx(0.5, abs=4 * error)


def test_true_values_lie_within_one_standard_error_in_two_of_three_runs():
    """Brownian motion in a cage that the ions carry along, which must first be left behind."""
    rng = np.random.default_rng(7)
    names = {"diffusion_coefficient": 1e-4 * D, "conductivity": CHARGE_FACTOR * D, "haven_ratio": 1}
    inside = {name: [] for name in names}
    for _ in range(150):
        result = diffusion(walk(rng, 1000, 16) + vibration(rng, 1000, 16))
        for name, truth in names.items():
            if np.isfinite(result[name]):
                inside[name].append(abs(result[name] - truth) < result[stderr_name(name)])
    assert len(inside["diffusion_coefficient"]) > 110
    assert 0.57 < np.mean(inside["diffusion_coefficient"]) < 0.80
    assert 0.50 < np.mean(inside["conductivity"]) < 0.85
    assert 0.55 < np.mean(inside["haven_ratio"]) < 0.90


def test_errors_of_curves_hold_at_long_lags_too():
    """Scatter over runs of Brownian motion against the mean of what each run says."""
    rng = np.random.default_rng(8)
    runs = [diffusion(walk(rng, 500, 8)) for _ in range(100)]
    for name in ("li_msd", "collective_msd"):
        scatter = np.std([run[name] for run in runs], axis=0)
        stated = np.sqrt(np.mean([run[stderr_name(name)] ** 2 for run in runs], axis=0))
        assert np.all(stated > 0.8 * scatter), name
        assert np.all(stated < 1.6 * scatter), name


def going_back(rng, n_samples, n_ions, *, back, length=2.0, coefficient=0.26):
    """Hops of which a share goes back where the last came from; D is the coefficient.

    The cosine between successive hops is -back on average, that of later ones (-back)^k, so that
    D = Γ d²/6 (1 - back)/(1 + back) with the rate Γ and the length d of hops.
    """
    rate = 6.0 * coefficient * (1.0 + back) / (1.0 - back) / length**2
    displaced = np.zeros((n_samples, n_ions, 3))
    for ion in range(n_ions):
        n_hops = rng.poisson(rate * INTERVAL * n_samples)
        hops = rng.normal(size=(n_hops, 3))
        hops *= length / np.linalg.norm(hops, axis=1)[:, None]
        for k in np.flatnonzero(rng.random(n_hops) < back):
            if k > 0:
                hops[k] = -hops[k - 1]
        at = np.sort(rng.integers(0, n_samples, n_hops))
        np.add.at(displaced[:, ion], at, hops)
    return np.cumsum(displaced, axis=0)


def test_hops_that_go_back_have_their_coefficient_if_the_run_is_long():
    """The first lags of the same motion, taken for linear, give D 1.4 times too large."""
    rng = np.random.default_rng(21)
    truth, found = 0.26e-4, []
    for _ in range(50):
        moved = going_back(rng, 4000, 8, back=0.6) + vibration(rng, 4000, 8, 0.37, 0.05)
        found.append(diffusion(moved, edge=8.0))
    known = [one for one in found if np.isfinite(one["diffusion_coefficient"])]
    assert len(known) > 35
    value, error = (
        np.array([one[name] for one in known])
        for name in ("diffusion_coefficient", "diffusion_coefficient_stderr")
    )
    assert np.mean(value) == pytest.approx(truth, rel=0.03)
    assert 0.55 < np.mean(np.abs(value - truth) < error) < 0.88
    for one in known:
        assert one["diffusion_status"] == DiffusionStatus.KNOWN
        assert 1.0 <= one["diffusion_start"] <= one["diffusion_end"] / 4.0 <= 10.0
        assert one["diffusion_exponent_stderr"] <= 0.1
        assert abs(one["diffusion_exponent"] - 1.0) <= 2.5 * one["diffusion_exponent_stderr"]
        assert 0.0 < one["diffusion_window_error"] < one["diffusion_coefficient_stderr"]


@pytest.mark.parametrize(("n_ions", "edge"), [(8, 8.0), (64, 16.0)])
def test_a_short_run_that_is_not_linear_yet_gives_no_coefficient(n_ions, edge):
    """15 ps; with the first lags that pass for linear, D was 1.4 times too large."""
    rng = np.random.default_rng(n_ions)
    for _ in range(10):
        moved = going_back(rng, 150, n_ions, back=0.6) + vibration(rng, 150, n_ions, 0.37, 0.05)
        result = diffusion(moved, edge=edge)
        for name in ("diffusion_coefficient", "conductivity", "conductivity_tracer", "haven_ratio"):
            assert np.isnan(result[name])
        assert DiffusionStatus.TOO_SHORT <= result["diffusion_status"] <= DiffusionStatus.UNCERTAIN


def test_rare_hops_that_remember_give_no_coefficient_before_ions_hop_again():
    """At lags below the time from hop to hop they are linear with 1.9 times the coefficient."""
    rng = np.random.default_rng(22)
    for _ in range(6):
        moved = going_back(rng, 1000, 64, back=0.3, length=3.0, coefficient=0.02)
        result = diffusion(moved + vibration(rng, 1000, 64, 0.37, 0.05), edge=15.0)
        assert np.isnan(result["diffusion_coefficient"])
        assert result["diffusion_status"] > DiffusionStatus.KNOWN


def test_the_exponent_is_that_of_a_power_law_whatever_is_constant():
    lags = 0.1 * np.array(lags_in_samples(1000))
    for exponent in (0.95, 1.0, 1.05):
        msd = 3.0 + 0.7 * lags**exponent
        blocks = np.repeat(msd[:, None], N_BLOCKS, axis=1)
        assert growth_exponent(lags, blocks)[0] == pytest.approx(exponent, abs=2e-3)


def test_few_hops_are_counted_but_give_no_coefficient():
    rng = np.random.default_rng(9)
    displaced = vibration(rng, 2000, 16)
    displaced[1000:, 0] += 5.0
    displaced[1400:, 5] -= 5.0
    result = diffusion(displaced)
    assert result["li_hop_count"] < 6
    assert np.isnan(result["diffusion_coefficient"])
    assert np.isnan(result["conductivity"])
    assert np.all(np.isfinite(result["li_msd_stderr"]))


@pytest.mark.parametrize(("n_samples", "n_ions"), [(0, 4), (1, 4), (2, 4), (40, 4), (99, 0)])
def test_a_run_too_short_or_without_lithium_says_so(n_samples, n_ions):
    result = diffusion(walk(np.random.default_rng(10), n_samples, n_ions))
    assert np.isnan(result["diffusion_coefficient"])
    assert np.isnan(result["haven_ratio_stderr"])
    assert result.keys() == results_of_the_catalogue()


def results_of_the_catalogue():
    listed = {q.name for q in CATALOGUE.values() if q.observable == "diffusion"}
    return listed | {stderr_name(name) for name in listed if CATALOGUE[name].averaged}


def test_a_ramp_is_not_sampled():
    of_a_ramp = Diffusion(replace(plan(100, 4), group="ramp", axes={}))
    assert of_a_ramp.every > 100 * 50
    assert of_a_ramp.result() == of_a_ramp.state() == {}


@settings(max_examples=20, deadline=None)
@given(split=st.integers(0, 150), seed=st.integers(0, 1000))
def test_restoring_changes_no_bit(split, seed):
    rng = np.random.default_rng(seed)
    looks = list(samples(walk(rng, 150, 4), breathing=0.01, rng=rng))
    whole, first, second = (Diffusion(plan(150, 4)) for _ in range(3))
    for look in looks:
        whole.sample(look)
    for look in looks[:split]:
        first.sample(look)
    second.restore(first.state())
    for look in looks[split:]:
        second.sample(look)
    for name, array in whole.result().items():
        np.testing.assert_array_equal(second.result()[name], array, err_msg=name)


def test_the_kernel_does_what_its_python_says():
    rng = np.random.default_rng(11)
    kept, n_origins = rng.normal(size=(2, 8, 3, 3)), np.array([20] * 8 + [10] * 4)
    now = rng.normal(size=(3, 3))
    sums = [np.zeros((2, 12, 4, 6)) for _ in range(2)]
    fourth = [np.zeros(12) for _ in range(2)]
    for kernel, second, r4 in zip(
        (add_displacements, add_displacements.py_func), sums, fourth, strict=True
    ):
        kernel(16, now, kept.copy(), n_origins, second, r4)
    np.testing.assert_allclose(*sums, rtol=1e-13)
    np.testing.assert_allclose(*fourth, rtol=1e-13)
    assert sums[0].any(axis=(0, 2, 3)).all()


@given(n=st.integers(1, 500))
def test_origins_are_counted_in_the_blocks_in_which_they_fall(n):
    counted = origins_by_block(np.array([n]))[0]
    np.testing.assert_array_equal(counted, np.bincount(np.arange(n) * N_BLOCKS // n, minlength=32))


def test_a_line_is_found_exactly_and_an_offset_is_no_slope():
    lags = np.array([0.8, 1.0, 1.2, 1.4, 1.6, 2.0])
    weights = line_weights(lags)
    assert weights @ (3.0 + 0.7 * lags) == pytest.approx(0.7, rel=1e-10)


def test_a_mean_square_that_never_straightens_has_no_slope():
    rng = np.random.default_rng(12)
    lags = 0.1 * np.array(lags_in_samples(1000))
    blocks = (np.sqrt(lags) * (1.0 + 1e-3 * rng.normal(size=(N_BLOCKS, 1)))).T
    assert diffusive_slope(lags, blocks, 100.0) == "not_linear"


def test_rare_hops_have_the_error_of_their_number():
    """n hops of length d: a relative error of 1/√n at every lag much shorter than the run."""
    lags, hops, ions, duration = np.array([0.1, 1.0]), 50, 16, 1000.0
    msd = 25.0 * hops * lags / (ions * duration)
    blocks = np.repeat(msd[:, None], N_BLOCKS, axis=1)
    error = msd_error(lags, blocks, 25.0 * msd, ions, duration)
    np.testing.assert_allclose(error / msd, 1 / np.sqrt(hops), rtol=0.01)


def test_moments_follow_a_deformation():
    rng = np.random.default_rng(13)
    moves, stretch = rng.normal(size=(50, 3)), rng.normal(size=(3, 3))
    products = moves[:, [0, 1, 2, 1, 2, 0]] * moves[:, [0, 1, 2, 2, 0, 1]]
    expected = ((moves @ stretch) ** 2).sum(axis=0)
    np.testing.assert_allclose(along_axes(products.sum(axis=0), stretch), expected, rtol=1e-12)


def test_a_short_run_of_a_hot_crystal_has_all_curves_and_says_why_there_is_no_coefficient(tmp_path):
    point = hold_point(0.5, 8.0, 2000.0, phase="beta", sample_every=10, observables=("diffusion",))
    arrays = simulate(point, tmp_path, force_field=FORCE_FIELD).arrays
    promised = rehearse(point).arrays
    assert arrays.keys() == results_of_the_catalogue()
    for name, array in arrays.items():
        assert array.shape == promised[name].shape, name
        assert array.dtype == promised[name].dtype, name
        assert np.all(np.isfinite(array)) or "msd" not in name, name
    assert len(arrays["li_msd"]) == len(inner_axes(point)["lag"])
    # Too short for a coefficient, and it says so.
    assert arrays["diffusion_status"] > DiffusionStatus.KNOWN
    assert np.isnan(arrays["diffusion_coefficient"])
    assert np.all(np.diff(arrays["li_msd"]) > 0.0)
