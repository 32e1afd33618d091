"""Colours by temperature: for curves against something else, one for each temperature."""

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
    """A colour for each temperature at which a quantity is known.

    Parameters
    ----------
    values : DataArray
        By ``temperature`` in K and any other dimensions, with at least one known value.
    """

    def __init__(self, values: xr.DataArray) -> None:
        others = [dim for dim in values.dims if dim != "temperature"]
        known = values["temperature"].values[values.notnull().any(others).values]
        low, high = float(known.min()), float(known.max())
        colours = colormaps["plasma"](np.linspace(_DARKEST, _LIGHTEST, 256))
        norm = Normalize(low, max(high, low + _NARROWEST_K))
        self._map = ScalarMappable(norm, ListedColormap(colours))

    def __call__(self, temperature: float) -> tuple[float, ...]:
        """Return the colour of a temperature."""
        red, green, blue, alpha = self._map.to_rgba(np.array([temperature]))[0]
        return (float(red), float(green), float(blue), float(alpha))

    def add_bar(self, figure: Figure, panels: list[Axes]) -> None:
        """Add the scale of colours beside the panels."""
        figure.colorbar(self._map, ax=panels, label="Temperature T (K)", fraction=0.04)
