"""What happened, as frozen records; observers subscribe, and nothing decides from them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from lbhsweep.store.atomic import storing


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
class RunStarted(Event):
    """A worker began an attempt of a run."""

    run_id: str
    label: str
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress(Event):
    """How much of a run's work is done, 0 to 1."""

    run_id: str
    fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """A run's record was written; `seconds` of wall time went into this attempt."""

    run_id: str
    label: str
    worker: str
    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(Event):
    """A run failed for good; its record says why."""

    run_id: str
    label: str
    error_class: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRetried(Event):
    """An attempt ended by an unexpected error; the run is tried once more."""

    run_id: str
    label: str
    error_class: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInterrupted(Event):
    """An attempt left a checkpoint because it was asked to stop."""

    run_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost(Event):
    """A worker went away; its runs go on elsewhere from their checkpoints."""

    worker: str
    runs: tuple[str, ...]


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


Observer = Callable[[Event], None]

_PASSING = (RunProgress, SweepProgress)


class EventLog:
    """Observer that appends events to a file, one JSON object a line.

    Parameters
    ----------
    path : Path
        ``events.jsonl`` of the sweep's folder.

    Raises
    ------
    StoreError
        If it can't be written; so do calls.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with storing(path):
            self._file = path.open("a", encoding="utf-8", buffering=1)

    def __call__(self, event: Event) -> None:
        """Write the event unless it only tells progress."""
        if not isinstance(event, _PASSING):
            with storing(self._path):
                self._file.write(event_json(event) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with storing(self._path):
            self._file.close()


def event_json(event: Event) -> str:
    """Write an event as a line of JSON: ``{"event": "run-failed", "time": …, …}``."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(event).__name__).lower()
    return json.dumps({"event": name, **asdict(event)}, ensure_ascii=False)
