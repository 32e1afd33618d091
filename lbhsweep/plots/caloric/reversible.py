"""ΔS_rev(T) and ΔT_rev(T), and the pressure that overcomes the hysteresis."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.transition.caveats import caveats
from lbhsweep.plots.shared.absence import why_unknown
from lbhsweep.plots.shared.axis_looks import AxisLooks, pressure_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import (
    BLUE,
    GREEN,
    Nothing,
    finish,
    gigapascal,
    known,
    label,
    new_figure,
    shared_legend,
    unit_text,
)
from lbhsweep.quantities import stderr_name

_CHANGES = (
    ("reversible_entropy_change", "isothermal_entropy_change", "$ΔS_{rev}$"),
    ("reversible_temperature_change", "adiabatic_temperature_change", "$ΔT_{rev}$"),
)
_LOOPS = {
    "slowest_rate": ("loop at the slowest rate", GREEN, "-"),
    "zero_rate": ("loop extrapolated to zero rate", BLUE, "--"),
}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both effects over temperature (dotted: without hysteresis), and ΔS_rev over pressure."""
    dataset = analysis["reversible"].to_dataset()
    change = dataset["reversible_entropy_change"]
    compressed = dataset["final_pressure"] > dataset["initial_pressure"]
    shown = [name for name in _LOOPS if known(change.sel(loop=name).values[compressed.values])]
    if not shown:
        reasons = dataset["reason"].sel(loop="slowest_rate")
        return Nothing(why_unknown(reasons, "reversible ΔS of any second pressure"))
    loop = shown[0]
    figure, panels = new_figure(3, aspect=0.85, share_x=False)
    here = dataset.sel(loop=loop)
    looks = pressure_looks(tree)
    for axes, (name, ideal, symbol) in zip(panels[:2], _CHANGES, strict=True):
        _draw_effect(axes, here, name, analysis["barocaloric"].to_dataset()[ideal], looks)
        axes.set_xlabel(label(dataset["temperature"], "T"))
        axes.set_ylabel(f"{symbol} ({unit_text(str(dataset[name].attrs['units']))})")
        axes.set_title(
            str(dataset[name].attrs["long_name"]).removeprefix("reversible ").capitalize()
        )
    panels[0].plot([], [], color="0.35", linestyle=":", label="without hysteresis")
    _draw_over_pressure(panels[2], dataset, shown)
    looks.add_bar(figure, panels)
    shared_legend(figure, panels, 4, _handles(panels, dataset, looks))
    notes = _notes(dataset, shown, analysis)
    remark = f"effects over temperature: {_LOOPS[loop][0]}"
    return finish(figure, tree, "Reversible barocaloric effect", notes, [remark])


def _draw_effect(
    axes: Axes, here: xr.Dataset, name: str, ideal: xr.DataArray, looks: AxisLooks
) -> None:
    first = float(here["initial_pressure"])
    t = here["temperature"].values
    simulated = here["final_pressure"].values[here["interpolated"].values == 0]
    for pressure in simulated:
        if pressure <= first:
            continue
        colour = looks.colour(pressure)
        at = here.sel(final_pressure=pressure)
        axes.plot(t, ideal.sel(final_pressure=pressure).values, color=colour, linestyle=":")
        value, error = at[name].values, np.nan_to_num(at[stderr_name(name)].values)
        axes.plot(t, value, color=colour, label=f"{first:g} → {gigapascal(pressure)}")
        axes.fill_between(t, value - error, value + error, color=colour, alpha=0.18, linewidth=0)
    axes.axhline(0, color="0.5", linewidth=0.8)


def _handles(panels: list[Axes], dataset: xr.Dataset, looks: AxisLooks) -> list[Artist]:
    """Return the legend: steps of pressure (none if a bar explains them), the ideal, the loops."""
    found = {text: artist for axes in panels
             for artist, text in zip(*axes.get_legend_handles_labels(), strict=True)}  # fmt: skip
    steps = {f"{float(dataset['initial_pressure']):g} → {gigapascal(p)}" for p in looks.values}
    return [one for text, one in found.items() if not (looks.are_many and text in steps)]


def _draw_over_pressure(axes: Axes, dataset: xr.Dataset, shown: list[str]) -> None:
    """Draw the largest |ΔS_rev| against the final pressure, with P_rev ± error."""
    pressure = dataset["final_pressure"].values
    span = np.abs(pressure - float(dataset["initial_pressure"]))
    per_pressure = "reversible_entropy_change_per_pressure"
    for name in shown:
        text, colour, line = _LOOPS[name]
        here = dataset.sel(loop=name)
        largest = here[per_pressure].values * span
        error = np.nan_to_num(here[stderr_name(per_pressure)].values * span)
        axes.plot(pressure, largest, color=colour, linestyle=line, label=text)
        axes.fill_between(
            pressure,
            np.maximum(largest - error, 0.0),
            largest + error,
            color=colour,
            alpha=0.18,
            linewidth=0,
        )
        least = float(dataset["reversible_pressure"].sel(loop=name))
        spread = float(dataset["reversible_pressure_stderr"].sel(loop=name))
        if np.isfinite(least) and least <= pressure.max():
            axes.axvspan(
                max(least - spread, pressure.min()), min(least + spread, pressure.max()),
                color=colour, alpha=0.18, linewidth=0,
            )  # fmt: skip
            axes.axvline(
                least, color=colour, linewidth=1, linestyle=":",
                label=f"$P_{{rev}}$ = {least:.3f} ± {spread:.3f} GPa",
            )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Final pressure $P_1$ (GPa)")
    axes.set_ylabel("Largest $|ΔS_{rev}|$ (J kg⁻¹ K⁻¹)")
    axes.set_title("Reversible effect by pressure")


def _notes(dataset: xr.Dataset, shown: list[str], analysis: xr.DataTree) -> list[str]:
    notes = []
    for name in _LOOPS:
        here = dataset.sel(loop=name)
        text = _LOOPS[name][0]
        if name in shown and (why := str(here["pressure_reason"].item())):
            notes.append(f"P_rev, {text}: {why}")
        reasons = [
            str(r)
            for r, is_interpolated in zip(
                here["reason"].values, here["interpolated"].values, strict=True
            )
            if not is_interpolated
        ]
        notes += [f"{text}: {why}" for why in dict.fromkeys(reasons) if why]
    notes += caveats(analysis)
    parts = {note: note.split(": ", 1)[-1] for note in notes}
    return [
        note
        for note, part in parts.items()
        if not any(part in other for other in parts if other != note and len(other) > len(note))
    ]


FIGURE = FigureDeclaration(
    name="reversible",
    draw=draw,
    rank=100,
    topic=Topic.CALORIC,
    caption=(
        "Reversible effects of a cycle of compression and decompression, and the least pressure "
        "of a reversible transition."
    ),
    variables=("reversible_entropy_change", "reversible_temperature_change", "reversible_pressure"),
    needs=(Needs("analysis", "reversible", "the results have no holds and no ramps"),),
)
