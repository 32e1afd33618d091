"""V, C_P, expansivity and compressibility of each phase, reweighted between the holds."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.shared.absence import why_no_hold
from lbhsweep.plots.shared.axis_looks import AxisLooks, pressure_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.gradual import pick_evenly, shown_of
from lbhsweep.plots.shared.phase_look import LOOKS, phase_handles
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    known,
    new_figure,
    shared_legend,
    unit_text,
)
from lbhsweep.quantities import stderr_name

_QUANTITIES = {
    "volume": "Volume V",
    "heat_capacity": "Heat capacity $C_P$",
    "expansivity": "Expansivity $α_P$",
    "compressibility": "Compressibility $κ_T$",
}
_MOST_PRESSURES = 4


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the simulated pressures, at most four of them; bands are standard errors."""
    dataset = analysis["phase_properties"].to_dataset()
    if not known(dataset["volume"].values):
        reasons = dict.fromkeys(str(reason) for reason in dataset["reason"].values if str(reason))
        return Nothing("; ".join(reasons) or why_no_hold(tree["hold"].to_dataset(), "properties"))
    figure, panels = new_figure(4, columns=2, aspect=0.62)
    looks = pressure_looks(tree)
    pressures = pick_evenly(tree["hold"].to_dataset()["pressure"].values, _MOST_PRESSURES)
    for axes, (name, words) in zip(panels, _QUANTITIES.items(), strict=True):
        axes.set_xlabel("Temperature T (K)")
        axes.set_ylabel(f"{words} ({unit_text(dataset[name].attrs['units'])})")
        for pressure in pressures:
            for phase in dataset["phase"].values:
                here = dataset.sel(phase=phase).sel(pressure=pressure, method="nearest")
                _draw_line(axes, here, name, looks, str(phase))
    phases = [str(one) for one in dataset["phase"].values
              if known(dataset["volume"].sel(phase=one).values)]  # fmt: skip
    lines = looks.handles(pressures, line=True)
    looks.add_bar(figure, panels)
    shared_legend(figure, panels, 6, [*lines, *phase_handles(phases, marker="")])
    notes = [str(reason) for reason in dataset["reason"].values if "overlap" in str(reason)]
    remark = shown_of(pressures, tree["hold"].sizes["pressure"], "pressures")
    return finish(figure, tree, "Phases between the holds (MBAR)", notes, [remark])


def _draw_line(axes: Axes, here: xr.Dataset, name: str, looks: AxisLooks, phase: str) -> None:
    value, error = here[name].values, here[stderr_name(name)].values
    if not known(value):
        return
    pressure, look = float(here["pressure"]), LOOKS[phase]
    colour, t = looks.colour(pressure), here["temperature"].values
    text = f"{gigapascal(pressure)}, {look.name}"
    if np.isfinite(value).sum() == 1:
        axes.errorbar(t, value, yerr=error, color=colour, marker=looks.marker(pressure),
                      fillstyle=look.fill, label=text)  # fmt: skip
        return
    axes.plot(t, value, color=colour, linestyle=look.line, label=text)
    axes.fill_between(t, value - error, value + error, color=colour, alpha=0.2, linewidth=0)


FIGURE = FigureDeclaration(
    name="phase_properties",
    draw=draw,
    rank=50,
    topic=Topic.TRANSITION,
    caption=(
        "Volume, heat capacity, expansivity and compressibility of each phase, reweighted between "
        "its holds."
    ),
    variables=("volume", "heat_capacity", "expansivity", "compressibility"),
    needs=(Needs("analysis", "phase_properties", "the results have no holds"),),
)
