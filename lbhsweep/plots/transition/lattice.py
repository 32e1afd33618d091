"""a(T) on heating and cooling at every pressure."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.branches import draw_branches
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import Nothing


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the loops of the lattice parameter with the half heights of the volume."""
    dataset = analysis["hysteresis"].to_dataset()
    return draw_branches(tree, dataset, "lattice_a", "Lattice parameter", marks=dataset)


FIGURE = FigureDeclaration(
    name="lattice",
    draw=draw,
    rank=20,
    topic=Topic.TRANSITION,
    caption="Lattice parameter on heating and cooling at every pressure.",
    variables=("lattice_a",),
    needs=(
        Needs("analysis", "hysteresis", "the results have no ramps"),
        Needs(
            "analysis",
            "hysteresis",
            "no lattice_a of ramps in the results",
            variables=("lattice_a",),
        ),
    ),
)
