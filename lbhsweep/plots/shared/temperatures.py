"""Colours by temperature: the same temperature has the same colour in all figures of a sweep."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

_DARKEST, _LIGHTEST = 0.0, 0.88
"""Part of the colour map that is visible on white."""
_NARROWEST_K = 1.0


class TemperatureColours:
    """A colour for each temperature of the holds of a sweep.

    Parameters
    ----------
    tree : DataTree
        The results, whose whole axis of temperatures spans the colours.
    """

    def __init__(self, tree: xr.DataTree) -> None:
        every = np.atleast_1d(tree["hold"].to_dataset()["temperature"].values)
        low, high = float(every.min()), float(every.max())
        colours = colormaps["plasma"](np.linspace(_DARKEST, _LIGHTEST, 256))
        norm = Normalize(low, max(high, low + _NARROWEST_K))
        self._map = ScalarMappable(norm, ListedColormap(colours))

    def __call__(self, temperature: float) -> tuple[float, ...]:
        """Return the colour of a temperature in K."""
        red, green, blue, alpha = self._map.to_rgba(np.array([temperature]))[0]
        return (float(red), float(green), float(blue), float(alpha))

    def add_bar(self, figure: Figure, panels: list[Axes]) -> None:
        """Add the scale of colours beside the panels."""
        bar = figure.colorbar(self._map, ax=panels, label="Temperature T (K)", aspect=30, pad=0.02)
        bar.ax.grid(visible=False)
