"""Figures of coexisting phases: speeds, their zero, and layers in time."""

import numpy as np
import pytest
import xarray as xr
from made_up_coexistence import make_coexistence
from made_up_material import Experiment, make_ramp
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.plots import FIGURES
from lbhsweep.plots.shared.bounds import arrow_id
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing
from lbhsweep.quantities.profile import Growth
from lbhsweep.store.schema import Status

COLD_AND_HOT = (500, 540, 580, 620, 660, 700, 760)


def made(name, tree):
    ((_, results, products),) = each_material(tree, analyze_results(tree))
    return FIGURES[name].make(results, products)


def joined(tree, **groups):
    parts = {f"/{name}": one for name, one in groups.items()}
    name = tree["coexist"]["potential"].values
    parts = {path: one.assign_coords(potential=name) for path, one in parts.items()}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs),
                                  "/coexist": tree["coexist"].to_dataset(), **parts})  # fmt: skip


def arrows(axes, kind):
    return [one for one in axes.texts if one.get_gid() == arrow_id(kind)]


def texts(figure):
    return [one.get_text() for axes in figure.axes for one in axes.texts]


@pytest.fixture(scope="module")
def met():
    return make_coexistence(temperatures=COLD_AND_HOT)


def test_every_speed_is_drawn_and_fast_runs_are_arrows(met):
    figure = made("growth", met)
    assert isinstance(figure, Figure)
    panels = figure.axes
    assert [axes.get_title() for axes in panels] == ["0 GPa", "0.4 GPa"]
    results = met["coexist"].to_dataset().isel(potential=0, n_vacancies=0)
    for axes, pressure in zip(panels, results["pressure"].values, strict=True):
        here = results.sel(pressure=pressure)
        speeds = here["growth_speed"].values.ravel()
        drawn = np.concatenate([bars[0].get_ydata() for bars in axes.containers])
        known = speeds[np.isfinite(speeds)]
        assert set(np.round(known, 9)) <= set(np.round(drawn, 9))
        fast = (here["growth_status"] == Growth.TOO_FAST) & (here["winner"] == 3)
        assert len(arrows(axes, Bound.LOWER)) == int(fast.sum())
    assert any(len(arrows(axes, Bound.LOWER)) for axes in panels)


def test_the_law_is_zero_at_the_transition_temperature(met):
    figure = made("growth", met)
    found = analyze_results(met)["equilibrium"].to_dataset().isel(potential=0, n_vacancies=0)
    for axes, t in zip(figure.axes, found["transition_temperature"].values, strict=True):
        (law,) = (line for line in axes.lines if len(line.get_xdata()) == 200)
        assert np.interp(t, *law.get_data()) == pytest.approx(0.0, abs=2e-3)
        assert any(f"= {t:.0f} ±" in text for text in texts(figure))


def test_a_bound_is_an_arrow_on_the_axis_of_temperatures():
    figure = made("growth", make_coexistence(pressures=(0.0,), temperatures=(600, 640, 680)))
    (axes,) = figure.axes
    assert any("≤ 600 K" in text for text in texts(figure))
    assert len(arrows(axes, Bound.UPPER)) == 1
    notes = " ".join(one.get_text() for one in figure.texts)
    assert "add lower temperatures" in notes


def test_layers_in_time_have_both_interfaces_and_name_the_winner(met):
    figure = made("profile", met)
    maps = [axes for axes in figure.axes if any(isinstance(c, QuadMesh) for c in axes.collections)]
    panels = maps[:6]
    results = met["coexist"].to_dataset().isel(potential=0, n_vacancies=0).sel(pressure=0.0)
    order = results["layer_order"]
    for axes in panels:
        temperature, _ = axes.get_title().split(" K, replica 0: ")
        values = order.sel(temperature=float(temperature), replica=0).transpose("layer", "time")
        mesh = next(one for one in axes.collections if isinstance(one, QuadMesh))
        np.testing.assert_allclose(np.ma.filled(mesh.get_array(), np.nan), values.values)
        assert len(axes.lines) == 4
        for line in axes.lines:
            path = line.get_ydata()
            assert np.nanmin(path) >= 0.5
            assert np.nanmax(path) <= 12.5
    titles = [axes.get_title() for axes in panels]
    assert titles[0] == "500 K, replica 0: α won"
    assert titles[-1] == "760 K, replica 0: β won"


def test_two_ordered_phases_are_shown_by_their_lithium():
    figure = made("profile", make_coexistence(pressures=(0.0,), phases=("alpha", "alpha_cap")))
    assert "Li coordinate x of the layer" in {axes.get_ylabel() for axes in figure.axes}


def test_the_phase_diagram_has_coexistence_beside_bounds(met):
    e = Experiment(pressures=(0.0, 0.4), rates=(20.0,), replicas=2, t_min=400.0, bin_K=40.0)
    alone = made("phase_diagram", met)
    beside = made("phase_diagram", joined(met, ramp=make_ramp(e)))
    for figure in (alone, beside):
        labels = figure.legends[0].texts
        assert any("coexistence of α and β" in one.get_text() for one in labels)
        assert any("(coexistence)" in one.get_text() for one in labels)
    words = " ".join(one.get_text() for one in beside.legends[0].texts)
    assert "ramps" in words


def test_before_any_run_is_done_figures_say_why(met):
    dataset = met["coexist"].to_dataset().copy(deep=True)
    dataset["status"] = xr.full_like(dataset["status"], Status.PENDING)
    empty = xr.DataTree.from_dict({"/": xr.Dataset(attrs=met.attrs), "/coexist": dataset})
    for name in ("growth", "profile"):
        assert made(name, empty) == Nothing("no run in which the two phases met is finished")
    assert made("phase_diagram", empty) == Nothing("no run is finished")


def test_every_other_figure_says_that_there_are_neither_holds_nor_ramps(met):
    own = ("growth", "profile", "phase_diagram")
    for name in FIGURES:
        if name not in own:
            assert isinstance(made(name, met), Nothing), name
