"""How long anions remember their orientation: ξ(t) and its icosahedral twin by temperature."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.variables import FloatArray
from lbhsweep.plots.gradual import Colour, colour_bar, colours, pick_evenly, shown_of
from lbhsweep.plots.planned import is_planned
from lbhsweep.plots.style import (
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label,
    new_figure,
    styled,
)
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


@styled
def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both autocorrelations against the logarithm of time, a row a pressure."""
    dataset = measured(analysis)
    if isinstance(dataset, Nothing):
        return dataset
    pressures = pick_evenly(dataset["pressure"].values, _MOST_PRESSURES)
    here = dataset.sel(pressure=pressures)
    filled = here["bh_correlation"].notnull().any(["pressure", "lag"]).values
    if not filled.any():
        return Nothing("no hold is finished and equilibrated")
    all_of_them = here["temperature"].values[filled]
    temperatures = pick_evenly(all_of_them)
    figure, panels = new_figure(2 * len(pressures), columns=2, panel=(4.0, 3.0), share_y=True)
    alone = f", {temperatures[0]:g} K" if len(temperatures) == 1 else ""
    for row, pressure in enumerate(pressures):
        for axes, name in zip(panels[2 * row : 2 * row + 2], QUANTITIES, strict=True):
            curves = here.sel(pressure=pressure, temperature=temperatures)
            draw_curves(axes, curves, name, "temperature")
            axes.set_title(f"{gigapascal(pressure)}{alone}, {TITLES[name]}")
    colour_bar(figure, panels, temperatures, label(dataset["temperature"], "T"))
    planned = np.any([is_planned(tree, here["temperature"], p) for p in pressures], axis=0)
    empty = here["temperature"].values[planned & ~filled]
    notes = [f"no finished hold that has settled at {_listed(empty)} K"] if empty.size else []
    remarks = (
        shown_of(temperatures, len(all_of_them), "temperatures"),
        shown_of(pressures, dataset.sizes["pressure"], "pressures"),
    )
    return finish(figure, tree, "Memory of the anions' orientation", notes, remarks)


def _listed(values: FloatArray) -> str:
    return ", ".join(f"{value:g}" for value in values)


def measured(analysis: xr.DataTree) -> xr.Dataset | Nothing:
    """Give the holds averaged over replicas if they have both autocorrelations."""
    if "/replicas/hold" not in analysis.groups:
        return Nothing("the results have no holds")
    dataset = analysis["replicas/hold"].to_dataset()
    if not all(name in dataset for name in QUANTITIES):
        return Nothing("holds without the observable 'rotation'")
    if not known(dataset["bh_correlation"].values):
        return Nothing("no hold is finished and equilibrated")
    return dataset


def draw_curves(axes: Axes, here: xr.Dataset, name: str, along: str) -> None:
    """Draw one autocorrelation (along, lag) with error bands, a colour a value of `along`."""
    axes.set_xscale("log")
    axes.set_xlabel(label(here["lag"], "t"))
    axes.set_ylabel(QUANTITIES[name])
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    if not known(here[name].values):
        hatch(axes, "no hold is finished and equilibrated")
    for number, colour in enumerate(colours(here.sizes[along])):
        _draw_curve(axes, here.isel({along: number}), name, colour)


def _draw_curve(axes: Axes, curve: xr.Dataset, name: str, colour: Colour) -> None:
    lag, value = curve["lag"].values, curve[name].values
    error = np.nan_to_num(curve[stderr_name(name)].values)
    axes.plot(lag, value, color=colour, marker=".", markersize=3)
    axes.fill_between(lag, value - error, value + error, color=colour, alpha=0.25, linewidth=0)
