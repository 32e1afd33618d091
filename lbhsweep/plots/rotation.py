"""Directions of a few B–H bonds in time, and full rotations of anions."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.gradual import pick_evenly, shown_of
from lbhsweep.plots.style import (
    BLACK,
    GREY,
    SERIES,
    Nothing,
    finish,
    gigapascal,
    known,
    label,
    new_figure,
    shared_legend,
    styled,
)
from lbhsweep.quantities import stderr_name
from lbhsweep.store.schema import Status

ANGLES = {"bh_theta_series": ("θ (°)", (0.0, 180.0)), "bh_phi_series": ("φ (°)", (-180.0, 180.0))}
COUNT = "full_rotations_series"
RATE = "full_rotation_rate"
_MOST_TEMPERATURES = 4


@styled
def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw θ(t), φ(t) and the count of full rotations; a row a temperature, lowest pressure."""
    if "hold" not in tree.children:
        return Nothing("the results have no holds")
    hold = tree["hold"].to_dataset()
    if not all(name in hold for name in (*ANGLES, COUNT)):
        return Nothing("holds without the observable 'rotation'")
    done = hold[COUNT].isel(time=0).notnull()
    if "status" in hold:
        done = done & (hold["status"] == Status.DONE)
    done = done.transpose("pressure", "temperature", "replica").load()
    if not done.any():
        return Nothing("no hold is finished")
    pressure = float(done["pressure"].values[done.any(["temperature", "replica"]).values].min())
    done = done.sel(pressure=pressure)
    all_of_them = done["temperature"].values[done.any("replica").values]
    temperatures = pick_evenly(all_of_them, _MOST_TEMPERATURES)
    figure, panels = new_figure(3 * len(temperatures), panel=(3.6, 2.3), foot=0.3)
    for row, temperature in enumerate(temperatures):
        counted = done.sel(temperature=temperature)
        replicas = counted["replica"].values[counted.values]
        here = hold.sel(pressure=pressure, temperature=temperature, replica=replicas)
        title = f"{temperature:g} K, {gigapascal(pressure)}"
        of_row = panels[3 * row : 3 * row + 3]
        for axes, name in zip(of_row[:2], ANGLES, strict=True):
            axes.set_title(f"{title}, replica {replicas[0]}")
            _draw_angle(axes, here.isel(replica=0), name)
        of_row[2].set_title(f"{title}{_rate(analysis, pressure, float(temperature))}")
        _draw_count(of_row[2], here)
    for axes in panels[-3:]:
        axes.set_xlabel(label(hold["time"], "t"))
    shared_legend(figure, panels, columns=6)
    remarks = [
        "θ: angle between a B–H bond and z, φ: its angle about z, each bond of another anion",
        "above the counts: full rotations of an anion per time, over all replicas that settled",
        shown_of(temperatures, len(all_of_them), "temperatures"),
    ]
    return finish(figure, tree, "How anions turn", remarks=remarks)


def _draw_angle(axes: Axes, here: xr.Dataset, name: str) -> None:
    symbol, (low, high) = ANGLES[name]
    axes.set_ylabel(symbol)
    axes.set_ylim(low - 5.0, high + 5.0)
    axes.set_yticks(np.linspace(low, high, 5))
    for number in range(here.sizes["bond"]):
        axes.plot(
            here["time"].values, here[name].isel(bond=number).values, linestyle="none",
            marker=".", markersize=2.2, color=SERIES[number % len(SERIES)],
            label=f"bond {here['bond'].values[number]:g}",
        )  # fmt: skip


def _draw_count(axes: Axes, here: xr.Dataset) -> None:
    """Draw each replica and, over several, their mean with its standard error."""
    counts = here[COUNT].transpose("replica", "time").values
    time = here["time"].values
    axes.set_ylabel("Full rotations of an anion")
    for number, course in enumerate(counts):
        axes.plot(time, course, color=GREY, linewidth=0.7, label="" if number else "each replica")
    if len(counts) > 1:
        mean, error = counts.mean(axis=0), counts.std(axis=0, ddof=1) / np.sqrt(len(counts))
        axes.plot(time, mean, color=BLACK, linewidth=1.6, label="mean ± standard error")
        axes.fill_between(time, mean - error, mean + error, color=BLACK, alpha=0.2, linewidth=0)
    axes.set_ylim(0.0, max(1.05 * float(np.nanmax(counts)), 0.1))


def _rate(analysis: xr.DataTree, pressure: float, temperature: float) -> str:
    """Give the rate over all replicas with its error, if it is known."""
    if "/replicas/hold" not in analysis.groups:
        return ""
    here = analysis["replicas/hold"].to_dataset().sel(pressure=pressure, temperature=temperature)
    if RATE not in here or not known(here[RATE].values):
        return ""
    value, error = float(here[RATE]), float(here[stderr_name(RATE)])
    spread = f" ± {error:.2g}" if np.isfinite(error) else ""
    return f": {value:.3g}{spread} ns⁻¹"
