"""Fluctuation of the anions' centres, and its ratio to that at the lowest pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import draw_isobars, each_isobar
from lbhsweep.plots.shared.joined import why_unknown
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
        return Nothing(why_unknown(tree["hold"].to_dataset(), "fluctuation of the anions"))
    figure, panels = new_figure(2, columns=2, panel=(4.2, 3.4), foot=0.8)
    lowest = gigapascal(float(dataset["pressure"].values[0]))
    for axes in panels:
        axes.set_xlabel("Temperature T (K)")
    panels[0].set_ylabel("Fluctuation of the anions' centres (Å)")
    panels[1].set_ylabel(f"Ratio to {lowest}")
    draw_isobars(panels[0], dataset, "anion_fluctuation")
    higher = dataset.isel(pressure=slice(1, None))
    if known(higher["relative_fluctuation"].values):
        _draw_ratios(panels[1], dataset, lowest)
    else:
        hatch(panels[1], "one pressure only")
    shared_legend(figure, panels, columns=3)
    return finish(figure, tree, "Fluctuation of the anions' centres")


def _draw_ratios(axes: Axes, dataset: xr.Dataset, lowest: str) -> None:
    axes.axhline(1.0, color="0.5", linewidth=0.8)
    same = dataset["same_phase"] == 1
    ratio = dataset["relative_fluctuation"]
    # Without the reference itself, whose colour and marker stay unused.
    above = dataset["pressure"] > dataset["pressure"].min()
    draw_isobars(
        axes, dataset.assign(relative_fluctuation=ratio.where(same & above)), "relative_fluctuation"
    )
    for _, here, style in each_isobar(dataset.assign(relative_fluctuation=ratio.where(~same))):
        value = here["relative_fluctuation"].values
        if np.isfinite(value).any():
            axes.errorbar(
                here["temperature"].values, value, yerr=here["relative_fluctuation_stderr"].values,
                color=style["color"], marker="x", linestyle="none",
                label=f"{gigapascal(float(here['pressure']))}: another phase at {lowest}",
            )  # fmt: skip


FIGURE = FigureDeclaration(
    name="anion_fluctuation",
    draw=draw,
    rank=170,
    topic=Topic.STRUCTURE,
    caption="Fluctuation of the anions' centres, and its ratio to that at the lowest pressure.",
    variables=("anion_fluctuation",),
    needs=(Needs("analysis", "anion_fluctuation", "the anions' fluctuation was not measured"),),
)
