"""Mean-squared displacement of lithium against time lag, with its linear range."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lbhsweep.plots.shared.absence import why_no_average
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.phase_look import LOOKS, phase_handles
from lbhsweep.plots.shared.style import (
    GREY,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label_panels,
    new_figure,
    shared_legend,
)
from lbhsweep.plots.shared.temperatures import TemperatureColours

FITTED_SHARE = 0.1
"""Longest lag that D is fitted to, as a share of the production."""
_CM2_PER_S = 1e-4
"""cm²/s per Å²/ps."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the MSD of Li on logarithmic axes by pressure, and lines 6Dt where it was fitted."""
    transport = analysis["transport"].to_dataset()
    if not known(transport["li_msd"].values):
        return Nothing(why_no_average(transport, "displacement of Li"))
    pressures = transport["pressure"].values
    figure, panels = new_figure(len(pressures), aspect=0.85, share_y=True)
    label_panels(panels, "Time lag t (ps)", "MSD of Li (Å²)")
    colours = TemperatureColours(tree)
    phases: list[str] = []
    for pressure, axes in zip(pressures, panels, strict=True):
        axes.set_title(gigapascal(float(pressure)))
        here = transport.sel(pressure=pressure)
        if not known(here["li_msd"].values):
            hatch(axes, "no data")
            continue
        axes.set_xscale("log")
        axes.set_yscale("log")
        for phase in here["phase"].values:
            name = str(phase)
            if _draw_phase(axes, here.sel(phase=phase), name, colours, _longest_lag(tree)):
                phases.append(name)
    fitted = Line2D([], [], color=GREY, linewidth=3.0, alpha=0.4, label="6Dt, where D is fitted")
    colours.add_bar(figure, panels)
    shared_legend(figure, panels, 5, [*phase_handles(phases, marker=""), fitted])
    return finish(figure, tree, "Displacement of Li")


def _longest_lag(tree: xr.DataTree) -> float:
    """Return the longest lag that is fitted, ps; infinity if the length of the run is unknown."""
    hold = tree["hold"].to_dataset()
    if "time" not in hold.coords:
        return float("inf")
    time = hold["time"].values
    return FITTED_SHARE * float(time[-1] + time[0])


def _draw_phase(
    axes: Axes, here: xr.Dataset, phase: str, colours: TemperatureColours, longest: float
) -> bool:
    drawn = False
    lag = here["lag"].values
    for temperature in here["temperature"].values:
        at = here.sel(temperature=temperature)
        msd = at["li_msd"].values
        if not known(msd):
            continue
        colour = colours(float(temperature))
        axes.plot(lag, msd, color=colour, linestyle=LOOKS[phase].line)
        error = np.nan_to_num(at["li_msd_stderr"].values)
        lower = np.maximum(msd - error, 0.1 * msd)
        axes.fill_between(lag, lower, msd + error, color=colour, alpha=0.15, linewidth=0)
        drawn = True
        start, slope = float(at["diffusion_start"]), float(at["diffusion_coefficient"])
        linear = (lag >= start * (1.0 - 1e-9)) & (lag <= longest * (1.0 + 1e-9))
        if np.isfinite(slope) and linear.sum() > 1:
            rise = 6.0 * slope / _CM2_PER_S
            first = int(np.argmax(linear))
            line = msd[first] + rise * (lag[linear] - lag[first])
            axes.plot(lag[linear], line, color=colour, linewidth=3.0, alpha=0.35)
    return drawn


FIGURE = FigureDeclaration(
    name="displacement",
    draw=draw,
    rank=160,
    topic=Topic.DYNAMICS,
    caption="Mean-squared displacement of Li against lag, with 6Dt where a law was fitted.",
    variables=("li_msd", "diffusion_coefficient"),
    needs=(
        Needs("analysis", "transport", "neither diffusion nor rotation was measured"),
        Needs("analysis", "transport", "diffusion was not measured", variables=("li_msd",)),
    ),
)
