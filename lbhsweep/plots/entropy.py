"""S(T) at every simulated pressure, and ΔS_iso(T) between them."""

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
    hatch,
    known,
    label,
    new_figure,
)


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw entropy curves and isothermal changes; dashed where a phase is extrapolated."""
    if "entropy" not in analysis.children:
        return Nothing("the results are empty")
    entropy = analysis["entropy"].to_dataset()
    if not known(entropy["entropy"].values):
        return Nothing(str(entropy["reason"].item()) or "no entropy could be computed")
    figure, (left, right) = new_figure(2, columns=2, panel=(4.2, 3.6))
    left.set_xlabel(label(entropy["temperature"], "T"))
    left.set_ylabel("S − S(T₀,P₀) (J kg⁻¹ K⁻¹)")
    pressures = entropy["pressure"].values
    for number, pressure in enumerate(pressures):
        here = entropy.sel(pressure=pressure)
        colour = SERIES[number % len(SERIES)]
        _draw_curve(left, here, "entropy", colour, gigapascal(pressure))
    left.set_title(f"Entropy, T₀ = {float(entropy['reference_temperature']):g} K")
    left.legend(loc="upper left")
    _draw_changes(right, analysis["barocaloric"].to_dataset(), list(pressures))
    return finish(figure, tree, "Entropy")


def _draw_changes(axes: Axes, barocaloric: xr.Dataset, pressures: list[float]) -> None:
    first = float(barocaloric["initial_pressure"])
    axes.set_title(f"Isothermal change, P₀ = {gigapascal(first)}")
    axes.set_xlabel(label(barocaloric["temperature"], "T"))
    axes.set_ylabel(label(barocaloric["isothermal_entropy_change"], "ΔS"))
    drawn = False
    for number, pressure in enumerate(pressures):
        if pressure == first:
            continue
        here = barocaloric.sel(final_pressure=pressure)
        if known(here["isothermal_entropy_change"].values):
            colour = SERIES[number % len(SERIES)]
            name = f"{gigapascal(first)} → {gigapascal(pressure)}"
            _draw_curve(axes, here, "isothermal_entropy_change", colour, name)
            drawn = True
    if drawn:
        axes.axhline(0, color="0.5", linewidth=0.8)
        axes.legend(loc="best")
    else:
        hatch(axes, str(barocaloric["reason"].item()) or "nothing to compare")


def _draw_curve(axes: Axes, here: xr.Dataset, name: str, colour: str, text: str) -> None:
    t, value = here["temperature"].values, here[name].values
    error = np.nan_to_num(here[f"{name}_stderr"].values)
    far = here["extrapolated"].values == 1
    axes.plot(t, np.where(far, np.nan, value), color=colour, label=text)
    axes.plot(t, np.where(far, value, np.nan), color=colour, linestyle=(0, (1, 1.5)))
    axes.fill_between(t, value - error, value + error, color=colour, alpha=0.18, linewidth=0)
