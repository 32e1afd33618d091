"""Radial distribution functions of the coldest α and the hottest β."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.phase_cells import draw_phase_curves, needs_averages, phase_curves
from lbhsweep.plots.shared.style import Nothing, finish, label, new_figure, shared_legend

PAIRS = {
    "rdf_li_li": "Li–Li",
    "rdf_li_b": "Li–B",
    "rdf_li_h": "Li–H",
    "rdf_h_h": "H–H of different anions",
    "rdf_anion_anion": "anion centres",
    "rdf_li_anion": "Li–anion centre",
}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw g(r) of every pair, averaged over replicas, with error bands."""
    found = phase_curves(analysis, next(iter(PAIRS)))
    if isinstance(found, Nothing):
        return found
    dataset, cells = found
    figure, panels = new_figure(len(PAIRS), aspect=0.75)
    for axes, (name, title) in zip(panels, PAIRS.items(), strict=True):
        draw_phase_curves(axes, dataset, name, cells)
        axes.axhline(1.0, color="0.5", linewidth=0.8)
        axes.set_title(title)
        axes.set_xlabel(label(dataset["radius"], "r"))
        axes.set_ylabel("g(r)")
    panels[0].set_xlim(0.0, None)
    shared_legend(figure, panels, columns=2)
    return finish(figure, tree, "Radial distributions", cells.missing, cells.rule)


FIGURE = FigureDeclaration(
    name="radial",
    draw=draw,
    rank=210,
    topic=Topic.STRUCTURE,
    caption="Radial distribution functions of the coldest α and the hottest β.",
    variables=("rdf_li_li", "rdf_h_h"),
    needs=needs_averages(tuple(PAIRS), "radial"),
)
