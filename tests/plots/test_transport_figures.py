"""Figures of what moves: labels, data, published points, gaps, and materials compared."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_hold
from made_up_transport import arrhenius, make_moving
from matplotlib.figure import Figure

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.groups import join_starts
from lbhsweep.analysis.published import ACTIVATION_ENERGY
from lbhsweep.analysis.replicas import combine_group
from lbhsweep.analysis.transport.activation import analyze_activation
from lbhsweep.analysis.transport.anion_fluctuation import analyze_anion_fluctuation
from lbhsweep.analysis.transport.coefficients import analyze_transport
from lbhsweep.analysis.transport.convergence import analyze_convergence
from lbhsweep.observables.motion.diffusive_fit import LONGEST_SHARE
from lbhsweep.plots import FIGURES, draw_figures
from lbhsweep.plots.figures import COMPARISONS
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing
from lbhsweep.plots.shared.temperatures import TemperatureColours
from lbhsweep.plots.transport.arrhenius import PUBLISHED_LABEL
from lbhsweep.plots.transport.displacement import FITTED_SHARE
from lbhsweep.quantities import stderr_name

FEW = Experiment(pressures=(0.0, 0.4), replicas=2, t_min=400.0, t_max=800.0, bin_K=25.0)
LABELS = {
    "arrhenius": ("1000 K/T", "D (cm² s⁻¹)"),
    "displacement": ("Time lag t (ps)", "(Å²)"),
    "anion_fluctuation": ("Temperature T (K)", "(Å)"),
    "convergence": ("Length of production t (ps)", "ΔV/error"),
}


def trees(hold, *, over=(), rehearsal=False, potential="made-up"):
    hold = hold.assign_coords(potential=np.array([potential], dtype=object))
    root = xr.Dataset(attrs={"schema_version": 1, "rehearsal": int(rehearsal)})
    tree = xr.DataTree.from_dict({"/": root, "/hold": hold})
    return [(r, p) for _, r, p in each_material(tree, products(hold), over)]


def products(hold):
    """The part of the analysis that these figures show."""
    joined = join_starts(hold)
    transport = analyze_transport(joined)
    found = {
        "/transport": transport,
        "/anion_fluctuation": analyze_anion_fluctuation(joined),
        "/convergence": analyze_convergence(joined),
        "/replicas/hold": combine_group(joined[["volume", "status"]]),
    }
    if transport is not None:
        laws = analyze_activation(transport)
        found |= {f"/arrhenius/{name}": law for name, law in laws.items()}
    return xr.DataTree.from_dict(
        {k: dataset for k, dataset in found.items() if dataset is not None}
    )


@pytest.fixture(scope="module")
def hold():
    return make_moving(FEW)


@pytest.fixture(scope="module")
def moving(hold):
    ((results, found),) = trees(hold)
    return results, found


def with_vacancies(hold):
    """The same material with 0, 1 and 4 vacancies of 32 formula units."""
    parts = [hold.assign_coords(n_vacancies=[n]) for n in (0, 1, 4)]
    joined = xr.concat(parts, "n_vacancies")
    return joined.assign_coords(
        vacancies_per_formula_unit=("n_vacancies", np.array([0, 1, 4]) / 32),
        molar_mass=("n_vacancies", [155.7, 155.5, 154.8]),
    )


@pytest.fixture(scope="module")
def compared(hold):
    ((results, found),) = trees(with_vacancies(hold), over=("n_vacancies",))
    return results, found


def legend_texts(figure):
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes if a.get_legend())]
    return {text.get_text() for legend in legends for text in legend.get_texts()}


def texts_of(figure):
    return " ".join(text.get_text() for text in figure.texts)


def points(axes, text):
    (found,) = (c for c in axes.containers if c.get_label() == text)
    return found.lines[0].get_xydata()


@pytest.mark.parametrize("name", LABELS)
def test_axes_carry_name_and_unit(moving, name):
    figure = FIGURES[name].make(*moving)
    assert isinstance(figure, Figure)
    x_label, y_label = LABELS[name]
    assert figure.axes[0].get_xlabel() == x_label
    assert y_label in figure.axes[0].get_ylabel()
    assert "made-up" in figure.get_suptitle()
    assert "REHEARSAL" not in texts_of(figure)


def test_a_rehearsal_is_watermarked(hold):
    ((results, found),) = trees(hold, rehearsal=True)
    for declared in (*map(FIGURES.__getitem__, LABELS), COMPARISONS["conductivity"]):
        assert "REHEARSAL – not physics" in texts_of(declared.make(results, found))


@pytest.mark.parametrize(
    ("column", "quantity"), [(0, "diffusion_coefficient"), (2, "reorientation_rate")]
)
def test_points_are_the_data_and_gaps_are_crosses(moving, column, quantity):
    axes = FIGURES["arrhenius"].make(*moving).axes[column]
    transport = moving[1]["transport"].to_dataset().sel(phase="beta", pressure=0.4)
    drawn = points(axes, "β, 0.4 GPa")
    np.testing.assert_allclose(drawn[:, 0], 1000.0 / transport["temperature"].values)
    np.testing.assert_allclose(drawn[:, 1], transport[quantity].values)
    assert axes.get_yscale() == "log"
    alpha = moving[1]["transport"].to_dataset().sel(phase="alpha", pressure=0.0)
    lacking = np.isnan(alpha[quantity]) & (alpha["n_replicas"] > 0)
    (crosses,) = (line for line in axes.lines if line.get_label() == "α, 0 GPa: no value")
    places = 1000.0 / alpha["temperature"].values[lacking]
    np.testing.assert_allclose(crosses.get_xdata(), places)


def test_published_coefficients_only_beside_their_material(hold, moving):
    assert PUBLISHED_LABEL not in legend_texts(FIGURES["arrhenius"].make(*moving))
    ((results, found),) = trees(hold, potential="lbh-2021")
    figure = FIGURES["arrhenius"].make(results, found)
    assert PUBLISHED_LABEL in legend_texts(figure)
    (stars,) = (line for line in figure.axes[0].lines if line.get_label() == PUBLISHED_LABEL)
    np.testing.assert_allclose(stars.get_ydata(), [4.88e-6, 2.33e-5, 4.89e-5])
    np.testing.assert_allclose(stars.get_xdata(), [2.0, 10 / 6, 10 / 7])
    elsewhere = trees(hold.isel(pressure=[1]), potential="lbh-2021")[0]
    assert PUBLISHED_LABEL not in legend_texts(FIGURES["arrhenius"].make(*elsewhere))


def test_partly_seen_decays_are_said_below(hold):
    one = hold.copy(deep=True)
    one["reorientation_resolved"][0, 0, 0, 0, -1, 0] = 0
    ((results, found),) = trees(one)
    assert "β, 0 GPa: λ too large at 800 K" in texts_of(FIGURES["arrhenius"].make(results, found))


def test_laws_are_lines_through_the_points_and_end_with_them(moving):
    figure = FIGURES["arrhenius"].make(*moving)
    assert len(figure.axes) == 6
    axes = figure.axes[0]
    law = moving[1]["arrhenius/diffusion"].to_dataset().sel(phase="beta", pressure=0.0)
    value, error = float(law["activation_energy"]), float(law["activation_energy_stderr"])
    np.testing.assert_allclose(points(figure.axes[3], "β, 0 GPa"), [[0.0, value]])
    one = trees(moving[0]["hold"].to_dataset().isel(pressure=[0]).expand_dims("potential"))[0]
    alone = FIGURES["arrhenius"].make(*one)
    assert len(alone.axes) == 3
    assert f"β, 0 GPa: {value:.3f} ± {error:.3f} eV" in texts_of(alone)
    lines = [line for line in axes.lines if len(line.get_xdata()) == 40]
    assert len(lines) == 2
    span = 1000.0 / lines[0].get_xdata()
    assert (span.min(), span.max()) == pytest.approx((float(law["t_min"]), float(law["t_max"])))
    exact = arrhenius(span, value, float(law["prefactor"]))
    np.testing.assert_allclose(lines[0].get_ydata(), exact, rtol=1e-6)
    # The band is the error of the line: narrowest inside, about that of the points' mean.
    band = axes.collections[-2].get_paths()[0].vertices
    at_end = band[np.isclose(band[:, 0], 1000.0 / span.max())][:, 1]
    assert 1.0 < at_end.max() / at_end.min() < 1.3


def test_displacements_are_marked_where_they_are_fitted(moving):
    assert FITTED_SHARE == LONGEST_SHARE
    figure = FIGURES["displacement"].make(*moving)
    marked = [line for line in figure.axes[0].lines if line.get_linewidth() == 3.0]
    beta = moving[1]["transport"].to_dataset().sel(phase="beta", pressure=0.0)
    assert len(marked) == int(np.isfinite(beta["diffusion_coefficient"]).sum())
    for line in marked:
        x, y = line.get_xydata().T
        assert (x.min(), x.max()) == (2.0, 10.0)
        msd = beta["li_msd"].sel(lag=x)
        assert float(abs(y / msd - 1).min("temperature").max()) < 0.05


def test_ratios_to_another_phase_look_different(moving):
    figure = FIGURES["anion_fluctuation"].make(*moving)
    ratios = moving[1]["anion_fluctuation"].to_dataset()
    assert "ratio to another phase at 0 GPa" in legend_texts(figure)
    crosses = points(figure.axes[1], "α, 0.4 GPa: another phase")
    other = ratios["relative_fluctuation"].where(ratios["same_phase"] == 0)
    known = np.isfinite(other.sel(phase="alpha", pressure=0.4).values)
    np.testing.assert_allclose(crosses[known, 1], other.sel(phase="alpha", pressure=0.4)[known])
    one = trees(make_moving(Experiment(pressures=(0.0,), replicas=1, t_min=400.0, bin_K=50.0)))
    panel = FIGURES["anion_fluctuation"].make(*one[0]).axes[1]
    assert [patch.get_hatch() for patch in panel.patches] == ["///"]


def test_convergence_shows_means_and_rates_and_names_what_drifts(hold, moving):
    figure = FIGURES["convergence"].make(*moving)
    panels = figure.axes[:8]
    assert [axes.get_title() for axes in panels] == ["0 GPa", "0.4 GPa"] * 4
    assert [axes.get_yscale() for axes in panels] == ["linear"] * 4 + ["log"] * 4
    deviation = moving[1]["convergence"].to_dataset()["volume_deviation"]
    of_temperature = TemperatureColours(moving[0])
    for axes, pressure in zip(panels, (0.0, 0.4), strict=False):
        curves = [line for line in axes.lines if len(line.get_xdata()) > 2]
        known = np.isfinite(deviation.sel(pressure=pressure)).any("run_length")
        assert len(curves) == int(known.sum())
        assert all(line.get_ydata()[-1] == 0.0 for line in curves)
        others = [dim for dim in known.dims if dim != "temperature"]
        shown = known["temperature"].values[known.any(others).values]
        colours = {line.get_color() for line in curves}
        assert colours == {of_temperature(float(t)) for t in shown}
    one = hold.copy(deep=True)
    one["equilibrated"][0, 0, 0, 0, -1, 0] = 0
    ((results, found),) = trees(one)
    drifting = FIGURES["convergence"].make(results, found)
    assert "1 of 72 holds have not settled" in texts_of(drifting).replace("\n", " ")


def test_conductivities_of_all_vacancies_share_a_panel_by_phase_and_pressure(compared):
    figure = COMPARISONS["conductivity"].make(*compared)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["β, 0 GPa", "β, 0 GPa", "β, 0.4 GPa", "β, 0.4 GPa"]
    assert {"no vacancies", "1 vacancy, 3.12 mol %", "4 vacancies, 12.5 mol %"} <= (
        legend_texts(figure)
    )
    transport = compared[1]["transport"].to_dataset().sel(phase="beta", pressure=0.0)
    drawn = points(figure.axes[0], "4 vacancies, measured Haven ratio")
    # Each point stands at its own temperature.
    np.testing.assert_allclose(drawn[:, 0], 1000.0 / transport["temperature"].values)
    np.testing.assert_allclose(drawn[:, 1], transport["conductivity"].sel(n_vacancies=4))
    fills = {c.lines[0].get_fillstyle() for c in figure.axes[0].containers}
    assert fills == {"full", "none"}
    assert {axes.get_yscale() for axes in figure.axes[::2]} == {"log"}
    middle = [axes.transData.transform((1.5, 0.1))[1] - axes.bbox.y0 for axes in figure.axes[::2]]
    assert middle[0] == pytest.approx(middle[1], abs=2.0)


def test_activation_energies_stand_beside_the_published(compared):
    figure = COMPARISONS["conductivity"].make(*compared)
    laws = compared[1]["arrhenius/conductivity_tracer"].to_dataset()
    axes = figure.axes[3]
    expected = laws["activation_energy_plain"].sel(phase="beta", pressure=0.4)
    for n, x in ((0, 0.0), (1, 3.125), (4, 12.5)):
        drawn = points(axes, f"{n} vacancies")
        np.testing.assert_allclose(drawn, [[x, float(expected.sel(n_vacancies=n))]])
    stars = axes.lines[0]
    np.testing.assert_allclose(stars.get_ydata(), list(ACTIVATION_ENERGY.values()))


def test_pressures_and_vacancies_without_a_value_are_visibly_missing(hold):
    many = with_vacancies(hold)
    many["status"][{"pressure": 1}] = 0
    many["status"][{"n_vacancies": 1, "temperature": slice(1, None)}] = 0
    ((results, found),) = trees(many, over=("n_vacancies",))
    figure = COMPARISONS["conductivity"].make(results, found)
    assert [axes.get_title() for axes in figure.axes[::2]] == ["β, 0 GPa", "0.4 GPa"]
    assert [patch.get_hatch() for patch in figure.axes[2].patches] == ["///"]
    assert "no law with 1 vacancies" in texts_of(figure)


def test_what_was_not_measured_or_seen_says_so(hold):
    plain = trees(make_hold(FEW))[0]
    pending = hold.copy(deep=True)
    pending["status"][:] = 0
    still = trees(pending)[0]
    parts = [name for name in hold if "reorientation" in name or "bh_" in name]
    turning = trees(hold.drop_vars(parts))[0]
    for name, declared in ({name: FIGURES[name] for name in LABELS} | COMPARISONS).items():
        for results, found in (plain, still):
            nothing = declared.make(results, found)
            assert isinstance(nothing, Nothing), name
            assert nothing.reason
    assert len(FIGURES["arrhenius"].make(*turning).axes) == 4
    assert len(FIGURES["convergence"].make(*turning).axes) == 7
    unknown = hold[["volume", "status", "anion_fluctuation", stderr_name("anion_fluctuation")]]
    assert "undecided" in trees(unknown)[0][1]["anion_fluctuation"]["phase"].values
    assert isinstance(FIGURES["anion_fluctuation"].make(*trees(unknown)[0]), Figure)


def test_comparisons_are_drawn_once_for_materials_that_differ(hold, tmp_path, monkeypatch):
    monkeypatch.setattr("lbhsweep.plots.figures.FIGURES", {"arrhenius": FIGURES["arrhenius"]})
    compared = {name: COMPARISONS[name] for name in ("conductivity",)}
    monkeypatch.setattr("lbhsweep.plots.figures.COMPARISONS", compared)
    small = hold.isel(pressure=[0], temperature=[-4, -2, -1], start=[1])
    potentials = [
        with_vacancies(small).assign_coords(potential=np.array([name], dtype=object))
        for name in ("made-up", "other")
    ]
    tree = xr.DataTree.from_dict({"/hold": xr.concat(potentials, "potential")})
    reports = draw_figures(tree, analyze_results(tree), tmp_path)
    found = {report.name: report.material for report in reports if report.files}
    each = [f"{p}{v}" for p in ("made-up", "other") for v in ("", ", 1 vacancy", ", 4 vacancies")]
    assert found == {"arrhenius": "; ".join(each), "conductivity": "made-up; other"}
    assert {path.name for path in tmp_path.iterdir()} == {"arrhenius.png", "conductivity.png"}
