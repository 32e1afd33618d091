"""Curves by phase and pressure: one look for every figure that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.phase_look import LOOKS
from lbhsweep.plots.shared.style import SERIES, gigapascal, known
from lbhsweep.quantities import stderr_name

MARKERS = "osD^vPX"
PHASES: dict[str, dict[str, Any]] = {
    "alpha": {"fillstyle": "none", "linestyle": "--"},
    "alpha_cap": {"fillstyle": "bottom", "linestyle": "-."},
    "beta": {"fillstyle": "full", "linestyle": "-"},
    "mixed": {"fillstyle": "left", "linestyle": ":"},
    "undecided": {"fillstyle": "right", "linestyle": LOOKS["undecided"].line},
}
"""How each phase looks."""
SYMBOLS = {"alpha": "α", "alpha_cap": "α, Li over cages", "beta": "β", "mixed": "mixed"}


def name_isobar(phase: str, pressure: float) -> str:
    """Name a phase at a pressure: ``β, 0.4 GPa``; of an undecided phase only the pressure."""
    words = (SYMBOLS.get(phase, ""), gigapascal(pressure))
    return ", ".join(word for word in words if word)


def each_isobar(dataset: xr.Dataset) -> Iterator[tuple[str, xr.Dataset, dict[str, Any]]]:
    """Yield (name, part, style) of each phase and pressure; pressures by colour and marker."""
    for number, pressure in enumerate(dataset["pressure"].values):
        for phase in dataset["phase"].values:
            style = PHASES[str(phase)] | {
                "color": SERIES[number % len(SERIES)],
                "marker": MARKERS[number % len(MARKERS)],
            }
            here = dataset.sel(pressure=pressure, phase=phase)
            yield name_isobar(str(phase), float(pressure)), here, style


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
    *,
    along: Callable[[FloatArray], FloatArray] = kelvin,
    absent: str = "",
    line: bool = True,
    names: Mapping[str, str] | None = None,
) -> bool:
    """Draw a quantity of (phase, pressure, temperature) with its errors.

    Parameters
    ----------
    axes : Axes
    dataset : Dataset
        Holds `name`, its error, and ``n_replicas`` if `absent` is passed.
    name : str
        The quantity.
    along : callable
        From temperature to the horizontal axis.
    absent : str
        Meaning of crosses at the foot: cells whose holds have no value; empty for no crosses.
    line : bool
        Whether points of one phase are joined.
    names : mapping of str to str, optional
        Texts of the legend in place of the names from `name_isobar`.

    Returns
    -------
    bool
        Whether there was anything to draw.
    """
    drawn = False
    pressures = list(dataset["pressure"].values)
    for text, here, style in each_isobar(dataset):
        x = along(here["temperature"].values.astype(np.float64))
        value = here[name].values
        if known(value):
            axes.errorbar(
                x, value, yerr=here[stderr_name(name)].values,
                **(style if line else style | {"linestyle": "none"}),
                linewidth=0.8, label=(names or {}).get(text, text),
            )  # fmt: skip
            drawn = True
        if absent:
            foot = 0.03 + 0.03 * pressures.index(float(here["pressure"]))
            missing = ~np.isfinite(value) & (here["n_replicas"].values > 0)
            axes.plot(
                x[missing], np.full(int(missing.sum()), foot), color=style["color"], marker="x",
                linestyle="none", transform=axes.get_xaxis_transform(),
                label=f"{text}: {absent}" if missing.any() else None,
            )  # fmt: skip
    return drawn
