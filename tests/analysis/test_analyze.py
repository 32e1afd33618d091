"""The whole analysis against the made-up material's known free energy."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_material import PER_KG, Experiment, Material, make_hold, make_ramp, make_results

from lbhsweep.analysis import analyze_results, results_digest, summarize
from lbhsweep.analysis.analyze import STATUSES

MATERIAL = Material()
ONE = {"potential": 0, "n_vacancies": 0}


def one(analysis, name):
    return analysis[name].to_dataset().isel(ONE)


def analyze(experiment, groups=("ramp",)):
    return analyze_results(make_results(experiment, groups))


def entropy_step(p):
    t = MATERIAL.transition(p)
    return (MATERIAL.high.entropy(t, p) - MATERIAL.low.entropy(t, p)) * PER_KG


@pytest.fixture(scope="module")
def analyses():
    """Eight independent experiments with ramps."""
    return [analyze(Experiment(seed=seed, rates=(20.0,))) for seed in range(8)]


def deviations(analyses, name, variable, truth, **where):
    found = []
    for analysis in analyses:
        dataset = one(analysis, name).sel(**where)
        found.append((dataset[variable] - truth) / dataset[f"{variable}_stderr"])
    return np.abs(np.array(found))


def assert_covers(size):
    """Look for gross failure only; the estimators' own tests measure coverage."""
    assert np.isfinite(size).all()
    assert (size < 1).mean() > 0.3
    assert (size < 3).mean() > 0.9


def test_transition_temperatures_and_slope_are_recovered(analyses):
    truth = np.array([MATERIAL.transition(p) for p in (0.0, 0.2, 0.4)])
    where = {"route": "ramp_midpoint"}
    assert_covers(deviations(analyses, "transition", "transition_temperature", truth, **where))
    slope = (truth[-1] - truth[0]) / 0.4
    assert_covers(deviations(analyses, "transition", "boundary_slope", slope, **where))
    errors = [one(a, "transition")["transition_temperature_stderr"].sel(where) for a in analyses]
    assert np.mean(errors) < 3


@pytest.mark.parametrize("leg", ["entropy_step_enthalpy", "entropy_step_clapeyron"])
def test_both_legs_of_the_entropy_of_transition_are_recovered(analyses, leg):
    size = deviations(analyses, "transition", leg, entropy_step(0.2), pressure=0.2)
    assert_covers(size)


def test_the_slope_by_clausius_and_clapeyron_is_recovered(analyses):
    truth = np.array([MATERIAL.slope(p) for p in (0.0, 0.2, 0.4)])
    assert_covers(deviations(analyses, "transition", "clapeyron_slope", truth))


def test_legs_close_and_agree_in_both_units(analyses):
    assert_covers(deviations(analyses, "transition", "entropy_closure", 0.0, pressure=0.2))
    dataset = one(analyses[0], "transition")
    np.testing.assert_allclose(
        dataset["entropy_closure"], dataset["entropy_closure_molar"] * PER_KG, rtol=1e-9
    )
    legs = dataset["entropy_step_enthalpy"] - dataset["entropy_step_clapeyron"]
    np.testing.assert_allclose(dataset["entropy_closure"], legs, atol=1e-9)


@pytest.mark.parametrize(("t", "phase"), [(350.0, MATERIAL.low), (720.0, MATERIAL.high)])
def test_heat_capacity_of_each_phase_is_recovered_without_its_peak(analyses, t, phase):
    found = []
    for analysis in analyses:
        at = one(analysis, "heat_capacity/baseline").sel(temperature=t, method="nearest")
        found.append((at["heat_capacity"] - phase.capacity * PER_KG) / at["heat_capacity_stderr"])
    assert_covers(np.abs(found))


def test_latent_heat_is_told_from_the_heat_capacity(analyses):
    ramp = one(analyses[0], "heat_capacity/ramp")
    value = ramp["heat_capacity"].values
    latent = ramp["latent_heat"].values == 1
    assert np.nanmax(value[latent]) > 5500
    assert np.nanmedian(value[~latent]) == pytest.approx(4110, rel=0.04)
    assert abs(value[~latent] - 4110).max() < 1000


@pytest.mark.parametrize("t", [400.0, 540.0, 700.0])
@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("isothermal_entropy_change", lambda t: MATERIAL.isothermal(t, 0.0, 0.4)),
        ("adiabatic_temperature_change", lambda t: MATERIAL.adiabatic(t, 0.0, 0.4)),
    ],
)
def test_barocaloric_effects_are_recovered(analyses, name, truth, t):
    found = []
    for analysis in analyses:
        at = one(analysis, "barocaloric").sel(final_pressure=0.4)
        at = at.sel(temperature=t, method="nearest")
        exact = truth(float(at["temperature"]))
        found.append(float((at[name] - exact) / at[f"{name}_stderr"]))
        assert abs(float(at[name]) - exact) < 0.25 * abs(truth(540.0))
    assert_covers(np.abs(found))


def test_hysteresis_gives_half_heights_and_width():
    experiment = Experiment(rates=(10.0, 40.0), half_width=20.0)
    loops = one(analyze(experiment), "hysteresis")
    width = loops["hysteresis_width"].sel(pressure=0.0).values
    np.testing.assert_allclose(width, [40.0, 80.0], atol=8.0)
    heating = loops["half_height_temperature"].sel(direction="heating", heating_rate=10.0)
    truth = [MATERIAL.transition(p) + 20 for p in experiment.pressures]
    np.testing.assert_allclose(heating, truth, atol=8.0)
    assert int(loops["n_transformed"].min()) == int(loops["n_runs"].max()) == 3


def test_holds_bracket_the_transition():
    analysis = analyze(Experiment(), groups=("hold",))
    dataset = one(analysis, "transition")
    assert str(dataset["used_route"].item()) == "hold"
    found = dataset.sel(route="hold")
    truth = np.array([MATERIAL.transition(p) for p in (0.0, 0.2, 0.4)])
    # Holds every 25 K: T_t is uniform in a gap of that width, however many replicas there are.
    assert np.all(np.abs(found["transition_temperature"] - truth) <= 12.5 + 1)
    np.testing.assert_allclose(found["transition_temperature_stderr"], 25 / np.sqrt(12), rtol=0.1)
    fluctuation = one(analysis, "heat_capacity/hold")["heat_capacity_fluctuation"]
    assert float(fluctuation.mean()) == pytest.approx(4100, abs=100)


def test_holds_that_are_not_equilibrated_do_not_count():
    experiment = Experiment()
    hold = make_hold(experiment)
    t = hold["temperature"].values
    hold["volume"][:, :, 0, t == 400.0] = 300.0
    hold["equilibrated"][:, :, 0, t == 400.0] = 0
    analysis = analyze_results(xr.DataTree.from_dict({"/hold": hold}))
    holds = one(analysis, "holds").sel(phase="undecided", pressure=0.0, temperature=400.0)
    assert np.isnan(holds["volume"])
    assert (int(holds["n_done"]), int(holds["n_equilibrated"])) == (3, 0)


def test_a_frozen_cooling_branch_is_reported_and_not_given_a_number():
    analysis = analyze(Experiment(rates=(20.0,), frozen_cooling=True))
    loops = one(analysis, "hysteresis")
    cooling = loops.sel(direction="cooling")
    assert np.isnan(cooling["half_height_temperature"]).all()
    assert np.isnan(loops["midpoint_temperature"]).all()
    assert all("no transition seen" in str(reason) for reason in cooling["reason"].values.ravel())
    transition = one(analysis, "transition")
    assert str(transition["used_route"].item()) == "ramp_heating"
    assert "upper bound" in str(transition["used_reason"].item())
    # The frozen branch is the high phase's line down to the lowest temperature.
    assert float(one(analysis, "entropy")["extrapolation"].max()) < 60


def test_no_transition_anywhere_leaves_one_phase():
    analysis = analyze(Experiment(t_max=460.0, rates=(20.0,), pressures=(0.2, 0.4)))
    transition = one(analysis, "transition")
    assert np.isnan(transition["transition_temperature"]).all()
    assert str(transition["used_route"].item()) == ""
    assert "no transition" in str(transition["used_reason"].item())
    at = one(analysis, "barocaloric").sel(final_pressure=0.4).sel(temperature=400, method="nearest")
    expected = MATERIAL.low.entropy(400, 0.4) - MATERIAL.low.entropy(400, 0.2)
    error = float(at["isothermal_entropy_change_stderr"])
    assert abs(float(at["isothermal_entropy_change"]) - expected * PER_KG) < 4 * error


def test_one_pressure_gives_its_transition_and_says_what_it_cannot_give():
    analysis = analyze(Experiment(pressures=(0.2,), rates=(20.0,)))
    transition = one(analysis, "transition").sel(pressure=0.2)
    assert float(transition["entropy_step_enthalpy"]) == pytest.approx(entropy_step(0.2), abs=40)
    assert np.isnan(transition["entropy_step_clapeyron"])
    assert "needs 2" in str(transition["slope_reason"].sel(route="ramp_midpoint").item())
    assert "one pressure only" in str(one(analysis, "barocaloric")["reason"].item())


def test_two_pressures_give_a_slope_with_a_propagated_error():
    dataset = one(analyze(Experiment(pressures=(0.0, 0.4), rates=(20.0,))), "transition")
    at = dataset.sel(route="ramp_midpoint")
    expected = np.hypot(*at["transition_temperature_stderr"].values) / 0.4
    assert float(at["boundary_slope_stderr"]) == pytest.approx(expected)


def test_a_single_replica_says_that_its_error_lacks_the_runs_difference():
    analysis = analyze(Experiment(replicas=1, rates=(20.0,)))
    reasons = one(analysis, "transition")["reason"].sel(route="ramp_midpoint").values
    assert all("no replicas" in str(reason) for reason in reasons)


def test_partial_results_give_what_they_can_and_nan_elsewhere():
    ramp = make_ramp(Experiment(rates=(20.0,)))
    ramp["status"][:, :, 2] = 0
    ramp["status"][:, :, 1, :, 1] = 3
    tree = xr.DataTree.from_dict({"/ramp": ramp})
    analysis = analyze_results(tree)
    at = one(analysis, "transition").sel(route="ramp_heating")["transition_temperature"]
    np.testing.assert_array_equal(np.isfinite(at), [True, True, False])
    loops = one(analysis, "hysteresis")
    reason = loops["reason"].sel(pressure=0.4, direction="heating").values.item()
    assert str(reason) == "no finished run"
    counts = [analysis.attrs[name] for name in STATUSES]
    assert counts == [9, 3, 6]


def test_values_of_runs_that_are_not_done_are_never_read():
    ramp = make_ramp(Experiment(rates=(20.0,)))
    ramp["status"][..., 0] = 1
    clean = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
    dirty = ramp.copy(deep=True)
    dirty["volume"][..., 0, :] = 1e6
    dirty["enthalpy"][..., 0, :] = -1e9
    again = analyze_results(xr.DataTree.from_dict({"/ramp": dirty}))
    for name in ("transition", "entropy", "barocaloric", "hysteresis"):
        xr.testing.assert_identical(clean[name].to_dataset(), again[name].to_dataset())


def test_holes_in_the_bins_do_no_harm():
    ramp = make_ramp(Experiment(rates=(20.0,)))
    generator = np.random.default_rng(0)
    holes = generator.random(ramp["volume"].shape) < 0.15
    for name in ("volume", "enthalpy", "lattice_a"):
        ramp[name] = ramp[name].where(~holes)
        ramp[f"{name}_stderr"] = ramp[f"{name}_stderr"].where(~holes)
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
    at = one(analysis, "transition").sel(route="ramp_midpoint")
    truth = np.array([MATERIAL.transition(p) for p in (0.0, 0.2, 0.4)])
    size = np.abs(at["transition_temperature"] - truth) / at["transition_temperature_stderr"]
    assert float(size.max()) < 4


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    share=st.floats(0.0, 1.0),
    groups=st.sampled_from([("ramp",), ("hold",), ("ramp", "hold")]),
    errors_known=st.booleans(),
)
def test_any_subset_of_runs_is_analyzed(seed, share, groups, errors_known):
    generator = np.random.default_rng(seed)
    experiment = Experiment(rates=(20.0,), replicas=2, bin_K=25.0, seed=seed)
    tree = make_results(experiment, groups)
    for name in groups:
        dataset = tree[name].to_dataset()
        pending = generator.random(dataset["status"].shape) < share
        dataset["status"] = dataset["status"].where(~pending, 0)
        if not errors_known:
            dataset = dataset.drop_vars([v for v in dataset if str(v).endswith("_stderr")])
        tree[name] = xr.DataTree(dataset)
    analysis = analyze_results(tree)
    assert summarize(analysis)["runs"]["missing"] + analysis.attrs["runs_done"] > 0
    for node in analysis.subtree:
        for name, variable in node.to_dataset().data_vars.items():
            if f"{name}_stderr" in node and variable.dtype.kind == "f":
                known = np.isfinite(node[f"{name}_stderr"].values)
                assert np.isfinite(variable.values[known]).all(), name


def test_materials_are_kept_apart_and_may_be_missing():
    full = make_ramp(Experiment(rates=(20.0,), pressures=(0.0, 0.4)))
    other = full.assign_coords(potential=np.array(["other"], dtype=object))
    other["volume"] = other["volume"].where(False)
    both = xr.concat([full, other], dim="potential")
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": both}))
    alone = analyze_results(xr.DataTree.from_dict({"/ramp": full}))
    temperatures = analysis["transition"]["transition_temperature"]
    np.testing.assert_array_equal(
        temperatures.sel(potential="made-up"),
        alone["transition"]["transition_temperature"].isel(potential=0),
    )
    assert np.isnan(temperatures.sel(potential="other")).all()


def test_empty_results_give_an_empty_analysis():
    analysis = analyze_results(xr.DataTree())
    assert not analysis.children
    assert analysis.attrs["runs_done"] == 0


def test_every_product_has_units_a_name_and_an_error(analyses):
    for node in analyses[0].subtree:
        dataset = node.to_dataset()
        for name in dataset.data_vars:
            attributes = dataset[name].attrs
            assert attributes["long_name"], name
            if dataset[name].dtype.kind == "f" and not str(name).endswith("_stderr"):
                assert attributes["units"], name
                assert "formula" in attributes or f"{name}_stderr" not in dataset, name


def test_same_results_give_the_same_analysis_and_digest():
    tree = make_results(Experiment(rates=(20.0,)))
    first, second = analyze_results(tree), analyze_results(tree)
    for node in first.subtree:
        xr.testing.assert_identical(node.to_dataset(), second[node.path].to_dataset())
    changed = make_results(Experiment(rates=(20.0,)))
    changed["ramp"]["volume"][..., 3] += 1e-6
    assert results_digest(tree) != results_digest(changed)


def heating(analysis, pressure):
    return one(analysis, "transition").sel(route="ramp_heating", pressure=pressure)


def with_gradual_replica(centre=560.0, width=25.0, seed=1):
    """Make the heating run 0 at 0 GPa go slowly and noisily from one phase to the other."""
    experiment = Experiment(
        rates=(20.0,), replicas=2, frozen_cooling=True, volume_noise=2.0, seed=seed
    )
    ramp = make_ramp(experiment)
    t = ramp["temperature"].values
    share = 1 / (1 + np.exp(-(t - centre) / width))
    noise = np.random.default_rng(seed).normal(0, 2.0, t.size)
    low, high = MATERIAL.low.volume(t, 0.0), MATERIAL.high.volume(t, 0.0)
    ramp["volume"][0, 0, 0, 0, 0, 0] = low * (1 - share) + high * share + noise
    return ramp


@pytest.mark.parametrize("seed", range(4))
def test_a_gradual_replica_counts_and_its_distance_is_in_the_error(seed):
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": with_gradual_replica(seed=seed)}))
    loops = one(analysis, "hysteresis").sel(direction="heating", pressure=0.0)
    assert int(loops["n_transformed"].item()) == 2
    at = heating(analysis, 0.0)
    sharp = MATERIAL.transition(0.0) + 20
    assert abs(float(at["transition_temperature"]) - (sharp + 560.0) / 2) < 20
    assert float(at["transition_temperature_stderr"]) > 20


def test_a_replica_that_stays_in_its_phase_makes_a_bound_that_no_slope_is_drawn_through():
    ramp = make_ramp(Experiment(rates=(20.0,), pressures=(0.0, 0.4), frozen_cooling=True))
    t = ramp["temperature"].values
    noise = np.random.default_rng(0).normal(0, 0.6, t.size)
    ramp["volume"][0, 0, 0, 0, 0, 0] = MATERIAL.low.volume(t, 0.0) + noise
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
    at = heating(analysis, 0.0)
    assert "2 of 3 replicas transform: the mean half height lies higher" in str(at["reason"].item())
    assert float(at["transition_temperature_stderr"]) > 80
    assert np.isnan(at["boundary_slope"])
    assert "0 GPa: only a bound" in str(at["slope_reason"].item())
    assert np.isnan(one(analysis, "transition")["entropy_step_clapeyron"]).all()


def test_a_slope_that_may_be_zero_is_named_and_gives_no_entropy():
    ramp = with_gradual_replica(centre=600.0, width=10.0).isel(pressure=[0, 1])
    (material,) = summarize(analyze_results(xr.DataTree.from_dict({"/ramp": ramp})))["materials"]
    assert any("within 2σ of zero: quote neither" in note for note in material["missing"])
    assert all(entry["entropy_step_clapeyron"] is None for entry in material["pressures"])


def test_legs_that_disagree_are_named():
    ramp = make_ramp(Experiment(rates=(20.0,)))
    ramp["volume"][:] = 250 + 3 * (ramp["volume"] - 250)
    (material,) = summarize(analyze_results(xr.DataTree.from_dict({"/ramp": ramp})))["materials"]
    found = [note for note in material["missing"] if "disagree by" in note]
    assert len(found) == 3
    assert found[0].startswith("at 0 GPa ΔH/T_t = ")
    assert "quote neither" in found[0]


@pytest.mark.parametrize(("t_min", "told"), [(300.0, False), (520.0, True)])
def test_few_holds_are_one_phase_only_where_their_volumes_are_one_line(t_min, told):
    hold = make_hold(Experiment(t_min=t_min, t_max=t_min + 200, bin_K=50.0, pressures=(0.0, 0.02)))
    analysis = analyze_results(xr.DataTree.from_dict({"/hold": hold}))
    change = one(analysis, "barocaloric")["isothermal_entropy_change"].sel(final_pressure=0.02)
    assert bool(np.isfinite(change).any()) == told
    reason = "" if told else "phases not distinguished: 3 temperatures"
    assert reason in str(one(analysis, "barocaloric")["reason"].item())


def test_materials_are_labelled(analyses):
    transition = analyses[0]["transition"].to_dataset()
    assert transition["n_vacancies"].attrs["units"] == "1"
    assert transition["potential"].attrs["long_name"] == "force field"
