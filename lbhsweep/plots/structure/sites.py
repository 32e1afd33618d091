"""Sites of Li and the degree of order of α against temperature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lbhsweep.analysis.phases.assignment import CAP_BELOW
from lbhsweep.plots.shared.absence import has_drifted, is_done, why_no_average, why_no_ramp
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.gradual import pick_evenly, shown_of
from lbhsweep.plots.shared.joined import is_planned, joined_holds
from lbhsweep.plots.shared.phase_look import LOOKS, phase_handles
from lbhsweep.plots.shared.style import (
    AMBER,
    BLACK,
    BLUE,
    DIRECTIONS,
    GREEN,
    GREY,
    PURPLE,
    Nothing,
    crowded_size,
    finish,
    gigapascal,
    hatch,
    known,
    label,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities import stderr_name
from lbhsweep.store.one_phase import DISORDERED, ORDERED

OCCUPANCIES = {
    "li_tetrahedral": ("tetrahedral", BLUE, "^"),
    "li_octahedral": ("octahedral", GREEN, "s"),
    "li_window": ("window of three anions", AMBER, "o"),
    "li_elsewhere": ("elsewhere", PURPLE, "D"),
}
ORDER = {
    "alpha_order": "Order S",
    "alpha_lithium": "Li coordinate x",
    "alpha_turn": "Turn φ (°)",
}
_LIMITS = {"alpha_order": (ORDERED, DISORDERED), "alpha_lithium": (CAP_BELOW,)}
_RANGES = {"alpha_order": (-0.1, 1.05), "alpha_lithium": (0.19, 0.38), "alpha_turn": (20.0, 45.0)}
"""Least ranges of the axes; α and the α-b phase lie within."""
_MOST_PRESSURES = 3
_MEAN, _EACH = "mean of replicas", "each hold"
_UNSETTLED, _NO_VALUE = "not settled: left out of the mean", "no value"
_DIRECTION_COLOURS = {"heating": BLACK, "cooling": GREY}
_DASHED = (
    f"dashed: S > {ORDERED:g} is α, S < {DISORDERED:g} is β, and α with x < {CAP_BELOW:g} is the "
    "α-b phase, Li over faces of the cages"
)


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw occupancies, S, x and φ, a row for each pressure and protocol."""
    rows = [row for name in ("hold", "ramp") for row in _rows(analysis, name)]
    if not rows:
        return Nothing("; ".join(_absent(tree, analysis)))
    columns = 1 + len(ORDER)
    figure, panels = new_figure(columns * len(rows), columns=columns, aspect=0.95)
    for number, (name, here) in enumerate(rows):
        of_row = panels[columns * number : columns * (number + 1)]
        _draw_row(of_row, tree, name, here)
        if name == "hold":
            _draw_runs(of_row[1:], tree, float(here["pressure"]))
            _mark_missing(of_row[1], tree, here)
    shared_legend(figure, panels, 6, _handles(panels, [name for name, _ in rows]))
    total = max(
        analysis[f"replicas/{name}"].sizes["pressure"] for name in ("hold", "ramp")
        if f"/replicas/{name}" in analysis.groups
    )  # fmt: skip
    shown = sorted({float(here["pressure"]) for _, here in rows})
    remarks = [_DASHED, shown_of(shown, total, "pressures")]
    return finish(figure, tree, "Sites of Li and order of α", remarks=remarks)


def _absent(tree: xr.DataTree, analysis: xr.DataTree) -> Iterator[str]:
    """Yield for each protocol why none of its runs has order and sites."""
    what = "order of α"
    if "/replicas/hold" in analysis.groups:
        yield why_no_average(analysis["replicas/hold"].to_dataset(), what)
    if "ramp" in tree.children:
        yield why_no_ramp(tree, what)


def _rows(analysis: xr.DataTree, name: str) -> Iterator[tuple[str, xr.Dataset]]:
    if f"/replicas/{name}" not in analysis.groups:
        return
    dataset = analysis[f"replicas/{name}"].to_dataset()
    wanted = (*OCCUPANCIES, *ORDER)
    if not all(one in dataset for one in wanted) or not known(dataset["alpha_order"].values):
        return
    for pressure in pick_evenly(dataset["pressure"].values, _MOST_PRESSURES):
        yield name, dataset.sel(pressure=pressure)


def _draw_row(panels: list[Axes], tree: xr.DataTree, name: str, here: xr.Dataset) -> None:
    title = f"{name}s, {gigapascal(float(here['pressure']))}"
    for axes in panels:
        axes.set_xlabel(label(here["temperature"], "T"))
        axes.set_title(title)
    panels[0].set_ylabel("Share of Li")
    for axes, (quantity, text) in zip(panels[1:], ORDER.items(), strict=True):
        axes.set_ylabel(text)
        for limit in _LIMITS.get(quantity, ()):
            axes.axhline(limit, color="0.35", linestyle=(0, (4, 2)), linewidth=0.9)
    if not known(here["alpha_order"].values):
        for axes in panels:
            hatch(axes, "no data")
        return
    for branch, style, words, colour in _branches(name, here):
        for quantity, (text, own, marker) in OCCUPANCIES.items():
            look = style | {"marker": marker}
            _draw_points(panels[0], branch, quantity, own, f"{text}{words}", look)
        for axes, quantity in zip(panels[1:], ORDER, strict=True):
            _draw_points(axes, branch, quantity, colour, f"{_MEAN}{words}", style)
    panels[0].set_ylim(-0.03, 1.03)
    for axes, quantity in zip(panels[1:], ORDER, strict=True):
        axes.update_datalim([(float(here["temperature"][0]), y) for y in _RANGES[quantity]])
        axes.autoscale_view()
    if not known(here["alpha_turn"].values):
        hatch(panels[-1], "no order of α, so no φ")


def _handles(panels: list[Axes], protocols: list[str]) -> list[Artist]:
    """Return an entry of the legend for each site, phase or direction, and mark."""
    handles: list[Artist] = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=text)
        for text, colour, marker in OCCUPANCIES.values()
    ]
    drawn = {str(text) for axes in panels for text in axes.get_legend_handles_labels()[1]}
    if "hold" in protocols:
        there = [name for name, look in LOOKS.items() if f"{_MEAN}, {look.name}" in drawn]
        handles += phase_handles(there)
    handles += [
        Line2D([], [], color=_DIRECTION_COLOURS[name], label=f"ramps, {name}", **style)
        for name, style in DIRECTIONS.items()
        if f"{_MEAN}, {name}" in drawn
    ]
    marks = {text: artist for axes in panels
             for artist, text in zip(*axes.get_legend_handles_labels(), strict=True)
             if text in (_EACH, _UNSETTLED, _NO_VALUE)}  # fmt: skip
    return [*handles, *marks.values()]


def _mark_missing(axes: Axes, tree: xr.DataTree, here: xr.Dataset) -> None:
    """Mark at the foot the temperatures that were planned and at which nothing is finished."""
    known_at = here["alpha_order"].notnull().any("phase").values
    planned = is_planned(tree, here["temperature"], float(here["pressure"]))
    missing = here["temperature"].values[planned & ~known_at]
    if missing.size:
        axes.plot(
            missing, np.full(missing.size, 0.03), linestyle="none", marker="|", markersize=5,
            color="#B00000", transform=axes.get_xaxis_transform(), label=_NO_VALUE,
        )  # fmt: skip


def _branches(name: str, here: xr.Dataset) -> Iterator[tuple[xr.Dataset, dict[str, Any], str, str]]:
    """Yield (data, look, words, colour) of holds by phase, or of the slowest ramps by direction."""
    if name == "hold":
        for phase in here["phase"].values:
            look = LOOKS[str(phase)]
            style = {"marker": "o", "linestyle": look.line, "fillstyle": look.fill}
            yield here.sel(phase=phase), style, f", {look.name}", BLACK
        return
    slowest = here.sel(heating_rate=float(here["heating_rate"].min()))
    for direction in here["direction"].values:
        colour = _DIRECTION_COLOURS[str(direction)]
        branch = slowest.sel(direction=direction)
        yield branch, DIRECTIONS[str(direction)], f", {direction}", colour


def _draw_points(
    axes: Axes, branch: xr.Dataset, name: str, colour: str, text: str, style: dict[str, Any]
) -> None:
    if not known(branch[name].values):
        return
    axes.errorbar(
        branch["temperature"].values, branch[name].values, yerr=branch[stderr_name(name)].values,
        color=colour, label=text, elinewidth=0.6,
        markersize=crowded_size(branch.sizes["temperature"]), **(style | {"linewidth": 0.7}),
    )  # fmt: skip


def _draw_runs(panels: list[Axes], tree: xr.DataTree, pressure: float) -> None:
    """Draw every finished hold by itself, also those that have not settled."""
    if "hold" not in tree.children or any(name not in tree["hold"].variables for name in ORDER):
        return
    here = joined_holds(tree).sel(pressure=pressure)
    dims = here["alpha_order"].dims
    done = is_done(here).transpose(*dims).values
    drifts = has_drifted(here).transpose(*dims).values
    temperature = here["temperature"].broadcast_like(here["alpha_order"]).transpose(*dims).values
    for axes, quantity in zip(panels, ORDER, strict=True):
        values = here[quantity].transpose(*dims).values
        for chosen, marker, text in (
            (done & ~drifts, "_", _EACH),
            (done & drifts, "x", _UNSETTLED),
        ):
            if chosen.any() and known(values[chosen]):
                axes.plot(
                    temperature[chosen], values[chosen], linestyle="none", marker=marker,
                    color=GREEN, markersize=4, label=text,
                )  # fmt: skip


FIGURE = FigureDeclaration(
    name="sites",
    draw=draw,
    rank=190,
    topic=Topic.STRUCTURE,
    caption=(
        "Shares of Li by site, orientational order S of α, Li coordinate x and turn φ of the "
        "anions in α; dashed lines are the limits between phases."
    ),
    variables=("li_tetrahedral", "alpha_order", "alpha_lithium", "alpha_turn"),
    needs=(
        Needs(
            "analysis",
            "replicas/hold",
            "the results have no holds and no ramps",
            or_group="replicas/ramp",
        ),
        Needs(
            "analysis",
            "replicas/hold",
            "no observable 'sites' in the results",
            variables=("alpha_order",),
            or_group="replicas/ramp",
        ),
    ),
)
