"""Reorientation rate of the anions against temperature at every pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import draw_isobars, each_isobar
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    known,
    new_figure,
    shared_legend,
)

_NAME = "reorientation_rate"


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw λ(T) on a logarithmic axis; a cross at the foot is a cell without a decay."""
    transport = analysis["transport"].to_dataset()
    if not known(transport[_NAME].values):
        return Nothing("no hold shows a decay of the anions' orientation")
    figure, (axes,) = new_figure(1, panel=(6.0, 3.8), foot=0.8)
    axes.set_yscale("log", nonpositive="clip")
    axes.set_xlabel("Temperature T (K)")
    axes.set_ylabel("Reorientation rate of anions λ (ps⁻¹)")
    draw_isobars(axes, transport, _NAME, absent="no decay seen")
    shared_legend(figure, [axes], columns=2)
    return finish(figure, tree, "Reorientation of anions", _caveats(transport))


def _caveats(transport: xr.Dataset) -> list[str]:
    """Name the cells whose mean is over a part of the replicas."""
    notes = []
    for text, here, _ in each_isobar(transport):
        partly = np.isfinite(here[_NAME].values) & (here["reorientation_reason"].values != "")
        places = ", ".join(f"{t:g} K" for t in here["temperature"].values[partly])
        if places:
            notes.append(f"{text}: λ too large at {places}, where not all holds show a decay")
    return notes


FIGURE = FigureDeclaration(
    name="reorientation",
    draw=draw,
    rank=140,
    topic=Topic.DYNAMICS,
    caption="Reorientation rate of the anions in each phase at every pressure.",
    variables=(_NAME,),
    needs=(
        Needs("analysis", "transport", "neither diffusion nor rotation was measured"),
        Needs("analysis", "transport", "rotation was not measured", variables=(_NAME,)),
    ),
)
