"""H(T) on heating and cooling, minus a straight line, so that the latent heat is visible."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.branches import draw_branches
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import Nothing

_MARGIN_K = 30.0
"""Kept between the fitted points and the first transition."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw H − H₀ − c(T − T₀): one slope c for all panels, H₀ the panel's value at the lowest T.

    H rises by hundreds of kJ/mol over the range, but by about ten at the transition.  Without the
    line the loop would not be visible.
    """
    dataset = analysis["hysteresis"].to_dataset()
    slope = _slope_below_transition(dataset)
    if not np.isfinite(slope):
        return Nothing("no ramp has two finished temperatures")
    temperature = dataset["temperature"]
    t0 = float(temperature.min())
    reduced = dataset["enthalpy"] - slope * (temperature - t0)
    start = reduced.isel(temperature=slice(0, 3)).min(["temperature", "direction", "heating_rate"])
    return draw_branches(
        tree,
        dataset.assign(enthalpy=reduced - start),
        "enthalpy",
        f"Enthalpy less a straight line, c = {slope:.3f} kJ mol⁻¹ K⁻¹\n"
        "(mean dH/dT of heating, fitted below the transitions)",
        y_label=f"H − H₀ − c(T − {t0:g} K) (kJ mol⁻¹)",
        marks=dataset,
    )


def _slope_below_transition(dataset: xr.Dataset) -> float:
    """Fit one dH/dT to heating below all transitions, kJ/mol/K."""
    enthalpy, temperature = dataset["enthalpy"], dataset["temperature"]
    if "heating" in enthalpy["direction"]:
        enthalpy = enthalpy.sel(direction=["heating"])
    first = float(dataset["half_height_temperature"].min())
    below = enthalpy.where(temperature < first - _MARGIN_K) if np.isfinite(first) else enthalpy
    below = below - below.mean("temperature")
    t = (temperature - temperature.where(np.isfinite(below)).mean("temperature")).where(
        np.isfinite(below)
    )
    square = float((t**2).sum())
    return float((t * below).sum()) / square if square else float("nan")


FIGURE = FigureDeclaration(
    name="enthalpy",
    draw=draw,
    rank=30,
    topic=Topic.TRANSITION,
    caption=(
        "Enthalpy on heating and cooling, minus a straight line, so that the latent heat is "
        "visible."
    ),
    variables=("enthalpy",),
    needs=(
        Needs("analysis", "hysteresis", "the results have no ramps"),
        Needs(
            "analysis", "hysteresis", "no enthalpy of ramps in the results", variables=("enthalpy",)
        ),
    ),
)
