"""A worker's process: its signals, the stop file, and its cache of compiled kernels."""

from __future__ import annotations

import os
import signal
import socket
import stat
import threading
import time
from pathlib import Path
from types import FrameType

from distributed import Worker, WorkerPlugin

from lbhsweep.errors import ClusterError

POLL_S = 1.0
GRACE_S = 60.0
_LEAVE_S = 1.0

at_work = threading.Lock()
"""Held while a task runs: on SIGTERM the process ends only after it."""
_terminating = threading.Event()


def worker_name() -> str:
    """Name this process: ``host:pid``."""
    return f"{socket.gethostname()}:{os.getpid()}"


class StopPoll:
    """Tells whether a run should stop: the stop file is there, or this process must end.

    Parameters
    ----------
    stop_file : Path
        Looked at once a second at most, however often it is asked.
    """

    def __init__(self, stop_file: Path) -> None:
        self._stop_file = stop_file
        self._stop = stop_file.exists()
        self._looked = time.monotonic()

    def __call__(self) -> bool:
        """Ask."""
        if not self._stop and time.monotonic() - self._looked >= POLL_S:
            self._stop = self._stop_file.exists()
            self._looked = time.monotonic()
        return self._stop or _terminating.is_set()


class WorkerSignals(WorkerPlugin):  # type: ignore[misc]
    """Lets the run under way write its checkpoint on SIGTERM; leaves Ctrl-C to the driver."""

    name = "lbhsweep-signals"

    def setup(self, worker: Worker) -> None:
        """Install the handlers; Dask calls this on the process's main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _terminate)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def private_folder(path: Path) -> Path:
    """Make a folder in which nobody else can plant compiled code.

    Raises
    ------
    ClusterError
        If it belongs to another user or others may write to it.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ClusterError(
            f"{path}: others could write to this folder of compiled kernels; "
            f"make it yours alone ('chmod 700 {path}') or set numba_cache in the cluster file"
        )
    return path


def _terminate(number: int, frame: FrameType | None) -> None:
    _terminating.set()
    threading.Thread(target=_leave, daemon=True).start()


def _leave() -> None:
    if at_work.acquire(timeout=GRACE_S):
        # The task's answer still has to go out.
        time.sleep(_LEAVE_S)
    os._exit(128 + signal.SIGTERM)
