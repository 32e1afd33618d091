"""The page: what of the folder stands where, and what a click does."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from shlex import quote
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import (
    BasicTicker,
    ColorBar,
    ColumnDataSource,
    CustomJSTickFormatter,
    DataTable,
    Div,
    FixedTicker,
    HoverTool,
    InlineStyleSheet,
    LinearColorMapper,
    Select,
    TableColumn,
    TapTool,
)
from bokeh.palettes import Cividis256
from bokeh.plotting import figure

from lbhsweep.dashboard.derived import SHOWN, Deriver
from lbhsweep.dashboard.watch import Now, SweepWatch
from lbhsweep.plots.style import AMBER, BLUE, GREEN, ORANGE, PURPLE, SERIES
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.schema import Status
from lbhsweep.units import duration

REFRESH_MS = 1000
REHEARSAL = "rehearsal"
MOST_LABELS = 30
LOOKS = {
    Status.PENDING: ("missing", "#E8E8E8"),
    Status.RUNNING: ("running", AMBER),
    Status.DONE: ("done", BLUE),
    Status.FAILED: ("failed", ORANGE),
    Status.QUARANTINED: ("put aside", PURPLE),
}
"""Words and colours of Okabe and Ito; running and failed cells carry a mark as well."""
MARKS = {int(Status.RUNNING): "▶", int(Status.FAILED): "×", int(Status.QUARANTINED): "?"}
_STYLE = InlineStyleSheet(
    css="""
h1 { font: 600 20px system-ui, sans-serif; margin: 0 0 4px; }
h2 { font: 600 15px system-ui, sans-serif; margin: 6px 0 3px; }
div, p, td { font-family: system-ui, sans-serif; }
.chip { display: inline-block; padding: 1px 10px; margin: 2px 6px 3px 0; border-radius: 9px;
  border: 1px solid #bbb; font-size: 13px; }
.swatch { display: inline-block; width: 11px; height: 11px; margin-right: 6px; }
.muted { color: #555; font-size: 12px; }
pre { white-space: pre-wrap; margin: 2px 0; font-size: 12px; max-height: 170px; overflow: auto;
  background: #f5f5f5; padding: 4px 6px; }
table { border-collapse: collapse; font-size: 13px; }
td { padding: 1px 12px 1px 0; }
"""
)
"""Each part of a page has a style of its own, which those around it don't reach."""


def _text(width: int | None = None, **properties: Any) -> Div:
    return Div(stylesheets=[_STYLE], width=width, **properties)


_NO_RUN = "<h2>Run</h2><p class='muted'>Click a cell of the map.</p>"


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
        self._watch, self._deriver = watch, deriver
        self._selected = ""
        self._status: np.ndarray | None = None
        self._derived = -1
        self._head = _text(name="head")
        self._run = _text(520, text=_NO_RUN, name="run")
        self._notes = _text(520, name="notes")
        self._workers = ColumnDataSource({key: [] for key in _WORKER_COLUMNS})
        self._cells = self._cell_source()
        self._marks = ColumnDataSource({"x": [], "y": [], "mark": []})
        self._map = self._draw_map()
        self._trace_source = ColumnDataSource({"x": [], "volume": []})
        self._trace = self._draw_trace()
        self._material = Select(title="material", options=[], width=220, name="material")
        self._quantity = Select(
            title="quantity", value="volume", options=list(SHOWN), width=140, name="quantity"
        )
        for one in (self._material, self._quantity):
            one.on_change("value", self._choose_derived)
        self._curves = figure(
            height=330,
            width=520,
            x_axis_label="T (K)",
            toolbar_location="above",
            name="curves",
            visible=False,
        )
        self._line, self._entropy = self._draw_transition(), self._draw_entropy()
        self._derived_note = _text(520, name="derived")

    def attach(self, document: Document, now: Now) -> None:
        """Put everything into a document and show where the sweep stands."""
        document.title = f"lbhsweep: {_title(self._watch.folder)}"
        table = DataTable(
            source=self._workers, height=170, width=520, index_position=None, name="workers",
            reorderable=False,
            columns=[
                TableColumn(field=key, title=key, width=width)
                for key, width in _WORKER_COLUMNS.items()
            ],
        )  # fmt: skip
        left = column(self._map, _text(text="<h2>Workers</h2>"), table)
        left.children.append(self._notes)
        middle = column(self._run, self._trace)
        right = column(
            row(self._material, self._quantity), self._derived_note, self._curves, self._line,
            self._entropy,
        )  # fmt: skip
        document.add_root(column(self._head, row(left, middle, right)))
        self.show(now)

    def show(self, now: Now) -> None:
        """Bring the page up to date; what has not changed is not sent."""
        self._head.text = _headline(self._watch, now)
        if self._status is None or not np.array_equal(self._status, now.status):
            self._status = now.status
            self._cells.patch(_patches(self._cells, now.status))
            self._marks.data = _marks(self._cells, now.status)
        workers = _worker_rows(now)
        if workers != self._workers.data:
            self._workers.data = workers
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in now.notes)
        self._notes.text = f"<h2>Latest</h2><div class='muted'>{notes or 'nothing yet'}</div>"
        if self._selected:
            self._show_run(now)
        if self._derived != self._deriver.version:
            self._derived = self._deriver.version
            self._material.options = list(self._deriver.found)
            if self._material.value not in self._material.options:
                self._material.value = next(iter(self._material.options), "")
            self._show_derived()

    def _cell_source(self) -> ColumnDataSource:
        cells = self._watch.cells
        n = len(cells.run_id)
        rows = len(cells.rows) - 1 - cells.row
        return ColumnDataSource(
            {
                "x": cells.column + 0.5, "y": rows + 0.5, "label": cells.label,
                "colour": ["#E8E8E8"] * n, "status": ["missing"] * n,
            }
        )  # fmt: skip

    def _draw_map(self) -> Any:
        cells = self._watch.cells
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
        # Of cells that carry a mark only: drawing 10 000 empty texts takes a second.
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
        self._selected = self._watch.cells.run_id[new[0]] if new else ""
        if not self._selected:
            self._run.text, self._trace.visible = _NO_RUN, False
            return
        self._show_run(None)

    def _show_run(self, now: Now | None) -> None:
        """Show the chosen run; while it runs its course grows."""
        name = self._selected
        index = self._watch.cells.run_id.index(name)
        status = self._status[index] if self._status is not None else Status.PENDING
        text = _described(self._watch, name, int(status))
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

    def _draw_transition(self) -> Any:
        self._transition = ColumnDataSource({"x": [], "y": [], "low": [], "high": []})
        plot = figure(
            height=220, width=520, name="transition", visible=False, toolbar_location=None,
            x_axis_label="P (GPa)", y_axis_label="T_t (K)", title="Transition",
        )  # fmt: skip
        plot.scatter("x", "y", source=self._transition, size=9, color=GREEN, marker="diamond")
        plot.segment("x", "low", "x", "high", source=self._transition, color=GREEN)
        return plot

    def _draw_entropy(self) -> Any:
        self._mapper = LinearColorMapper(
            palette=Cividis256, low=-1, high=0, nan_color="rgba(0,0,0,0)"
        )
        self._entropy_source = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        plot = figure(
            height=270, width=520, name="entropy", visible=False, toolbar_location=None,
            x_axis_label="T (K)", y_axis_label="final P (GPa)",
            title="ΔS_iso (J/kg/K) from the lowest pressure; empty: unknown",
            background_fill_color="#f3f3f3",
        )  # fmt: skip
        plot.image(
            "image", "x", "y", "dw", "dh", source=self._entropy_source, color_mapper=self._mapper
        )
        plot.add_layout(ColorBar(color_mapper=self._mapper, ticker=BasicTicker()), "right")
        return plot

    def _choose_derived(self, attribute: str, old: str, new: str) -> None:
        self._show_derived()

    def _show_derived(self) -> None:
        found = self._deriver.found.get(self._material.value)
        if found is None:
            why = self._deriver.problem or "nothing yet: no run is done"
            self._derived_note.text = f"<p class='muted'>{html.escape(why)}</p>"
            return
        notes = " · ".join(filter(None, found["notes"]))
        self._derived_note.text = f"<p class='muted'>{html.escape(notes)}</p>"
        self._show_curves(found["curves"][self._quantity.value])
        line = found.get("transition")
        known = line and np.isfinite(np.array(line["value"], dtype=np.float64)).any()
        self._line.visible = bool(known)
        if known:
            self._transition.data = _points(line["pressure"], line["value"], line["error"])
            self._line.title.text = f"Transition by {line['route'].replace('_', ' ')}"
        self._show_entropy(found.get("entropy"))

    def _show_curves(self, curves: list[dict[str, Any]]) -> None:
        plot = self._curves
        plot.visible = bool(curves)
        plot.renderers = []
        for legend in plot.legend:
            legend.items = []
        symbol, unit = SHOWN[self._quantity.value]
        plot.yaxis.axis_label = f"{symbol} ({unit})"
        plot.title.text = f"{symbol}(T), means over replicas" if curves else "nothing yet"
        colours: dict[str, str] = {}
        for curve in curves:
            pressure = curve["name"].split(" GPa")[0]
            colour = colours.setdefault(pressure, SERIES[len(colours) % len(SERIES)])
            source = ColumnDataSource(_points(curve["x"], curve["y"], curve["error"]))
            cooling = curve["direction"] == "cooling"
            legend = {"legend_label": curve["name"]} if len(curves) <= 8 else {}
            plot.line(
                "x", "y", source=source, color=colour, line_dash="dashed" if cooling else "solid"
            )
            plot.scatter(
                "x", "y", source=source, color=colour, size=5,
                marker="inverted_triangle" if cooling else "triangle",
                fill_color="white" if cooling else colour, **legend,
            )  # fmt: skip
            plot.segment("x", "low", "x", "high", source=source, color=colour, line_alpha=0.6)
        for legend in plot.legend:
            legend.label_text_font_size = "10px"
            legend.location = "top_left"
            legend.background_fill_alpha = 0.6

    def _show_entropy(self, found: dict[str, Any] | None) -> None:
        image = np.array(found["value"] if found else [], dtype=np.float64)
        self._entropy.visible = bool(len(image) > 1 and np.isfinite(image[1:]).any())
        if found is None or not self._entropy.visible:
            return
        t, p = found["temperature"], found["pressure"]
        self._mapper.low = float(np.nanmin(image))
        self._mapper.high = float(max(np.nanmax(image), self._mapper.low + 1e-9))
        self._entropy_source.data = {
            "image": [image], "x": [t[0]], "y": [p[0]], "dw": [t[-1] - t[0]], "dh": [p[-1] - p[0]],
        }  # fmt: skip


_WORKER_COLUMNS = {"worker": 90, "job": 50, "doing": 240, "for": 70, "runs done": 60}
"""Titles and widths."""


def _worker_rows(now: Now) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {key: [] for key in _WORKER_COLUMNS}
    for one in now.workers:
        cells = (
            one.name,
            one.job or "–",
            one.doing,
            duration(time.time() - one.since),
            one.finished,
        )
        for key, value in zip(_WORKER_COLUMNS, cells, strict=True):
            rows[key].append(value)
    return rows


def _title(folder: SweepFolder) -> str:
    """Name the sweep; make-believe physics must not be taken for real."""
    if folder.path.name != REHEARSAL:
        return folder.path.name
    return f"{folder.path.parent.name} (rehearsal, make-believe physics)"


def _in_commands(folder: SweepFolder) -> str:
    """Write the folder as commands take it."""
    rehearsal = folder.path.name == REHEARSAL
    path = html.escape(quote(str(folder.path.parent if rehearsal else folder.path)))
    return f"{path} --rehearsal" if rehearsal else path


def _headline(watch: SweepWatch, now: Now) -> str:
    chips = "".join(
        f"<span class='chip'><span class='swatch' style='background:{colour}'></span>"
        f"<b>{now.counts.get(code, 0)}</b> {word}</span>"
        for code, (word, colour) in LOOKS.items()
        if now.counts.get(code, 0) or code in (Status.DONE, Status.PENDING)
    )
    driver = now.driver
    facts = [f"{now.core_hours:.3g} core-hours so far"]
    if now.rate:
        facts.append(f"{now.rate:.0f} runs an hour")
    if now.seconds_left is not None:
        facts.append(f"about {duration(now.seconds_left)} left")
    if driver is None:
        state = "no driver"
        if now.counts.get(Status.PENDING, 0):
            state += f": <code>lbhsweep resume {_in_commands(watch.folder)}</code>"
    else:
        job = f", SLURM job {html.escape(driver.job)}" if driver.job else ""
        state = f"driver {driver.state} on {html.escape(driver.host)}, pid {driver.pid}{job}"
        if driver.message:
            state += f": {html.escape(driver.message)}"
    if now.page:
        address = html.escape(now.page, quote=True)
        state += f" · <a href='{address}' target='_blank'>Dask's page</a>"
    name = html.escape(_title(watch.folder))
    return (
        f"<h1>{name}</h1><div>{chips}</div><div class='muted'>{' · '.join(facts)} · {state}</div>"
    )


def _patches(source: ColumnDataSource, status: np.ndarray) -> dict[str, list[tuple[int, Any]]]:
    """Give what differs in the map, cell by cell."""
    patches: dict[str, list[tuple[int, Any]]] = {"colour": [], "status": []}
    shown = source.data["status"]
    for i, code in enumerate(status.tolist()):
        word, colour = LOOKS.get(Status(code), ("not planned", "#ffffff"))
        if shown[i] != word:
            patches["colour"].append((i, colour))
            patches["status"].append((i, word))
    return patches


def _marks(source: ColumnDataSource, status: np.ndarray) -> dict[str, Any]:
    """Give the marks of running and failed cells, and where they stand."""
    where = np.flatnonzero(np.isin(status, list(MARKS)))
    return {
        "x": np.asarray(source.data["x"])[where],
        "y": np.asarray(source.data["y"])[where],
        "mark": [MARKS[int(code)] for code in status[where]],
    }


def _described(watch: SweepWatch, name: str, status: int) -> str:
    history = watch.history(name)
    folder = _in_commands(watch.folder)
    word = LOOKS.get(Status(status), ("", ""))[0]
    lines = [f"<h2>{html.escape(history.label)}</h2>", f"<div class='muted'>{name}</div>"]
    made = history.provenance
    rows = [("status", word)]
    rows += [
        (key.replace("_", " "), f"{made[key]:.4g}" if isinstance(made[key], float) else made[key])
        for key in ("host", "pid", "slurm_job", "wall_seconds", "cpu", "started")
        if made.get(key)
    ]
    lines.append(
        "<table>" + "".join(f"<tr><td>{k}</td><td>{html.escape(str(v))}</td></tr>" for k, v in rows)
        + "</table>"
    )  # fmt: skip
    if history.error:
        error = history.error
        lines.append(
            f"<pre>{html.escape(error['error_class'])} at step {error['step']}: "
            f"{html.escape(error['message'])}</pre>to try again: "
            f"<code>lbhsweep retry {folder} {name[:12]}</code>"
        )
    told = [*history.attempts, *history.events]
    text = "\n".join(_event_line(one) for one in told[-12:])
    lines.append(f"<h2>Log</h2><pre>{html.escape(text) or 'nothing yet'}</pre>")
    return "".join(lines)


def _event_line(event: dict[str, Any]) -> str:
    when = time.strftime("%H:%M:%S", time.localtime(float(event.get("time", 0.0))))
    rest = [
        f"{key} {value}"
        for key, value in event.items()
        if key in ("worker", "slurm_job", "attempt", "seconds", "error_class", "message") and value
    ]
    return f"{when} {event.get('event', '')} {', '.join(rest)}"


def _points(x: list[float], y: list[float], error: list[float]) -> dict[str, Any]:
    known = np.isfinite(np.array(y, dtype=np.float64))
    values = np.array(y, dtype=np.float64)[known]
    errors = np.nan_to_num(np.array(error, dtype=np.float64)[known])
    return {
        "x": np.array(x, dtype=np.float64)[known], "y": values,
        "low": values - errors, "high": values + errors,
    }  # fmt: skip


def _name_ticks(axis: Any, titles: Sequence[str]) -> None:
    """Put titles at the middles of rows or columns, some of them if they are many."""
    every = max(1, -(-len(titles) // MOST_LABELS))
    places = [i + 0.5 for i in range(0, len(titles), every)]
    axis.ticker = FixedTicker(ticks=places)
    axis.formatter = CustomJSTickFormatter(
        args={"titles": list(titles)}, code="return titles[Math.floor(tick)]"
    )
    axis.major_label_text_font_size = "11px" if len(titles) < 20 else "9px"
