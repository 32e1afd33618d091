"""Colour and marker of each pressure and number of vacancies, alike in all figures of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.gradual import colour_bar
from lbhsweep.plots.shared.style import SERIES, gigapascal

MARKERS = "osD^vPX"
_PALEST = 0.92
"""End of the colour map: its last yellows can't be seen on white."""


class AxisLooks:
    """The look of every value of an axis.

    A few values differ by colours which colour-blind readers can distinguish; many take theirs
    from a map, and a bar explains them.

    Parameters
    ----------
    values : array (n,)
        The whole axis of the results, whatever a figure shows of it.
    write : callable
        Writes a value for legends.
    label : str
        Of the bar.
    """

    def __init__(
        self, values: npt.ArrayLike, write: Callable[[float], str], label: str = ""
    ) -> None:
        self.values: FloatArray = np.unique(np.asarray(values, dtype=np.float64))
        self._write, self._label = write, label
        n = self.values.size
        self.are_many = n > len(SERIES)
        gradual = [to_hex(one) for one in colormaps["viridis"](np.linspace(0.0, _PALEST, n))]
        self._colours = gradual if self.are_many else list(SERIES[:n])

    def colour(self, value: float) -> str:
        """Return the colour of a value, or of the axis's nearest one."""
        return self._colours[self._place(value)]

    def marker(self, value: float) -> str:
        """Return the marker of a value."""
        return MARKERS[self._place(value) % len(MARKERS)]

    def handles(self, shown: Iterable[float], *, line: bool = False) -> list[Artist]:
        """Return an entry of a legend for each value; none if a bar explains them.

        Parameters
        ----------
        shown : iterable of float
            The values in the figure.
        line : bool
            A line in place of the marker.
        """
        if self.are_many:
            return []
        return [
            Line2D(
                [], [], color=self.colour(one), linestyle="-" if line else "none",
                marker="" if line else self.marker(one), label=self._write(one),
            )
            for one in shown
        ]  # fmt: skip

    def add_bar(self, figure: Figure, panels: list[Axes]) -> None:
        """Add the bar of colours beside the panels, if there are too many for a legend."""
        if self.are_many:
            colour_bar(figure, panels, self.values, self._label, self._colours)

    def _place(self, value: float) -> int:
        return int(np.abs(self.values - value).argmin()) if self.values.size else 0


def pressure_looks(tree: xr.DataTree) -> AxisLooks:
    """Return the looks of all pressures of the results, of holds and ramps alike."""
    return AxisLooks(_axis(tree, "pressure"), gigapascal, "Pressure P (GPa)")


def vacancy_looks(tree: xr.DataTree) -> AxisLooks:
    """Return the looks of all numbers of vacancies of the results."""
    return AxisLooks(_axis(tree, "n_vacancies"), _vacancies, "Number of vacancies")


def _vacancies(number: float) -> str:
    return {0: "no vacancies", 1: "1 vacancy"}.get(int(number), f"{int(number)} vacancies")


def _axis(tree: xr.DataTree, name: str) -> FloatArray:
    found = [
        np.atleast_1d(node.to_dataset()[name].values)
        for node in tree.subtree
        if name in node.coords
    ]
    values: FloatArray = np.concatenate([np.zeros(0), *found]).astype(np.float64)
    return values if values.size else np.zeros(1)
