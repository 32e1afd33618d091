"""Bounds of T_t are arrows in every figure, and what is published stands beside them."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import (
    Experiment,
    Material,
    make_hold_from_both,
    make_ramp,
)
from matplotlib.figure import Figure

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.published import TRANSITIONS
from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.analysis.transition.caveats import caveats, published_caveats
from lbhsweep.plots import FIGURES
from lbhsweep.plots.shared.bounds import ARROW_LABEL, arrow_id, draw_temperatures
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.phase_look import LOOKS

MATERIAL = Material()


def material(tree):
    ((_, results, products),) = each_material(tree, analyze_results(tree))
    return results, products


def legend_texts(figure):
    found = [text for legend in figure.legends for text in legend.get_texts()]
    return {" ".join(text.get_text().split()) for text in found}


def arrows(axes):
    """Kind and direction (points in x and y) of every arrow by the place from which it points."""
    return {
        tuple(np.round(arrow.xy, 6)): (arrow.get_gid(), arrow.xyann)
        for arrow in axes.texts
        if str(arrow.get_gid()).startswith("arrow of")
    }


def bars(axes, name):
    """Ends of the error bars of an entry of the legend."""
    (found,) = (c for c in axes.containers if c.get_label() == name)
    (lines,) = (one for one in found.lines[2])
    return np.array([segment[:, 1] for segment in lines.get_segments()])


@pytest.fixture(scope="module")
def heating_only():
    ramp = make_ramp(Experiment(rates=(5.0, 10.0, 20.0), frozen_cooling=True))
    name = np.array(["lbh-2021"], dtype=object)
    return material(xr.DataTree.from_dict({"/ramp": ramp.assign_coords(potential=name)}))


@pytest.mark.parametrize(("start", "kind"), [("alpha", Bound.UPPER), ("beta", Bound.LOWER)])
def test_bounds_by_holds_have_an_arrow_and_no_bar(start, kind):
    hold = make_hold_from_both(Experiment(pressures=(0.0, 0.2))).sel(start=[start])
    figure = FIGURES["phase_diagram"].make(*material(xr.DataTree.from_dict({"/hold": hold})))
    found = arrows(figure.axes[0])
    assert [x for x, _ in found] == [0.0, 0.2]
    for gid, (dx, dy) in found.values():
        assert gid == arrow_id(kind)
        assert dx == 0
        assert (dy < 0) == (kind == Bound.UPPER)
    ends = bars(figure.axes[0], "holds, between the ends of the bracket")
    assert np.ptp(ends, axis=1) == pytest.approx([0.0, 0.0])
    assert ARROW_LABEL in legend_texts(figure)


def test_a_bracket_is_drawn_from_end_to_end_without_an_arrow():
    hold = make_hold_from_both(Experiment(pressures=(0.0, 0.2)))
    results, products = material(xr.DataTree.from_dict({"/hold": hold}))
    figure = FIGURES["phase_diagram"].make(results, products)
    assert not arrows(figure.axes[0])
    assert ARROW_LABEL not in legend_texts(figure)
    holds = products["transition"].to_dataset().sel(route="hold")
    ends = bars(figure.axes[0], "holds, between the ends of the bracket")
    for side, drawn in zip(("lower", "upper"), np.sort(ends, axis=1).T, strict=True):
        np.testing.assert_allclose(drawn, holds[f"transition_temperature_{side}"])


def test_heating_alone_gives_arrows_in_every_figure_of_what_depends_on_it(heating_only):
    results, products = heating_only
    transition = products["transition"].to_dataset().sel(route="ramp_heating")
    expected = {
        (p, round(float(t), 6))
        for p, t in zip(
            transition["pressure"].values, transition["transition_temperature"].values, strict=True
        )
    }
    diagram = FIGURES["phase_diagram"].make(results, products)
    found = arrows(diagram.axes[0])
    assert expected <= set(found)
    zero = products["hysteresis_rate"]["zero_rate_temperature"].sel(direction="heating").values
    assert {round(float(t), 6) for t in zero} <= {t for _, t in found}
    assert {gid for gid, _ in found.values()} == {arrow_id(Bound.UPPER)}
    maps = FIGURES["barocaloric"].make(results, products)
    for axes in maps.axes[:2]:
        found = arrows(axes)
        assert {(p, t) for t, p in found} == expected
        assert all(dx < 0 and dy == 0 for _, (dx, dy) in found.values())
    rate = FIGURES["rate"].make(results, products)
    ((place, (gid, _)),) = arrows(rate.axes[0]).items()
    assert place[1] == pytest.approx(float(zero[0]))
    assert gid == arrow_id(Bound.UPPER)
    published = FIGURES["published"].make(results, products)
    assert "this sweep, at an upper bound of $T_t$" in legend_texts(published)
    for name in ("phase_diagram", "entropy", "barocaloric", "published"):
        figure = FIGURES[name].make(results, products)
        notes = " ".join(" ".join(text.get_text() for text in figure.texts).split())
        assert "an upper bound of $T_{t}$" in notes


def test_half_heights_of_some_replicas_have_arrows_in_place_of_bands():
    ramp = make_ramp(Experiment(rates=(5.0, 10.0, 20.0), pressures=(0.2,)))
    t = ramp["temperature"].values
    noise = np.random.default_rng(0).normal(0, 0.6, t.size)
    ramp["volume"][0, 0, 0, 0, 0, 0] = MATERIAL.low.volume(t, 0.2) + noise
    results, products = material(xr.DataTree.from_dict({"/ramp": ramp}))
    half = products["hysteresis"]["half_height_temperature"]
    value = round(float(half.sel(pressure=0.2, heating_rate=5.0, direction="heating")), 6)
    loops = FIGURES["hysteresis"].make(results, products)
    ((place, (gid, (dx, dy))),) = arrows(loops.axes[0]).items()
    assert place[0] == value
    assert (gid, dy) == (arrow_id(Bound.LOWER), 0)
    assert dx > 0
    bands = [patch for patch in loops.axes[0].patches if patch.get_alpha() == 0.15]
    assert len(bands) == 5
    left, right = FIGURES["rate"].make(results, products).axes[:2]
    assert arrows(left)[5.0, value][0] == arrow_id(Bound.LOWER)
    assert [gid for gid, _ in arrows(right).values()] == [arrow_id(Bound.LOWER)]


def test_what_is_published_stands_in_the_figures_of_the_transition(heating_only):
    results, products = heating_only
    labels = {one.label for one in TRANSITIONS}
    diagram = FIGURES["phase_diagram"].make(results, products)
    assert labels <= legend_texts(diagram)
    measured = next(one for one in TRANSITIONS if one.kind == "measured")
    (star,) = (line for line in diagram.axes[0].lines if line.get_label() == measured.label)
    np.testing.assert_array_equal(star.get_xydata(), [[0.0, 628.0]])
    rate = FIGURES["rate"].make(results, products)
    assert measured.label in legend_texts(rate)
    (line,) = (line for line in rate.axes[0].lines if line.get_label() == measured.label)
    assert set(line.get_ydata()) == {628.0}
    assert not [line for line in rate.axes[2].lines if line.get_label() == measured.label]
    for figure in (diagram, rate):
        notes = " ".join(" ".join(text.get_text() for text in figure.texts).split())
        assert "below what is published: 628 K, measured (Paskevicius et al. 2013)" in notes


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (Bound.VALUE, []),
        (Bound.INTERVAL, []),
        (Bound.UPPER, [-1]),
        (Bound.LOWER, [1]),
        (Bound.EITHER, [-1, 1]),
        (Bound.ABSENT, []),
    ],
)
def test_each_kind_has_its_arrows_and_bars(kind, steps):
    axes = Figure().subplots()
    value = np.nan if kind == Bound.ABSENT else 500.0
    draw_temperatures(
        axes, np.zeros(1), np.array([value]), np.array([10.0]), np.array([int(kind)]),
        {"color": "k", "marker": "o"}, label="T", limits=(np.array([470.0]), np.array([530.0])),
    )  # fmt: skip
    found = [np.sign(a.xyann[1]) for a in axes.texts]
    assert found == steps
    expected = {Bound.VALUE: [490, 510], Bound.INTERVAL: [470, 530]}.get(kind, [500, 500])
    if kind != Bound.ABSENT:
        np.testing.assert_allclose(bars(axes, "T"), [expected])


def test_no_two_phases_look_alike():
    for part in ("line", "fill", "colour"):
        assert len({getattr(look, part) for look in LOOKS.values()}) == len(LOOKS)
    assert LOOKS["undecided"].fill not in (LOOKS["alpha"].fill, LOOKS["beta"].fill)


def test_a_caveat_of_all_pressures_is_one_line_with_the_pressures():
    hold = make_hold_from_both(Experiment(pressures=(0.0, 0.2))).sel(start=["alpha"])
    _, products = material(xr.DataTree.from_dict({"/hold": hold}))
    (note,) = (one for one in caveats(products) if "upper bound of T_t" in one)
    assert note.startswith("0, 0.2 GPa: ")
    transition = products["transition"].to_dataset()
    some = xr.DataArray(np.array(["far off", "other"], dtype=object), dims="pressure")
    for reasons, expected in (
        (some, ["0 GPa: far off", "0.2 GPa: other"]),
        (xr.full_like(some, "far off"), ["0, 0.2 GPa: far off"]),
        (xr.full_like(some, ""), []),
    ):
        assert published_caveats(transition.assign(published_reason=reasons)) == expected


def test_arrows_are_below_the_markers_that_they_start_from():
    axes = Figure().subplots()
    kinds = np.array([int(Bound.UPPER)])
    draw_temperatures(
        axes, np.zeros(1), np.full(1, 500.0), np.ones(1), kinds,
        {"color": "w", "markeredgecolor": "k", "marker": "o", "linestyle": "none"}, along="x",
    )  # fmt: skip
    (arrow,) = axes.texts
    assert arrow.get_zorder() < axes.lines[0].get_zorder()
    assert arrow.arrow_patch.get_path_effects()
