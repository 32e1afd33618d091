"""V(T) and H(T) of holds at every pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.style import (
    SERIES,
    Nothing,
    finish,
    gigapascal,
    known,
    label,
    new_figure,
    styled,
)
from lbhsweep.quantities import stderr_name

_QUANTITIES = ("volume", "enthalpy")
_MARKERS = "osD^vPX"


@styled
def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw means over equilibrated replicas; a tick at the foot is a hold that has none."""
    if "holds" not in analysis.children:
        return Nothing("the results have no holds")
    holds = analysis["holds"].to_dataset()
    if not known(holds["volume"].values):
        return Nothing("no hold is finished and equilibrated")
    figure, panels = new_figure(2, columns=2, panel=(4.0, 3.2))
    for axes, name in zip(panels, _QUANTITIES, strict=True):
        axes.set_xlabel("Temperature T (K)")
        axes.set_ylabel(label(holds[name]))
        for number, pressure in enumerate(holds["pressure"].values):
            _draw_isobar(axes, holds.sel(pressure=pressure), name, number)
        axes.legend(loc="upper left")
    return finish(figure, tree, "Holds")


def _draw_isobar(axes: Axes, here: xr.Dataset, name: str, number: int) -> None:
    colour, marker = SERIES[number % len(SERIES)], _MARKERS[number % len(_MARKERS)]
    t = here["temperature"].values
    axes.errorbar(
        t, here[name].values, yerr=here[stderr_name(name)].values, color=colour, marker=marker,
        linewidth=0.7, label=gigapascal(float(here["pressure"])),
    )  # fmt: skip
    drifting = t[(here["n_done"].values > 0) & (here["n_equilibrated"].values == 0)]
    if drifting.size:
        axes.plot(
            drifting, np.full(drifting.size, 0.02 + 0.03 * number), color=colour, marker="x",
            linestyle="none", transform=axes.get_xaxis_transform(),
            label=f"{gigapascal(float(here['pressure']))}: not equilibrated",
        )  # fmt: skip
