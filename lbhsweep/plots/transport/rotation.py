"""Directions of a few B–H bonds in time, and full rotations of anions."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.phases.assignment import assign_phases
from lbhsweep.plots.shared.absence import is_done, why_no_hold
from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.gradual import pick_evenly, shown_of
from lbhsweep.plots.shared.joined import joined_holds, needs_holds
from lbhsweep.plots.shared.phase_look import LOOKS, look_of
from lbhsweep.plots.shared.style import (
    SERIES,
    Nothing,
    finish,
    gigapascal,
    label,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities import stderr_name

ANGLES = {"bh_theta_series": ("θ (°)", (0.0, 180.0)), "bh_phi_series": ("φ (°)", (-180.0, 180.0))}
COUNT = "full_rotations_series"
RATE = "full_rotation_rate"
_MOST_TEMPERATURES = 4


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw θ(t), φ(t) and the count of full rotations at the lowest pressure, by temperature."""
    hold = joined_holds(tree)
    # The first block of a run may be empty: rotations are counted from one sample to the next.
    done = hold[COUNT].notnull().any("time") & is_done(hold)
    done = done.transpose("pressure", "temperature", "replica").load()
    if not done.any():
        return Nothing(why_no_hold(hold, "rotation of the anions"))
    phases = assign_phases(hold)
    pressure = float(done["pressure"].values[done.any(["temperature", "replica"]).values].min())
    done = done.sel(pressure=pressure)
    all_of_them = done["temperature"].values[done.any("replica").values]
    temperatures = pick_evenly(all_of_them, _MOST_TEMPERATURES)
    figure, panels = new_figure(3 * len(temperatures), aspect=0.72)
    runs: list[str] = []
    rates: list[str] = []
    for row, temperature in enumerate(temperatures):
        counted = done.sel(temperature=temperature)
        replicas = counted["replica"].values[counted.values]
        here = hold.sel(pressure=pressure, temperature=temperature, replica=replicas)
        title = f"{temperature:g} K, {gigapascal(pressure)}"
        runs.append(str(here["run"].values[0]))
        of_row = panels[3 * row : 3 * row + 3]
        for axes, name in zip(of_row[:2], ANGLES, strict=True):
            axes.set_title(title)
            _draw_angle(axes, here.isel(replica=0), name)
        of_row[2].set_title(title)
        rates.append(_rates(analysis, pressure, float(temperature)))
        _draw_count(of_row[2], here, phases.sel(pressure=pressure, temperature=temperature))
    for axes in panels[-3:]:
        axes.set_xlabel(label(hold["time"], "t"))
    shared_legend(figure, panels, columns=4)
    remarks = [
        f"angles are of one run at each temperature: {', '.join(dict.fromkeys(runs))}",
        "θ: angle between a B–H bond and z, φ: its angle about z, each bond of a different anion",
        _listed_rates(rates),
        shown_of(temperatures, len(all_of_them), "temperatures"),
    ]
    return finish(figure, tree, "Rotation of the anions", remarks=remarks)


def _draw_angle(axes: Axes, here: xr.Dataset, name: str) -> None:
    symbol, (low, high) = ANGLES[name]
    axes.set_ylabel(symbol)
    axes.set_ylim(low - 5.0, high + 5.0)
    axes.set_yticks(np.linspace(low, high, 5))
    for number in range(here.sizes["bond"]):
        axes.plot(
            here["time"].values, here[name].isel(bond=number).values, linestyle="none",
            marker=".", markersize=1.4, color=SERIES[number % len(SERIES)],
            label=f"bond {here['bond'].values[number]:g}",
        )  # fmt: skip


def _draw_count(axes: Axes, here: xr.Dataset, phases: xr.DataArray) -> None:
    """Draw each run in the colour of its phase and, over several, mean and standard error."""
    codes = phases.sel(replica=here["replica"]).values
    time = here["time"].values
    axes.set_ylabel("Full rotations per anion")
    for code in np.unique(codes):
        look = look_of(int(code))
        counts = here[COUNT].transpose("replica", "time").values[codes == code]
        for number, course in enumerate(counts):
            text = "" if number else f"each run, {look.name}"
            axes.plot(time, course, color=look.colour, linewidth=0.7, label=text)
        if len(counts) > 1:
            mean, error = counts.mean(axis=0), counts.std(axis=0, ddof=1) / np.sqrt(len(counts))
            axes.plot(
                time, mean, color=look.colour, linewidth=1.4, linestyle=look.line,
                label=f"mean ± standard error, {look.name}",
            )  # fmt: skip
            axes.fill_between(
                time, mean - error, mean + error, color=look.colour, alpha=0.2, linewidth=0
            )
    top = float(np.nanmax(here[COUNT].values))
    axes.set_ylim(0.0, max(1.05 * top, 0.1))


def _listed_rates(rates: list[str]) -> str:
    known = "; ".join(rate for rate in rates if rate)
    return f"full rotations of an anion in all runs that settled: {known}" if known else ""


def _rates(analysis: xr.DataTree, pressure: float, temperature: float) -> str:
    """Write the rate in each phase with its error, as far as it is known."""
    if "/replicas/hold" not in analysis.groups or RATE not in analysis["replicas/hold"]:
        return ""
    here = analysis["replicas/hold"].to_dataset().sel(pressure=pressure, temperature=temperature)
    words = []
    for phase in here["phase"].values:
        value, error = (float(here[name].sel(phase=phase)) for name in (RATE, stderr_name(RATE)))
        if np.isfinite(value):
            spread = f" ± {error:.2g}" if np.isfinite(error) else ""
            words.append(f"{LOOKS[str(phase)].name} {value:.3g}{spread} ns⁻¹")
    return f"{temperature:g} K: {', '.join(words)}" if words else ""


FIGURE = FigureDeclaration(
    name="rotation",
    draw=draw,
    rank=230,
    topic=Topic.DYNAMICS,
    caption=(
        "Angles of a few B–H bonds in time, each of a different anion, and the number of full "
        "rotations of an anion."
    ),
    variables=("bh_theta_series", "bh_phi_series", "full_rotation_rate"),
    needs=needs_holds((*ANGLES, COUNT), "rotation"),
)
