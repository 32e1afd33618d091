"""V(T) and H(T) of holds in every phase and at every pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.joined import why_unknown
from lbhsweep.plots.shared.style import (
    SERIES,
    Nothing,
    finish,
    gigapascal,
    known,
    label,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities import stderr_name

_QUANTITIES = ("volume", "enthalpy")
_PHASES = {
    "alpha": ("α", "s", "full"),
    "alpha_cap": ("α, Li over cages", "D", "full"),
    "beta": ("β", "o", "none"),
    "mixed": ("mixed", "P", "full"),
    "undecided": ("undecided", "^", "full"),
}
"""Name in legends, marker and filling of each phase."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw means over settled replicas; a cross at the foot is a cell that has none."""
    holds = analysis["holds"].to_dataset()
    if not known(holds["volume"].values):
        return Nothing(why_unknown(tree["hold"].to_dataset(), "volume"))
    is_decided = known(holds["volume"].drop_sel(phase="undecided", errors="ignore").values)
    figure, panels = new_figure(2, columns=2, panel=(4.0, 3.2), foot=0.5)
    for axes, name in zip(panels, _QUANTITIES, strict=True):
        axes.set_xlabel("Temperature T (K)")
        axes.set_ylabel(label(holds[name]))
        for number, pressure in enumerate(holds["pressure"].values):
            for phase in holds["phase"].values:
                here = holds.sel(pressure=pressure, phase=phase)
                # If no phase is known, the legend need not call each undecided.
                word = _PHASES[str(phase)][0] if is_decided else ""
                _draw_isobar(axes, here, name, number, word)
    shared_legend(figure, panels, columns=4)
    return finish(figure, tree, "Holds, phases by order parameter")


def _draw_isobar(axes: Axes, here: xr.Dataset, name: str, number: int, word: str) -> None:
    colour, (_, marker, fill) = SERIES[number % len(SERIES)], _PHASES[str(here["phase"].item())]
    t = here["temperature"].values
    text = ", ".join(part for part in (gigapascal(float(here["pressure"])), word) if part)
    if known(here[name].values):
        axes.errorbar(
            t, here[name].values, yerr=here[stderr_name(name)].values, color=colour,
            marker=marker, fillstyle=fill, linewidth=0.7, label=text,
        )  # fmt: skip
    drifting = t[(here["n_done"].values > 0) & ~np.isfinite(here[name].values)]
    if drifting.size:
        axes.plot(
            drifting, np.full(drifting.size, 0.02 + 0.03 * number), color=colour, marker="x",
            linestyle="none", transform=axes.get_xaxis_transform(), label=f"{text}: not settled",
        )  # fmt: skip


FIGURE = FigureDeclaration(
    name="hold",
    draw=draw,
    rank=40,
    topic=Topic.TRANSITION,
    caption="Volume and enthalpy of holds in each phase at every pressure, averaged over replicas.",
    variables=("volume", "enthalpy"),
    needs=(Needs("analysis", "holds", "the results have no holds"),),
)
