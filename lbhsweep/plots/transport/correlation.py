"""Autocorrelation of B–H directions, ξ(t), and of icosahedral order by temperature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.shared.absence import why_no_average
from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.gradual import Colour, colour_bar, pick_evenly, shown_of
from lbhsweep.plots.shared.joined import is_planned
from lbhsweep.plots.shared.phase_cells import averaged_holds, needs_averages
from lbhsweep.plots.shared.phase_look import LOOKS, Line, phase_handles
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label,
    new_figure,
    shared_legend,
)
from lbhsweep.plots.shared.temperatures import TemperatureColours
from lbhsweep.quantities import stderr_name

QUANTITIES = {
    "bh_correlation": "ξ(t) = ⟨u(0)·u(t)⟩",
    "icosahedral_correlation": "⟨Q₆(0)·Q₆(t)⟩",
}
TITLES = {
    "bh_correlation": "B–H directions",
    "icosahedral_correlation": "icosahedral order",
}
_MOST_PRESSURES = 3
_WHAT = "correlation of the orientation"


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both autocorrelations against the logarithm of time, a row for each pressure."""
    dataset = averaged_holds(analysis, "bh_correlation")
    if isinstance(dataset, Nothing):
        return dataset
    pressures = pick_evenly(dataset["pressure"].values, _MOST_PRESSURES)
    here = dataset.sel(pressure=pressures)
    filled = here["bh_correlation"].notnull().any(["phase", "pressure", "lag"]).values
    if not filled.any():
        return Nothing(why_no_average(here, _WHAT))
    all_of_them = here["temperature"].values[filled]
    temperatures = pick_evenly(all_of_them)
    alone = f", {temperatures[0]:g} K" if len(temperatures) == 1 else ""
    figure, panels = new_figure(2 * len(pressures), columns=2, aspect=0.62, share_y=True)
    of_temperature = TemperatureColours(tree)
    colours = [of_temperature(one) for one in temperatures]
    for row, pressure in enumerate(pressures):
        for axes, name in zip(panels[2 * row : 2 * row + 2], QUANTITIES, strict=True):
            curves = here.sel(pressure=pressure, temperature=temperatures)
            draw_curves(axes, curves, name, "temperature", colours)
            axes.set_title(f"{gigapascal(pressure)}{alone}, {TITLES[name]}")
    colour_bar(figure, panels, temperatures, label(dataset["temperature"], "T"), colours)
    shared_legend(figure, panels, 5, phase_handles(phases_of(here), marker=""))
    planned = np.any([is_planned(tree, here["temperature"], p) for p in pressures], axis=0)
    notes = _absent(here.isel(temperature=planned & ~filled))
    remarks = (
        shown_of(temperatures, len(all_of_them), "temperatures"),
        shown_of(pressures, dataset.sizes["pressure"], "pressures"),
    )
    return finish(figure, tree, "Orientational autocorrelation of anions", notes, remarks)


def _absent(here: xr.Dataset) -> list[str]:
    """Build a note for each reason why temperatures have no curve."""
    places: dict[str, list[str]] = {}
    for number, temperature in enumerate(here["temperature"].values):
        why = why_no_average(here.isel(temperature=number), _WHAT)
        places.setdefault(why, []).append(f"{temperature:g}")
    return [f"{', '.join(listed)} K: {why}" for why, listed in places.items()]


def phases_of(dataset: xr.Dataset) -> list[str]:
    """List the phases in which anything is known."""
    others = [dim for dim in dataset["bh_correlation"].dims if dim != "phase"]
    there = dataset["bh_correlation"].notnull().any(others).values
    return [str(name) for name in dataset["phase"].values[there]]


def draw_curves(
    axes: Axes, here: xr.Dataset, name: str, along: str, colours: Sequence[Colour]
) -> None:
    """Draw one autocorrelation (phase, along, lag) with error bands.

    `colours` are those of the values of `along`, line styles are phases.
    """
    axes.set_xscale("log")
    axes.set_xlabel(label(here["lag"], "t"))
    axes.set_ylabel(QUANTITIES[name])
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    if not known(here[name].values):
        hatch(axes, why_no_average(here, _WHAT))
    for number, colour in enumerate(colours):
        for phase in here["phase"].values:
            curve = here.isel({along: number}).sel(phase=phase)
            if known(curve[name].values):
                _draw_curve(axes, curve, name, colour, LOOKS[str(phase)].line)


def _draw_curve(axes: Axes, curve: xr.Dataset, name: str, colour: Colour, line: Line) -> None:
    lag, value = curve["lag"].values, curve[name].values
    error = np.nan_to_num(curve[stderr_name(name)].values)
    axes.plot(lag, value, color=colour, marker=".", markersize=2, linestyle=line)
    axes.fill_between(lag, value - error, value + error, color=colour, alpha=0.25, linewidth=0)


FIGURE = FigureDeclaration(
    name="correlation",
    draw=draw,
    rank=240,
    topic=Topic.DYNAMICS,
    caption="Autocorrelation of B–H directions and of icosahedral order by temperature.",
    variables=("bh_correlation", "icosahedral_correlation"),
    needs=needs_averages(tuple(QUANTITIES), "rotation"),
)
