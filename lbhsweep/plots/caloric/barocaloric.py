"""Maps of ΔS_iso and ΔT_ad over temperature and final pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.transition.caveats import caveats
from lbhsweep.arrays import BoolArray, FloatArray
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


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both maps; hatched where there is no value or a phase is extrapolated too far."""
    dataset = analysis["barocaloric"].to_dataset()
    first = float(dataset["initial_pressure"])
    compressed = dataset.sel(final_pressure=dataset["final_pressure"] > first)
    change = compressed["isothermal_entropy_change"]
    if not known(change.values):
        return Nothing(str(dataset["reason"].item()) or "no second pressure with known entropy")
    share = float((np.isfinite(change) & (compressed["extrapolated"] == 0)).mean())
    if share < _LEAST_KNOWN:
        return Nothing(f"ΔS_iso is known on {100 * share:.0f} % of the map only")
    figure, panels = new_figure(2, columns=2, aspect=0.75)
    for axes, (name, symbol, flag, title) in zip(panels, _MAPS, strict=True):
        _draw_map(figure, axes, dataset, name, symbol, flag)
        axes.set_title(f"{title} compression from {gigapascal(first)}")
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
        _hatch_cells(axes, t, p, holes)
    axes.grid(visible=False)
    figure.colorbar(mesh, ax=axes, label=label(array, symbol))
    axes.set_xlabel(label(dataset["temperature"], "T"))
    axes.set_ylabel("Final pressure $P_1$ (GPa)")
    simulated = p[dataset["interpolated"].values == 0]
    axes.plot(
        np.full(simulated.size, t[0]), simulated, marker=">", color="k", linestyle="none",
        markersize=4, clip_on=False, label="simulated pressures",
    )  # fmt: skip


def _hatch_cells(axes: Axes, t: FloatArray, p: FloatArray, holes: BoolArray) -> None:
    """Hatch the cells without a reliable value, and explain the hatching in the legend."""
    axes.contourf(t, p, holes.astype(float), levels=[0.5, 1.5], colors="none", hatches=["////"])
    axes.fill_between([], [], facecolor="none", edgecolor="0.3", hatch="////", label=_HATCHED)


FIGURE = FigureDeclaration(
    name="barocaloric",
    draw=draw,
    rank=90,
    topic=Topic.CALORIC,
    caption=(
        "Isothermal entropy change and adiabatic temperature change over temperature and final "
        "pressure; hatched where nothing is known."
    ),
    variables=("isothermal_entropy_change", "adiabatic_temperature_change"),
    needs=(Needs("analysis", "barocaloric", "the results are empty"),),
)
