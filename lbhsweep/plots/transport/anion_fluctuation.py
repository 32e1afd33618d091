"""Fluctuation of the anions' centres, and its ratio to that at the lowest pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.shared.absence import why_no_hold
from lbhsweep.plots.shared.axis_looks import AxisLooks, pressure_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import draw_isobars, each_isobar, isobar_handles
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    new_figure,
    shared_legend,
)


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both against T; crosses are ratios to another phase."""
    dataset = analysis["anion_fluctuation"].to_dataset()
    if not known(dataset["anion_fluctuation"].values):
        return Nothing(why_no_hold(tree["hold"].to_dataset(), "fluctuation of the anions"))
    figure, panels = new_figure(2, columns=2, aspect=0.75)
    lowest = gigapascal(float(dataset["pressure"].values[0]))
    for axes in panels:
        axes.set_xlabel("Temperature T (K)")
    panels[0].set_ylabel("Fluctuation of the anions' centres (Å)")
    panels[1].set_ylabel(f"Ratio to {lowest}")
    looks = pressure_looks(tree)
    draw_isobars(panels[0], dataset, "anion_fluctuation", looks)
    higher = dataset.isel(pressure=slice(1, None))
    crossed = False
    if known(higher["relative_fluctuation"].values):
        crossed = _draw_ratios(panels[1], dataset, looks)
    else:
        hatch(panels[1], "one pressure only")
    absent = f"ratio to another phase at {lowest}" if crossed else ""
    handles = isobar_handles(dataset, ["anion_fluctuation"], looks, absent=absent)
    looks.add_bar(figure, panels)
    shared_legend(figure, panels, 8, handles)
    return finish(figure, tree, "Fluctuation of the anions' centres")


def _draw_ratios(axes: Axes, dataset: xr.Dataset, looks: AxisLooks) -> bool:
    """Draw ratios to the lowest pressure; return whether there are some to another phase."""
    axes.axhline(1.0, color="0.5", linewidth=0.6)
    same = dataset["same_phase"] == 1
    ratio = dataset["relative_fluctuation"]
    above = dataset["pressure"] > dataset["pressure"].min()
    shown = dataset.assign(relative_fluctuation=ratio.where(same & above))
    draw_isobars(axes, shown, "relative_fluctuation", looks)
    crossed = False
    for text, here, style in each_isobar(
        dataset.assign(relative_fluctuation=ratio.where(~same & above)), looks
    ):
        value = here["relative_fluctuation"].values
        if np.isfinite(value).any():
            axes.errorbar(
                here["temperature"].values, value, yerr=here["relative_fluctuation_stderr"].values,
                color=style["color"], marker="x", linestyle="none", elinewidth=0.6,
                label=f"{text}: another phase",
            )  # fmt: skip
            crossed = True
    return crossed


FIGURE = FigureDeclaration(
    name="anion_fluctuation",
    draw=draw,
    rank=170,
    topic=Topic.STRUCTURE,
    caption="Fluctuation of the anions' centres, and its ratio to that at the lowest pressure.",
    variables=("anion_fluctuation",),
    needs=(Needs("analysis", "anion_fluctuation", "the anions' fluctuation was not measured"),),
)
