import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_ramp, make_results
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from lbhsweep.analysis import analyze_results
from lbhsweep.plots import FIGURES, draw_figures
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing

PUBLISHED = "450 K is α, 500 K is β, simulated (Sci. Rep. 2021, suppl. fig. 1)"


def material(tree):
    analysis = analyze_results(tree)
    ((_, results, products),) = each_material(tree, analysis)
    return results, products


@pytest.fixture(scope="module")
def both():
    return material(make_results(Experiment(rates=(20.0,)), ("ramp", "hold")))


def legend_texts(figure):
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes if a.get_legend())]
    texts = [text.get_text() for legend in legends for text in legend.get_texts()]
    return {" ".join(text.split()) for text in texts}


def texts_of(figure):
    return " ".join(text.get_text() for text in figure.texts)


LABELS = {
    "hysteresis": ("Temperature T (K)", "Volume per formula unit (Å³)"),
    "hold": ("Temperature T (K)", "Volume per formula unit (Å³)"),
    "phase_diagram": ("Pressure P (GPa)", "Transition temperature $T_t$ (K)"),
    "heat_capacity": ("Temperature T (K)", "Heat capacity $C_P$ (J kg⁻¹ K⁻¹)"),
    "entropy": ("Temperature T (K)", "S − S(T₀,P₀) (J kg⁻¹ K⁻¹)"),
    "barocaloric": ("Temperature T (K)", "Final pressure $P_1$ (GPa)"),
    "reversible": ("Temperature T (K)", "$ΔS_{rev}$ (J kg⁻¹ K⁻¹)"),
    "published": ("Change of pressure ΔP (GPa)", "Largest $|ΔS|$ (J kg⁻¹ K⁻¹)"),
}
"""Of the figures that ramps at one rate and holds of volume and enthalpy supply."""


TESTED_ELSEWHERE = {
    "sites", "density", "radial", "spectra", "rotation", "correlation",  # on more observables
    "phase_properties",  # on samples to be reweighted
    "rate",  # on ramps at several rates
    "growth", "profile",  # on coexisting phases
    "arrhenius", "displacement", "anion_fluctuation", "convergence",
}  # fmt: skip


def test_every_figure_is_tested_here_or_there():
    assert set(FIGURES) == set(LABELS) | TESTED_ELSEWHERE


@pytest.mark.parametrize("name", LABELS)
def test_axes_carry_name_and_unit(both, name):
    figure = FIGURES[name].make(*both)
    assert isinstance(figure, Figure)
    x_label, y_label = LABELS[name]
    assert x_label in {axes.get_xlabel() for axes in figure.axes}
    assert y_label in figure.axes[0].get_ylabel()
    assert "made-up" in figure.get_suptitle()


def test_volume_lattice_and_enthalpy_are_columns_of_the_loops(both):
    figure = FIGURES["hysteresis"].make(*both)
    labels = [axes.get_ylabel() for axes in figure.axes[:3]]
    assert labels == [
        "Volume per formula unit (Å³)", "Lattice parameter a (Å)", "H − H₀ − c(T − T₀) (kJ mol⁻¹)"
    ]  # fmt: skip
    assert "the mean dH/dT of heating below the transitions" in texts_of(figure)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_branches_differ_in_more_than_colour(both, column):
    figure = FIGURES["hysteresis"].make(*both)
    curves = {
        container.get_label(): container.lines[0]
        for container in figure.axes[column].containers
        if isinstance(container, ErrorbarContainer)
    }
    heating, cooling = curves["heating, 20 K ps⁻¹"], curves["cooling, 20 K ps⁻¹"]
    for look in ("get_color", "get_marker", "get_linestyle", "get_fillstyle"):
        assert getattr(heating, look)() != getattr(cooling, look)()
    assert set(curves) <= legend_texts(figure)


def test_curves_are_the_data(both):
    results, products = both
    figure = FIGURES["hysteresis"].make(results, products)
    (drawn,) = (
        container.lines[0]
        for container in figure.axes[3].containers
        if container.get_label() == "cooling, 20 K ps⁻¹"
    )
    expected = results["ramp"]["volume"].sel(pressure=0.2, heating_rate=20, direction="cooling")
    np.testing.assert_allclose(drawn.get_ydata(), expected.mean("replica"))


def test_published_points_only_beside_their_material(both):
    assert PUBLISHED not in legend_texts(FIGURES["phase_diagram"].make(*both))
    tree = make_results(Experiment(rates=(20.0,)))
    name = np.array(["lbh-2021"], dtype=object)
    tree = xr.DataTree.from_dict({"/ramp": tree["ramp"].to_dataset().assign_coords(potential=name)})
    figure = FIGURES["phase_diagram"].make(*material(tree))
    assert PUBLISHED in legend_texts(figure)


def test_phase_diagram_names_its_slope_and_caveats(both):
    texts = legend_texts(FIGURES["phase_diagram"].make(*both))
    assert any(text.startswith("dT/dP = ") and "K GPa⁻¹" in text for text in texts)
    frozen = material(make_results(Experiment(rates=(20.0,), replicas=1, frozen_cooling=True)))
    for name in ("phase_diagram", "entropy", "barocaloric"):
        notes = texts_of(FIGURES[name].make(*frozen))
        assert "upper bound of $T_{t}$" in " ".join(notes.split())
        assert "no replicas" in notes
    assert "no half height: cooling" in texts_of(FIGURES["hysteresis"].make(*frozen))


@pytest.mark.parametrize("name", LABELS)
def test_what_was_simulated_stands_below(both, name):
    results, products = both
    results = results.copy()
    results.attrs["sweep_yaml"] = (
        "system: {supercell: [2, 2, 3]}\nprotocol: {hold: {produce: 2 ps}}\n"
    )
    texts = texts_of(FIGURES[name].make(results, products))
    assert "1248 atoms (2×2×3 cells) · made-up · ramps of 20 K/ps, 3 replicas" in texts
    assert "holds of 2 ps, 3 replicas" in texts


def test_heat_capacities_are_shown_with_their_whole_errors(both):
    results, products = both
    low, high = FIGURES["heat_capacity"].make(results, products).axes[0].get_ylim()
    shown = products["heat_capacity/ramp"].to_dataset()
    value, error = shown["heat_capacity"], shown["heat_capacity_stderr"]
    assert low < float((value - error).min())
    assert high - low < 1.2 * float((value + error).max() - (value - error).min())


def test_a_map_that_is_nearly_all_unknown_is_not_drawn(both):
    results, products = both
    flags = products["barocaloric"].to_dataset().copy(deep=True)
    flags["extrapolated"][:] = 1
    nothing = FIGURES["barocaloric"].make(results, xr.DataTree.from_dict({"/barocaloric": flags}))
    assert isinstance(nothing, Nothing)
    assert "0 % of the map" in nothing.reason


def test_a_rehearsal_is_watermarked_and_real_results_are_not(both):
    rehearsal = material(make_results(Experiment(rates=(20.0,)), ("ramp", "hold"), rehearsal=True))
    for name in LABELS:
        marked = [text.get_text() for text in FIGURES[name].make(*rehearsal).texts]
        assert "REHEARSAL – not physics" in marked
        assert not any("REHEARSAL" in text.get_text() for text in FIGURES[name].make(*both).texts)


def test_missing_cells_are_hatched_and_explained():
    ramp = make_ramp(Experiment(rates=(20.0,)))
    ramp["status"][:, :, 1] = 0
    ramp["status"][:, :, 1, :, 0, 0] = 3
    figure = FIGURES["hysteresis"].make(*material(xr.DataTree.from_dict({"/ramp": ramp})))
    panel = figure.axes[3]
    assert [patch.get_hatch() for patch in panel.patches] == ["///"]
    assert "no data: 5 pending, 1 failed" in {text.get_text() for text in panel.texts}


def test_flagged_parts_of_a_map_are_hatched():
    experiment = Experiment(rates=(20.0,), t_max=700.0)
    results, products = material(make_results(experiment))
    flags = products["barocaloric"].to_dataset()
    flags["extrapolated"][:, :40] = 1
    products = xr.DataTree.from_dict({"/barocaloric": flags})
    products.attrs = results.attrs
    texts = legend_texts(FIGURES["barocaloric"].make(results, products))
    assert "no value, or a phase extrapolated far beyond its data" in texts


def test_what_cannot_be_drawn_says_why():
    results, products = material(make_results(Experiment(pressures=(0.2,), rates=(20.0,))))
    for name, reason in (("hold", "no holds"), ("barocaloric", "one pressure only")):
        nothing = FIGURES[name].make(results, products)
        assert isinstance(nothing, Nothing)
        assert reason in nothing.reason
    pending = make_ramp(Experiment(rates=(20.0,)))
    pending["status"][:] = 0
    empty = material(xr.DataTree.from_dict({"/ramp": pending}))
    for declared in FIGURES.values():
        nothing = declared.make(*empty)
        assert isinstance(nothing, Nothing)
        assert nothing.reason


def test_two_materials_share_a_sheet_and_a_pdf_of_two_pages(tmp_path, monkeypatch):
    few = {name: FIGURES[name] for name in ("hysteresis", "hold")}
    monkeypatch.setattr("lbhsweep.plots.figures.FIGURES", few)
    monkeypatch.setattr("lbhsweep.plots.figures.COMPARISONS", {})
    ramp = make_ramp(Experiment(pressures=(0.0, 0.4), rates=(20.0,), replicas=1))
    other = ramp.assign_coords(n_vacancies=[4])
    tree = xr.DataTree.from_dict({"/ramp": xr.concat([ramp, other], dim="n_vacancies")})
    reports = draw_figures(tree, analyze_results(tree), tmp_path, vector=True)
    written = {path.name for report in reports for path in report.files}
    assert written == {"hysteresis.png", "hysteresis.pdf"}
    assert {path.name for path in tmp_path.iterdir()} == written
    png = (tmp_path / "hysteresis.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert {(r.name, r.files) for r in reports if r.reason} == {("hold", ())}
