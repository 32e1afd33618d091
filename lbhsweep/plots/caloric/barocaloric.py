"""Maps of ΔS_iso and ΔT_ad over temperature and final pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.transition.bounds import read_bounds
from lbhsweep.analysis.transition.caveats import caveats
from lbhsweep.arrays import BoolArray, FloatArray
from lbhsweep.plots.shared.absence import why_unknown
from lbhsweep.plots.shared.bounds import draw_temperatures, explain_arrows
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    known,
    label,
    new_figure,
    shared_legend,
)

_MAPS = (
    ("isothermal_entropy_change", "ΔS", "extrapolated", "Isothermal"),
    ("adiabatic_temperature_change", "ΔT", "adiabatic_extrapolated", "Adiabatic"),
)

_LEAST_KNOWN = 0.1
"""Share of the map of ΔS_iso that must be known for a picture."""
_HATCHED = "no value, or a phase extrapolated far beyond its data"
_DISAGREES = "disagrees with −∫(∂V/∂T)dP by more than 2 σ"


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both maps; hatched where there is no value or a phase is extrapolated too far."""
    dataset = analysis["barocaloric"].to_dataset()
    first = float(dataset["initial_pressure"])
    compressed = dataset.sel(final_pressure=dataset["final_pressure"] > first)
    change = compressed["isothermal_entropy_change"]
    if not known(change.values):
        return Nothing(why_unknown(dataset["reason"], "ΔS_iso of any second pressure"))
    share = float((np.isfinite(change) & (compressed["extrapolated"] == 0)).mean())
    if share < _LEAST_KNOWN:
        return Nothing(f"ΔS_iso is known on {100 * share:.0f} % of the map only")
    figure, panels = new_figure(2, columns=2, aspect=0.75)
    for axes, (name, symbol, flag, title) in zip(panels, _MAPS, strict=True):
        _draw_map(figure, axes, dataset, name, symbol, flag)
        axes.set_title(f"{title} compression from {gigapascal(first)}")
        if "transition" in analysis.children:
            _draw_transitions(axes, analysis["transition"].to_dataset())
    shared_legend(figure, panels, columns=2)
    return finish(figure, tree, "Barocaloric effect", caveats(analysis))


def _draw_map(
    figure: Figure, axes: Axes, dataset: xr.Dataset, name: str, symbol: str, flag: str
) -> None:
    array = dataset[name]
    t, p = array["temperature"].values, array["final_pressure"].values
    far = dataset[flag].values == 1
    values = np.ma.masked_invalid(array.values)
    mesh = axes.pcolormesh(
        t, p, values, shading="nearest", rasterized=True,
        cmap="viridis" if name == "isothermal_entropy_change" else "inferno",
        vmin=min(float(values.min()), 0.0), vmax=max(float(values.max()), 0.0),
    )  # fmt: skip
    holes = far | ~np.isfinite(array.values)
    if holes.any():
        _hatch_cells(axes, t, p, holes, "////", _HATCHED)
    if name == _MAPS[0][0] and "maxwell_disagrees" in dataset:
        apart = dataset["maxwell_disagrees"].values == 1
        if (apart & ~holes).any():
            _hatch_cells(axes, t, p, apart & ~holes, "xxx", _DISAGREES)
    axes.grid(visible=False)
    figure.colorbar(mesh, ax=axes, label=label(array, symbol))
    axes.set_xlabel(label(dataset["temperature"], "T"))
    axes.set_ylabel("Final pressure $P_1$ (GPa)")
    simulated = p[dataset["interpolated"].values == 0]
    axes.plot(
        np.full(simulated.size, t[0]), simulated, marker=">", color="k", linestyle="none",
        markersize=4, clip_on=False, label="simulated pressures",
    )  # fmt: skip


def _draw_transitions(axes: Axes, dataset: xr.Dataset) -> None:
    """Mark the used T_t at every simulated pressure; bounds have arrows."""
    route = str(dataset["used_route"].item())
    if not route:
        return
    used, name = dataset.sel(route=route), "transition_temperature"
    kinds = read_bounds(used, name)
    limits = axes.get_xlim(), axes.get_ylim()
    draw_temperatures(
        axes, used["pressure"].values, used[name].values, used[f"{name}_stderr"].values, kinds,
        {"marker": "o", "color": "w", "markeredgecolor": "k", "linestyle": "none"},
        label="$T_t$ of the used route", along="x",
    )  # fmt: skip
    explain_arrows(axes, kinds)
    axes.set_xlim(*limits[0])
    axes.set_ylim(*limits[1])


def _hatch_cells(
    axes: Axes, t: FloatArray, p: FloatArray, cells: BoolArray, pattern: str, meaning: str
) -> None:
    """Hatch cells without a reliable value, and explain the hatching in the legend."""
    axes.contourf(t, p, cells.astype(float), levels=[0.5, 1.5], colors="none", hatches=[pattern])
    axes.fill_between([], [], facecolor="none", edgecolor="0.3", hatch=pattern, label=meaning)


FIGURE = FigureDeclaration(
    name="barocaloric",
    draw=draw,
    rank=90,
    topic=Topic.CALORIC,
    caption=(
        "Isothermal entropy change and adiabatic temperature change over temperature and final "
        "pressure; hatched where nothing is known, cross-hatched where the entropy change "
        "disagrees with that from volumes. Circles: T_t, with arrows where it is a bound."
    ),
    variables=("isothermal_entropy_change", "adiabatic_temperature_change"),
    needs=(Needs("analysis", "barocaloric", "the results have no holds and no ramps"),),
)
