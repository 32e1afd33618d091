"""C_P of holds: each phase by itself, never across the transition, never at constant volume."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import (
    PER_KG,
    Experiment,
    Material,
    make_hold,
    make_hold_from_both,
    make_results,
    with_spectra,
)

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.caloric.hold_heat_capacity import CORRECTION, QUANTUM

MATERIAL = Material()
ONE = {"potential": 0, "n_vacancies": 0}
CAPACITY = {"alpha": MATERIAL.low.capacity * PER_KG, "beta": MATERIAL.high.capacity * PER_KG}


def analyze(hold, **attributes):
    root = xr.Dataset(attrs={"schema_version": 1, "rehearsal": 0} | attributes)
    return analyze_results(xr.DataTree.from_dict({"/": root, "/hold": hold}))


def capacity_of(hold, **attributes):
    return analyze(hold, **attributes)["heat_capacity/hold"].to_dataset().isel(ONE)


@pytest.fixture(scope="module")
def told():
    return capacity_of(with_spectra(make_hold_from_both(Experiment(replicas=4))))


@pytest.mark.parametrize("phase", ["alpha", "beta"])
def test_each_phase_has_its_own_slope_up_to_where_it_ends(told, phase):
    at = told.sel(phase=phase)
    deviation = ((at["heat_capacity"] - CAPACITY[phase]) / at["heat_capacity_stderr"]).values
    known = deviation[np.isfinite(deviation)]
    assert known.size > 15
    # Latent heat in a window would make thousands of J/kg/K, tens of standard errors.
    assert np.abs(known).max() < 5
    assert (np.abs(known) < 1).mean() > 0.5


def test_without_order_no_slope_is_taken_across_the_step():
    hold = make_hold(Experiment(volume_noise=0.1, enthalpy_noise=0.1))
    at = capacity_of(hold).sel(phase="undecided")
    value = at["heat_capacity"].values
    assert np.isfinite(value).mean() > 0.95
    t = at["temperature"].values
    for i, p in enumerate(at["pressure"].values):
        truth = np.where(t > MATERIAL.transition(p), CAPACITY["beta"], CAPACITY["alpha"])
        known = np.isfinite(value[i])
        np.testing.assert_allclose(value[i][known], truth[known], atol=60.0)


def test_a_hold_of_both_phases_has_no_fluctuation_heat_capacity():
    hold = make_hold_from_both(Experiment())
    hold["heat_capacity_fluctuation"] = xr.full_like(hold["volume"], 4100.0)
    hold["heat_capacity_fluctuation_stderr"] = xr.full_like(hold["volume"], 100.0)
    t = hold["temperature"].values
    hold["alpha_order"][..., t == 400.0, :] = 0.4
    hold["heat_capacity_fluctuation"][..., t == 400.0, :] = 90000.0
    found = capacity_of(hold)["heat_capacity_fluctuation"]
    assert np.isnan(found.sel(temperature=400.0)).all()
    np.testing.assert_allclose(found.values[np.isfinite(found.values)], 4100.0)


def test_disagreement_is_in_standard_errors_of_both():
    hold = make_hold(Experiment(replicas=4))
    at = capacity_of(hold)
    apart = at["fluctuation_disagreement"].values
    known = apart[np.isfinite(apart)]
    assert 0.5 < (np.abs(known) < 1).mean() < 0.95
    hold["heat_capacity_fluctuation"] = hold["heat_capacity_fluctuation"] + 1500.0
    shifted = capacity_of(hold)["fluctuation_disagreement"].values
    assert np.nanmedian(shifted) > np.nanmedian(apart) + 5


def test_quantum_heat_capacity_is_the_classical_one_with_its_correction(told):
    expected = told["heat_capacity"] + told[CORRECTION]
    np.testing.assert_allclose(told[QUANTUM], expected)
    error = np.hypot(told["heat_capacity_stderr"], told[f"{CORRECTION}_stderr"])
    np.testing.assert_allclose(told[f"{QUANTUM}_stderr"], error)
    at = told[CORRECTION].sel(phase="alpha")
    assert float(at.mean()) == pytest.approx(-1500.0, abs=10.0)


def test_estimate_with_the_quantum_heat_capacity_is_larger_by_their_ratio():
    analysis = analyze(with_spectra(make_hold_from_both(Experiment())))
    maps = analysis["barocaloric"].to_dataset().isel(ONE).sel(final_pressure=0.4)
    at = maps.sel(temperature=420.0, method="nearest")
    name = "adiabatic_temperature_change"
    ratio = float(at[f"{name}_quantum_estimate"] / at[f"{name}_estimate"])
    classical = CAPACITY["alpha"]
    assert ratio == pytest.approx(classical / (classical - 1500.0), rel=0.02)
    assert float(at[f"{name}_quantum_estimate_stderr"]) > 0
    assert str(maps["quantum_reason"].item()) == ""


def test_without_spectra_the_quantum_estimate_says_what_it_needs():
    analysis = analyze(make_hold_from_both(Experiment()))
    maps = analysis["barocaloric"].to_dataset().isel(ONE)
    assert np.isnan(maps["adiabatic_temperature_change_quantum_estimate"]).all()
    assert "spectra" in str(maps["quantum_reason"].item())
    assert QUANTUM not in analysis["heat_capacity/hold"]


@pytest.mark.parametrize("ensemble", ["nvt", "nve"])
def test_runs_at_constant_volume_have_no_heat_capacity_at_constant_pressure(ensemble):
    tree = make_results(Experiment(rates=(20.0,)), ("ramp", "hold"))
    tree.attrs["sweep_yaml"] = f"dynamics: {{ensemble: {ensemble}}}\n"
    groups = analyze_results(tree)["heat_capacity"]
    assert set(groups.children) == {"ramp", "hold", "baseline"}
    for node in groups.children.values():
        dataset = node.to_dataset()
        assert ensemble in str(dataset["reason"].isel(ONE).item())
        for name in dataset:
            if dataset[name].dtype.kind == "f":
                assert np.isnan(dataset[name]).all(), name
