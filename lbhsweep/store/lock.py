"""One driver a sweep: an advisory lock on a file that names its holder.

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
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lbhsweep.atomic import storing
from lbhsweep.errors import StoreError, SweepLockedError

LENGTH = 4096
"""Of the file while it is held: its text is overwritten in place, also on a full disk."""
_MOST_TEXT = 1000
_TRIES = 4
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class LockHolder:
    """A process that drives a sweep, and its state.

    Attributes
    ----------
    host, pid
        The process.
    since : str
        UTC, ISO 8601.
    job : str
        Its SLURM job, empty outside SLURM.
    beat : float
        Unix time of its last heartbeat, s.
    state : {'working', 'paused', 'stopping'}
        Its state; paused while storage accepts no writes.
    message : str
        Why it is paused or stopping, or what its workers prepare, and what delays its jobs.
    seconds_left : float or None
        Time to the end, estimated from the pace so far.
    """

    host: str
    pid: int
    since: str
    job: str = ""
    beat: float = 0.0
    state: str = "working"
    message: str = ""
    seconds_left: float | None = None


@contextmanager
def hold_lock(path: Path) -> Iterator[LockHolder]:
    """Hold the lock file while the context lasts.

    Raises
    ------
    SweepLockedError
        If another process holds it.
    StoreError
        If the file can't be written, or its file system has no locks.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: can't open the driver's lock: {error.strerror}") from error
    try:
        _acquire(descriptor, path)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        job = os.environ.get("SLURM_JOB_ID", "")
        driver = LockHolder(socket.gethostname(), os.getpid(), now, job, time.time())
        with storing(path):
            os.ftruncate(descriptor, LENGTH)
            _overwrite(descriptor, driver)
            os.fsync(descriptor)
        try:
            yield driver
        finally:
            # Content that is left identifies a driver that was killed.
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def current_driver(path: Path) -> LockHolder | None:
    """Read the holder of the lock file, None if it is not held."""
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


def last_driver(path: Path) -> LockHolder | None:
    """Read the last holder of the lock file if it did not release it, else None."""
    with suppress(OSError, ValueError, TypeError):
        return LockHolder(**json.loads(path.read_text()))
    return None


def write_state(path: Path, driver: LockHolder) -> None:
    """Write the state of the driver that holds the lock file; never raises."""
    # A second description of the same file; closing it releases no lock.
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY)
        try:
            _overwrite(descriptor, driver)
        finally:
            os.close(descriptor)


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
                f"{path}: this file system has no locks ({error.strerror}); "
                "without one two drivers could work on the same sweep: "
                "choose an output folder on another file system"
            ) from error
        else:
            return
    other = _read(path)
    raise SweepLockedError(
        f"{path.parent}: another driver works on this sweep: pid {other.pid} on {other.host} "
        f"since {other.since}; wait for it, stop it with 'lbhsweep stop' (or there with "
        f"'kill -INT {other.pid}'), or choose another output folder"
    )


def _overwrite(descriptor: int, driver: LockHolder) -> None:
    text = json.dumps(asdict(replace(driver, message=driver.message[:_MOST_TEXT])))
    os.pwrite(descriptor, text.encode().ljust(LENGTH - 1) + b"\n", 0)


def _read(path: Path) -> LockHolder:
    return last_driver(path) or LockHolder("an unknown host", 0, "just now")
