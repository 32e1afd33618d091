"""The page: its layout, its updates, and the reaction to clicks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    FixedTicker,
    HoverTool,
    TapTool,
)
from bokeh.plotting import figure

from lbhsweep.dashboard.derived import Deriver
from lbhsweep.dashboard.physics_panel import PhysicsPanel
from lbhsweep.dashboard.style import LOOKS, MARKS, text
from lbhsweep.dashboard.texts import (
    headline,
    latest_notes,
    no_run,
    run_details,
    sweep_title,
    worker_table,
)
from lbhsweep.dashboard.watch import Now, SweepWatch
from lbhsweep.plots.shared.style import BLUE
from lbhsweep.store.schema import Status

REFRESH_MS = 1000
MOST_LABELS = 30
WRAPPED = {"flex-wrap": "wrap"}
"""What does not fit beside the others goes below them."""


class Page:
    """One browser's page of a sweep.

    Parameters
    ----------
    watch : SweepWatch
        Of the folder, shared by all pages.
    deriver : Deriver
        Shared, too.
    """

    def __init__(self, watch: SweepWatch, deriver: Deriver) -> None:
        self._watch = watch
        self._selected = ""
        self._shown = watch.cells
        self._status: np.ndarray | None = None
        self._head = text(name="head")
        self._run = text(520, text=no_run(), name="run")
        self._notes = text(520, name="notes")
        self._workers = text(560, name="workers")
        self._cells = self._cell_source()
        self._marks = ColumnDataSource({"x": [], "y": [], "mark": []})
        self._map = self._draw_map()
        self._trace_source = ColumnDataSource({"x": [], "volume": []})
        self._trace = self._draw_trace()
        self._physics = PhysicsPanel(deriver)

    def attach(self, document: Document, now: Now) -> None:
        """Add everything to a document and show the state of the sweep."""
        document.title = f"lbhsweep: {sweep_title(self._watch.folder)}"
        self._left = column(self._map, self._workers, self._notes)
        self._middle = column(self._run, self._trace)
        # On a narrow screen the chosen run goes below the map, then the physics below both.
        runs = row(self._left, self._middle, styles=WRAPPED | {"flex": "1 1 560px"})
        beside = row(runs, self._physics.layout, sizing_mode="stretch_width", styles=WRAPPED)
        document.add_root(column(self._head, beside, sizing_mode="stretch_width"))
        self.show(now)

    def show(self, now: Now) -> None:
        """Update the page; only changes are sent."""
        self._head.text = headline(self._watch, now)
        if now.cells is not self._shown:
            self._redraw(now)
        if self._status is None or not np.array_equal(self._status, now.status):
            self._status = now.status
            self._cells.patch(_patches(self._cells, now.status))
            self._marks.data = _marks(self._cells, now.status)
        self._workers.text = worker_table(now)
        self._notes.text = latest_notes(now)
        if self._selected:
            self._show_run(now)
        self._physics.show(now.counts.get(Status.DONE, 0))

    def _redraw(self, now: Now) -> None:
        """Draw another grid: the sweep was extended, or another took its place."""
        self._shown, self._status = now.cells, None
        if self._selected not in now.cells.run_id:
            self._selected = ""
            self._run.text = no_run()
        self._cells = self._cell_source()
        self._map = self._draw_map()
        self._trace_source = ColumnDataSource({"x": [], "volume": []})
        self._trace = self._draw_trace()
        self._left.children = [self._map, *self._left.children[1:]]
        self._middle.children = [self._run, self._trace]

    def _cell_source(self) -> ColumnDataSource:
        cells = self._shown
        n = len(cells.run_id)
        rows = len(cells.rows) - 1 - cells.row
        return ColumnDataSource(
            {
                "x": cells.column + 0.5, "y": rows + 0.5, "label": cells.label,
                "colour": ["#E8E8E8"] * n, "status": ["missing"] * n,
            }
        )  # fmt: skip

    def _draw_map(self) -> Any:
        cells = self._shown
        n_rows, n_columns = len(cells.rows), len(cells.columns)
        plot = figure(
            width=560, height=min(520, max(190, 26 * n_rows + 90)), name="map",
            x_range=(0, n_columns), y_range=(0, n_rows), tools="wheel_zoom,pan,reset",
            toolbar_location="above", title="Runs: click one",
            output_backend="webgl" if n_rows * n_columns > 2000 else "canvas",
        )  # fmt: skip
        drawn = plot.rect(
            "x", "y", 1, 1, source=self._cells, fill_color="colour", line_color="white",
            line_width=1 if n_rows * n_columns < 2000 else 0.2, nonselection_alpha=1.0,
            selection_line_color="black", selection_line_width=2,
        )  # fmt: skip
        # Only of cells that have a mark: drawing 10 000 empty texts takes a second.
        plot.text(
            "x",
            "y",
            text="mark",
            source=self._marks,
            text_align="center",
            text_baseline="middle",
            text_font_size="11px",
        )
        plot.add_tools(TapTool(renderers=[drawn]), HoverTool(
            renderers=[drawn], tooltips=[("run", "@label"), ("status", "@status")]
        ))  # fmt: skip
        _name_ticks(plot.xaxis, cells.columns)
        _name_ticks(plot.yaxis, cells.rows[::-1])
        plot.xaxis.major_label_orientation = 0.8
        plot.grid.visible = False
        self._cells.selected.on_change("indices", self._choose)
        return plot

    def _choose(self, attribute: str, old: Sequence[int], new: Sequence[int]) -> None:
        self._selected = self._shown.run_id[new[0]] if new else ""
        if not self._selected:
            self._run.text, self._trace.visible = no_run(), False
            return
        self._show_run(None)

    def _show_run(self, now: Now | None) -> None:
        """Show the chosen run; while it runs, its curve grows."""
        name = self._selected
        index = self._shown.run_id.index(name)
        status = self._status[index] if self._status is not None else Status.PENDING
        text = run_details(self._watch, name, Status(status))
        course = self._watch.trace(name)
        if text != self._run.text:
            self._run.text = text
        data: dict[str, Any] = {"x": course.get("x", []), "volume": course.get("volume", [])}
        if len(data["x"]) != len(self._trace_source.data["x"]) or now is None:
            self._trace_source.data = data
        self._trace.visible = len(data["x"]) > 0

    def _draw_trace(self) -> Any:
        ramp = self._watch.group == "ramp"
        plot = figure(
            height=260, width=520, name="trace", visible=False, toolbar_location=None,
            title="Volume of the chosen run",
            x_axis_label="T (K)" if ramp else "step, or time (ps) once it is done",
            y_axis_label="V (Å³ per formula unit)",
        )  # fmt: skip
        plot.line("x", "volume", source=self._trace_source, color=BLUE, line_width=1.5)
        plot.scatter("x", "volume", source=self._trace_source, color=BLUE, size=4)
        return plot


def _patches(source: ColumnDataSource, status: np.ndarray) -> dict[str, list[tuple[int, Any]]]:
    """Return the changes of the map, cell by cell."""
    patches: dict[str, list[tuple[int, Any]]] = {"colour": [], "status": []}
    shown = source.data["status"]
    for i, code in enumerate(status.tolist()):
        word, colour = LOOKS.get(Status(code), ("not planned", "#ffffff"))
        if shown[i] != word:
            patches["colour"].append((i, colour))
            patches["status"].append((i, word))
    return patches


def _marks(source: ColumnDataSource, status: np.ndarray) -> dict[str, Any]:
    """Return the marks of running and failed cells and their places."""
    where = np.flatnonzero(np.isin(status, list(MARKS)))
    return {
        "x": np.asarray(source.data["x"])[where],
        "y": np.asarray(source.data["y"])[where],
        "mark": [MARKS[int(code)] for code in status[where]],
    }


def _name_ticks(axis: Any, titles: Sequence[str]) -> None:
    """Add titles at the middles of rows or columns; of many only some."""
    every = max(1, -(-len(titles) // MOST_LABELS))
    places = [i + 0.5 for i in range(0, len(titles), every)]
    axis.ticker = FixedTicker(ticks=places)
    axis.formatter = CustomJSTickFormatter(
        args={"titles": list(titles)}, code="return titles[Math.floor(tick)]"
    )
    axis.major_label_text_font_size = "11px" if len(titles) < 20 else "9px"
