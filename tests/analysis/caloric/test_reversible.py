"""Reversible effects of a material for which they are known in closed form.

Both phases have the same constant C_P and don't expand, so that T_t(P) is straight, ΔS constant,
and nothing but the transition is barocaloric.
"""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_material import Experiment, Material, make_ramp, make_results

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.caloric.barocaloric import analyze_entropy, entropy_maps
from lbhsweep.analysis.caloric.reversible import analyze_reversible
from lbhsweep.analysis.caloric.reversible_lines import draw_half_heights
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW, PhaseLines
from lbhsweep.analysis.transition.polynomial import fit_polynomial
from lbhsweep.analysis.transition.two_phase import draw_two_phase
from lbhsweep.units import GPA

MOLAR_MASS = 155.7
FACTOR = 1e6 / MOLAR_MASS
CAPACITY, ENTROPY, VOLUME = 0.62, 0.035, 16.0
"""kJ/mol/K, kJ/mol/K, Å³, of both phases and of the transition."""
T_0, SLOPE = 500.0, GPA * VOLUME / ENTROPY
HALF = 15.0
"""K; half of the hysteresis."""
PRESSURES = (0.0, 0.1, 0.2, 0.3)
T = np.arange(350.0, 801.0, 2.0)
P_REV = 2 * HALF / SLOPE
ONE = {"potential": 0, "n_vacancies": 0}


def line(values, t):
    fitted = fit_polynomial(t, values, np.full(t.size, 1e-7), np.zeros(t.size, dtype=np.int64))
    assert fitted is not None
    return fitted


def exact_model(pressures=PRESSURES, sign=1.0, expansion=(0.0, 0.0), error=0.0):
    """Give the model; with `sign` −1 the high-temperature phase is the denser one.

    Phases of constant ∂V/∂T, Å³/K, have S = C_P ln T − P ∂V/∂T.
    """
    lines, transition = [], []
    for p in pressures:
        t_t = T_0 + sign * SLOPE * p
        here = {}
        for name, t in ((LOW, np.linspace(340.0, t_t, 20)), (HIGH, np.linspace(t_t, 820.0, 20))):
            disordered = name == HIGH
            volume = 240.0 + sign * VOLUME * disordered + expansion[disordered] * t
            enthalpy = CAPACITY * (t - T_0) + T_0 * ENTROPY * disordered
            enthalpy = enthalpy + GPA * p * (volume - expansion[disordered] * t)
            here[name] = PhaseLines(line(volume, t), line(enthalpy, t))
        lines.append(here)
        transition.append(Estimate(t_t, error))
    return draw_two_phase(pressures, transition, lines)


def loops(half=HALF, error=0.0, pressures=PRESSURES, sign=1.0, noise=None):
    """Give half heights around T_t; None as `noise` for the exact ones."""
    shift = np.zeros((2, len(pressures))) if noise is None else noise
    t_t = [T_0 + sign * SLOPE * p for p in pressures]
    heating = [Estimate(t + half + s, error) for t, s in zip(t_t, shift[0], strict=True)]
    cooling = [Estimate(t - half + s, error) for t, s in zip(t_t, shift[1], strict=True)]
    return draw_half_heights(heating, cooling)


def reversible(model, found, temperature=T):
    maps = entropy_maps(model, temperature)
    return analyze_reversible(maps, model, {"slowest_rate": found}, MOLAR_MASS)


@pytest.fixture(scope="module")
def exact():
    return reversible(exact_model(), loops()).sel(loop="slowest_rate")


@pytest.mark.parametrize("p", [0.2, 0.3])
def test_entropy_change_is_that_of_the_overlap(exact, p):
    found = exact["reversible_entropy_change"].sel(final_pressure=p)
    start, end = T_0 + HALF, T_0 + SLOPE * p - HALF
    inside = (start + 1 < T) & (end - 1 > T)
    outside = (start - 1 > T) | (end + 1 < T)
    np.testing.assert_allclose(found[inside], -ENTROPY * FACTOR, rtol=1e-4)
    np.testing.assert_allclose(found[outside], 0.0, atol=0.01)
    assert inside.sum() > 10


def test_temperature_change_is_where_the_curves_meet(exact):
    p = 0.3
    found = exact["reversible_temperature_change"].sel(final_pressure=p).values
    start, end = T_0 + HALF, T_0 + SLOPE * p - HALF
    meets = np.minimum(T * np.exp(ENTROPY / CAPACITY), end)
    expected = np.where((start < T) & (end > T), meets - T, 0.0)
    away = np.abs(T - start) > 1
    np.testing.assert_allclose(found[away], expected[away], atol=0.02)


def test_least_pressure_capacity_and_performance_in_closed_form(exact):
    assert float(exact["reversible_pressure"]) == pytest.approx(P_REV, rel=1e-6)
    assert float(exact["loop_work"]) == pytest.approx(VOLUME * P_REV * GPA * FACTOR, rel=1e-5)
    at = exact.sel(final_pressure=0.3)
    change = ENTROPY * FACTOR
    width = SLOPE * 0.3 - 2 * HALF
    assert float(at["reversible_full_width"]) == pytest.approx(width, abs=2.0)
    capacity = float(at["reversible_refrigerant_capacity"])
    assert capacity == pytest.approx(change * width, abs=2.5 * change)
    ideal = float(at["refrigerant_capacity"])
    assert ideal == pytest.approx(change * SLOPE * 0.3, abs=2.5 * change)
    per_pressure = float(at["reversible_entropy_change_per_pressure"])
    assert per_pressure == pytest.approx(change / 0.3, rel=1e-4)
    # By Clausius and Clapeyron ΔS/(ΔV P_rev) is one over the hysteresis.
    largest = float(at["reversible_temperature_change"].max())
    assert float(at["refrigerant_performance"]) == pytest.approx(largest / (2 * HALF), rel=1e-4)


def test_a_pressure_that_does_not_overcome_the_hysteresis_gives_nothing(exact):
    p = float(exact["final_pressure"].sel(final_pressure=0.8 * P_REV, method="nearest"))
    assert 0.0 < p < P_REV
    at = exact.sel(final_pressure=p)
    np.testing.assert_allclose(at["reversible_entropy_change"], 0.0, atol=0.01)
    np.testing.assert_allclose(at["reversible_temperature_change"], 0.0, atol=0.02)
    assert np.isnan(at["refrigerant_performance"])
    assert np.isnan(at["reversible_refrigerant_capacity"])
    assert "does not overcome the hysteresis" in str(at["reason"].item())


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_phase_that_stays_gives_the_lesser_of_both_elastic_changes(sign):
    """C_P ln(1 + ΔT/T) = P ∂V/∂T; of ΔS and ΔT alike the lesser is sure."""
    half, p = 80.0, 0.3
    rise = (0.02, 0.03)
    found = reversible(exact_model(sign=sign, expansion=rise), loops(half=half, sign=sign))
    at = found.sel(loop="slowest_rate", final_pressure=p)
    start, end = T_0 + sign * half, T_0 + sign * (SLOPE * p - half)
    low, high = sorted((start, end))
    inside = (low + 1 < T) & (high - 20 > T)
    assert inside.sum() > 10
    elastic = p * GPA * rise[0]
    expected = T * (np.exp(elastic / CAPACITY) - 1)
    np.testing.assert_allclose(
        at["reversible_temperature_change"][inside], expected[inside], rtol=1e-3
    )
    np.testing.assert_allclose(
        at["reversible_entropy_change"][inside], -elastic * FACTOR, rtol=1e-3
    )
    assert not (at["reversible_temperature_change"] < 0).any()


def test_without_an_error_of_the_transition_nothing_has_one():
    model = exact_model(error=np.nan)
    maps = entropy_maps(model, T)
    _, barocaloric = analyze_entropy(model, T, MOLAR_MASS, maps=maps)
    _, exact = analyze_entropy(exact_model(), T, MOLAR_MASS)
    for name in ("isothermal_entropy_change", "adiabatic_temperature_change"):
        np.testing.assert_allclose(barocaloric[name], exact[name])
        assert np.isnan(barocaloric[f"{name}_stderr"]).all()
        assert np.isfinite(exact[f"{name}_stderr"]).any()


def test_an_inverse_material_is_the_mirror_image():
    found = reversible(exact_model(sign=-1.0), loops(sign=-1.0)).sel(loop="slowest_rate")
    at = found.sel(final_pressure=0.3)
    end, start = T_0 - SLOPE * 0.3 + HALF, T_0 - HALF
    inside = (end + 1 < T) & (start - 1 > T)
    assert inside.sum() > 10
    np.testing.assert_allclose(at["reversible_entropy_change"][inside], ENTROPY * FACTOR, rtol=1e-4)
    assert float(found["reversible_pressure"]) == pytest.approx(P_REV, rel=1e-6)
    assert float(at["reversible_temperature_change"].min()) < -20


def test_without_hysteresis_it_is_the_isothermal_change():
    model = exact_model()
    found = reversible(model, loops(half=0.0)).sel(loop="slowest_rate")
    _, barocaloric = analyze_entropy(model, T, MOLAR_MASS)
    for name in ("entropy_change", "temperature_change"):
        ideal = "isothermal" if name == "entropy_change" else "adiabatic"
        np.testing.assert_allclose(
            found[f"reversible_{name}"], barocaloric[f"{ideal}_{name}"], atol=1e-6
        )
    assert float(found["reversible_pressure"]) == 0.0
    assert np.isnan(found["refrigerant_performance"]).all()


def test_least_pressure_and_capacity_are_covered_at_the_right_rate(monkeypatch):
    monkeypatch.setattr("lbhsweep.analysis.caloric.barocaloric.N_PRESSURES", 2)
    model, sigma, grid = exact_model(), 3.0, np.arange(450.0, 721.0, 2.0)
    deviations = []
    for seed in range(80):
        noise = np.random.default_rng(seed).normal(0, sigma, (2, len(PRESSURES)))
        found = reversible(model, loops(error=sigma, noise=noise), grid).sel(loop="slowest_rate")
        at = found.sel(final_pressure=0.3)
        change = ENTROPY * FACTOR
        deviations.append(
            [
                (found["reversible_pressure"] - P_REV) / found["reversible_pressure_stderr"],
                (at["reversible_refrigerant_capacity"] - change * (SLOPE * 0.3 - 2 * HALF))
                / at["reversible_refrigerant_capacity_stderr"],
            ]
        )
    size = np.abs(np.array(deviations))
    # 80 draws of a true 68 % leave this range once in some hundred times.
    assert np.all((size < 1).mean(axis=0) > 0.54)
    assert np.all((size < 1).mean(axis=0) < 0.82)
    assert np.all((size < 2).mean(axis=0) > 0.87)


def analyzed(experiment, groups=("ramp",)):
    return analyze_results(make_results(experiment, groups))["reversible"].to_dataset().isel(ONE)


def test_the_made_up_material_is_recovered_from_its_ramps():
    material, half = Material(), 20.0
    found = analyzed(Experiment(rates=(20.0,), half_width=half)).sel(loop="slowest_rate")
    truth = 2 * half / material.slope(0.2)
    error = float(found["reversible_pressure_stderr"])
    # T_t(P) is slightly bent, by 5 % over the 0.4 GPa.
    assert float(found["reversible_pressure"]) == pytest.approx(truth, abs=3 * error + 0.05 * truth)
    at = found.sel(final_pressure=0.4, temperature=560.0, method="nearest")
    t, p = float(at["temperature"]), 0.4
    expected = (material.low.entropy(t, p) - material.high.entropy(t, 0.0)) * FACTOR
    error = float(at["reversible_entropy_change_stderr"])
    assert float(at["reversible_entropy_change"]) == pytest.approx(expected, abs=4 * error)


def test_a_branch_that_does_not_transform_leaves_nan_and_a_reason():
    found = analyzed(Experiment(rates=(20.0,), frozen_cooling=True))
    compressed = found.sel(final_pressure=found["final_pressure"] > 0)
    assert np.isnan(compressed["reversible_entropy_change"]).all()
    assert np.isnan(found["reversible_pressure"]).all()
    reason = str(found["reason"].sel(loop="slowest_rate", final_pressure=0.4).item())
    assert "cooling" in reason
    assert "no transition seen" in reason
    # What needs no hysteresis is there all the same.
    assert np.isfinite(found["refrigerant_capacity"].sel(final_pressure=0.4))


def test_holds_alone_say_that_ramps_are_wanted():
    found = analyzed(Experiment(), ("hold",))
    assert np.isnan(found["reversible_entropy_change"]).all()
    assert all("ramps" in str(reason) for reason in found["reason"].values.ravel())
    assert np.isfinite(found["refrigerant_capacity"].sel(final_pressure=0.4))


def test_one_pressure_says_what_it_lacks():
    found = analyzed(Experiment(pressures=(0.2,), rates=(20.0,))).sel(loop="slowest_rate")
    assert np.isnan(found["reversible_pressure"])
    assert "needs 2" in str(found["pressure_reason"].item())


def test_the_loop_at_zero_rate_is_narrower_and_its_error_holds_the_exponent():
    experiment = Experiment(rates=(5.0, 10.0, 20.0), exponent=2 / 3, static_half_width=8.0)
    found = analyzed(experiment)
    pressure, error = found["reversible_pressure"], found["reversible_pressure_stderr"]
    assert float(pressure.sel(loop="zero_rate")) < float(pressure.sel(loop="slowest_rate"))
    assert float(error.sel(loop="zero_rate")) > float(error.sel(loop="slowest_rate"))


def test_maxwell_relation_holds_inside_both_phases():
    """(∂S/∂P)_T = −(∂V/∂T)_P, between the S(T,P) product and the expansion of the material."""
    material = Material()
    deviations = []
    for seed in range(4):
        ramp = make_ramp(Experiment(rates=(20.0,), seed=seed))
        analysis = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
        entropy = analysis["entropy"].to_dataset().isel(ONE)
        barocaloric = analysis["barocaloric"].to_dataset().isel(ONE).sel(final_pressure=0.4)
        for t, phase in ((350.0, material.low), (720.0, material.high)):
            at = entropy["entropy"].sel(temperature=t, method="nearest")
            slope = float(at.sel(pressure=0.4) - at.sel(pressure=0.0)) / 0.4
            name = "isothermal_entropy_change_stderr"
            error = float(barocaloric[name].sel(temperature=t, method="nearest")) / 0.4
            deviations.append((slope + GPA * phase.w * 1e6 / 155.696) / error)
    size = np.abs(deviations)
    assert (size < 1).mean() > 0.3
    assert size.max() < 3.5


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.2, 1.0))
def test_whatever_lacks_has_a_reason(seed, share):
    tree = make_results(Experiment(rates=(10.0, 20.0), replicas=2, bin_K=25.0, seed=seed))
    ramp = tree["ramp"].to_dataset()
    pending = np.random.default_rng(seed).random(ramp["status"].shape) < share
    ramp["status"] = ramp["status"].where(~pending, 0)
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
    found = analysis["reversible"].to_dataset().isel(ONE)
    simulated = found.sel(final_pressure=found["interpolated"] == 0)
    absent = ~np.isfinite(simulated["reversible_entropy_change"]).any("temperature")
    assert all(str(why) for why in simulated["reason"].values[absent.values])
    least = found["reversible_pressure"].values
    assert all(str(why) for why in found["pressure_reason"].values[~np.isfinite(least)])
    rates = analysis["hysteresis_rate"].to_dataset().isel(ONE)
    for name, reason in (
        ("zero_rate_temperature", "reason"),
        ("zero_rate_width", "loop_reason"),
        ("zero_rate_midpoint", "loop_reason"),
    ):
        absent = ~np.isfinite(rates[name].values)
        assert all(str(why) for why in rates[reason].values[absent]), name
