"""Loops extrapolated to zero rate, against loops whose law is known."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, Material, make_ramp, make_results

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.material import Material as Key
from lbhsweep.analysis.phases.curves import read_runs
from lbhsweep.analysis.transition.half_heights import Estimate, find_steps
from lbhsweep.analysis.transition.hysteresis import branch_transitions
from lbhsweep.analysis.transition.rate_extrapolation import (
    EXPONENTS,
    analyze_rates,
    extrapolate_rate,
)

MATERIAL = Material()
RATES = (1.0, 2.0, 5.0)
ONE: Key = (("potential", "made-up"), ("n_vacancies", 0))


def estimates(seed, sigma=1.5, exponent=2 / 3, rates=RATES):
    noise = np.random.default_rng(seed).normal(0, sigma, len(rates))
    return [
        Estimate(500.0 + 6.0 * rate**exponent + n, sigma)
        for rate, n in zip(rates, noise, strict=True)
    ]


def rates_of(experiment):
    """Extrapolate the made-up ramps of one material without the rest of the analysis."""
    ramp = make_ramp(experiment).sel(dict(ONE))
    return analyze_rates(branch_transitions(ramp, find_steps(read_runs(ramp))), ramp)


def test_the_zero_rate_temperature_is_covered_at_the_right_rate():
    found = [extrapolate_rate(RATES, estimates(seed)) for seed in range(400)]
    deviation = np.array([abs(f.estimate.value - 500.0) / f.estimate.stderr for f in found])
    # 400 draws of a true 68.3 % leave this range once in a thousand times.
    assert 0.60 < (deviation < 1).mean() < 0.76
    assert (deviation < 2).mean() > 0.92
    slope = [(f.coefficients[1] - 6.0) / f.coefficient_stderrs[1] for f in found]
    assert 0.60 < (np.abs(slope) < 1).mean() < 0.76


def test_the_whole_chain_covers_zero_rate_loops():
    truth = MATERIAL.transition(0.2)
    deviations = []
    for seed in range(60):
        experiment = Experiment(
            pressures=(0.2,), rates=RATES, exponent=2 / 3, static_half_width=12.0,
            half_width=8.0, seed=seed, replicas=3,
        )  # fmt: skip
        at = rates_of(experiment).isel(pressure=0)
        for name, expected in (
            ("zero_rate_temperature", np.array([truth + 12.0, truth - 12.0])),
            ("zero_rate_midpoint", truth),
            ("zero_rate_width", 24.0),
        ):
            value = np.atleast_1d(at[name].values - expected) / np.atleast_1d(at[f"{name}_stderr"])
            deviations.append(np.abs(value))
    size = np.concatenate(deviations)
    assert size.size == 240
    # The error is the largest of three estimates, so that it errs on the high side.
    assert 0.6 < (size < 1).mean() < 0.85
    assert (size < 2).mean() > 0.92


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_another_exponent_lies_within_the_systematic_error(exponent):
    exact = [Estimate(500.0 + 6.0 * rate**exponent, 2.0) for rate in RATES]
    found = extrapolate_rate(RATES, exact)
    assert found.values[EXPONENTS.index(exponent)] == pytest.approx(500.0)
    systematic = np.abs(found.values - found.estimate.value).max()
    assert abs(found.estimate.value - 500.0) <= systematic + 1e-9


def test_systematic_errors_of_both_branches_cancel_in_the_midpoint():
    experiment = Experiment(pressures=(0.2,), rates=RATES, between_runs=0.3, volume_noise=0.1)
    at = rates_of(experiment).isel(pressure=0)
    assert float(at["zero_rate_midpoint_systematic"]) < 0.3 * float(
        at["zero_rate_width_systematic"]
    )
    np.testing.assert_allclose(
        at["zero_rate_width_by_exponent"],
        at["zero_rate_temperature_by_exponent"].sel(direction="heating")
        - at["zero_rate_temperature_by_exponent"].sel(direction="cooling"),
    )


def test_two_rates_are_a_number_with_a_caveat():
    found = extrapolate_rate(RATES[:2], estimates(0, rates=RATES[:2]))
    assert found.estimate.known
    assert "assumed, not tested" in found.reason


def test_one_rate_says_which_others_are_wanted():
    found = extrapolate_rate((5.0,), estimates(0, rates=(5.0,)))
    assert not found.estimate.known
    assert "runs at 2.5 and 1.25 K/ps would provide them" in found.reason


def test_bounds_are_left_out_and_named():
    values = estimates(0)
    values[0] = Estimate(600.0, 1.0, "2 of 3 replicas transform", censored=True)
    found = extrapolate_rate(RATES, values)
    assert found.n_rates == 2
    assert found.estimate.value == pytest.approx(500.0, abs=15.0)
    assert "without 1 K/ps: only a bound" in found.reason


def test_rates_that_follow_another_law_are_noticed():
    rates = (0.5, 1.0, 2.0, 5.0)
    values = [Estimate(500.0 + 6.0 * rate, 0.1) for rate in rates]
    found = extrapolate_rate(rates, values)
    assert "does not fit" in found.reason
    assert "n = 1 would fit" in found.reason
    straight = extrapolate_rate(rates, [Estimate(e.value, 3.0) for e in values])
    assert straight.reason == ""


def test_a_frozen_cooling_branch_has_a_reason_and_no_loop():
    at = rates_of(Experiment(pressures=(0.2,), rates=RATES, frozen_cooling=True)).isel(pressure=0)
    cooling = at.sel(direction="cooling")
    assert np.isfinite(at["zero_rate_temperature"].sel(direction="heating"))
    assert np.isnan(cooling["zero_rate_temperature"])
    assert "no transition seen" in str(cooling["reason"].item())
    assert np.isnan(at["zero_rate_midpoint"])
    assert "cooling: " in str(at["loop_reason"].item())


def test_heating_alone_has_no_loop_either():
    ramp = make_ramp(Experiment(pressures=(0.2,), rates=RATES)).sel(direction=["heating"])
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
    rates = analysis["hysteresis_rate"].to_dataset().sel(dict(ONE)).isel(pressure=0)
    assert np.isfinite(rates["zero_rate_temperature"]).all()
    assert np.isnan(rates["zero_rate_width"])
    assert "cooling: not simulated" in str(rates["loop_reason"].item())


def test_pending_runs_do_no_harm():
    tree = make_results(Experiment(pressures=(0.2,), rates=RATES))
    tree["ramp"]["status"][:] = 0
    rates = analyze_results(tree)["hysteresis_rate"].to_dataset()
    assert np.isnan(rates["zero_rate_temperature"]).all()
    assert all("no usable rate" in str(reason) for reason in rates["reason"].values.ravel())
