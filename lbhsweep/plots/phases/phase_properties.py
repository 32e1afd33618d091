"""V, C_P, expansivity and compressibility of each phase, reweighted between the holds."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.joined import why_unknown
from lbhsweep.plots.shared.style import (
    SERIES,
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
_LINES = {"alpha": ("α", "-"), "alpha_cap": ("α, Li over cages", ":"), "beta": ("β", "--")}
_ALONE = {"alpha": "s", "alpha_cap": "D", "beta": "o"}
"""Markers of a phase that is known at one temperature only."""
_MOST_PRESSURES = 4


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the simulated pressures, at most four of them; bands are standard errors."""
    dataset = analysis["phase_properties"].to_dataset()
    if not known(dataset["volume"].values):
        reasons = dict.fromkeys(str(reason) for reason in dataset["reason"].values if str(reason))
        return Nothing("; ".join(reasons) or why_unknown(tree["hold"].to_dataset(), "properties"))
    figure, panels = new_figure(4, columns=2, panel=(4.0, 2.9), foot=0.5)
    pressures = _chosen(tree["hold"].to_dataset()["pressure"].values)
    for axes, (name, words) in zip(panels, _QUANTITIES.items(), strict=True):
        axes.set_xlabel("Temperature T (K)")
        axes.set_ylabel(f"{words} ({unit_text(dataset[name].attrs['units'])})")
        for number, pressure in enumerate(pressures):
            for phase in dataset["phase"].values:
                here = dataset.sel(phase=phase).sel(pressure=pressure, method="nearest")
                _draw_line(axes, here, name, number, str(phase))
    shared_legend(figure, panels, columns=4)
    notes = [str(reason) for reason in dataset["reason"].values if "overlap" in str(reason)]
    return finish(figure, tree, "Phases between the holds (MBAR)", notes)


def _chosen(pressures: FloatArray) -> list[float]:
    if len(pressures) <= _MOST_PRESSURES:
        return [float(p) for p in pressures]
    numbers = np.linspace(0, len(pressures) - 1, _MOST_PRESSURES).round().astype(int)
    return [float(pressures[k]) for k in numbers]


def _draw_line(axes: Axes, here: xr.Dataset, name: str, number: int, phase: str) -> None:
    value, error = here[name].values, here[stderr_name(name)].values
    if not known(value):
        return
    colour, (word, line) = SERIES[number % len(SERIES)], _LINES[phase]
    t, text = here["temperature"].values, f"{gigapascal(float(here['pressure']))}, {word}"
    if np.isfinite(value).sum() == 1:
        axes.errorbar(t, value, yerr=error, color=colour, marker=_ALONE[phase], label=text)
        return
    axes.plot(t, value, color=colour, linestyle=line, label=text)
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
