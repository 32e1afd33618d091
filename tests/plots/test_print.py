"""Figures as they are printed: sizes, texts that fit, and the same look for the same value."""

import re
from functools import cache
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import pytest
import xarray as xr
from made_up_coexistence import make_coexistence
from made_up_material import Experiment, make_ramp, with_spectra
from made_up_observables import make_observables
from made_up_transport import make_moving
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text
from test_phase_properties_figure import trees as properties_trees

from lbhsweep.analysis import analyze_results
from lbhsweep.plots import COMPARISONS, FIGURES, draw_figures
from lbhsweep.plots.shared.axis_looks import AxisLooks, pressure_looks
from lbhsweep.plots.shared.isobars import name_isobar
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.measured import fold, text_inches, typeset
from lbhsweep.plots.shared.sheets import arrange
from lbhsweep.plots.shared.style import (
    ONE_COLUMN_INCHES,
    RESOLUTION_DPI,
    SERIES,
    SMALLEST_PT,
    TWO_COLUMNS_INCHES,
    WATERMARK,
    gigapascal,
    new_figure,
)

DECLARED = FIGURES | COMPARISONS
LONG = "a-potential-with-a-very-long-name-for-a-material"
FEW = {"replicas": 2, "t_min": 400.0, "t_max": 800.0, "bin_K": 50.0}
SIZES = {
    "small": Experiment(pressures=(0.0, 0.4), rates=(5.0, 10.0, 20.0), **FEW),
    "large": Experiment(
        pressures=tuple(np.linspace(0.0, 0.4, 9).round(3)),
        rates=(5.0, 10.0, 20.0), replicas=2, t_min=350.0, t_max=850.0, bin_K=20.0,
    ),
}  # fmt: skip
HOLDS_OF = {
    "small": SIZES["small"],
    "large": Experiment(pressures=SIZES["large"].pressures, **(FEW | {"bin_K": 40.0})),
}
MOST_OVERLAP = 0.25
"""Of a line's height: ascenders and descenders of neighbours may meet."""


def with_vacancies(hold, numbers):
    parts = [hold.assign_coords(n_vacancies=[n]) for n in numbers]
    joined = xr.concat(parts, "n_vacancies")
    return joined.assign_coords(
        vacancies_per_formula_unit=("n_vacancies", np.array(numbers) / 32),
        molar_mass=("n_vacancies", np.full(len(numbers), 155.0)),
    )


@cache
def trees(size):
    """Results with ramps and holds of everything, with their analysis."""
    e = HOLDS_OF[size]
    n_vacancies = (0, 1, 4) if size == "small" else tuple(range(0, 18, 2))
    moving = with_spectra(make_moving(e))
    vacant = with_vacancies(moving.isel(pressure=[0, -1]), n_vacancies)
    seen = make_observables(e)["hold"].to_dataset()
    seen = with_vacancies(seen.isel(pressure=[0, -1]), n_vacancies[:2])
    name = np.array([LONG if size == "large" else "made-up"], dtype=object)
    found = {}
    for part, groups in {
        "moving": {"/hold": moving, "/ramp": make_ramp(SIZES[size])},
        "vacant": {"/hold": vacant},
        "seen": {"/hold": seen},
    }.items():
        groups = {path: one.assign_coords(potential=name) for path, one in groups.items()}
        results = xr.DataTree.from_dict({"/": xr.Dataset(attrs={"schema_version": 1}), **groups})
        found[part] = (results, analyze_results(results))
    met = coexisting(size, name)
    return found | {"met": (met, analyze_results(met))}


def coexisting(size, name):
    """Return results of coexisting phases at as many pressures as the others have."""
    pressures = tuple(float(p) for p in SIZES[size].pressures)
    met = make_coexistence(pressures=pressures, temperatures=(500, 540, 580, 620, 660, 720))
    renamed = met["coexist"].to_dataset().assign_coords(potential=name)
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=met.attrs), "/coexist": renamed})


class Drawn(NamedTuple):
    """A figure, the results that it shows, and its texts but the watermark with their boxes."""

    figure: Figure
    tree: xr.DataTree
    texts: list


@cache
def figures(size):
    """Every figure that can be drawn, by name; of those that several trees give, the first."""
    drawn = {}
    for name, declared in DECLARED.items():
        parts = ("vacant", "seen", "moving") if declared.over else ("moving", "seen", "vacant")
        parts = (*parts, "met")
        for results, analysis in (trees(size)[part] for part in parts):
            _, part, products = next(each_material(results, analysis, declared.over))
            made = declared.make(part, products)
            if isinstance(made, Figure):
                drawn[name] = Drawn(made, part, record_texts(made))
                break
    part, products = properties_trees(np.ones((1, 1, 1), dtype=bool))
    made = FIGURES["phase_properties"].make(part, products)
    return drawn | {"phase_properties": Drawn(made, part, record_texts(made))}


def record_texts(figure):
    """Draw a figure and return the texts that appear; some ticks exist, but are never drawn."""
    found = []

    def draw(text, *arguments, **options):
        found.append(text)
        return drawing(text, *arguments, **options)

    drawing = Text.draw
    with patch.object(Text, "draw", draw):
        figure.draw_without_rendering()
    shown = [
        text for text in dict.fromkeys(found) if text.get_visible() and text.get_text().strip()
    ]
    boxes = [(text, text.get_window_extent()) for text in shown if text.get_text() != WATERMARK]
    return [(text, box) for text, box in boxes if box.width and box.height]


NOT_DRAWN = {("small", "reversible")}
EVERY = [(size, name) for size in SIZES for name in DECLARED if (size, name) not in NOT_DRAWN]


def figure_of(size, name):
    assert name in figures(size), f"{name} is not drawn from the {size} data"
    return figures(size)[name]


@pytest.mark.parametrize(("size", "name"), EVERY)
def test_figures_are_as_wide_as_one_column_or_two_and_no_text_is_too_small(size, name):
    figure, _, texts = figure_of(size, name)
    width = figure.get_size_inches()[0]
    assert width in (ONE_COLUMN_INCHES, TWO_COLUMNS_INCHES)
    assert figure.dpi == RESOLUTION_DPI
    assert min(text.get_fontsize() for text, _ in texts) >= SMALLEST_PT


@pytest.mark.parametrize(("size", "name"), EVERY)
def test_titles_are_one_line_and_narrower_than_what_they_stand_above(size, name):
    figure, _, texts = figure_of(size, name)
    boxes = dict(texts)
    title = figure._suptitle
    assert title.get_text()
    for text, room in [(title, figure.bbox), *((a.title, a.bbox) for a in figure.axes)]:
        if text in boxes:
            assert "\n" not in text.get_text()
            assert boxes[text].width <= 1.02 * room.width, text.get_text()


@pytest.mark.parametrize(("size", "name"), EVERY)
def test_all_texts_are_inside_the_figure(size, name):
    figure, _, texts = figure_of(size, name)
    for text, box in texts:
        inside = box.x0 >= -1 and box.y0 >= -1
        inside &= box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert inside, f"{text.get_text()!r} at {box}"


@pytest.mark.parametrize(("size", "name"), EVERY)
def test_no_text_covers_another(size, name):
    _, _, texts = figure_of(size, name)
    low = np.array([box.p0 for _, box in texts])
    high = np.array([box.p1 for _, box in texts])
    both = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    line = (high - low).min(axis=1)
    covered = (both > MOST_OVERLAP * np.minimum(line[:, None], line)[..., None]).all(axis=2)
    pairs = [(i, j) for i, j in np.argwhere(covered) if i < j]
    assert [(texts[i][0].get_text(), texts[j][0].get_text()) for i, j in pairs] == []


@pytest.mark.parametrize(("size", "name"), EVERY)
def test_legends_are_short_and_below_the_panels(size, name):
    figure, _, _ = figure_of(size, name)
    panels = min(axes.bbox.y0 for axes in figure.axes)
    for legend in figure.legends:
        assert legend.get_window_extent().y1 <= panels
    assert not [axes for axes in figure.axes if axes.get_legend()]
    most = {"heat_capacity": 14, "sites": 12}.get(name, 11)
    assert sum(len(legend.get_texts()) for legend in figure.legends) <= most


def marked(axes):
    """Labels, places and colours of the points with error bars of a panel."""
    for one in axes.containers:
        if isinstance(one, ErrorbarContainer):
            line = one.lines[0]
            yield str(one.get_label()), line.get_xydata(), to_hex(line.get_color())


def test_points_stand_at_their_temperature():
    """Nothing is dodged: of every panel over T or 1000/T, points are at simulated temperatures."""
    checked = 0
    for size in SIZES:
        for name, (figure, tree, _) in figures(size).items():
            if name == "phase_properties":
                continue  # between the holds
            groups = [node.to_dataset() for node in tree.children.values()]
            known = [g["temperature"].values for g in groups if "temperature" in g.coords]
            simulated = np.concatenate([np.zeros(0), *known])
            for axes in figure.axes:
                inverse = axes.get_xlabel() == "1000 K/T"
                if not inverse and axes.get_xlabel() != "Temperature T (K)":
                    continue
                places = 1000.0 / simulated if inverse else simulated
                for text, points, _ in marked(axes):
                    # T_t, where growth speeds are zero, is no simulated temperature.
                    zero = (name == "growth") & (points[:, 1] == 0.0)
                    x = points[np.isfinite(points[:, 1]) & ~zero, 0]
                    off = np.abs(x[:, None] - places).min(axis=1, initial=np.inf)
                    assert np.all(off < 1e-9), text
                    checked += x.size
    assert checked > 500


def pressure_of(text):
    """The pressure that a curve's label names, if its colour is the pressure's."""
    found = re.fullmatch(r"(?:.*, |.* → )?([\d.]+) GPa(?:[:,] .*)?", text)
    return float(found[1]) if found and " K" not in text else None


@pytest.mark.parametrize("size", SIZES)
def test_a_pressure_has_one_colour_in_all_figures(size):
    results, _ = trees(size)["moving"]
    looks = pressure_looks(results)
    assert looks.are_many == (size == "large")
    wanted = {float(p): to_hex(looks.colour(p)) for p in results["ramp"]["pressure"].values}
    assert len(set(wanted.values())) == len(wanted)
    names = set()
    for name, (figure, tree, _) in figures(size).items():
        if name in ("phase_diagram", "conductivity"):
            continue  # colours are routes, and numbers of vacancies
        whole = set(pressure_looks(tree).values) == set(wanted)
        for axes in figure.axes:
            lines = [(str(o.get_label()), to_hex(o.get_color())) for o in axes.lines]
            for text, colour in [*lines, *((t, c) for t, _, c in marked(axes))]:
                pressure = pressure_of(text)
                if pressure is not None and whole:
                    assert colour == wanted[pressure], (name, text)
                    names.add(name)
    assert {"hold", "arrhenius", "anion_fluctuation", "entropy"} <= names


def test_few_values_differ_in_distinguishable_colours_and_many_have_a_bar():
    few, many = AxisLooks([0.0, 0.2], gigapascal), AxisLooks(np.arange(12) / 10, gigapascal)
    assert [few.colour(0.0), few.colour(0.2)] == list(SERIES[:2])
    assert few.colour(0.199) == few.colour(0.2)
    assert [handle.get_label() for handle in few.handles([0.0, 0.2])] == ["0 GPa", "0.2 GPa"]
    assert many.handles([0.0]) == []
    assert len({many.colour(p) for p in many.values}) == 12
    figure, panels = new_figure(1)
    many.add_bar(figure, panels)
    assert len(figure.axes) == 2


def test_folded_lines_fit_and_keep_every_word():
    figure, _ = new_figure(1)
    text = "a caveat with many words and " + "averylongword" * 6
    lines = fold(figure, text, SMALLEST_PT, 1.0)
    assert max(text_inches(figure, line, SMALLEST_PT) for line in lines) <= 1.0
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_symbols_of_plain_texts_are_formulas_in_figures():
    assert typeset("a bound of T_t, T_0 + c r^(2/3)") == "a bound of $T_{t}$, T₀ + c r$^{2/3}$"
    assert typeset("-3 and 5-7, lbh-2021") == "−3 and 5-7, lbh-2021"
    written = typeset("ΔS_iso, C_P; $T_t$ and alpha_cap stay")
    assert written == "$ΔS_{iso}$, $C_{P}$; $T_t$ and alpha_cap stay"


def test_units_and_numbers_of_figures_stay_where_they_belong():
    figure, _ = new_figure(1)
    text = "T is 500 K at 0.4 GPa and 20 ps in fig. 1 and tab. 3 of the paper"
    for room in np.linspace(0.5, 3.0, 20):
        lines = fold(figure, text, SMALLEST_PT, float(room))
        assert " ".join(lines) == text
        for pair in ("500 K", "0.4 GPa", "20 ps", "fig. 1", "tab. 3"):
            assert any(pair in line for line in lines)


def test_one_vacancy_series_has_one_colour_in_both_comparisons():
    first = figure_of("small", "conductivity").figure
    colours = {text.split(" vacanc")[0]: colour for text, _, colour in marked(first.axes[0])}
    second = figure_of("small", "correlation_vacancies").figure
    shown = [to_hex(line.get_color()) for line in second.axes[0].lines if line.get_marker() == "."]
    assert shown == [colours["0"], colours["1"]]


def test_a_dozen_runs_make_few_files(tmp_path):
    """Three numbers of vacancies, two temperatures, two replicas: all share their sheets."""
    hold = with_spectra(make_moving(Experiment(pressures=(0.0,), **(FEW | {"bin_K": 200.0}))))
    hold = with_vacancies(hold.isel(temperature=[0, -1], start=[1]), (0, 1, 4))
    assert hold["volume"].size == 12
    hold = hold.assign_coords(potential=np.array(["made-up"], dtype=object))
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs={"schema_version": 1}), "/hold": hold})
    reports = draw_figures(tree, analyze_results(tree), tmp_path, vector=True)
    written = [path for report in reports for path in report.files]
    assert len(set(written)) == len(written)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}
    pictures = [path.stem for path in written if path.suffix == ".png"]
    assert len(pictures) <= 12
    assert set(pictures) <= set(DECLARED)
    three = {r.name: r.material for r in reports if r.files}
    assert three["hold"] == "made-up; made-up, 1 vacancy; made-up, 4 vacancies"
    pdf = (tmp_path / "hold.pdf").read_bytes()
    assert pdf.count(b"/Type /Page ") == 3


def test_narrow_figures_stand_side_by_side_and_a_full_sheet_is_followed_by_another():
    def narrow():
        return new_figure(1, aspect=1.0)[0]

    (sheet,) = arrange((str(n), narrow()) for n in range(4))
    height, width, _ = sheet.pixels.shape
    assert 2 * ONE_COLUMN_INCHES < width / RESOLUTION_DPI <= TWO_COLUMNS_INCHES
    assert 2.0 <= height / RESOLUTION_DPI / narrow().get_size_inches()[1] < 2.1
    sheets = list(arrange((str(n), narrow()) for n in range(20)))
    assert [label for sheet in sheets for label in sheet.labels] == [str(n) for n in range(20)]
    assert len(sheets) == 2


def test_names_of_phases_at_a_pressure_are_short():
    assert name_isobar("alpha_cap", 0.4) == "α-b, 0.4 GPa"
    assert name_isobar("undecided", 0.4) == "0.4 GPa"
