"""Published barocaloric materials beside what was simulated."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.published import AZNAR_2017, EFFECTS, LI_2018, SAU_2021, ZENG_2024
from lbhsweep.analysis.transition.bounds import Bound, combine, read_flag
from lbhsweep.analysis.transition.caveats import caveats
from lbhsweep.plots.shared.absence import why_unknown
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import (
    AMBER,
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    Nothing,
    finish,
    known,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities import stderr_name

_LOOKS = {
    LI_2018: ("P", PURPLE),
    AZNAR_2017: ("X", AMBER),
    ZENG_2024: ("h", GREEN),
    SAU_2021: ("*", ORANGE),
}
"""Marker and colour by source."""
_OURS = (
    ("barocaloric", "isothermal_entropy_change", "adiabatic_temperature_change", "this sweep", "o"),
    (
        "reversible", "reversible_entropy_change", "reversible_temperature_change",
        "this sweep, reversible", "s",
    ),
)  # fmt: skip


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the largest |ΔS| and |ΔT| against the change of pressure that causes them."""
    dataset = analysis["barocaloric"].to_dataset()
    compressed = dataset["final_pressure"] > dataset["initial_pressure"]
    if not known(dataset["isothermal_entropy_change"].values[compressed.values]):
        return Nothing(why_unknown(dataset["reason"], "ΔS_iso of any second pressure"))
    figure, panels = new_figure(2, columns=2, aspect=0.75)
    for one in EFFECTS:
        marker, colour = _LOOKS[one.source]
        for axes, value in zip(panels, (one.entropy, one.temperature), strict=True):
            axes.plot(
                [one.pressure], [value], marker=marker, color=colour, markersize=5,
                linestyle="none", label=f"{one.name} ({one.source.short})",
            )  # fmt: skip
    for group, entropy, temperature, text, marker in _OURS:
        fill = "full" if group == "barocaloric" else "none"
        colour = BLACK if group == "barocaloric" else BLUE
        bound = _bound_at(dataset) if group == "barocaloric" else ""
        named = f"{text}, at {bound} of $T_t$" if bound else text
        for axes, name in zip(panels, (entropy, temperature), strict=True):
            _draw_largest(axes, analysis[group].to_dataset(), name, marker, fill, colour, named)
    for axes, symbol, unit in zip(panels, "ST", ("J kg⁻¹ K⁻¹", "K"), strict=True):
        axes.set_xlabel("Change of pressure ΔP (GPa)")
        axes.set_ylabel(f"Largest $|Δ{symbol}|$ ({unit})")
        axes.set_xlim(0, 1.06 * max(axes.get_xlim()[1], 0.1))
        axes.set_ylim(bottom=0)
    shared_legend(figure, panels, columns=2)
    return finish(figure, tree, "Comparison with published materials", caveats(analysis))


def _bound_at(dataset: xr.Dataset) -> str:
    """Say which bound of T_t the effects are taken at; empty if T_t is a value."""
    simulated = dataset.isel(final_pressure=np.flatnonzero(dataset["interpolated"].values == 0))
    kind = combine(
        read_flag(simulated.isel(final_pressure=i), "transition_bound")
        for i in range(simulated.sizes["final_pressure"])
        if known(simulated["isothermal_entropy_change"].values[i])
    )
    return {
        Bound.UPPER: "an upper bound",
        Bound.LOWER: "a lower bound",
        Bound.EITHER: "bounds",
    }.get(kind, "")


def _draw_largest(
    axes: Axes, dataset: xr.Dataset, name: str, marker: str, fill: str, colour: str, text: str
) -> None:
    """Draw the largest effect at each simulated pressure, without values extrapolated far."""
    flag = "adiabatic_extrapolated" if "adiabatic_extrapolated" in dataset else "extrapolated"
    if name == "isothermal_entropy_change":
        flag = "extrapolated"
    if "loop" in dataset.dims:
        dataset = dataset.sel(loop="slowest_rate")
    value = abs(dataset[name].where(dataset[flag] == 0))
    # At the edges of the effect errors are as large as the effect itself.
    certain = value - dataset[stderr_name(name)]
    start = float(dataset["initial_pressure"])
    rows = []
    for pressure in dataset["final_pressure"].values[dataset["interpolated"].values == 0]:
        here = certain.sel(final_pressure=pressure).values
        if pressure > start and known(here):
            at = int(np.nanargmax(here))
            found = value.sel(final_pressure=pressure).values[at]
            rows.append((pressure - start, found, found - here[at]))
    if rows:
        x, y, error = np.array(rows).T
        axes.errorbar(
            x, y, yerr=error, marker=marker, fillstyle=fill, color=colour, markersize=4,
            linewidth=0.8, capsize=1.5, label=text,
        )  # fmt: skip


FIGURE = FigureDeclaration(
    name="published",
    draw=draw,
    rank=110,
    topic=Topic.CALORIC,
    caption="Largest effects of this sweep beside those published of other materials.",
    variables=("isothermal_entropy_change", "adiabatic_temperature_change"),
    needs=(Needs("analysis", "barocaloric", "the results have no holds and no ramps"),),
    references=tuple(dict.fromkeys(one.source for one in EFFECTS)),
)
