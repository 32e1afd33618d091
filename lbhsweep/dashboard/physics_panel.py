"""The right of the page: the latest analysis as curves and maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from bokeh.layouts import column, row
from bokeh.models import (
    BasicTicker,
    ColorBar,
    ColumnDataSource,
    HoverTool,
    Legend,
    LinearColorMapper,
    Range1d,
    Select,
)
from bokeh.palettes import Cividis256
from bokeh.plotting import figure

from lbhsweep.analysis.transition.bounds import SIGNS, Bound
from lbhsweep.dashboard.derived import AVERAGES, GROWTH, SHOWN, Deriver
from lbhsweep.dashboard.style import text
from lbhsweep.dashboard.texts import muted
from lbhsweep.plots.shared.style import GREEN, SERIES

WIDTH = 520
CURVES, MAP = "curves", "map, "
NOTHING = "rgba(0,0,0,0)"
EMPTY = "#f3f3f3"
MARKERS = {
    "heating": ("triangle", True), "cooling": ("inverted_triangle", False),
    "alpha": ("square", True), "beta": ("circle", False), "alpha_cap": ("diamond", True),
    "mixed": ("plus", True), "undecided": ("asterisk", True), "growth": ("circle", True),
}  # fmt: skip
"""Marker of each branch or phase, and whether it is filled."""
BOUND_MARKERS = {Bound.UPPER: "inverted_triangle", Bound.LOWER: "triangle"}
"""They point to where T_t lies."""
BOUNDS = {"≤": "≤: upper bound", "≥": "≥: lower bound", "≈": "≈: on either side"}
MOST_NAMED = 12
CELL = ("x", "value", "error", "width", "y", "height")
"""Columns of the map's cells."""


class PhysicsPanel:
    """The latest analysis of one material at a time.

    Parameters
    ----------
    deriver : Deriver
        Runs the analysis.
    """

    def __init__(self, deriver: Deriver) -> None:
        self._deriver = deriver
        self._version, self._n_done = -1, 0
        self._state: object = None
        self._material = Select(title="material", options=[], width=200, name="material")
        self._quantity = Select(
            title="quantity", value="volume", options=list(AVERAGES), width=130, name="quantity"
        )
        self._view = Select(
            title="shown as", value=CURVES, options=[CURVES], width=160, name="view"
        )
        for one in (self._material, self._quantity, self._view):
            one.on_change("value", self._choose)
        self._note = text(WIDTH, name="derived")
        self._curves = figure(
            height=330, width=WIDTH, x_axis_label="T (K)", toolbar_location="above",
            name="curves", visible=False,
        )  # fmt: skip
        self._curves.add_layout(Legend(ncols=3, label_text_font_size="10px"), "below")
        self._map_colours, self._cells = _colours(), _empty(*CELL)
        self._map = self._draw_map()
        self._points = _empty("x", "y", "low", "high", "marker", "label")
        self._transition = self._draw_transition()
        self._entropy_colours, self._image = _colours(), _empty("image", "x", "y", "dw", "dh")
        self._entropy = self._draw_entropy()
        self.layout = column(
            row(self._material, self._quantity, self._view), self._note, self._curves, self._map,
            self._transition, self._entropy,
        )  # fmt: skip

    def show(self, n_done: int) -> None:
        """Update the panel with the latest analysis; `n_done` runs are done now."""
        deriver = self._deriver
        state = (deriver.version, deriver.is_analyzing, n_done if not deriver.found else 0)
        if self._state == state:
            return
        self._state, self._n_done = state, n_done
        if self._version == deriver.version:
            self._explain_nothing()
            return
        self._version = deriver.version
        self._material.options = list(self._deriver.found)
        if self._material.value not in self._material.options:
            self._material.value = next(iter(self._material.options), "")
        self._show()

    def _choose(self, attribute: str, old: str, new: str) -> None:
        self._show()

    def _show(self) -> None:
        found = self._deriver.found.get(self._material.value)
        if found is None:
            self._explain_nothing()
            return
        notes = " · ".join(filter(None, found["notes"]))
        self._note.text = muted(notes)
        self._quantity.options = list(found["curves"])
        if self._quantity.value not in found["curves"]:
            self._quantity.value = self._quantity.options[0]  # which shows it
            return
        curves = found["curves"][self._quantity.value]
        branches = list(dict.fromkeys(curve["branch"] for curve in curves))
        self._view.options = [CURVES, *(MAP + branch for branch in branches)]
        if self._view.value not in self._view.options:
            self._view.value = CURVES
        as_map = self._view.value != CURVES
        self._curves.visible, self._map.visible = bool(curves) and not as_map, as_map
        if as_map:
            branch = self._view.value.removeprefix(MAP)
            self._show_map([one for one in curves if one["branch"] == branch], found["pressures"])
        else:
            self._show_curves(curves)
        self._show_transition(found.get("transition"))
        self._show_entropy(found.get("entropy"))

    def _explain_nothing(self) -> None:
        """Write why there are no curves."""
        if self._deriver.found:
            return
        if not self._n_done:
            why = "nothing yet: no run is done"
        elif self._deriver.problem:
            why = self._deriver.problem
        elif self._deriver.is_analyzing:
            why = f"{self._n_done} runs are done and being analyzed"
        else:
            why = f"the analysis of {self._n_done} runs gave no curves yet"
        self._note.text = muted(why)

    def _show_curves(self, curves: list[dict[str, Any]]) -> None:
        plot = self._curves
        plot.renderers = []
        for legend in plot.legend:
            legend.items = []
        symbol, unit = SHOWN[self._quantity.value]
        plot.yaxis.axis_label = f"{symbol} ({unit})"
        what = "growth of the second phase" if self._quantity.value == GROWTH else "means"
        plot.title.text = f"{symbol}(T), {what} over replicas" if curves else "nothing yet"
        colours: dict[float, str] = {}
        for curve in curves:
            colour = colours.setdefault(curve["pressure"], SERIES[len(colours) % len(SERIES)])
            source = ColumnDataSource(_points(curve["x"], curve["y"], curve["error"]))
            marker, filled = MARKERS[curve["branch"].split()[-1]]
            legend = {"legend_label": curve["name"]} if len(curves) <= MOST_NAMED else {}
            plot.line(
                "x", "y", source=source, color=colour, line_dash="solid" if filled else "dashed"
            )
            plot.scatter(
                "x", "y", source=source, color=colour, size=6, marker=marker,
                fill_color=colour if filled else "white", **legend,
            )  # fmt: skip
            plot.segment("x", "low", "x", "high", source=source, color=colour, line_alpha=0.6)

    def _draw_map(self) -> Any:
        plot = figure(
            height=330, width=WIDTH, name="map-of-quantity", visible=False, tools="reset,save",
            toolbar_location="above", x_axis_label="T (K)", y_axis_label="P (GPa)",
            background_fill_color=EMPTY, x_range=Range1d(0, 1), y_range=Range1d(0, 1),
        )  # fmt: skip
        drawn = plot.rect(
            "x", "y", "width", "height", source=self._cells, line_color=None,
            fill_color={"field": "value", "transform": self._map_colours},
        )  # fmt: skip
        tooltips = [("T", "@x{0.#} K"), ("P", "@y{0.###} GPa"), ("value", "@value ± @error")]
        plot.add_tools(HoverTool(renderers=[drawn], tooltips=tooltips))
        plot.add_layout(ColorBar(color_mapper=self._map_colours, ticker=BasicTicker()), "right")
        plot.grid.visible = False
        return plot

    def _show_map(self, curves: list[dict[str, Any]], pressures: list[float]) -> None:
        symbol, unit = SHOWN[self._quantity.value]
        self._map.title.text = f"{symbol} ({unit}), means over replicas; empty: not known"
        heights = dict(zip(pressures, _widths(pressures), strict=True))
        parts = []
        for one in curves:
            known = np.isfinite(np.array(one["y"], dtype=np.float64))
            table = np.array([one["x"], one["y"], one["error"], _widths(one["x"])])[:, known]
            at = np.full((2, known.sum()), [[one["pressure"]], [heights[one["pressure"]]]])
            parts.append(np.concatenate([table, at]))
        cells = np.concatenate(parts, axis=1)
        # The whole grid, so that missing cells are visible.
        _span(self._map.x_range, sorted({x for one in curves for x in one["x"]}))
        _span(self._map.y_range, pressures)
        _span_colours(self._map_colours, cells[1])
        self._cells.data = dict(zip(CELL, cells, strict=True))

    def _draw_transition(self) -> Any:
        plot = figure(
            height=220, width=WIDTH, name="transition", visible=False, toolbar_location=None,
            x_axis_label="P (GPa)", y_axis_label="T_t (K)", title="Transition",
        )  # fmt: skip
        plot.scatter("x", "y", source=self._points, size=9, color=GREEN, marker="marker")
        plot.segment("x", "low", "x", "high", source=self._points, color=GREEN)
        plot.text(
            "x", "y", text="label", source=self._points, x_offset=8, text_font_size="11px",
            text_baseline="middle",
        )  # fmt: skip
        return plot

    def _show_transition(self, line: dict[str, Any] | None) -> None:
        known = line and np.isfinite(np.array(line["value"], dtype=np.float64)).any()
        self._transition.visible = bool(known)
        if line and known:
            self._points.data = _bounded_points(line)
            labels = " ".join(self._points.data["label"])
            signs = [text for sign, text in BOUNDS.items() if sign in labels]
            title = f"Transition by {line['route'].replace('_', ' ')}"
            self._transition.title.text = " – ".join([title, *signs])

    def _draw_entropy(self) -> Any:
        plot = figure(
            height=270, width=WIDTH, name="entropy", visible=False, toolbar_location=None,
            x_axis_label="T (K)", y_axis_label="final P (GPa)",
            title="ΔS_iso (J/kg/K) from the lowest pressure; empty: unknown",
            background_fill_color=EMPTY,
        )  # fmt: skip
        plot.image(
            "image", "x", "y", "dw", "dh", source=self._image, color_mapper=self._entropy_colours
        )
        plot.add_layout(ColorBar(color_mapper=self._entropy_colours, ticker=BasicTicker()), "right")
        return plot

    def _show_entropy(self, found: dict[str, Any] | None) -> None:
        image = np.array(found["value"] if found else [], dtype=np.float64)
        self._entropy.visible = bool(len(image) > 1 and np.isfinite(image[1:]).any())
        if found is None or not self._entropy.visible:
            return
        t, p = found["temperature"], found["pressure"]
        _span_colours(self._entropy_colours, image)
        self._image.data = {
            "image": [image], "x": [t[0]], "y": [p[0]], "dw": [t[-1] - t[0]], "dh": [p[-1] - p[0]],
        }  # fmt: skip


def _empty(*columns: str) -> ColumnDataSource:
    return ColumnDataSource({name: [] for name in columns})


def _colours() -> LinearColorMapper:
    return LinearColorMapper(palette=Cividis256, low=0, high=1, nan_color=NOTHING)


def _span_colours(colours: LinearColorMapper, values: Any) -> None:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    colours.update(low=low, high=max(high, low + 1e-9 * max(abs(low), 1.0)))


def _points(x: list[float], y: list[float], error: list[float]) -> dict[str, Any]:
    known = np.isfinite(np.array(y, dtype=np.float64))
    values = np.array(y, dtype=np.float64)[known]
    errors = np.nan_to_num(np.array(error, dtype=np.float64)[known])
    return {
        "x": np.array(x, dtype=np.float64)[known], "y": values,
        "low": values - errors, "high": values + errors,
    }  # fmt: skip


def _bounded_points(line: dict[str, Any]) -> dict[str, Any]:
    """Build the columns of T_t: bounds have a sign, a marker of their own and no error bar."""
    points = _points(line["pressure"], line["value"], line["error"])
    known = np.isfinite(np.array(line["value"], dtype=np.float64))
    kinds = [Bound(kind) for kind, there in zip(line["bound"], known, strict=True) if there]
    open_ended = np.array([kind in SIGNS for kind in kinds], dtype=bool)
    for side in ("low", "high"):
        points[side] = np.where(open_ended, points["y"], points[side])
    signs = [SIGNS.get(kind, "") for kind in kinds]
    return points | {
        "marker": [BOUND_MARKERS.get(kind, "diamond") for kind in kinds],
        "label": [
            f"{sign} {value:.0f}" if sign else ""
            for sign, value in zip(signs, points["y"], strict=True)
        ],
    }


def _span(shown: Range1d, centres: list[float]) -> None:
    """Show the cells at ascending places and half a cell around them."""
    widths = _widths(centres)
    shown.update(start=centres[0] - widths[0], end=centres[-1] + widths[-1])


def _widths(centres: list[float]) -> npt.NDArray[np.float64]:
    """Compute widths of cells at ascending places, so that no two cells overlap."""
    gaps = np.diff(centres)
    if not len(gaps):
        return np.ones(len(centres))
    return np.asarray(np.minimum(np.append(gaps, np.inf), np.insert(gaps, 0, np.inf)))
