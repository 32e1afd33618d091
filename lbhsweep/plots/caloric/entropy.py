"""S(T) at every simulated pressure, and ΔS_iso(T) between them."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lbhsweep.analysis.transition.caveats import caveats
from lbhsweep.plots.shared.absence import why_unknown
from lbhsweep.plots.shared.axis_looks import AxisLooks, pressure_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label,
    new_figure,
    shared_legend,
    unit_text,
)

_WARMING = "adiabatic_temperature_change"
_QUANTUM = f"{_WARMING}_quantum_estimate"
_MAXWELL = "isothermal_entropy_change_maxwell"
_MAXWELL_LABEL = "$ΔS_{iso}$ = −∫(∂V/∂T)dP (Maxwell)"
_QUANTUM_LABEL = "$ΔT_{ad}$ = T|ΔS|/$C_P$, quantum $C_P$"
_CHANGES = (
    ("isothermal_entropy_change", "$ΔS_{iso}$", "extrapolated"),
    (_WARMING, "$ΔT_{ad}$", "adiabatic_extrapolated"),
)


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw S(T), ΔS_iso(T), ΔT_ad(T); dotted where a phase is extrapolated far.

    Dashed beside ΔS_iso is its value from volumes alone, by Maxwell's relation.  Dashed beside
    ΔT_ad is the estimate with the quantum heat capacity, where spectra are available.
    """
    entropy = analysis["entropy"].to_dataset()
    if not known(entropy["entropy"].values):
        return Nothing(why_unknown(entropy["reason"], "entropy"))
    figure, panels = new_figure(3, aspect=0.85)
    pressures = list(entropy["pressure"].values)
    looks = pressure_looks(tree)
    for pressure in pressures:
        here = entropy.sel(pressure=pressure)
        if known(here["entropy"].values):
            colour = looks.colour(pressure)
            _draw_curve(panels[0], here, "entropy", "extrapolated", colour, gigapascal(pressure))
    panels[0].set_ylabel("S − S(T₀,P₀) (J kg⁻¹ K⁻¹)")
    panels[0].set_title(f"Entropy, T₀ = {float(entropy['reference_temperature']):g} K")
    barocaloric = analysis["barocaloric"].to_dataset()
    for axes, (name, symbol, flag) in zip(panels[1:], _CHANGES, strict=True):
        _draw_changes(axes, barocaloric, name, flag, pressures, looks)
        unit = unit_text(str(barocaloric[name].attrs["units"]))
        axes.set_ylabel(f"{symbol} ({unit})")
        axes.set_title(str(barocaloric[name].attrs["long_name"]).capitalize())
    for axes in panels:
        axes.set_xlabel(label(entropy["temperature"], "T"))
    looks.add_bar(figure, panels)
    shared_legend(figure, panels, 7, _handles(panels, entropy, looks))
    return finish(figure, tree, "Entropy and barocaloric effect", caveats(analysis))


def _draw_changes(
    axes: Axes, barocaloric: xr.Dataset, name: str, flag: str, pressures: list[float],
    looks: AxisLooks,
) -> None:  # fmt: skip
    first = float(barocaloric["initial_pressure"])
    drawn, quantum_drawn, maxwell_drawn = False, False, False
    for pressure in pressures:
        here = barocaloric.sel(final_pressure=pressure)
        if pressure != first and known(here[name].values):
            text = f"{first:g} → {gigapascal(pressure)}"
            colour = looks.colour(pressure)
            _draw_curve(axes, here, name, flag, colour, text)
            if name == _WARMING and known(here[_QUANTUM].values):
                axes.plot(
                    here["temperature"].values, here[_QUANTUM].values, color=colour,
                    linewidth=0.9, linestyle="--",
                )  # fmt: skip
                quantum_drawn = True
            if name == _CHANGES[0][0] and _MAXWELL in here and known(here[_MAXWELL].values):
                near = np.where(here[flag].values == 1, np.nan, here[_MAXWELL].values)
                axes.plot(here["temperature"].values, near, color=_shade(colour), linestyle="--")
                maxwell_drawn = True
            drawn = True
    if maxwell_drawn:
        axes.plot([], [], color="0.3", linestyle="--", label=_MAXWELL_LABEL)
    if quantum_drawn:
        axes.plot([], [], color="0.3", linestyle="--", label=_QUANTUM_LABEL)
    if drawn:
        axes.axhline(0, color="0.5", linewidth=0.8)
    else:
        hatch(axes, str(barocaloric["reason"].item()) or "nothing to compare")


def _shade(colour: str) -> tuple[float, ...]:
    """Return a darker colour, of black a lighter one: visible upon a line of the colour itself."""
    parts = np.array(to_rgb(colour))
    return tuple(0.5 * parts + 0.6 * (parts.max() == 0.0))


def _handles(panels: list[Axes], entropy: xr.Dataset, looks: AxisLooks) -> list[Artist]:
    """Return the legend: final pressures, the dotted lines, the dashed ones that are drawn."""
    shown = [p for p in entropy["pressure"].values if known(entropy["entropy"].sel(pressure=p))]
    handles = looks.handles(shown, line=True)
    handles.append(Line2D([], [], color="0.3", linestyle=(0, (1, 1.5)), label="extrapolated far"))
    found = {text: artist for axes in panels
             for artist, text in zip(*axes.get_legend_handles_labels(), strict=True)}  # fmt: skip
    return [*handles, *(found[text] for text in (_MAXWELL_LABEL, _QUANTUM_LABEL) if text in found)]


def _draw_curve(axes: Axes, here: xr.Dataset, name: str, flag: str, colour: str, text: str) -> None:
    t, value = here["temperature"].values, here[name].values
    error = np.nan_to_num(here[f"{name}_stderr"].values)
    far = here[flag].values == 1
    axes.plot(t, np.where(far, np.nan, value), color=colour, label=text)
    axes.plot(t, np.where(far, value, np.nan), color=colour, linestyle=(0, (1, 1.5)))
    axes.fill_between(t, value - error, value + error, color=colour, alpha=0.18, linewidth=0)


FIGURE = FigureDeclaration(
    name="entropy",
    draw=draw,
    rank=80,
    topic=Topic.CALORIC,
    caption=(
        "Entropy at every pressure, and what compression changes; dotted where a phase is "
        "extrapolated far; dashed beside the entropy change: from volumes alone."
    ),
    variables=("entropy", "isothermal_entropy_change", "adiabatic_temperature_change"),
    needs=(Needs("analysis", "entropy", "the results have no holds and no ramps"),),
)
