"""Figures of hysteresis against rate, of reversible effects, and of partial entropies."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import (
    Experiment,
    Material,
    make_hold_from_both,
    make_ramp,
    make_results,
    with_spectra,
)
from matplotlib.figure import Figure

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.published import EFFECTS
from lbhsweep.plots import FIGURES
from lbhsweep.plots.figures import COMPARISONS
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing

MATERIAL = Material()


def material(tree):
    ((_, results, products),) = each_material(tree, analyze_results(tree))
    return results, products


@pytest.fixture(scope="module")
def loops():
    return material(make_results(Experiment(rates=(5.0, 10.0, 20.0), exponent=2 / 3)))


@pytest.fixture(scope="module")
def holds():
    hold = with_spectra(make_hold_from_both(Experiment()))
    return material(xr.DataTree.from_dict({"/hold": hold}))


def legend_texts(figure):
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes if a.get_legend())]
    texts = [text.get_text() for legend in legends for text in legend.get_texts()]
    return {" ".join(text.split()) for text in texts}


def texts_of(figure):
    return " ".join(text.get_text() for text in figure.texts)


def test_half_heights_their_fit_and_zero_rate_are_drawn(loops):
    figure = FIGURES["rate"].make(*loops)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 6
    left, right = figure.axes[:2]
    assert left.get_ylabel() == "$T_h$, $T_c$ (K)"
    assert figure.axes[-1].get_xlabel() == "Heating rate r (K ps⁻¹)"
    rates = loops[1]["hysteresis_rate"].to_dataset().isel(pressure=0)
    starts = sorted(line.get_ydata()[0] for line in left.lines if len(line.get_xdata()) == 100)
    np.testing.assert_allclose(starts, np.sort(rates["zero_rate_temperature"]))
    (start,) = (line.get_ydata()[0] for line in right.lines if len(line.get_xdata()) == 100)
    assert start == pytest.approx(float(rates["zero_rate_width"]))
    assert {"heating", "cooling", "width"} <= legend_texts(figure)


def test_midpoints_at_zero_rate_stand_in_the_phase_diagram(loops):
    figure = FIGURES["phase_diagram"].make(*loops)
    (drawn,) = (
        container.lines[0]
        for container in figure.axes[0].containers
        if container.get_label() == "ramps, midpoint at zero rate"
    )
    expected = loops[1]["hysteresis_rate"]["zero_rate_midpoint"].values
    np.testing.assert_allclose(drawn.get_ydata(), expected)


def test_bounds_look_different_and_are_named():
    ramp = make_ramp(Experiment(rates=(5.0, 10.0, 20.0), pressures=(0.2,)))
    # At the slowest rate one cooling run keeps its phase.
    t = ramp["temperature"].values
    high = MATERIAL.high.volume(t, 0.2)
    ramp["volume"][0, 0, 0, 0, 1, 0] = high + np.random.default_rng(0).normal(0, 0.6, t.size)
    figure = FIGURES["rate"].make(*material(xr.DataTree.from_dict({"/ramp": ramp})))
    assert "cooling, bound (not all replicas transform), left out" in legend_texts(figure)
    assert "without 5 K/ps: only a bound" in texts_of(figure)


def test_one_rate_is_no_figure_and_names_the_rates_that_lack():
    nothing = FIGURES["rate"].make(*material(make_results(Experiment(rates=(20.0,)))))
    assert isinstance(nothing, Nothing)
    assert "runs at 10 and 5 K/ps would provide them" in nothing.reason


def test_reversible_effects_stand_beside_the_ideal_ones(loops):
    figure = FIGURES["reversible"].make(*loops)
    entropy, temperature, pressure = figure.axes
    assert entropy.get_ylabel() == "$ΔS_{rev}$ (J kg⁻¹ K⁻¹)"
    assert temperature.get_ylabel() == "$ΔT_{rev}$ (K)"
    dataset = loops[1]["reversible"].to_dataset().sel(loop="slowest_rate", final_pressure=0.4)
    drawn = [line.get_ydata() for line in entropy.lines if line.get_label() == "0 → 0.4 GPa"]
    np.testing.assert_array_equal(drawn[0], dataset["reversible_entropy_change"])
    assert any(line.get_linestyle() == ":" for line in entropy.lines)
    least = float(loops[1]["reversible"]["reversible_pressure"].sel(loop="slowest_rate"))
    places = [line.get_xdata()[0] for line in pressure.lines if len(line.get_xdata()) == 2]
    assert np.isclose(places, least).any()
    assert any("P_{rev}" in text for text in legend_texts(figure))


def test_published_materials_stand_beside_ours(loops):
    figure = FIGURES["published"].make(*loops)
    texts = legend_texts(figure)
    assert {f"{one.name} ({one.source.short})" for one in EFFECTS} <= texts
    assert {"this sweep", "this sweep, reversible"} <= texts
    assert any("calculated" in text for text in texts)
    points = [line.get_xydata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert any(np.allclose(point, (0.25, 389.0)) for point in points)


def test_partial_entropies_of_both_kinds_and_all_parts(holds):
    figure = COMPARISONS["partial_entropy"].make(*holds)
    assert {"S of α", "S of β", "all", "Li", "libration of anions"} <= legend_texts(figure)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ["0 GPa, harmonic entropy", "0 GPa, S(β) − S(α)"]
    fills = {line.get_fillstyle() for line in figure.axes[0].lines if len(line.get_xdata()) > 2}
    assert fills == {"full", "none"}


def test_frozen_sublattices_have_a_panel_of_their_own():
    hold = with_spectra(make_hold_from_both(Experiment(pressures=(0.0,))))
    names = np.array(["none", "Li", "anions"], dtype=object)
    frozen = xr.concat([hold] * 3, dim=xr.DataArray(names, dims="frozen", name="frozen"))
    tree = xr.DataTree.from_dict({"/hold": frozen})
    comparison = COMPARISONS["partial_entropy"]
    ((_, results, products),) = each_material(tree, analyze_results(tree), comparison.over)
    figure = comparison.make(results, products)
    assert figure.axes[2].get_title() == "0 GPa, S(β) − S(α) by freezing"
    assert "interplay, by freezing" in legend_texts(figure)


def test_heat_capacities_of_holds_lie_within_the_axes(holds):
    figure = FIGURES["heat_capacity"].make(*holds)
    assert "holds, dH/dT with quantum correction, α" in legend_texts(figure)
    low, high = figure.axes[0].get_ylim()
    hold = holds[1]["heat_capacity/hold"].to_dataset()
    for name in ("heat_capacity", "heat_capacity_quantum"):
        known = hold[name].values[np.isfinite(hold[name].values)]
        assert low < known.min()
        assert known.max() < high


def test_the_estimate_with_the_quantum_heat_capacity_is_labelled(holds, loops):
    text = "$ΔT_{ad}$ = T|ΔS|/$C_P$, quantum $C_P$"
    assert text in legend_texts(FIGURES["entropy"].make(*holds))
    assert text not in legend_texts(FIGURES["entropy"].make(*loops))


def test_no_heat_capacity_is_drawn_for_runs_at_constant_volume():
    tree = make_results(Experiment(rates=(20.0,)), ("ramp", "hold"))
    tree.attrs["sweep_yaml"] = "dynamics: {ensemble: nvt}\n"
    nothing = FIGURES["heat_capacity"].make(*material(tree))
    assert isinstance(nothing, Nothing)
    assert "constant volume" in nothing.reason


def reach_of_texts(figure):
    """Measure how far texts reach to the left, in pixels, and to the right, over the width."""
    figure.draw_without_rendering()
    texts = [*figure.texts, *(text for axes in figure.axes for text in (axes.title, *axes.texts))]
    watermark = [text for text in texts if text.get_alpha() is not None]
    shown = [text for text in texts if text.get_text() and text not in watermark]
    boxes = [text.get_window_extent() for text in shown]
    return min(box.x0 for box in boxes), max(box.x1 for box in boxes) / figure.bbox.width


@pytest.mark.parametrize("name", ["hysteresis", "heat_capacity", "entropy"])
def test_titles_and_reasons_are_not_cut_off(name):
    rates, pressures = (5.0, 10.0, 20.0), (0.0, 0.1, 0.2, 0.3, 0.4)
    experiment = Experiment(rates=rates, pressures=pressures, replicas=1, frozen_cooling=True)
    figure = FIGURES[name].make(*material(make_results(experiment)))
    left, right = reach_of_texts(figure)
    assert left > 0
    assert right < 1
    one = FIGURES["entropy"].make(
        *material(make_results(Experiment(pressures=(0.2,), rates=(20.0,))))
    )
    panel = one.axes[1]
    (reason,) = panel.texts
    one.draw_without_rendering()
    assert reason.get_window_extent().width < panel.get_window_extent().width


def test_entropy_change_from_volumes_is_drawn_beside_ours_and_hatched_where_both_disagree(holds):
    results, products = holds
    figure = FIGURES["entropy"].make(results, products)
    assert "$ΔS_{iso}$ = −∫(∂V/∂T)dP (Maxwell)" in legend_texts(figure)
    at = products["barocaloric"].to_dataset().sel(final_pressure=0.4)
    expected = at["isothermal_entropy_change_maxwell"].values
    dashed = [line.get_ydata() for line in figure.axes[1].lines if line.get_linestyle() == "--"]
    near = at["extrapolated"].values == 0
    assert any(np.allclose(y[near], expected[near]) for y in dashed if len(y) == len(near))

    hatched = "disagrees with −∫(∂V/∂T)dP by more than 2 σ"
    for disagrees in (False, True):
        maps = products["barocaloric"].to_dataset()
        flags = xr.zeros_like(maps["maxwell_disagrees"])
        flags[20:30, 20:40] = int(disagrees)
        changed = products.copy()
        changed["barocaloric"] = xr.DataTree(maps.assign(maxwell_disagrees=flags))
        drawn = FIGURES["barocaloric"].make(results, changed)
        assert (hatched in legend_texts(drawn)) == disagrees
