"""Steps at T_t of a material with a convex V(T), whatever range of temperature is fitted."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from made_up_material import PER_KG, Experiment, Material, make_hold_from_both

from lbhsweep.analysis import analyze_results, summarize
from lbhsweep.analysis.transition.line_fits import FEWEST_TEMPERATURES, choose_degree, fit_ranges

CONVEX = Material(low=replace(Material().low, w=0.09, bend=3e-4))
T = np.arange(300.0, 500.0, 12.5)
NOISE = 0.1


def fits(bend, seed=0, noise=NOISE, t=T):
    values = 250 + 0.05 * (t - 400) + bend * (t - 400) ** 2
    values = values + noise * np.random.default_rng(seed).normal(size=t.size)
    runs = np.zeros(t.size, dtype=np.int64)
    found = fit_ranges(t, values, np.full(t.size, noise), runs, transition_above=True)
    assert found is not None
    return found


def test_the_order_is_chosen_by_evidence_over_all_pressures_together():
    weak = [fits(2.5e-5, seed) for seed in range(12)]
    each = [choose_degree([one]) for one in weak]
    assert 1 in each  # at one pressure by itself the curve may be missed
    assert choose_degree(weak) == 2
    chosen = [choose_degree([fits(0.0, 10 * i + k) for k in range(3)]) for i in range(40)]
    assert np.mean(np.array(chosen) == 1) > 0.8


def test_a_line_through_a_curve_has_a_systematic_error_and_a_line_through_a_line_hardly_any():
    at = 505.0
    of_line = [fits(0.0, seed) for seed in range(40)]
    none = [one.systematic_error(one.of_degree(1), at) for one in of_line]
    noise = [np.sqrt(one.of_degree(1).variance(at)) for one in of_line]
    assert np.median(none) < 1.5 * np.median(noise)
    curved = fits(2e-4)
    straight = curved.of_degree(1)
    truth = 250 + 0.05 * (at - 400) + 2e-4 * (at - 400) ** 2
    off = abs(float(straight(at)) - truth)
    assert curved.systematic_error(straight, at) > 0.5 * off


def test_fits_that_the_data_exclude_are_no_alternatives():
    curved = fits(2e-3)
    assert curved.whole[0].probability < 1e-6
    systematic = curved.systematic_error(curved.of_degree(2), 505.0)
    assert systematic < abs(float(curved.whole[0](505.0)) - float(curved.whole[1](505.0))) / 3


def test_few_temperatures_are_fitted_as_a_whole_only():
    few = fits(0.0, t=np.array([300.0, 350.0, 400.0]))
    assert (len(few.whole), few.parts) == (1, ())
    assert few.systematic_error(few.of_degree(2), 420.0) == 0.0
    assert np.isnan(few.systematic_error(few.of_degree(1), np.inf))
    assert all(one.n_points >= FEWEST_TEMPERATURES for one in fits(0.0).parts)


@pytest.fixture(scope="module", params=[(300.0, 760.0), (350.0, 700.0), (400.0, 650.0)])
def analyses(request):
    """Four experiments over one range of temperature."""
    t_min, t_max = request.param
    found = []
    for seed in range(4):
        experiment = Experiment(
            material=CONVEX, seed=seed, t_min=t_min, t_max=t_max, pressures=(0.0, 0.2),
            volume_noise=0.3, enthalpy_noise=0.4, bin_K=6.25,
        )  # fmt: skip
        hold = make_hold_from_both(experiment, overheating=10.0, undercooling=10.0)
        analysis = analyze_results(xr.DataTree.from_dict({"/hold": hold}))
        found.append(analysis["transition"].to_dataset().isel(potential=0, n_vacancies=0))
    return found


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("volume_step", lambda phase, t, p: phase.volume(t, p)),
        ("enthalpy_step", lambda phase, t, p: phase.enthalpy(t, p)),
        ("entropy_step_enthalpy", lambda phase, t, p: phase.enthalpy(t, p) / t * PER_KG),
    ],
)
def test_steps_of_a_convex_phase_are_recovered_within_their_errors_by_any_range(
    analyses, name, quantity
):
    deviations = []
    for dataset in analyses:
        at = dataset["transition_temperature"].sel(route="hold").values
        for i, (t, p) in enumerate(zip(at, dataset["pressure"].values, strict=True)):
            truth = quantity(CONVEX.high, t, p) - quantity(CONVEX.low, t, p)
            error = np.hypot(dataset[f"{name}_stderr"][i], dataset[f"{name}_systematic"][i])
            deviations.append(float((dataset[name][i] - truth) / error))
    assert np.abs(deviations).max() < 3.0
    assert np.mean(np.abs(deviations) < 1.0) >= 0.5


def test_order_and_range_of_the_fits_are_said_beside_the_steps(analyses):
    at = analyses[0].sel(side="low")
    assert (at["volume_fit_order"] == 2).all()
    assert (at["volume_fit_t_max"] <= at["transition_temperature"].sel(route="hold") + 30).all()
    assert (at["volume_fit_t_min"] < 420).all()


def test_the_systematic_error_stands_by_itself_and_enters_the_legs_comparison():
    experiment = Experiment(material=CONVEX, pressures=(0.0, 0.2), volume_noise=0.3, bin_K=6.25)
    analysis = analyze_results(xr.DataTree.from_dict({"/hold": make_hold_from_both(experiment)}))
    (material,) = summarize(analysis)["materials"]
    step = material["pressures"][0]["volume_step"]
    assert set(step) == {"value", "stderr", "systematic", "units"}
    dataset = analysis["transition"].to_dataset().isel(potential=0, n_vacancies=0)
    legs = ("entropy_step_enthalpy_systematic", "entropy_step_clapeyron_systematic")
    np.testing.assert_allclose(
        dataset["entropy_closure_systematic"], np.hypot(*(dataset[name] for name in legs))
    )
