"""Replicas combined: against plain formulas, with flagged runs, and by the number of hops."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from made_up_material import Experiment, make_hold, make_ramp

from lbhsweep.analysis import analyze_results, results_digest, summarize
from lbhsweep.analysis.replicas import combine_group
from lbhsweep.analysis.statistics import combine_rates, combine_replicas, combine_weighted

ONE = {"potential": 0, "n_vacancies": 0}
FEW = Experiment(pressures=(0.0, 0.2), rates=(20.0,), replicas=3, bin_K=50.0)


def hold_with_hops(hops, coefficients):
    """Holds whose three replicas have so many hops and such coefficients at every (P, T)."""
    hold = make_hold(FEW)
    shape = hold["volume"].shape
    for name, values in (
        ("li_hop_count", hops),
        ("diffusion_coefficient", coefficients),
        ("diffusion_coefficient_stderr", 0.1 * np.array(coefficients)),
        ("haven_ratio", np.array([0.5, 0.7, np.nan])),
        ("haven_ratio_stderr", np.array([0.02, 0.02, np.nan])),
    ):
        hold[name] = (hold["volume"].dims, np.broadcast_to(values, shape).copy())
    hold["n_effective"] = (hold["volume"].dims, np.full(shape, 20.0))
    return hold


STUDENT = {2: 1.8372, 3: 1.3213}
"""Quantile of Student's distribution with n - 1 degrees of freedom at 84.13 %."""


def joined(within, between, n):
    """The error of a mean of n replicas by the formula in the documentation."""
    return np.hypot(within, STUDENT[n] * np.sqrt(np.maximum(between**2 - within**2, 0.0)))


@pytest.mark.parametrize("make", [make_hold, make_ramp])
def test_every_average_has_mean_error_and_count(make):
    dataset = make(FEW)
    dataset["n_effective"] = (dataset["volume"].dims, np.full(dataset["volume"].shape, 20.0))
    combined = combine_group(dataset)
    if make is make_hold:
        assert combined["phase"].values.tolist() == ["undecided"]
        combined = combined.isel(phase=0, drop=True)
    for name in ("volume", "enthalpy", "lattice_a"):
        values, errors = dataset[name], dataset[f"{name}_stderr"]
        xr.testing.assert_allclose(combined[name].drop_attrs(), values.mean("replica").drop_attrs())
        within = np.sqrt((errors**2).sum("replica")) / 3
        between = values.std("replica", ddof=1) / np.sqrt(3)
        np.testing.assert_allclose(
            combined[f"{name}_stderr"].values, joined(within.values, between.values, 3), rtol=1e-4
        )
        assert (combined[f"{name}_replicas"] == 3).all()
        assert combined[name].attrs["units"] == dataset[name].attrs["units"]
    assert (combined["n_effective"] == 60.0).all()
    assert (combined["n_replicas"] == 3).all()
    assert "temperature" not in combined["n_replicas"].dims or make is make_hold


def test_what_drifts_is_left_out_and_what_is_too_short_loses_its_error():
    hold = hold_with_hops([40.0, 50.0, 60.0], [4e-6, 5e-6, 6e-6])
    hold["equilibrated"][0, 0, 0, 0] = [1, 0, 2]
    hold["equilibrated"][0, 0, 0, 1] = [0, 0, 0]
    hold["equilibrated"][0, 0, 0, 2] = [2, 0, 0]
    hold["volume"][0, 0, 0, 0] = [250.0, 900.0, 254.0]
    hold["volume_stderr"][0, 0, 0, 0] = 1e-6
    first, second, third = (
        combine_group(hold).isel(phase=0, pressure=0, temperature=k, **ONE) for k in range(3)
    )
    assert first["volume"] == 252.0
    # Only the scatter of the two is known.
    assert first["volume_stderr"] == pytest.approx(STUDENT[2] * 2.0, rel=1e-4)
    assert [int(first[n]) for n in ("n_replicas", "n_too_short", "n_drifting")] == [2, 1, 1]
    assert first["n_effective"] == 40.0
    assert np.isnan([second["volume"], second["n_effective"], third["volume_stderr"]]).all()
    assert np.isfinite(third["volume"])
    # Diffusion looks itself whether a run is long enough.
    assert np.isfinite(third["diffusion_coefficient_stderr"])
    assert [int(second[n]) for n in ("n_replicas", "n_too_short", "n_drifting")] == [0, 0, 3]


def test_replicas_without_a_coefficient_count_by_their_hops():
    """The mean of those that have one would be too large by the factor 50/35."""
    hold = hold_with_hops([40.0, 60.0, 5.0], [4e-6, 6e-6, np.nan])
    one = combine_group(hold).isel(pressure=0, temperature=0, **ONE)
    assert one["diffusion_coefficient"] == pytest.approx(1e-7 * 35.0)
    assert one["diffusion_coefficient_replicas"] == 3
    scatter = np.std([40.0, 60.0, 5.0], ddof=1) / np.sqrt(3) * 1e-7
    within = 0.1 * np.hypot(4.0, 6.0) / 10.0 * np.sqrt(100 / 105) * 35e-7
    expected = joined(within, scatter, 3)
    assert one["diffusion_coefficient_stderr"] == pytest.approx(expected, rel=1e-4)
    assert one["haven_ratio"] == pytest.approx((40 * 0.5 + 60 * 0.7) / 100)
    assert one["haven_ratio_replicas"] == 2


def test_more_replicas_dont_make_a_systematic_error_smaller():
    hold = hold_with_hops([50.0] * 3, [5e-6] * 3)
    # Of errors of 10 %, 8 % are left to scatter, which three replicas know better.
    hold["diffusion_window_error"] = xr.full_like(hold["volume"], 3e-7)
    one = combine_group(hold).isel(phase=0, pressure=0, temperature=0, **ONE)
    expected = 5e-6 * np.hypot(0.06, 0.08 / np.sqrt(3))
    assert one["diffusion_coefficient_stderr"] == pytest.approx(expected)


def test_rare_hops_are_averaged_without_bias():
    """Poisson counts about the limit of ten: the plain mean of what has a value is too large."""
    rng = np.random.default_rng(3)
    hops = rng.poisson(9.0, size=(4000, 4)).astype(float)
    values = np.where(hops >= 10, 2.0 * hops, np.nan)
    errors = 2.0 * np.sqrt(hops)
    mean, stderr, _ = combine_rates(values, errors, hops, 1)
    plain, _, _ = combine_replicas(values, errors, 1)
    known = np.isfinite(mean)
    assert mean[known].mean() == pytest.approx(18.0, rel=0.06)
    assert np.nanmean(plain) > 1.25 * 18.0
    assert 0.55 < np.mean(np.abs(mean - 18.0)[known] < stderr[known]) < 0.85


positive = st.floats(0.1, 10.0)
replicas = st.lists(st.tuples(positive, positive, positive), min_size=1, max_size=6)


@given(replicas)
def test_equal_weights_are_a_plain_mean(runs):
    values, errors, _ = np.array(runs).T
    plain = combine_replicas(values, errors, 0)
    weighted = combine_weighted(values, errors, np.full_like(values, 3.0), 0)
    np.testing.assert_allclose(weighted, plain, rtol=1e-9)
    rates = combine_rates(values, errors, values, 0)
    assert rates[0] == pytest.approx(values.mean())


@given(replicas)
def test_whole_weights_repeat_a_replica_in_the_mean(runs):
    values, errors, _ = np.array(runs).T
    weights = np.arange(1, len(values) + 1)
    mean, error, count = combine_weighted(values, errors, weights.astype(float), 0)
    assert mean == pytest.approx(np.repeat(values, weights).mean())
    assert count == len(values)
    assert error >= np.sqrt(((weights * errors) ** 2).sum()) / weights.sum() * (1 - 1e-12)


def test_unknown_weights_and_values_do_not_count():
    nan = np.nan
    mean, error, count = combine_weighted(
        np.array([1.0, 2.0, nan]), np.array([0.1, 0.1, 0.1]), np.array([1.0, nan, 1.0]), 0
    )
    assert (mean, error, count) == (1.0, pytest.approx(0.1), 1)
    mean, error, count = combine_rates(np.full(2, nan), np.full(2, nan), np.array([3.0, nan]), 0)
    assert np.isnan(mean)
    assert np.isnan(error)
    assert count == 1


def test_the_analysis_has_them_and_says_what_is_flagged():
    hold = hold_with_hops([40.0, 50.0, 60.0], [4e-6, 5e-6, 6e-6])
    ramp = make_ramp(FEW)
    ramp["n_effective"] = (ramp["volume"].dims, np.full(ramp["volume"].shape, 1.5))
    tree = xr.DataTree.from_dict({"/hold": hold, "/ramp": ramp})
    before = results_digest(tree)
    (material,) = summarize(analyze_results(tree))["materials"]
    bins = ramp.sizes["temperature"] * 4
    (note,) = material["flagged"]
    assert note.startswith(f"{bins} of {bins} bins of ramps")
    hold["equilibrated"][0, 0, 0, 0] = [1, 0, 2]
    hold["equilibrated"][0, 0, 1, 3] = [2, 2, 2]
    flagged = xr.DataTree.from_dict({"/hold": hold, "/ramp": ramp})
    assert results_digest(flagged) != before
    analysis = analyze_results(flagged)
    assert analysis["replicas/hold"]["n_too_short"].sum() == 4
    holds = analysis["holds"].to_dataset().isel(ONE)
    assert (holds["n_too_short"].sum(), (holds["n_done"] - holds["n_equilibrated"]).sum()) == (4, 5)
    (material,) = summarize(analysis)["materials"]
    total = int(holds["n_done"].sum())
    t = hold["temperature"].values
    assert material["flagged"][0] == (
        f"1 of {total} holds not equilibrated, left out: 0 GPa {t[0]:g} K; "
        f"4 of {total} holds too short for their own correlation time, averaged, with "
        f"errors that may be low: 0 GPa {t[0]:g} K, 0.2 GPa {t[3]:g} K"
    )
    assert str(analysis["transition"]["used_route"].values.ravel()[0])


def test_replicas_in_different_phases_are_not_averaged_together():
    hold = make_hold(FEW)
    order = np.full(hold["volume"].shape, 0.8)
    order[..., 0] = 0.1
    hold["alpha_order"] = (hold["volume"].dims, order)
    hold["alpha_lithium"] = (hold["volume"].dims, np.full(order.shape, 0.34))
    combined = combine_group(hold)
    assert combined["phase"].values.tolist() == ["alpha", "beta"]
    for phase, replicas in (("alpha", [1, 2]), ("beta", [0])):
        here = combined.sel(phase=phase)
        expected = hold["volume"].isel(replica=replicas).mean("replica")
        xr.testing.assert_allclose(here["volume"].drop_vars("phase"), expected)
        assert (here["n_replicas"] == len(replicas)).all()


def test_the_digest_covers_what_is_combined():
    hold = hold_with_hops([40.0, 50.0, 60.0], [4e-6, 5e-6, 6e-6])
    before = results_digest(xr.DataTree.from_dict({"/hold": hold}))
    hold["haven_ratio"][0, 0, 0, 0, 0] += 1e-9
    assert results_digest(xr.DataTree.from_dict({"/hold": hold})) != before
