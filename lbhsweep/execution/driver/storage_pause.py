"""Waiting while storage accepts no writes: nothing is lost or counted against a run."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from typing import TypeVar

from lbhsweep.atomic import takes_writes
from lbhsweep.errors import SchemaError, StorageRefusedError, StoreError
from lbhsweep.execution.driver.interruption import Interruption
from lbhsweep.execution.events import Observer, StorageBack, StoragePaused
from lbhsweep.store.folder import SweepFolder

FIRST_S = 2.0
LONGEST_S = 60.0
MAX_TRANSIENT = 6
"""Transient errors of storage in a row, as when a server restarts: about two minutes."""
LONG_S = 300.0
POLL_S = 0.2
TRIED_BYTES = 1 << 20
"""Must fit before the sweep continues: more than a record or a checkpoint takes."""

T = TypeVar("T")


class StoragePause:
    """A sweep's pause while its storage is full, over quota, read-only or closed to it.

    It tries again after 2 s, and each time twice as long after, 60 s at most.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder.
    report : callable
        Called when a pause begins and ends.

    Attributes
    ----------
    is_on : bool
        Whether storage accepted nothing when last tried.
    """

    def __init__(self, folder: SweepFolder, report: Observer) -> None:
        self.is_on = False
        self._folder = folder
        self._report = report
        self._delay = FIRST_S
        self._since = self._next_try = 0.0
        self._n_transient = 0

    def begin(self, error: StoreError) -> None:
        """Pause because of an error of storage."""
        now = time.monotonic()
        if not self.is_on:
            self.is_on = True
            self._since = now
            self._schedule_try(now)
            free, total = _space(self._folder)
            self._report(
                StoragePaused(
                    message=str(error),
                    host=getattr(error, "host", "") or socket.gethostname(),
                    free_bytes=free,
                    total_bytes=total,
                )
            )

    def takes_writes(self) -> bool:
        """Return whether this machine can write to the sweep's folder now, by trying."""
        folders = (self._folder.path, self._folder.runs, self._folder.records)
        return all(takes_writes(one, TRIED_BYTES) for one in folders)

    def count_transient(self, error: StoreError) -> None:
        """Pause for a transient error.

        Raises
        ------
        StoreError
            That error, after too many in a row.
        """
        if self.is_on:
            # The same incident.
            return
        self._n_transient += 1
        if self._n_transient > MAX_TRANSIENT:
            raise error
        self.begin(error)

    @property
    def is_exhausted(self) -> bool:
        """Whether the limit of transient errors in a row is reached."""
        return self._n_transient >= MAX_TRANSIENT

    def forget_transient(self) -> None:
        """Note that storage works: transient errors are counted from zero again."""
        self._n_transient = 0

    @property
    def is_long(self) -> bool:
        """Whether it has lasted so long that idle workers should be released."""
        return self.is_on and time.monotonic() - self._since > LONG_S

    def is_over(self) -> bool:
        """Return whether storage accepts writes, having tried if the delay is over."""
        now = time.monotonic()
        if self.is_on and now >= self._next_try:
            self.is_on = not self.takes_writes()
            self._schedule_try(now)
            if not self.is_on:
                self._report(StorageBack(seconds=now - self._since))
        return not self.is_on

    def forget_delay(self) -> None:
        """Note that a record was written: the next pause begins with a short delay."""
        self._delay = FIRST_S

    def persist(self, action: Callable[[], T], interruption: Interruption) -> T | None:
        """Repeat an action that reads and writes until storage accepts it.

        Returns
        -------
        object or None
            The action's result; None if a stop was requested before it succeeded.
        """
        while True:
            try:
                done = action()
            except SchemaError:
                raise
            except StorageRefusedError as error:
                self.begin(error)
            except StoreError as error:
                self.count_transient(error)
            else:
                self.forget_transient()
                self.forget_delay()
                return done
            while not self.is_over():
                if interruption.asked:
                    return None
                time.sleep(POLL_S)

    def _schedule_try(self, now: float) -> None:
        self._next_try = now + self._delay
        self._delay = min(2 * self._delay, LONGEST_S)


def _space(folder: SweepFolder) -> tuple[int | None, int | None]:
    try:
        usage = shutil.disk_usage(folder.path)
    except OSError:
        return None, None
    return usage.free, usage.total
