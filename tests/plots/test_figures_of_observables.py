from functools import cache

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_results
from made_up_observables import LAG, SMALL, make_observables
from matplotlib.collections import PolyCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from lbhsweep.analysis.groups import join_starts
from lbhsweep.analysis.replicas import combine_group
from lbhsweep.plots import COMPARISONS, FIGURES
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing

LABELS = {
    "sites": ("Temperature T (K)", "Share of Li"),
    "density": ("x (a)", "y (a)"),
    "radial": ("Distance r (Å)", "g(r)"),
    "spectra": ("Wavenumber ν̃ (cm⁻¹)", "g(ν̃) (cm)"),
    "rotation": ("Time since equilibration t (ps)", "θ (°)"),
    "correlation": ("Time between two samples t (ps)", "ξ(t) = ⟨u(0)·u(t)⟩"),
}
OBSERVABLE = {
    "sites": ("alpha_order", "no observable 'sites'"),
    "density": ("li_density", "without the observable 'density'"),
    "radial": ("rdf_li_h", "without the observable 'radial'"),
    "spectra": ("vdos_li", "without the observable 'spectra'"),
    "rotation": ("bh_theta_series", "without the observable 'rotation'"),
    "correlation": ("bh_correlation", "without the observable 'rotation'"),
}


def combined(tree):
    """Build the part of the analysis that these figures read."""
    parts = {
        f"/replicas/{name}": combine_group(join_starts(tree[name].to_dataset()))
        for name in tree.children
    }
    return xr.DataTree.from_dict(parts)


def material(tree):
    ((_, results, products),) = each_material(tree, combined(tree))
    return results, products


def with_hold(dataset, **attributes):
    return material(xr.DataTree.from_dict({"/": xr.Dataset(attrs=attributes), "/hold": dataset}))


@pytest.fixture(scope="module")
def tree():
    return make_observables()


@pytest.fixture(scope="module")
def made(tree):
    return material(tree)


@pytest.fixture(scope="module")
def drawn(made):
    return cache(lambda name: FIGURES[name].make(*made))


@pytest.fixture
def hold(tree):
    return tree["hold"].to_dataset().copy(deep=True)


def below(figure):
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def legend_texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def bands(axes):
    return [one for one in axes.collections if isinstance(one, PolyCollection)]


def errorbars(axes):
    return {one.get_label(): one for one in axes.containers if isinstance(one, ErrorbarContainer)}


@pytest.mark.parametrize("name", LABELS)
def test_axes_carry_name_and_unit(drawn, name):
    figure = drawn(name)
    assert isinstance(figure, Figure)
    x_label, y_label = LABELS[name]
    assert x_label in {axes.get_xlabel() for axes in figure.axes}
    assert figure.axes[0].get_ylabel() == y_label
    assert "made-up" in figure.get_suptitle()
    assert "made-up · holds, 2 replicas" in below(figure)


@pytest.mark.parametrize("name", LABELS)
def test_a_rehearsal_is_watermarked_and_real_results_are_not(drawn, hold, name):
    assert "REHEARSAL" in below(FIGURES[name].make(*with_hold(hold, rehearsal=1)))
    assert "REHEARSAL" not in below(drawn(name))


@pytest.mark.parametrize("name", LABELS)
def test_what_cannot_be_drawn_says_why(hold, name):
    ramps = material(make_results(Experiment(pressures=(0.2,), rates=(20.0,))))
    wanted = "no observable 'sites'" if name == "sites" else "the results have no holds"
    assert wanted in reason(name, ramps)
    variable, why = OBSERVABLE[name]
    assert why in reason(name, with_hold(hold.drop_vars(variable)))
    hold["status"][:] = 0
    assert "finished" in reason(name, with_hold(hold))


def reason(name, parts):
    nothing = FIGURES[name].make(*parts)
    assert isinstance(nothing, Nothing)
    return nothing.reason


class TestCorrelation:
    def test_curves_are_means_over_replicas_with_bands_of_their_error(self, made, drawn):
        figure = drawn("correlation")
        means = made[1]["replicas/hold"].to_dataset().sel(pressure=0.0)
        lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == LAG.size]
        shown = [float(t.get_text()) for t in figure.axes[-1].get_yticklabels()]
        assert len(lines) == len(shown) == 7
        for line, temperature, band in zip(lines, shown, bands(figure.axes[0]), strict=True):
            at = means.sel(temperature=temperature, phase="alpha" if temperature < 480 else "beta")
            np.testing.assert_allclose(line.get_ydata(), at["bh_correlation"])
            top = at["bh_correlation"] + at["bh_correlation_stderr"]
            vertices = band.get_paths()[0].vertices
            assert vertices[:, 1].max() == pytest.approx(float(top.max()))
        assert figure.axes[0].get_xscale() == "log"
        assert "7 of 9 temperatures drawn" in below(figure)

    def test_planned_temperatures_without_a_hold_are_named(self, hold):
        hold["status"].loc[{"temperature": 450.0}] = 0
        hold["status"].loc[{"temperature": 700.0}] = -1
        text = below(FIGURES["correlation"].make(*with_hold(hold)))
        assert "450 K: no hold is finished made-up" in text

    def test_one_temperature_stands_in_the_titles_instead_of_a_bar(self, hold):
        figure = FIGURES["correlation"].make(*with_hold(hold.sel(temperature=[700.0])))
        assert len(figure.axes) == 4
        assert legend_texts(figure) == ["β"]
        assert "700 K" in figure.axes[0].get_title()


class TestVacancies:
    def family(self, hold, numbers):
        parts = [hold.assign_coords(n_vacancies=[number]) for number in numbers]
        tree = xr.DataTree.from_dict({"/hold": xr.concat(parts, dim="n_vacancies")})
        return list(each_material(tree, combined(tree), ("n_vacancies",)))

    def test_a_curve_for_each_number_of_vacancies(self, hold):
        ((name, results, products),) = self.family(hold, [0, 2, 5])
        assert name == "made-up"
        figure = COMPARISONS["correlation_vacancies"].make(results, products)
        assert [t.get_text() for t in figure.axes[-1].get_yticklabels()] == ["0", "2", "5"]
        assert figure.axes[0].get_title() == "300 K, 0 GPa, B–H directions"
        assert len(bands(figure.axes[0])) == 3
        assert "3 of 9 temperatures drawn" in below(figure)

    def test_only_temperatures_that_most_share(self, hold):
        other = hold.copy(deep=True)
        other["status"].loc[{"temperature": slice(350.0, None)}] = 0
        other = other.assign_coords(n_vacancies=[3])
        tree = xr.DataTree.from_dict({"/hold": xr.concat([hold, other], dim="n_vacancies")})
        ((_, results, products),) = each_material(tree, combined(tree), ("n_vacancies",))
        figure = COMPARISONS["correlation_vacancies"].make(results, products)
        assert {axes.get_title()[:5] for axes in figure.axes[:-1]} == {"300 K"}

    def test_one_number_of_vacancies_is_nothing_to_compare(self, hold):
        ((_, results, products),) = self.family(hold, [0])
        nothing = COMPARISONS["correlation_vacancies"].make(results, products)
        assert nothing == Nothing("one number of vacancies only at any temperature")


class TestRotation:
    def test_a_followed_bond_and_the_counts_are_the_data(self, made, drawn):
        results, _ = made
        figure = drawn("rotation")
        run = results["hold"].to_dataset().sel(pressure=0.0, temperature=300.0)
        theta = figure.axes[0].lines[2].get_ydata()
        np.testing.assert_allclose(theta, run["bh_theta_series"].sel(replica=0, bond=3))
        last = figure.axes[11].lines
        counts = results["hold"]["full_rotations_series"].sel(pressure=0.0, temperature=700.0)
        np.testing.assert_allclose(last[0].get_ydata(), counts.sel(replica=0))
        np.testing.assert_allclose(last[2].get_ydata(), counts.mean("replica"))
        assert len(bands(figure.axes[11])) == 1
        assert "700 K: β 50 ± " in below(figure)
        assert "300 K: α 0 ± " in below(figure)
        assert "4 of 9 temperatures drawn" in below(figure)

    def test_runs_that_are_not_done_are_left_out(self, hold):
        hold["status"].loc[{"replica": 0}] = 3
        figure = FIGURES["rotation"].make(*with_hold(hold))
        assert "replica 1" in below(figure)
        assert len(figure.axes[2].lines) == 1

    def test_an_empty_first_block_is_no_reason_to_draw_nothing(self, hold):
        hold["full_rotations_series"][{"time": 0}] = np.nan
        assert not isinstance(FIGURES["rotation"].make(*with_hold(hold)), Nothing)

    def test_holds_that_count_no_rotation_are_too_short_not_unfinished(self, hold):
        hold["full_rotations_series"][:] = np.nan
        nothing = FIGURES["rotation"].make(*with_hold(hold))
        assert "too short" in nothing.reason
        assert "hold(s) are finished" in nothing.reason


class TestSites:
    def test_thresholds_of_order_and_both_limits_are_drawn(self, drawn):
        figure = drawn("sites")
        assert {line.get_ydata()[0] for line in figure.axes[1].lines if is_level(line)} == {
            0.5,
            0.3,
        }
        assert {line.get_ydata()[0] for line in figure.axes[2].lines if is_level(line)} == {0.26}

    def test_occupancies_are_means_with_error_bars(self, made, drawn):
        figure = drawn("sites")
        bars = errorbars(figure.axes[0])
        sites = {"tetrahedral", "octahedral", "window of three anions", "elsewhere"}
        assert set(bars) == {f"{site}, {phase}" for site in sites for phase in "αβ"}
        means = made[1]["replicas/hold"].to_dataset().sel(pressure=0.0, phase="beta")
        line, _, (segments,) = bars["tetrahedral, β"].lines
        np.testing.assert_allclose(line.get_ydata(), means["li_tetrahedral"])
        heights = [np.ptp(one[:, 1]) / 2 for one in segments.get_segments() if len(one)]
        errors = means["li_tetrahedral_stderr"].values
        np.testing.assert_allclose(heights, errors[np.isfinite(errors)])

    def test_missing_and_unsettled_holds_are_marked(self, hold):
        hold["status"].loc[{"temperature": 400.0}] = 0
        hold["status"].loc[{"temperature": 700.0}] = -1
        hold["equilibrated"].loc[{"temperature": 500.0, "replica": 1}] = 0
        axes = FIGURES["sites"].make(*with_hold(hold)).axes[1]
        marks = {line.get_label(): line for line in axes.lines}
        assert list(marks["no value"].get_xdata()) == [400.0]
        assert list(marks["not settled: left out of the mean"].get_xdata()) == [500.0]

    def test_ramps_show_both_directions(self):
        tree = make_observables(groups=("ramp",))
        figure = FIGURES["sites"].make(*material(tree))
        bars = errorbars(figure.axes[1])
        heating, cooling = bars["mean of replicas, heating"], bars["mean of replicas, cooling"]
        for look in ("get_color", "get_marker", "get_linestyle"):
            assert getattr(heating.lines[0], look)() != getattr(cooling.lines[0], look)()
        assert figure.axes[0].get_title() == "ramps, 0 GPa"

    def test_without_order_there_is_no_turn(self, hold):
        figure = FIGURES["sites"].make(*with_hold(hold.sel(temperature=slice(600.0, None))))
        assert "no order of α, so no φ" in {text.get_text() for text in figure.axes[3].texts}


def is_level(line):
    return len(set(line.get_ydata())) == 1 and list(line.get_xdata()) == [0, 1]


class TestPhaseCurves:
    @pytest.mark.parametrize(
        ("name", "variable", "panel"), [("radial", "rdf_li_h", 2), ("spectra", "vdos_h", 5)]
    )
    def test_coldest_alpha_and_hottest_beta_with_bands(self, made, drawn, name, variable, panel):
        figure = drawn(name)
        axes = figure.axes[panel]
        means = made[1]["replicas/hold"].to_dataset().sel(pressure=0.0)
        expected = [("α", "alpha", 300.0), ("β", "beta", 700.0)]
        for line, band, (word, phase, at) in zip(axes.lines, bands(axes), expected, strict=False):
            assert line.get_label() == f"{word}, {at:g} K, 0 GPa"
            here = means.sel(temperature=at, phase=phase)
            np.testing.assert_allclose(line.get_ydata(), here[variable])
            top = float((here[variable] + here[f"{variable}_stderr"]).max())
            assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(top)
        assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()
        assert "S > 0.5" in below(figure)

    def test_a_phase_that_is_absent_is_named(self, hold):
        figure = FIGURES["radial"].make(*with_hold(hold.sel(temperature=slice(None, 400.0))))
        assert "no finished hold is β" in below(figure)

    def test_without_order_parameters_phases_are_unknown(self, hold):
        figure = FIGURES["spectra"].make(*with_hold(hold.drop_vars("alpha_order")))
        assert "phases unknown" in below(figure)
        assert [line.get_label() for line in figure.axes[0].lines] == [
            "300 K, 0 GPa",
            "700 K, 0 GPa",
        ]


@pytest.fixture(scope="module")
def both(tree):
    """Holds built in β beside those built in α: at 350 K both phases last."""
    whole = tree["hold"].to_dataset()
    built = whole.copy(deep=True)
    for name in ("alpha_order", "alpha_lithium", "bh_correlation", "li_density"):
        built[name].loc[{"temperature": 350.0}] = whole[name].sel(temperature=700.0)
    starts = np.array(["alpha", "beta"], dtype=object)
    return with_hold(xr.concat([whole, built], "start").assign_coords(start=("start", starts)))


class TestBothStarts:
    def test_each_phase_has_its_own_curve_at_one_temperature(self, both):
        figure = FIGURES["correlation"].make(*both)
        assert legend_texts(figure) == ["α", "β"]
        values = {
            line.get_linestyle()
            for line in figure.axes[0].lines
            if len(line.get_xdata()) == LAG.size
        }
        assert values == {"-", "--"}
        at_350 = both[1]["replicas/hold"].to_dataset().sel(pressure=0.0, temperature=350.0)
        assert set(at_350["phase"].values[at_350["n_replicas"].values > 0]) == {"alpha", "beta"}

    def test_single_runs_say_what_they_were_built_in(self, both):
        remarks = below(FIGURES["density"].make(*both))
        assert "α, 300 K, 0 GPa, replica 0, built in alpha" in remarks
        assert "replica 0, built in alpha" in below(FIGURES["rotation"].make(*both))

    def test_sites_are_averaged_within_a_phase(self, both):
        bars = errorbars(FIGURES["sites"].make(*both).axes[1])
        alpha, beta = (bars[f"mean of replicas, {word}"].lines[0] for word in "αβ")
        assert alpha.get_ydata()[1] == pytest.approx(0.8)
        assert beta.get_ydata()[1] == pytest.approx(0.1)


def test_small_experiment_spans_its_transition():
    assert SMALL.t_min < SMALL.material.transition(0.4) < SMALL.t_max
