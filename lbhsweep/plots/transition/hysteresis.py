"""V(T) on heating and cooling at every pressure, with the half-height temperatures."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.branches import draw_branches
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import Nothing


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the volume loops; dotted lines and bands are half heights ± error."""
    dataset = analysis["hysteresis"].to_dataset()
    return draw_branches(tree, dataset, "volume", "Volume hysteresis", marks=dataset)


FIGURE = FigureDeclaration(
    name="hysteresis",
    draw=draw,
    rank=10,
    topic=Topic.TRANSITION,
    caption=(
        "Volume on heating and cooling at every pressure; dotted lines and bands are half heights "
        "and their errors, arrows instead where not all replicas transform: the mean lies there."
    ),
    variables=("volume", "half_height_temperature", "midpoint_temperature", "hysteresis_width"),
    needs=(
        Needs("analysis", "hysteresis", "the results have no ramps"),
        Needs("analysis", "hysteresis", "no volume of ramps in the results", variables=("volume",)),
    ),
)
