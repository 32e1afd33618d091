"""One driver a sweep: an advisory lock on a file that says who holds it.

The lock is flock(2): the kernel drops it when its holder dies, so a killed driver blocks
nobody.  Linux passes flock on to NFS servers; a Lustre mounted with `localflock` only sees
drivers of the same node, so start a sweep's drivers on one login node there.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lbhsweep.errors import StoreError, SweepLockedError
from lbhsweep.store.atomic import storing

_TRIES = 4
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Driver:
    """A process that drives a sweep: where it runs, and since when (UTC, ISO 8601)."""

    host: str
    pid: int
    since: str


@contextmanager
def hold_lock(path: Path) -> Iterator[Driver]:
    """Hold the lock file while the context lasts.

    Raises
    ------
    SweepLockedError
        If another process holds it.
    StoreError
        If the file can't be written, or its file system knows no locks.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: can't open the driver's lock: {error.strerror}") from error
    try:
        _acquire(descriptor, path)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        driver = Driver(socket.gethostname(), os.getpid(), now)
        with storing(path):
            _write(descriptor, json.dumps(asdict(driver)) + "\n")
        yield driver
        with storing(path):
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def current_driver(path: Path) -> Driver | None:
    """Read who holds the lock file, None if nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _acquire(descriptor: int, path: Path) -> None:
    for attempt in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # `current_driver` of another process holds a shared lock for microseconds.
            if attempt < _TRIES - 1:
                time.sleep(_PAUSE_S)
        except OSError as error:
            raise StoreError(
                f"{path}: this file system knows no locks ({error.strerror}); "
                "without one two drivers could work on the same sweep: "
                "choose an output folder on another file system"
            ) from error
        else:
            return
    other = _read(path)
    raise SweepLockedError(
        f"{path.parent}: another driver works on this sweep: pid {other.pid} on {other.host} "
        f"since {other.since}; wait for it, end it there with 'kill -INT {other.pid}', "
        "or choose another output folder"
    )


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
    os.fsync(descriptor)


def _read(path: Path) -> Driver:
    try:
        return Driver(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return Driver("an unknown host", 0, "just now")
