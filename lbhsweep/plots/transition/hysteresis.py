"""V(T) on heating and cooling at every pressure, with the half-height temperatures."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.branches import draw_branches
from lbhsweep.plots.shared.style import Nothing, styled


@styled
def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the volume loops; dotted lines and the bands around them are half heights ± error."""
    if "hysteresis" not in analysis.children:
        return Nothing("the results have no ramps")
    dataset = analysis["hysteresis"].to_dataset()
    return draw_branches(tree, dataset, "volume", "Volume hysteresis", marks=dataset)
