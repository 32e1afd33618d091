"""Events of a sweep as frozen records; observers subscribe, and nothing decides from them.

To add an event, declare a class with a `name`: the log, and all that reads it, follow from that.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, Self

from lbhsweep.atomic import storing

MOST_WAITING = 1 << 20

_BY_NAME: dict[str, type[Event]] = {}
_ABSENT: Mapping[str, object] = MappingProxyType(
    {
        "str": "",
        "int": 0,
        "float": 0.0,
        "bool": False,
        "tuple[str, ...]": (),
        "int | None": None,
        "float | None": None,
    }
)
"""By the type of a field, what stands for it where a line of the log lacks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events.

    Attributes
    ----------
    name : str
        What the log calls the event; it never changes, since logs of earlier versions are read.
        Empty for bases of events.
    time : float
        Unix time, s.
    """

    name: ClassVar[str] = ""

    time: float = field(default_factory=time.time)

    def __init_subclass__(cls) -> None:
        # A slotted dataclass is made twice; the second class is the one to keep.
        if cls.name:
            other = _BY_NAME.setdefault(cls.name, cls)
            if other.__qualname__ != cls.__qualname__:
                raise TypeError(f"{cls.__qualname__}: {other.__qualname__} is named {cls.name!r}")
            _BY_NAME[cls.name] = cls


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepStarted(Event):
    """A driver starts: numbers of all runs, and of those done and failed before."""

    name: ClassVar[str] = "sweep-started"

    total: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPreparing(Event):
    """A worker starts something lengthy before its first run."""

    name: ClassVar[str] = "worker-preparing"

    worker: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOpened(Event):
    """Dask's own page is served, at an address of the driver's machine."""

    name: ClassVar[str] = "page-opened"

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent(Event):
    """Base of the events of one run.

    Attributes
    ----------
    run_id, label : str
        The run.
    worker : str
        Its worker, ``host:pid``; empty if another task had done the run before.
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

    name: ClassVar[str] = "run-started"

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress(Event):
    """Part of a run's work that is done, 0 to 1."""

    name: ClassVar[str] = "run-progress"

    run_id: str
    fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(RunEvent):
    """A run's record was written; `seconds` of wall time went into this attempt."""

    name: ClassVar[str] = "run-finished"

    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(RunEvent):
    """A run failed permanently; its record says why."""

    name: ClassVar[str] = "run-failed"

    error_class: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRetried(RunEvent):
    """An attempt ended by an unexpected error; the run is tried again."""

    name: ClassVar[str] = "run-retried"

    error_class: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInterrupted(RunEvent):
    """An attempt left a checkpoint because it was asked to stop."""

    name: ClassVar[str] = "run-interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost(Event):
    """A worker was lost; other workers continue its runs from their checkpoints."""

    name: ClassVar[str] = "worker-lost"

    worker: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFaulty(Event):
    """A worker is failing for a reason outside its runs, and backs off.

    The event is reported once until the worker has done a run again.

    Attributes
    ----------
    worker : str
        The worker; empty if the task was dropped before any worker had it.
    message : str
        The error.
    """

    name: ClassVar[str] = "worker-faulty"

    worker: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLost(Event):
    """A job of the batch system ended early; another takes its place.

    Attributes
    ----------
    job : str
        Its number.
    had_worker : bool
        Whether any of its workers was ever connected.
    message : str
        Why it was cancelled; empty if it ended by itself.
    """

    name: ClassVar[str] = "job-lost"

    job: str
    had_worker: bool
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsDelayed(Event):
    """The batch system accepts no jobs, starts none for a reason that may stay, or is silent.

    Reported when the message changes.

    Attributes
    ----------
    message : str
        Its own words.
    """

    name: ClassVar[str] = "jobs-delayed"

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsProceed(Event):
    """What delayed jobs has passed."""

    name: ClassVar[str] = "jobs-proceed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(Event):
    """A stop of the sweep was requested; runs write their checkpoints."""

    name: ClassVar[str] = "stop-requested"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePaused(Event):
    """Storage accepts no writes; no run is started until it does.

    Attributes
    ----------
    message : str
        Which path, why, and what to do.
    host : str
        The machine whose write failed.
    free_bytes, total_bytes : int or None
        Of the sweep's file system, as the driver sees it; None if unknown.
    """

    name: ClassVar[str] = "storage-paused"

    message: str
    host: str
    free_bytes: int | None
    total_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageBack(Event):
    """Storage accepts writes again, after so many seconds."""

    name: ClassVar[str] = "storage-back"

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress(Event):
    """Progress of the sweep, reported about once a second.

    Attributes
    ----------
    total, done, failed, running : int
        Numbers of runs.
    fraction : float
        Part of the whole sweep's work that is done, 0 to 1, including that of running runs.
    seconds_left : float or None
        Estimated from the pace so far; None while there is none.
    """

    name: ClassVar[str] = "sweep-progress"

    total: int
    done: int
    failed: int
    running: int
    fraction: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFinished(Event):
    """A driver ends: all runs are done or failed, or it was interrupted."""

    name: ClassVar[str] = "sweep-finished"

    total: int
    done: int
    failed: int
    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepAborted(Event):
    """A driver ends by an error, with runs left to do."""

    name: ClassVar[str] = "sweep-aborted"

    error_class: str
    message: str


Observer = Callable[[Event], None]

_PROGRESS = (RunProgress, SweepProgress)


class EventLog:
    """Observer that appends events to a file, one JSON object a line.

    An error of the log never ends a sweep: while the file can't be written, events are kept in
    memory (the latest `MOST_WAITING` bytes of them).

    Parameters
    ----------
    path : Path
        ``events.jsonl`` of the sweep's folder.

    Raises
    ------
    StoreError
        If the file can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting = b""
        with storing(path):
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            if _is_torn(self._file):
                self._waiting = b"\n"

    def __call__(self, event: Event) -> None:
        """Write the event, unless it only reports progress."""
        if not isinstance(event, _PROGRESS):
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
    """Return whether a file's last line was cut by a kill."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def event_json(event: Event) -> str:
    """Write an event as a line of JSON: ``{"event": "run-failed", "time": …, …}``.

    Events of a run also have the worker's ``host`` and ``pid``.
    """
    values = event_values(event)
    if isinstance(event, RunEvent) and event.worker:
        host, _, pid = event.worker.rpartition(":")
        values |= {"host": host, "pid": int(pid)}
    return json.dumps(values, ensure_ascii=False)


def event_values(event: Event) -> dict[str, Any]:
    """Return an event's name and fields as JSON values."""
    return {"event": event.name, **asdict(event)}


def read_event(values: Mapping[str, Any]) -> Event | None:
    """Build an event from JSON values, as of a line of the log.

    Logs of earlier and later versions are read: a field that is absent, or of another type,
    becomes empty, and values without a field are ignored.

    Returns
    -------
    Event or None
        None if no event has that name.
    """
    name = str(values.get("event"))
    if name not in _BY_NAME:
        return None
    return _BY_NAME[name](**{key: _value(type_, values.get(key)) for key, type_ in _types(name)})


@cache
def _types(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, str(one.type)) for one in fields(_BY_NAME[name]))


def _value(type_: str, value: object) -> Any:
    """Convert a JSON value to a field's type."""
    match type_.removesuffix(" | None"), value:
        case ("str", str()) | ("bool", bool()) | ("int", int()):
            return value
        case "float", int() | float():
            with suppress(OverflowError):
                return float(value)
        case "tuple[str, ...]", list() | tuple():
            return tuple(map(str, value))
    return _ABSENT[type_]
