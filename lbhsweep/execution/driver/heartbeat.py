"""The driver's state, written into its lock file, where any process can read it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from lbhsweep.execution.events import (
    Event,
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

    def __call__(self, event: Event) -> None:
        """Write a change of state at once, and a heartbeat every few seconds."""
        match event:
            case StoragePaused(message=message, free_bytes=free):
                room = "" if free is None else f" ({free / 1e6:,.0f} MB free)"
                self._beat(state="paused", message=message + room)
            case StorageBack():
                self._beat(state="working", message="")
            case StopRequested(reason=reason):
                self._beat(state="stopping", message=reason)
            case WorkerPreparing(what=what) if self._driver.state == "working":
                self._beat(message=what)
            case RunStarted() | RunFinished() if self._is_preparing:
                self._beat(message="")
            case SweepProgress(seconds_left=seconds) if time.monotonic() >= self._next:
                self._beat(seconds_left=seconds)

    @property
    def _is_preparing(self) -> bool:
        return bool(self._driver.message) and self._driver.state == "working"

    def _beat(self, **changes: str | float | None) -> None:
        self._next = time.monotonic() + EVERY_S
        self._driver = replace(self._driver, beat=time.time(), **changes)  # type: ignore[arg-type]
        write_state(self._lock, self._driver)
