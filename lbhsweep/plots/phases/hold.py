"""V(T) and H(T) of holds in every phase and at every pressure."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.absence import why_no_hold
from lbhsweep.plots.shared.axis_looks import pressure_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import draw_isobars, isobar_handles
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    known,
    label,
    new_figure,
    shared_legend,
)

_QUANTITIES = ("volume", "enthalpy")
_NOT_SETTLED = "not settled: no mean"
_FOOT_SHARE = 0.1
"""Of the axis below the lowest point, for the crosses."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw means over settled replicas; a cross at the foot is a cell that has none."""
    holds = analysis["holds"].to_dataset()
    if not known(holds["volume"].values):
        return Nothing(why_no_hold(tree["hold"].to_dataset(), "volume"))
    figure, panels = new_figure(2, columns=2, aspect=0.75)
    looks = pressure_looks(tree)
    crossed = False
    for axes, name in zip(panels, _QUANTITIES, strict=True):
        axes.set_xlabel("Temperature T (K)")
        axes.set_ylabel(label(holds[name]))
        crosses = holds.assign(n_replicas=holds["n_done"])
        crossed |= draw_isobars(axes, crosses, name, looks, absent=True)
        low, high = axes.get_ylim()
        axes.set_ylim(low - _FOOT_SHARE * crossed * (high - low), high)
    handles = isobar_handles(holds, _QUANTITIES, looks, absent=_NOT_SETTLED if crossed else "")
    looks.add_bar(figure, panels)
    shared_legend(figure, panels, 8, handles)
    return finish(figure, tree, "Holds, phases by order parameter")


FIGURE = FigureDeclaration(
    name="hold",
    draw=draw,
    rank=40,
    topic=Topic.TRANSITION,
    caption="Volume and enthalpy of holds in each phase at every pressure, averaged over replicas.",
    variables=("volume", "enthalpy"),
    needs=(Needs("analysis", "holds", "the results have no holds"),),
)
