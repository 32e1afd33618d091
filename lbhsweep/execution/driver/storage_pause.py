"""Waiting while storage takes no writes: nothing is lost, and nothing counts against a run."""

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
MAX_STUMBLES = 6
"""Times in a row that storage may fail otherwise, as where a server restarts: two minutes."""
LONG_S = 300.0
POLL_S = 0.2
TRIED_BYTES = 1 << 20
"""What must fit before the sweep goes on: more than a record or a checkpoint takes."""

T = TypeVar("T")


class StoragePause:
    """A sweep's pause while its storage is full, over quota, read-only or closed to it.

    It tries again after 2 s, and each time twice as long after, 60 s at most.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder.
    tell : callable
        Told when a pause begins and ends.

    Attributes
    ----------
    is_on : bool
        Whether storage took nothing when last tried.
    """

    def __init__(self, folder: SweepFolder, tell: Observer) -> None:
        self.is_on = False
        self._folder = folder
        self._tell = tell
        self._delay = FIRST_S
        self._since = self._next_try = 0.0
        self._stumbles = 0

    def begin(self, error: StoreError) -> None:
        """Pause, for what storage answered."""
        now = time.monotonic()
        if not self.is_on:
            self.is_on = True
            self._since = now
            self._put_off(now)
            free, total = _space(self._folder)
            self._tell(
                StoragePaused(
                    message=str(error),
                    host=getattr(error, "host", "") or socket.gethostname(),
                    free_bytes=free,
                    total_bytes=total,
                )
            )

    def takes_writes(self) -> bool:
        """Try whether this machine can write to the sweep's folder now."""
        folders = (self._folder.path, self._folder.runs, self._folder.records)
        return all(takes_writes(one, TRIED_BYTES) for one in folders)

    def stumble(self, error: StoreError) -> None:
        """Pause for an error other than a refusal.

        Raises
        ------
        StoreError
            That error, after too many in a row.
        """
        if self.is_on:
            # Of the same moment.
            return
        self._stumbles += 1
        if self._stumbles > MAX_STUMBLES:
            raise error
        self.begin(error)

    @property
    def is_worn(self) -> bool:
        """Whether storage stumbled as often as is borne."""
        return self._stumbles >= MAX_STUMBLES

    def steady(self) -> None:
        """Note that storage did all that was asked: stumbles are counted anew."""
        self._stumbles = 0

    @property
    def is_long(self) -> bool:
        """Whether it has lasted so long that idle workers had better go."""
        return self.is_on and time.monotonic() - self._since > LONG_S

    def is_over(self) -> bool:
        """Tell whether to go on, having tried if it was time to."""
        now = time.monotonic()
        if self.is_on and now >= self._next_try:
            self.is_on = not self.takes_writes()
            self._put_off(now)
            if not self.is_on:
                self._tell(StorageBack(seconds=now - self._since))
        return not self.is_on

    def forget(self) -> None:
        """Note that storage took something of use: the next pause begins with a short wait."""
        self._delay = FIRST_S

    def persist(self, action: Callable[[], T], interruption: Interruption) -> T | None:
        """Do something that reads and writes, again until storage takes it.

        Returns
        -------
        object or None
            What the action gave; None if a stop was asked for before it succeeded.
        """
        while True:
            try:
                done = action()
            except SchemaError:
                raise
            except StorageRefusedError as error:
                self.begin(error)
            except StoreError as error:
                self.stumble(error)
            else:
                self.steady()
                self.forget()
                return done
            while not self.is_over():
                if interruption.asked:
                    return None
                time.sleep(POLL_S)

    def _put_off(self, now: float) -> None:
        self._next_try = now + self._delay
        self._delay = min(2 * self._delay, LONGEST_S)


def _space(folder: SweepFolder) -> tuple[int | None, int | None]:
    try:
        usage = shutil.disk_usage(folder.path)
    except OSError:
        return None, None
    return usage.free, usage.total
