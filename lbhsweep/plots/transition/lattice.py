"""a(T) on heating and cooling at every pressure."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.branches import draw_branches
from lbhsweep.plots.shared.style import Nothing, styled


@styled
def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the loops of the lattice parameter with the half heights of the volume."""
    if "hysteresis" not in analysis.children:
        return Nothing("the results have no ramps")
    dataset = analysis["hysteresis"].to_dataset()
    return draw_branches(tree, dataset, "lattice_a", "Lattice parameter", marks=dataset)
