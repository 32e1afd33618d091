"""Convergence of holds with the length of the run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.absence import why_no_mean_error
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.gradual import pick_evenly, shown_of
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    new_figure,
    shared_legend,
)
from lbhsweep.plots.shared.temperatures import TemperatureColours
from lbhsweep.quantities import stderr_name

_WINDOW = 6.0
"""Range of the axis of deviations, in errors of the final value."""
_MEANS = {
    "volume_deviation": "ΔV/error",
    "enthalpy_deviation": "ΔH/error",
}
_RATES = {
    "diffusion_coefficient_running": "MSD/(6t) (cm² s⁻¹)",
    "reorientation_rate_running": "−ln(ξ(t)/A)/t (ps⁻¹)",
}
_MOST_PRESSURES = 3
_REMARK = (
    "ΔV, ΔH: mean of the volume, the enthalpy up to t minus its mean over the whole production"
)


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw running means minus their final value in units of its error, and running rates.

    Shaded is one standard error that is expected of a stationary series, √(L/t − 1).  Pressures
    are columns and colours are temperatures; a single pressure fills rows of two panels.
    """
    dataset = analysis["convergence"].to_dataset()
    shown = [name for name in (*_MEANS, *_RATES) if name in dataset and known(dataset[name].values)]
    if not any(name in _MEANS for name in shown):
        return Nothing(why_no_mean_error(dataset))
    pressures = pick_evenly(dataset["pressure"].values, _MOST_PRESSURES)
    columns = max(len(pressures), 2)
    figure, panels = new_figure(
        len(shown) * len(pressures), columns=columns, aspect=0.62, share_x=False
    )
    colours = TemperatureColours(tree)
    cells = [(name, float(pressure)) for name in shown for pressure in pressures]
    for axes, (name, pressure) in zip(panels, cells, strict=True):
        here = dataset.sel(pressure=pressure)
        axes.set_title(gigapascal(pressure))
        axes.set_xscale("log")
        axes.set_ylabel((_MEANS | _RATES)[name])
        axes.set_xlabel("Length of production t (ps)" if name in _MEANS else "Time lag t (ps)")
        if name in _MEANS:
            _draw_expected(axes, dataset["run_length"].values)
            axes.set_ylim(-_WINDOW, _WINDOW)
        else:
            axes.set_yscale("log", nonpositive="clip")
        if not _draw_curves(axes, here, name, colours):
            hatch(axes, "no value")
    for first in range(0, len(panels), len(pressures)):
        if cells[first][0] in _RATES:
            _share_y(panels[first : first + len(pressures)])
    expected = Patch(color="0.85", label="±√(L/t − 1), expected of a stationary series of length L")
    colours.add_bar(figure, panels)
    shared_legend(figure, panels, 1, [expected])
    remarks = [_REMARK, shown_of(pressures, dataset.sizes["pressure"], "pressures")]
    return finish(figure, tree, "Convergence with run length", _caveats(dataset), remarks)


def _share_y(panels: list[Axes]) -> None:
    """Set one vertical range for panels with data."""
    filled = [axes for axes in panels if axes.lines]
    ends = [axes.get_ylim() for axes in filled]
    for axes in filled:
        axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))


def _draw_expected(axes: Axes, length: FloatArray) -> None:
    spread = np.sqrt(np.maximum(length[-1] / length - 1.0, 0.0))
    axes.fill_between(length, -spread, spread, color="0.85", linewidth=0)
    for level in (-1.0, 1.0):
        axes.axhline(level, color="0.5", linewidth=0.8, linestyle=":")


def _draw_curves(axes: Axes, here: xr.Dataset, name: str, colours: TemperatureColours) -> bool:
    drawn = False
    for cell in _cells(here):
        (x_name,) = [str(dim) for dim in cell[name].dims]
        x, y = cell[x_name].values, cell[name].values
        if not known(y):
            continue
        colour = colours(float(cell["temperature"]))
        if name in _RATES:
            error = np.nan_to_num(cell[stderr_name(name)].values)
            y = np.where(y > error, y, np.nan)
            lower = np.maximum(y - error, 0.1 * y)
            axes.fill_between(x, lower, y + error, color=colour, alpha=0.12, linewidth=0)
        axes.plot(x, y, color=colour, linewidth=0.7)
        drawn = True
    return drawn


def _cells(here: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield each cell of a pressure, of all starting phases."""
    stacked = [dim for dim in here["n_done"].dims if dim != "temperature"]
    for index in np.ndindex(*(here.sizes[dim] for dim in (*stacked, "temperature"))):
        yield here.isel(dict(zip((*stacked, "temperature"), index, strict=True)))


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
