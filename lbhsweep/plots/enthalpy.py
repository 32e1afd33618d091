"""H(T) on heating and cooling, less a straight line so that the latent heat shows."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.branches import draw_branches
from lbhsweep.plots.style import Nothing


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw H − H₀ − c(T − T₀): one slope c for all panels, H₀ the heating value at the lowest T.

    H rises by hundreds of kJ/mol over the range and by about ten at the transition; without the
    line the loop could not be seen.
    """
    if "hysteresis" not in analysis.children:
        return Nothing("the results have no ramps")
    dataset = analysis["hysteresis"].to_dataset()
    if "enthalpy" not in dataset:
        return Nothing("no enthalpy of ramps in the results")
    enthalpy = dataset["enthalpy"]
    slope = _common_slope(enthalpy)
    if not np.isfinite(slope):
        return Nothing("no ramp has two finished temperatures")
    temperature = dataset["temperature"]
    t0 = float(temperature.min())
    reduced = enthalpy - slope * (temperature - t0)
    start = reduced.min("temperature").min("direction").min("heating_rate")
    shifted = dataset.assign(enthalpy=reduced - start)
    return draw_branches(
        tree,
        shifted,
        "enthalpy",
        "Enthalpy hysteresis",
        y_label=f"H − H₀ − c(T − {t0:g} K), c = {slope:.3f} kJ mol⁻¹ K⁻¹\n"
        "per formula unit (kJ mol⁻¹)",
        marks=dataset,
    )


def _common_slope(enthalpy: xr.DataArray) -> float:
    """Take the median dH/dT of all neighbouring points: the peak of the latent heat has no say."""
    steps = enthalpy.diff("temperature") / enthalpy["temperature"].diff("temperature")
    values = steps.values[np.isfinite(steps.values)]
    return float(np.median(values)) if values.size else float("nan")
