"""Convergence of holds with the length of the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    new_figure,
)
from lbhsweep.plots.shared.temperatures import TemperatureColours
from lbhsweep.quantities import stderr_name

_LINES: tuple[Any, ...] = ("-", "--", "-.", ":")
_WINDOW = 6.0
"""Range of the axis of deviations, in errors of the final value."""
_MEANS = {
    "volume_deviation": "Volume: (mean up to t − end)/error",
    "enthalpy_deviation": "Enthalpy: (mean up to t − end)/error",
}
_RATES = {
    "diffusion_coefficient_running": "MSD/(6t) (cm² s⁻¹)",
    "reorientation_rate_running": "−ln(ξ(t)/A)/t (ps⁻¹)",
}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw running means minus their final value in units of its error, and running rates.

    Shaded is one standard error that is expected of a stationary series, √(L/t − 1).
    """
    dataset = analysis["convergence"].to_dataset()
    shown = [name for name in (*_MEANS, *_RATES) if name in dataset and known(dataset[name].values)]
    if not any(name in _MEANS for name in shown):
        n_done = int(dataset["n_done"].sum())
        if not n_done:
            return Nothing("no hold is finished")
        return Nothing(
            f"{n_done} hold(s) are finished, and none gives an error of its mean: too short"
        )
    figure, panels = new_figure(len(shown), columns=2, panel=(4.2, 3.0), foot=0.3)
    colours = TemperatureColours(dataset[shown[0]])
    for axes, name in zip(panels, shown, strict=True):
        axes.set_xscale("log")
        axes.set_ylabel((_MEANS | _RATES)[name])
        axes.set_xlabel("Length of production t (ps)" if name in _MEANS else "Time lag t (ps)")
        axes.tick_params(labelbottom=True)
        if name in _MEANS:
            _draw_expected(axes, dataset["run_length"].values)
            axes.set_ylim(-_WINDOW, _WINDOW)
        else:
            axes.set_yscale("log", nonpositive="clip")
        if not _draw_curves(axes, dataset, name, colours):
            hatch(axes, "no value")
    pressures = dataset["pressure"].values
    handles = [
        Line2D([], [], color="0.3", linestyle=_LINES[i % len(_LINES)], label=gigapascal(float(p)))
        for i, p in enumerate(pressures)
    ]
    expected = Patch(color="0.85", label="±√(L/t − 1), expected of a stationary series")
    figure.legend(
        handles=[*handles, expected], loc="outside lower center", ncols=min(len(handles) + 1, 4)
    )
    colours.add_bar(figure, panels)
    return finish(figure, tree, "Convergence with run length", _caveats(dataset))


def _draw_expected(axes: Axes, length: FloatArray) -> None:
    spread = np.sqrt(np.maximum(length[-1] / length - 1.0, 0.0))
    axes.fill_between(length, -spread, spread, color="0.85", linewidth=0)
    for level in (-1.0, 1.0):
        axes.axhline(level, color="0.5", linewidth=0.8, linestyle=":")


def _draw_curves(axes: Axes, dataset: xr.Dataset, name: str, colours: TemperatureColours) -> bool:
    drawn = False
    for number, here in _cells(dataset):
        (x_name,) = [str(dim) for dim in here[name].dims]
        x, y = here[x_name].values, here[name].values
        if not known(y):
            continue
        colour = colours(float(here["temperature"]))
        if name in _RATES:
            error = np.nan_to_num(here[stderr_name(name)].values)
            y = np.where(y > error, y, np.nan)
            lower = np.maximum(y - error, 0.1 * y)
            axes.fill_between(x, lower, y + error, color=colour, alpha=0.12, linewidth=0)
        axes.plot(x, y, color=colour, linestyle=_LINES[number % len(_LINES)], linewidth=0.9)
        drawn = True
    return drawn


def _cells(dataset: xr.Dataset) -> Iterator[tuple[int, xr.Dataset]]:
    """Yield (number of the pressure, part) of each cell of all starting phases."""
    stacked = [dim for dim in dataset["n_done"].dims if dim not in ("pressure", "temperature")]
    for number, pressure in enumerate(dataset["pressure"].values):
        at = dataset.sel(pressure=pressure)
        for index in np.ndindex(*(at.sizes[dim] for dim in (*stacked, "temperature"))):
            yield number, at.isel(dict(zip((*stacked, "temperature"), index, strict=True)))


def _caveats(dataset: xr.Dataset) -> list[str]:
    drifting, done = int(dataset["n_drifting"].sum()), int(dataset["n_done"].sum())
    if not drifting:
        return []
    return [f"{drifting} of {done} holds have not settled; they are shown, but count nowhere else"]


FIGURE = FigureDeclaration(
    name="convergence",
    draw=draw,
    rank=180,
    topic=Topic.RELIABILITY,
    caption=(
        "Running means of holds minus their final value, in units of its error, and running "
        "rates, against the length of the run."
    ),
    variables=("volume", "enthalpy"),
    needs=(Needs("analysis", "convergence", "no hold kept its volume or enthalpy against time"),),
)
