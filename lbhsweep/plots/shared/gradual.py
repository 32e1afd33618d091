"""Curves of many temperatures or vacancies: a few are chosen, and a bar explains their colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from lbhsweep.arrays import FloatArray

MOST_CURVES = 7
"""More curves can't be distinguished by their colours."""
_MOST_TICKS = 12
"""Values that a bar is labelled with; of more every second, third, … is."""

Colour = str | tuple[float, ...]


def pick_evenly(values: npt.ArrayLike, most: int = MOST_CURVES) -> FloatArray:
    """Choose up to `most` of some values (n,): the first, the last, and evenly between."""
    every: FloatArray = np.asarray(values, dtype=np.float64)
    chosen = np.linspace(0, every.size - 1, min(every.size, most)).round().astype(np.int64)
    return np.take(every, np.unique(chosen))


def shown_of(shown: Sequence[float] | FloatArray, all_of_them: int, what: str) -> str:
    """Report that only a part is drawn; empty if everything is."""
    return f"{len(shown)} of {all_of_them} {what} drawn" if len(shown) < all_of_them else ""


def colour_bar(
    figure: Figure,
    panels: list[Axes],
    values: Sequence[float] | FloatArray,
    label: str,
    colours: Sequence[Colour],
) -> None:
    """Add a bar of the curves' colours at the right, a field per value, if there are several."""
    n = len(values)
    if n < 2:
        return
    norm = BoundaryNorm(np.arange(n + 1) - 0.5, n)
    fields = ScalarMappable(norm, ListedColormap(list(colours)))
    ticks = np.arange(0, n, -(-n // _MOST_TICKS))
    bar = figure.colorbar(fields, ax=panels, label=label, ticks=ticks, aspect=30, pad=0.02)
    bar.ax.set_yticklabels([f"{values[int(tick)]:g}" for tick in ticks])
    bar.ax.tick_params(which="both", length=0)
    bar.ax.minorticks_off()
    bar.ax.grid(visible=False)
