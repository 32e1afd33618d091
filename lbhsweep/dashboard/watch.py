"""What a sweep's folder says now: cells by status, workers, one run; read piece by piece."""

from __future__ import annotations

import json
import math
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.errors import LbhsweepError
from lbhsweep.execution.events import (
    Event,
    JobLost,
    JobsDelayed,
    JobsProceed,
    PageOpened,
    RunEvent,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunRetried,
    RunStarted,
    StopRequested,
    StoragePaused,
    SweepAborted,
    SweepFinished,
    SweepStarted,
    WorkerFaulty,
    WorkerLost,
    WorkerPreparing,
    read_event,
)
from lbhsweep.execution.folder.history import RunHistory, read_line, run_history
from lbhsweep.execution.worker.task import TRACE
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.lock import LockHolder
from lbhsweep.store.open import open_results
from lbhsweep.store.record import read_record
from lbhsweep.store.schema import Status
from lbhsweep.sweep.identity import point_from_json

RATE_OVER_S = 600.0
"""The rate is computed from the runs that ended in this time."""
ROWS = ("potential", "cutoff", "n_vacancies", "frozen", "start", "pressure", "direction")
"""Dimensions that become rows of the map; all others are its columns."""
UNITS = {"pressure": "GPa", "temperature": "K", "heating_rate": "K/ps", "cutoff": "Å"}
SERIES = {"volume": "volume_series", "enthalpy": "enthalpy_series"}


@dataclass(frozen=True, slots=True)
class Cells:
    """The grid as a map: one entry a planned run.

    Attributes
    ----------
    run_id, label : list of str
        Of each run; the label contains the cell's coordinates.
    row, column : (n,) int arrays
        Place in the map.
    rows, columns : tuple of str
        Titles of all rows and columns.
    """

    run_id: list[str]
    label: list[str]
    row: npt.NDArray[np.int64]
    column: npt.NDArray[np.int64]
    rows: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker does: since when (Unix time), in which job."""

    name: str
    job: str
    doing: str
    run_id: str
    since: float
    finished: int


@dataclass(frozen=True, slots=True)
class Now:
    """Where the sweep stands.

    Attributes
    ----------
    cells : Cells
        The grid; another object once the sweep was extended or replaced.
    status : (n,) int8 array
        Codes of `Status`, in the order of the cells.
    counts : dict of int to int
        Runs by code.
    run_hours : float
        Wall time of the runs that are done, each on one core, hours.
    rate : float
        Runs that ended an hour lately, of the time in which any was under way; 0 without a driver.
    driver : LockHolder or None
        Who drives it.
    seconds_left : float or None
        As the driver says.
    workers : tuple of Worker
        In the order in which they started.
    notes : tuple of str
        The latest that happened, newest first.
    page : str
        Address of Dask's own page, if there is one.
    """

    cells: Cells
    status: npt.NDArray[np.int8]
    counts: dict[int, int]
    run_hours: float
    rate: float
    driver: LockHolder | None
    seconds_left: float | None
    workers: tuple[Worker, ...]
    notes: tuple[str, ...]
    page: str


@dataclass(slots=True)
class BusyTime:
    """The times in which any run was under way, as far back as a rate needs them."""

    _since: float | None = None
    _spans: deque[tuple[float, float]] = field(default_factory=deque)

    def note(self, when: float, *, is_busy: bool) -> None:
        """Note at a time (Unix) whether any run is under way from then on."""
        if is_busy and self._since is None:
            self._since = when
        elif not is_busy and self._since is not None:
            self._spans.append((self._since, when))
            self._since = None

    def seconds(self, start: float, end: float) -> float:
        """Compute for how long between two times any run was under way; forget what was before."""
        while self._spans and self._spans[0][1] < start:
            self._spans.popleft()
        spans = [*self._spans, *([] if self._since is None else [(self._since, end)])]
        return sum(max(0.0, min(last, end) - max(first, start)) for first, last in spans)


@dataclass(slots=True)
class SweepWatch:
    """Reads a sweep's folder again and again, of its log only what is new.

    Parameters
    ----------
    folder : SweepFolder
        The folder; may be read-only.

    Raises
    ------
    StoreError
        If it has no results yet.
    """

    folder: SweepFolder
    cells: Cells = field(init=False)
    group: str = field(init=False)
    _order: npt.NDArray[np.int64] = field(init=False)
    _layout: str = field(init=False)
    _offset: int = 0
    _workers: dict[str, Worker] = field(default_factory=dict)
    _ended: deque[float] = field(default_factory=deque)
    _notes: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    _running: set[str] = field(default_factory=set)
    _page: str = ""
    _busy: BusyTime = field(default_factory=BusyTime)

    def __post_init__(self) -> None:
        with open_results(self.folder.path) as tree:
            self._lay_out(tree)

    def _lay_out(self, tree: xr.DataTree) -> None:
        (group,) = tree.children
        cells, order = lay_out(tree[group].to_dataset())
        self.group, self.cells, self._order = group, cells, order
        self._layout = str(tree.attrs.get("layout_digest", ""))

    def look(self) -> Now:
        """Read what is new."""
        self._read_log()
        with open_results(self.folder.path) as tree:
            if str(tree.attrs.get("layout_digest", "")) != self._layout:
                self._lay_out(tree)
            dataset = tree[self.group].to_dataset()
            status = dataset["status"].values.ravel()[self._order].astype(np.int8)
            seconds = dataset["wall_seconds"].values.ravel()[self._order]
        driver = self.folder.driver()
        running = self._running if driver is not None else set()
        for i, name in enumerate(self.cells.run_id):
            if status[i] == Status.RUNNING and name not in running:
                # Marked by a driver that is no more.
                status[i] = Status.PENDING
            elif status[i] == Status.PENDING and name in running:
                status[i] = Status.RUNNING
        since = time.time() - RATE_OVER_S
        while self._ended and self._ended[0] < since:
            self._ended.popleft()
        busy = self._busy.seconds(since, time.time())
        return Now(
            cells=self.cells,
            status=status,
            counts=dict(Counter(status.tolist())),
            run_hours=float(np.nansum(seconds[status == Status.DONE])) / 3600,
            rate=3600 * len(self._ended) / max(busy, 1.0) if driver else 0.0,
            driver=driver,
            seconds_left=driver.seconds_left if driver else None,
            workers=tuple(self._workers.values()) if driver else (),
            notes=tuple(self._notes),
            page=self._page if driver else "",
        )

    def _read_log(self) -> None:
        try:
            with self.folder.events.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return
        # A line under way is read the next time.
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            event = read_event(read_line(line))
            if event is not None:
                self._note(event)
                self._busy.note(event.time, is_busy=bool(self._running))

    def _note(self, event: Event) -> None:
        when = event.time
        match event:
            case SweepStarted(total=total, done=done):
                self._workers.clear()
                self._running.clear()
                self._page = ""
                self._say(when, f"driver started: {done} of {total} done")
            case PageOpened(address=address):
                self._page = address
            case WorkerPreparing(worker=worker, what=what):
                self._at(worker, "", what, "", when)
            case RunStarted(run_id=name, label=label, worker=worker, slurm_job=job):
                self._running.add(name)
                self._at(worker, job, label, name, when)
            case RunFinished(label=label):
                self._ended.append(when)
                self._say(when, f"done: {label}")
                self._end(event, finished=1)
            case RunFailed(label=label, error_class=error_class, message=message):
                self._say(when, f"failed: {label}: {error_class}: {message}"[:160])
                self._end(event)
            case RunRetried(label=label, error_class=error_class, message=message):
                self._say(when, f"retried: {label}: {error_class}: {message}"[:160])
                self._end(event)
            case RunInterrupted():
                self._end(event)
            case WorkerLost(worker=worker):
                self._workers.pop(worker, None)
                self._say(when, f"worker {worker} lost")
            case WorkerFaulty(message=message):
                self._say(when, f"a worker can't work: {message}"[:160])
            case JobLost(job=job, message=message):
                self._say(when, f"job {job} ended{message and ': '}{message}"[:400])
            case JobsDelayed(message=message):
                self._say(when, f"waiting for jobs: {message}"[:400])
            case JobsProceed():
                self._say(when, "jobs are accepted and start again")
            case StoragePaused(message=message):
                self._say(when, f"storage paused: {message}"[:160])
            case StopRequested(reason=reason):
                self._say(when, f"stop requested: {reason}"[:160])
            case SweepAborted(message=message):
                self._running.clear()
                self._say(when, f"driver ended: {message}"[:160])
            case SweepFinished(total=total, done=done):
                self._running.clear()
                self._say(when, f"driver ended: {done} of {total} done")

    def _end(self, event: RunEvent, *, finished: int = 0) -> None:
        self._running.discard(event.run_id)
        if (worker := self._workers.get(event.worker)) is not None:
            worker = replace(worker, finished=worker.finished + finished)
            # The start of its next run may be reported before the end of this one.
            if worker.run_id == event.run_id:
                worker = replace(worker, doing="idle", run_id="", since=event.time)
            self._workers[event.worker] = worker

    def _at(self, worker: str, job: str, doing: str, run_id: str, when: float) -> None:
        before = self._workers.get(worker)
        finished = before.finished if before else 0
        self._workers[worker] = Worker(worker, job, doing, run_id, when, finished)

    def _say(self, when: float, text: str) -> None:
        self._notes.appendleft(f"{time.strftime('%H:%M:%S', time.localtime(when))} {text}")

    def history(self, run_id: str) -> RunHistory:
        """Read all that is known of one run."""
        return run_history(self.folder, run_id, self._label(run_id))

    def _label(self, run_id: str) -> str:
        path = self.folder.find_record(run_id)
        if path is not None:
            try:
                return point_from_json(read_record(path).header.point).label
            except (LbhsweepError, ValueError):
                pass
        return self.cells.label[self.cells.run_id.index(run_id)]

    def trace(self, run_id: str) -> dict[str, npt.NDArray[np.float64]]:
        """Read a run's curve: temperature or time, volume, and enthalpy once it is done.

        Returns
        -------
        dict
            ``x``, ``volume`` and, of done runs, ``enthalpy``; empty if nothing is there yet.
        """
        path = self.folder.record_path(run_id)
        if path.exists():
            return self._recorded(path)
        lines = self.folder.run_folder(run_id) / TRACE
        rows = _json_lines(lines)
        if not rows:
            return {}
        x = "temperature_K" if self.group == "ramp" else "step"
        return {
            "x": np.array([row[x] for row in rows], dtype=np.float64),
            "volume": np.array([row["volume_A3"] for row in rows]),
        }

    def _recorded(self, path: Path) -> dict[str, npt.NDArray[np.float64]]:
        try:
            arrays = read_record(path).arrays
        except LbhsweepError:
            return {}
        with open_results(self.folder.path) as tree:
            dataset = tree[self.group].to_dataset()
            axis = "temperature" if self.group == "ramp" else "time"
            if axis not in dataset.coords:
                return {}
            x = dataset[axis].values.astype(np.float64)
        names = {name: name if self.group == "ramp" else series for name, series in SERIES.items()}
        series = {
            name: np.asarray(arrays[stored], dtype=np.float64)
            for name, stored in names.items()
            if stored in arrays and len(arrays[stored]) == len(x)
        }
        return {"x": x} | series if series else {}


def lay_out(dataset: xr.Dataset) -> tuple[Cells, npt.NDArray[np.int64]]:
    """Arrange planned runs as a map: materials, pressures and directions down, the rest across."""
    runs = dataset["run_id"]
    down = [str(dim) for dim in runs.dims if dim in ROWS]
    across = [str(dim) for dim in runs.dims if dim not in ROWS]
    names = runs.transpose(*down, *across).values
    order = np.arange(runs.size).reshape(runs.shape)
    order = order.transpose([runs.dims.index(dim) for dim in (*down, *across)])
    n_rows = math.prod(runs.sizes[dim] for dim in down)
    flat = names.reshape(n_rows, -1)
    places = order.reshape(n_rows, -1)
    rows = _titles(dataset, down)
    columns = _titles(dataset, across)
    planned = [
        (i, j) for i in range(flat.shape[0]) for j in range(flat.shape[1]) if str(flat[i, j])
    ]
    return (
        Cells(
            run_id=[str(flat[i, j]) for i, j in planned],
            label=[f"{rows[i]} · {columns[j]}" for i, j in planned],
            row=np.array([i for i, _ in planned], dtype=np.int64),
            column=np.array([j for _, j in planned], dtype=np.int64),
            rows=rows,
            columns=columns,
        ),
        np.array([places[i, j] for i, j in planned], dtype=np.int64),
    )


def _titles(dataset: xr.Dataset, dims: list[str]) -> tuple[str, ...]:
    """Name all combinations of values; one-valued dimensions only if there is no other."""
    shown = [dim for dim in dims if dataset.sizes[dim] > 1] or dims[-1:]
    values = [
        [_value(dim, value) if dim in shown else "" for value in dataset[dim].values]
        for dim in dims
    ]
    return tuple(" · ".join(part for part in parts if part) for parts in product(*values))


def _value(dim: str, value: Any) -> str:
    if dim == "replica":
        return f"r{value}"
    if dim == "n_vacancies":
        return f"{value} vac."
    text = f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)
    return f"{text} {UNITS[dim]}" if dim in UNITS else text


def _json_lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    rows = []
    for line in text.splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows
