"""Order by layer in time, and the two interfaces, of some runs in which two phases meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from lbhsweep.analysis.phases.assignment import name_in_sentence
from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.absence import NO_COEXISTENCE, is_finished
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.gradual import pick_evenly
from lbhsweep.plots.shared.style import (
    BLACK,
    Nothing,
    finish,
    gigapascal,
    label_panels,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities.profile import INTERFACES, Winner

_MOST_RUNS = 6
_SHOWN = {
    "layer_order": ("Order S of the layer", (-0.1, 1.0)),
    "layer_lithium": ("Li coordinate x of the layer", (0.19, 0.37)),
}
"""Label and range of what a map shows."""
_LINES: dict[str, dict[str, Any]] = {"middle": {"linestyle": "-"}, "ends": {"linestyle": "--"}}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw maps of layers in time, of runs at the lowest pressure around T_t."""
    found = analysis["equilibrium"].to_dataset()
    coexist = tree["coexist"].to_dataset().sortby(["pressure", "temperature"])
    shown = _choose(coexist, found)
    if not shown:
        return Nothing("no run in which the two phases met is finished")
    phases = [str(found[name].item()) for name in ("first_phase", "second_phase")]
    # Both ordered phases have nearly the same S: the sites of Li distinguish them.
    name = "layer_order" if "beta" in phases else "layer_lithium"
    figure, panels = new_figure(len(shown), columns=3, aspect=0.8, share_y=True)
    label_panels(panels, "Time t (ps)", "Layer along c")
    words, (low, high) = _SHOWN[name]
    images = [
        _draw_run(axes, run, name, low, high) for axes, run in zip(panels, shown, strict=True)
    ]
    figure.colorbar(images[0], ax=panels, label=words, aspect=30, pad=0.02)
    shared_legend(figure, panels, 2)
    first, second = (name_in_sentence(phase) for phase in phases)
    pressure = float(shown[0]["pressure"])
    remarks = [f"{len(shown)} runs at {gigapascal(pressure)}, those nearest to T_t and the ends"]
    return finish(figure, tree, f"Layers of {first} and {second}", remarks=remarks)


def _choose(coexist: xr.Dataset, found: xr.Dataset) -> list[xr.Dataset]:
    """Choose finished runs at the lowest pressure that has any: nearest to T_t, and both ends."""
    finished = is_finished(coexist) & coexist["layer_order"].notnull().any(("time", "layer"))
    for pressure in coexist["pressure"].values:
        here = finished.sel(pressure=pressure).transpose("temperature", "replica").values
        places = np.flatnonzero(here.any(axis=1))
        if not places.size:
            continue
        t = float(found["transition_temperature"].sel(pressure=pressure))
        chosen = _nearest(coexist["temperature"].values[places], t)
        part = coexist.sel(pressure=pressure)
        return [
            part.isel(temperature=places[i], replica=int(here[places[i]].argmax())).load()
            for i in chosen
        ]
    return []


def _nearest(temperatures: FloatArray, t: float) -> list[int]:
    """Return places of up to `_MOST_RUNS` ascending temperatures: both ends, and those near T_t."""
    if not np.isfinite(t) or temperatures.size <= _MOST_RUNS:
        return [int(i) for i in pick_evenly(np.arange(temperatures.size), _MOST_RUNS)]
    order = np.argsort(np.abs(temperatures - t), kind="stable")
    inner = [int(i) for i in order if 0 < i < temperatures.size - 1][: _MOST_RUNS - 2]
    return sorted([0, *inner, temperatures.size - 1])


def _draw_run(axes: Axes, run: xr.Dataset, name: str, low: float, high: float) -> QuadMesh:
    time, layers = run["time"].values, run["layer"].values
    values = run[name].transpose("layer", "time").values
    image = axes.pcolormesh(
        time, layers, np.ma.masked_invalid(values), vmin=low, vmax=high, cmap="cividis",
        shading="nearest", rasterized=True,
    )  # fmt: skip
    half = 0.5 * run["lattice_length"].sel(cell_length="c").values
    for interface in INTERFACES:
        path = run["interface_position"].sel(interface=interface).values / half + layers[0]
        axes.plot(
            time, _wrapped(path, layers), color="w", linewidth=2.2, solid_capstyle="butt",
            **_LINES[interface],
        )  # fmt: skip
        axes.plot(
            time, _wrapped(path, layers), color=BLACK, linewidth=0.9,
            label=f"interface, at first {'in' if interface == 'middle' else 'at'} the {interface}",
            **_LINES[interface],
        )  # fmt: skip
    winner = Winner(int(run["winner"]))
    end = f"{name_in_sentence(winner.name.lower())} won" if winner > Winner.NONE else "both last"
    axes.set_title(f"{float(run['temperature']):g} K, replica {int(run['replica'])}: {end}")
    axes.set_xlim(0.0, time[-1] + 0.5 * time[0])
    axes.set_ylim(layers[0] - 0.5, layers[-1] + 0.5)
    axes.set_yticks(layers[1 :: max(2, len(layers) // 6)])
    axes.grid(visible=False)
    return image


def _wrapped(path: FloatArray, layers: FloatArray) -> FloatArray:
    """Fold a path (n_time,) into the cell; NaN where it leaves at one end for the other."""
    n, foot = len(layers), layers[0] - 0.5
    with np.errstate(invalid="ignore"):
        folded = foot + (path - foot) % n
        jumps = np.flatnonzero(np.abs(np.diff(folded)) > 0.5 * n)
    folded[jumps] = np.nan
    return np.asarray(folded)


FIGURE = FigureDeclaration(
    name="profile",
    draw=draw,
    rank=64,
    topic=Topic.TRANSITION,
    caption=(
        "Order of each layer in time, of runs in which two phases met, with both interfaces as "
        "lines. The map ends where one phase filled the cell."
    ),
    variables=("layer_order", "layer_lithium", "interface_position"),
    needs=(
        Needs("results", "coexist", NO_COEXISTENCE),
        Needs("analysis", "equilibrium", "the runs were without the observable 'profile'"),
    ),
)
