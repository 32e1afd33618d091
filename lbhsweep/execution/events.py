"""What happened, as frozen records; observers subscribe, and nothing decides from them."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from lbhsweep.store.atomic import storing

MOST_WAITING = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; `time` is Unix time in seconds."""

    time: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepStarted(Event):
    """A driver begins: how many runs there are, and what became of them before."""

    total: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPreparing(Event):
    """A worker does something lengthy before its first run."""

    worker: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOpened(Event):
    """Dask's own page is there, at an address of the driver's machine."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent(Event):
    """Base of what happened to a run.

    Attributes
    ----------
    run_id, label : str
        Which.
    worker : str
        Where, ``host:pid``; empty if another task had done it before.
    slurm_job : str
        The worker's SLURM job, empty outside SLURM.
    """

    run_id: str
    label: str
    worker: str = ""
    slurm_job: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(RunEvent):
    """A worker began an attempt of a run."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress(Event):
    """How much of a run's work is done, 0 to 1."""

    run_id: str
    fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(RunEvent):
    """A run's record was written; `seconds` of wall time went into this attempt."""

    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(RunEvent):
    """A run failed for good; its record says why."""

    error_class: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRetried(RunEvent):
    """An attempt ended by an unexpected error; the run is tried once more."""

    error_class: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInterrupted(RunEvent):
    """An attempt left a checkpoint because it was asked to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost(Event):
    """A worker went away; its runs go on elsewhere from their checkpoints."""

    worker: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFaulty(Event):
    """A worker can't work, for a reason outside its runs, and rests; told once until it can.

    Attributes
    ----------
    worker : str
        Which; empty if the task was dropped before any worker had it.
    message : str
        What broke.
    """

    worker: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLost(Event):
    """A job of the batch system ended before its time; another takes its place."""

    job: str
    had_worker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(Event):
    """The sweep is asked to stop; runs write their checkpoints."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePaused(Event):
    """Storage takes no writes; nothing is begun until it does.

    Attributes
    ----------
    message : str
        Which path, why, and what to do.
    host : str
        Where it was refused.
    free_bytes, total_bytes : int or None
        Of the sweep's file system, as the driver sees it; None if it can't be told.
    """

    message: str
    host: str
    free_bytes: int | None
    total_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageBack(Event):
    """Storage takes writes again, after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress(Event):
    """Where the sweep stands; told about once a second.

    Attributes
    ----------
    total, done, failed, running : int
        Numbers of runs.
    fraction : float
        Part of the whole sweep's work that is done, 0 to 1, running runs included.
    seconds_left : float or None
        At the pace so far; None while there is no pace yet.
    """

    total: int
    done: int
    failed: int
    running: int
    fraction: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFinished(Event):
    """A driver ends, with all runs done or failed, or interrupted."""

    total: int
    done: int
    failed: int
    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepAborted(Event):
    """A driver ends by an error, with runs left to do."""

    error_class: str
    message: str


Observer = Callable[[Event], None]

_PASSING = (RunProgress, SweepProgress)


class EventLog:
    """Observer that appends events to a file, one JSON object a line.

    A log ends no sweep: while it can't be written, events wait in memory (the latest
    `MOST_WAITING` bytes of them).

    Parameters
    ----------
    path : Path
        ``events.jsonl`` of the sweep's folder.

    Raises
    ------
    StoreError
        If it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting = b""
        with storing(path):
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            if _is_torn(self._file):
                self._waiting = b"\n"

    def __call__(self, event: Event) -> None:
        """Write the event unless it only tells progress."""
        if not isinstance(event, _PASSING):
            line = event_json(event).encode() + b"\n"
            self._waiting = self._waiting[-MOST_WAITING:] + line
            with suppress(OSError):
                self._flush()

    def _flush(self) -> None:
        while self._waiting:
            n_written = os.write(self._file, self._waiting)
            self._waiting = self._waiting[n_written:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._flush()
        with suppress(OSError):
            os.close(self._file)


def _is_torn(descriptor: int) -> bool:
    """Tell whether a file's last line was cut by a kill."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def event_json(event: Event) -> str:
    """Write an event as a line of JSON: ``{"event": "run-failed", "time": …, …}``.

    What happened to a run also says the worker's ``host`` and ``pid``.
    """
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(event).__name__).lower()
    fields = asdict(event)
    if isinstance(event, RunEvent) and event.worker:
        host, _, pid = event.worker.rpartition(":")
        fields |= {"host": host, "pid": int(pid)}
    return json.dumps({"event": name, **fields}, ensure_ascii=False)
