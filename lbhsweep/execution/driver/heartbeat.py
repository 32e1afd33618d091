"""The driver's state, written into its lock file, where any process can read it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from lbhsweep.execution.events import (
    Event,
    JobsDelayed,
    JobsProceed,
    RunFinished,
    RunStarted,
    StopRequested,
    StorageBack,
    StoragePaused,
    SweepProgress,
    WorkerPreparing,
)
from lbhsweep.store.lock import LockHolder, write_state

EVERY_S = 5.0


class Heartbeat:
    """Observer that keeps the lock file up to date.

    Parameters
    ----------
    lock : Path
        The lock file, held by this process.
    driver : LockHolder
        Its content so far.
    """

    def __init__(self, lock: Path, driver: LockHolder) -> None:
        self._lock = lock
        self._driver = driver
        self._next = 0.0
        self._preparing = self._delay = ""

    def __call__(self, event: Event) -> None:
        """Write a change of state at once, and a heartbeat every few seconds."""
        match event:
            case StoragePaused(message=message, free_bytes=free):
                room = "" if free is None else f" ({free / 1e6:,.0f} MB free)"
                self._beat(state="paused", message=message + room)
            case StorageBack():
                self._beat(state="working", message=self._doing)
            case StopRequested(reason=reason):
                self._beat(state="stopping", message=reason)
            case WorkerPreparing(what=what):
                self._preparing = what
                self._beat_doing()
            case JobsDelayed(message=message):
                self._delay = message
                self._beat_doing()
            case JobsProceed():
                self._delay = ""
                self._beat_doing()
            case RunStarted() | RunFinished() if self._preparing:
                self._preparing = ""
                self._beat_doing()
            case SweepProgress(seconds_left=seconds) if time.monotonic() >= self._next:
                self._beat(seconds_left=seconds)

    @property
    def _doing(self) -> str:
        return "; ".join(filter(None, (self._delay, self._preparing)))

    def _beat_doing(self) -> None:
        """Write what workers prepare and what delays jobs, unless the sweep pauses or stops."""
        if self._driver.state == "working":
            self._beat(message=self._doing)

    def _beat(self, **changes: str | float | None) -> None:
        self._next = time.monotonic() + EVERY_S
        self._driver = replace(self._driver, beat=time.time(), **changes)  # type: ignore[arg-type]
        write_state(self._lock, self._driver)
