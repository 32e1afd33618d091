"""Temperatures in figures: values with error bars, bounds with arrows, intervals by their ends."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from lbhsweep.analysis.transition.bounds import WORDS, Bound
from lbhsweep.arrays import FloatArray, IntArray

ARROW_LABEL = "arrow: only a bound, the true value lies where it points"
_POINTS = 9.5
"""Length of an arrow."""
_TOWARDS = MappingProxyType({Bound.UPPER: -1.0, Bound.LOWER: 1.0})
Along = Literal["x", "y"]
"""The axis of the temperatures."""


def draw_temperatures(
    axes: Axes,
    place: FloatArray,
    temperature: FloatArray,
    stderr: FloatArray,
    kinds: IntArray,
    look: Mapping[str, Any],
    *,
    label: str = "",
    along: Along = "y",
    limits: tuple[FloatArray, FloatArray] | None = None,
) -> None:
    """Draw temperatures by what they are.

    A bound has an arrow to where the true value lies and no error bar; an interval has a bar from
    end to end; a number on whose either side the true one may lie has two arrows.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    place, temperature, stderr : (n,) array
        Other coordinate, K, K; NaN temperatures are left out.
    kinds : (n,) array of int
        Codes of `Bound`.
    look : mapping
        Of the markers, for `Axes.errorbar`.
    label : str
        In the legend.
    along : {'x', 'y'}
        Axis of the temperatures.
    limits : pair of (n,) arrays, optional
        Lower and upper ends of intervals, K.
    """
    known = np.isfinite(temperature)
    if not known.any():
        return
    # The error of a bound may be the gap on its open side, where nothing is known.
    open_ended = np.isin(kinds, (Bound.UPPER, Bound.LOWER, Bound.EITHER))
    error = np.where(open_ended, 0.0, np.nan_to_num(stderr))
    below, above = error, error
    if limits is not None:
        inside = (kinds == Bound.INTERVAL) & np.isfinite(limits[0] + limits[1])
        below = np.where(inside, temperature - limits[0], below)
        above = np.where(inside, limits[1] - temperature, above)
    x, y = (place, temperature) if along == "y" else (temperature, place)
    bars: dict[str, Any] = {f"{along}err": np.stack([below, above])[:, known]}
    axes.errorbar(x[known], y[known], **bars, label=label or None, **{"capsize": 2, **look})
    for i in np.flatnonzero(known):
        draw_arrow(
            axes, (x[i], y[i]), Bound(int(kinds[i])), str(look["color"]), along=along,
            outline=str(look.get("markeredgecolor", "")),
        )  # fmt: skip


def draw_arrow(
    axes: Axes,
    at: tuple[float, float],
    kind: Bound,
    colour: str,
    *,
    along: Along = "y",
    coordinates: Any = "data",
    outline: str = "",
) -> None:
    """Draw the arrow of a bound from its number to where the true value lies; none of a value.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    at : (2,) tuple of float
        The number's place.
    kind : Bound
        What the number is.
    colour : str
        Of the arrow.
    along : {'x', 'y'}
        Axis of the temperatures.
    coordinates : str or Transform
        Of `at`.
    outline : str
        Colour of its outline; empty for none.
    """
    effects = [withStroke(linewidth=2.0, foreground=outline)] if outline else []
    sides = (-1.0, 1.0) if kind == Bound.EITHER else (_TOWARDS.get(kind, 0.0),)
    for side in sides:
        if side:
            step = _POINTS * side
            # Only the text's place may be given in points from the marker, so the head is there.
            arrow = axes.annotate(
                "", xy=at, xycoords=coordinates, textcoords="offset points",
                xytext=(0.0, step) if along == "y" else (step, 0.0), annotation_clip=False,
                zorder=1.9,
                arrowprops={"arrowstyle": "<|-", "color": colour, "linewidth": 0.8, "shrinkA": 0,
                            "shrinkB": 0, "mutation_scale": 6, "path_effects": effects},
            )  # fmt: skip
            arrow.set_gid(arrow_id(kind))


def arrow_id(kind: Bound) -> str:
    """Return the group id of the arrows of a kind of bounds, in SVG files and for tests."""
    return f"arrow of {WORDS[kind]}"


def explain_arrows(axes: Axes, *kinds: npt.ArrayLike) -> None:
    """Add a line about arrows to the legend, if any of the kinds has one."""
    arrows = [int(kind) for kind in (*_TOWARDS, Bound.EITHER)]
    if any(np.isin(np.asarray(each), arrows).any() for each in kinds):
        axes.plot([], [], color="0.2", marker=r"$\updownarrow$", linestyle="none", markersize=6,
                  label=ARROW_LABEL)  # fmt: skip
