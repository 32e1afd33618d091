"""Curves by phase and pressure: colours and markers are pressures, lines and fills are phases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.axis_looks import AxisLooks
from lbhsweep.plots.shared.phase_look import LOOKS, phase_handles
from lbhsweep.plots.shared.style import gigapascal, known
from lbhsweep.quantities import stderr_name

_FOOT, _STEP, _HIGHEST = 0.02, 0.025, 0.1
"""Heights of the crosses of cells without a value, as shares of the panel."""


def name_isobar(phase: str, pressure: float) -> str:
    """Name a phase at a pressure: ``β, 0.4 GPa``; of an undecided phase only the pressure."""
    words = ("" if phase == "undecided" else LOOKS[phase].name, gigapascal(pressure))
    return ", ".join(word for word in words if word)


def each_isobar(
    dataset: xr.Dataset, looks: AxisLooks
) -> Iterator[tuple[str, xr.Dataset, dict[str, Any]]]:
    """Yield (name, part, style) of each phase and pressure."""
    for pressure in dataset["pressure"].values:
        for phase in dataset["phase"].values:
            look = LOOKS[str(phase)]
            style = {
                "color": looks.colour(pressure), "marker": looks.marker(pressure),
                "fillstyle": look.fill, "linestyle": look.line,
            }  # fmt: skip
            here = dataset.sel(pressure=pressure, phase=phase)
            yield name_isobar(str(phase), float(pressure)), here, style


def isobar_handles(
    dataset: xr.Dataset,
    names: Sequence[str],
    looks: AxisLooks,
    *,
    absent: str = "",
    line: bool = True,
) -> list[Artist]:
    """Return the legend of isobars: an entry for each pressure, for each phase, for the crosses.

    Parameters
    ----------
    dataset : Dataset
        What is drawn, by pressure and phase.
    names : sequence of str
        The quantities: what is known of none of them has no entry.
    looks : AxisLooks
        Of the pressures.
    absent : str
        Meaning of crosses at the foot; empty for none.
    line : bool
        Whether phases differ in lines, too.
    """
    is_known = np.any(
        [
            dataset[name].notnull().any(_others(dataset[name])).transpose("pressure", "phase")
            for name in names
        ],
        axis=0,
    )
    handles = looks.handles(dataset["pressure"].values[is_known.any(axis=1)])
    phases = [str(phase) for phase in dataset["phase"].values[is_known.any(axis=0)]]
    handles += phase_handles(phases, line=line)
    if absent:
        cross = Line2D([], [], color="0.2", marker="x", linestyle="none", label=absent)
        handles.append(cross)
    return handles


def _others(array: xr.DataArray) -> list[str]:
    return [str(dim) for dim in array.dims if dim not in ("pressure", "phase")]


def kelvin(temperature: FloatArray) -> FloatArray:
    """Return temperatures as they are, for an axis of T."""
    return temperature


def inverse(temperature: FloatArray) -> FloatArray:
    """Return 1000/T, for an axis on which an Arrhenius law is straight."""
    return np.asarray(1000.0 / temperature)


def draw_isobars(
    axes: Axes,
    dataset: xr.Dataset,
    name: str,
    looks: AxisLooks,
    *,
    along: Callable[[FloatArray], FloatArray] = kelvin,
    absent: bool = False,
    line: bool = True,
) -> bool:
    """Draw a quantity of (phase, pressure, temperature) with its errors.

    Parameters
    ----------
    axes : Axes
    dataset : Dataset
        Holds `name`, its error, and ``n_replicas`` if `absent`.
    name : str
        The quantity.
    looks : AxisLooks
        Of the pressures.
    along : callable
        From temperature to the horizontal axis.
    absent : bool
        Mark cells whose holds have no value by crosses at the foot.
    line : bool
        Whether points of one phase are joined.

    Returns
    -------
    bool
        Whether there are crosses.
    """
    crossed = False
    pressures = list(dataset["pressure"].values)
    step = min(_STEP, _HIGHEST / len(pressures))
    for text, here, style in each_isobar(dataset, looks):
        x = along(here["temperature"].values.astype(np.float64))
        value = here[name].values
        if known(value):
            axes.errorbar(
                x, value, yerr=here[stderr_name(name)].values,
                **(style if line else style | {"linestyle": "none"}),
                linewidth=0.7, elinewidth=0.6, label=text,
            )  # fmt: skip
        if not absent:
            continue
        missing = ~np.isfinite(value) & (here["n_replicas"].values > 0)
        if missing.any():
            foot = _FOOT + step * pressures.index(float(here["pressure"]))
            axes.plot(
                x[missing], np.full(int(missing.sum()), foot), color=style["color"], marker="x",
                linestyle="none", transform=axes.get_xaxis_transform(), label=f"{text}: no value",
            )  # fmt: skip
            crossed = True
    return crossed
