"""ΔS_iso from volumes alone against the free energy of a made-up material, and against ours."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from made_up_material import PER_KG, Experiment, Material, make_hold_from_both

from lbhsweep.analysis import analyze_results, summarize
from lbhsweep.analysis.caloric.barocaloric import entropy_maps
from lbhsweep.analysis.caloric.maxwell import check_maxwell, maxwell_change
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW, PhaseLines
from lbhsweep.analysis.transition.polynomial import fit_degrees
from lbhsweep.analysis.transition.two_phase import draw_two_phase

CONVEX = Material(low=replace(Material().low, w=0.06, bend=2e-4))
PRESSURES = (0.0, 0.1, 0.2, 0.3, 0.4)
T = np.arange(310.0, 700.0, 10.0)
ONE = {"potential": 0, "n_vacancies": 0}


def exact_model(pressures=PRESSURES, bend_of_enthalpy=0.0):
    def line(values, t):
        return fit_degrees(t, values, np.full(t.size, 1e-6), np.zeros(t.size, dtype=np.int64))[1]

    lines, transition = [], []
    for p in pressures:
        t_t = CONVEX.transition(p)
        here = {}
        for name, phase, t in (
            (LOW, CONVEX.low, np.linspace(300.0, t_t, 20)),
            (HIGH, CONVEX.high, np.linspace(t_t, 800.0, 20)),
        ):
            enthalpy = phase.enthalpy(t, p) + bend_of_enthalpy * p * (t - 300.0) ** 2
            here[name] = PhaseLines(line(phase.volume(t, p), t), line(enthalpy, t))
        lines.append(here)
        transition.append(Estimate(t_t, 0.0))
    return draw_two_phase(pressures, transition, lines)


def hold_analysis(seed=0, enthalpy_noise=3.0, change=None, **changes):
    experiment = Experiment(
        material=CONVEX, seed=seed, volume_noise=0.3, enthalpy_noise=enthalpy_noise, **changes
    )
    hold = make_hold_from_both(experiment)
    if change is not None:
        change(hold)
    return analyze_results(xr.DataTree.from_dict({"/hold": hold}))


def test_the_integral_of_the_volume_is_the_entropy_change_in_and_across_phases():
    maps = entropy_maps(exact_model(), T)
    found = maxwell_change(maps)[0] * PER_KG
    for p in PRESSURES[1:]:
        i = int(np.argmin(np.abs(maps.lines.model.pressure - p)))
        far = np.min([np.abs(T - CONVEX.transition(q)) for q in PRESSURES], axis=0) > 3.0
        truth = CONVEX.isothermal(T, 0.0, p)
        inside = (CONVEX.transition(0.0) > T) | (CONVEX.transition(p) < T)
        np.testing.assert_allclose(found[i][far & inside], truth[far & inside], atol=0.3)
        # T_t(P) is bent, and straight between simulated pressures.
        np.testing.assert_allclose(found[i][far], truth[far], rtol=0.05)


def test_both_routes_agree_where_free_energy_is_one_and_disagreement_is_named():
    for bend, agree in ((0.0, True), (2e-4, False), (0.2, False)):
        maps = entropy_maps(exact_model(bend_of_enthalpy=bend), T)
        checked = xr.Dataset(check_maxwell(maps, maps, 1e6 / PER_KG))
        low = CONVEX.transition(0.0) - 5 > T
        gap = np.abs(checked["maxwell_difference"].values[:, low])
        assert (gap.max() < 0.3) == agree
        reason = str(checked["maxwell_reason"].item())
        named = checked["maxwell_disagrees"].values[:, low].any()
        assert bool(named) == (not agree)
        assert ("quote neither there" in reason) == (not agree)
        assert "e+" not in reason


@pytest.mark.parametrize("seed", range(3))
def test_entropy_change_within_a_phase_is_not_the_same_at_all_temperatures(seed):
    """Noisy enthalpies show no difference of C_P between pressures; volumes do."""
    analysis = hold_analysis(seed)
    maps = analysis["barocaloric"].to_dataset().isel(ONE).sel(final_pressure=0.4)
    t = np.array([310.0, 350.0, 390.0])
    here = maps.sel(temperature=t)
    truth = CONVEX.isothermal(t, 0.0, 0.4)
    assert np.ptp(truth) > 20
    assert np.all(np.diff(here["isothermal_entropy_change"]) < -10)
    for name in ("isothermal_entropy_change", "isothermal_entropy_change_maxwell"):
        error = np.maximum(here[f"{name}_stderr"], 1.0)
        assert np.all(np.abs(here[name] - truth) < 3 * error)
    # The enthalpies of each pressure by themselves know it far less well.
    own = here["isothermal_entropy_change_enthalpy_stderr"]
    assert float(own[0]) > 1.2 * float(here["isothermal_entropy_change_stderr"][0])


def test_volumes_that_enthalpies_contradict_are_named_in_the_summary():
    def bend(hold):
        t, p = hold["temperature"], hold["pressure"]
        hold["enthalpy"] = (hold["enthalpy"] + 1e-3 * p * (t - 300.0) ** 2).transpose(
            *hold["enthalpy"].dims
        )

    (good,) = summarize(hold_analysis(enthalpy_noise=0.3))["materials"]
    (wrong,) = summarize(hold_analysis(enthalpy_noise=0.3, change=bend))["materials"]
    assert not any("∂V/∂T)dP disagree" in note for note in good["missing"])
    (note,) = (note for note in wrong["missing"] if "∂V/∂T)dP disagree" in note)
    assert "J/kg/K" in note
    assert "σ" in note
    place = {"temperature_K", "final_pressure_GPa"}
    other, largest = (
        good[name] for name in ("isothermal_entropy_change_maxwell", "largest_entropy_change")
    )
    assert {key: other[key] for key in place} == {key: largest[key] for key in place}


def test_an_entropy_change_that_falls_with_pressure_is_named_exactly_then():
    def expand(hold):
        # Above 0.2 GPa the low phase shrinks on heating: no property of one phase.
        t, p = hold["temperature"], hold["pressure"]
        low = hold["alpha_order"] > 0.5
        hold["volume"] = hold["volume"].where(~(low & (p > 0.2)), 246.0 - 0.2 * (t - 480.0))

    reasons = [
        str(hold_analysis(change=change)["barocaloric"]["pressure_reason"].values.item())
        for change in (None, expand)
    ]
    assert reasons[0] == ""
    assert reasons[1].startswith("|ΔS_iso| falls as P rises: 0.2 to 0.4 GPa at")
