"""A worker's process: its signals, and the stop file."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

from distributed import Worker, WorkerPlugin
from distributed.core import Status

POLL_S = 1.0
GRACE_S = 60.0
_LEAVE_S = 1.0
JOB_END = "LBHSWEEP_JOB_END"
"""Variable with the Unix time at which the batch system ends this job."""
JOB_SECONDS = "LBHSWEEP_JOB_SECONDS"
"""Variable with the job's walltime in seconds."""
MARGIN_S = 60.0
"""The worker leaves so long before the end of its job; its run has written a checkpoint."""
MARGIN_SHARE = 0.2
"""The same for short jobs, as a fraction of their walltime."""

at_work = threading.Lock()
"""Held while a task runs: on SIGTERM the process ends only after it."""
_terminating = threading.Event()
_timed = threading.Event()


def worker_name() -> str:
    """Return the name of this process: ``host:pid``."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_terminating() -> bool:
    """Return whether this process must end."""
    return _terminating.is_set()


def time_to_leave(environment: Mapping[str, str]) -> float | None:
    """Return the Unix time at which a worker in a job should leave; None outside jobs."""
    try:
        end, seconds = float(environment[JOB_END]), float(environment[JOB_SECONDS])
    except (KeyError, ValueError):
        return None
    return end - min(MARGIN_S, MARGIN_SHARE * seconds)


class StopPoll:
    """Returns whether a run should stop: the stop file exists, or this process must end.

    Parameters
    ----------
    stop_file : Path
        Checked once a second at most.
    """

    def __init__(self, stop_file: Path) -> None:
        self._stop_file = stop_file
        self._stop = False
        with suppress(OSError):
            self._stop = stop_file.exists()
        self._looked = time.monotonic()

    def __call__(self) -> bool:
        """Return whether to stop."""
        if not self._stop and time.monotonic() - self._looked >= POLL_S:
            # A transient error of storage (ESTALE, EIO) is no stop, and not the run's fault.
            with suppress(OSError):
                self._stop = self._stop_file.exists()
            self._looked = time.monotonic()
        return self._stop or _terminating.is_set()


class WorkerSignals(WorkerPlugin):  # type: ignore[misc]
    """Stops the run under way, with a checkpoint, before the process must end.

    That is on SIGTERM, when the worker is closed, and some time before the end of its job.
    Ctrl-C is ignored here; the driver handles it.
    """

    name = "lbhsweep-signals"

    def setup(self, worker: Worker) -> None:
        """Install the handlers; Dask calls this on the process's main thread."""
        leave_at = time_to_leave(os.environ)
        if leave_at is not None and not _timed.is_set():
            _timed.set()
            worker.loop.call_later(max(leave_at - time.time(), 0.0), _retire, worker)
        if threading.current_thread() is not threading.main_thread():
            return
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _terminate)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def teardown(self, worker: Worker) -> None:
        """Stop the run under way if the worker closes; Dask waits a moment for it."""
        # Also called when another plugin replaces this one.
        if worker.status is Status.closing:
            _terminating.set()


def _retire(worker: Worker) -> None:
    # Dask's option `lifetime` doesn't stop the run under way, which would be lost with the job.
    worker.status = Status.paused
    _terminating.set()
    threading.Thread(target=_close, args=(worker,), daemon=True).start()


def _close(worker: Worker) -> None:
    if at_work.acquire(timeout=GRACE_S):
        # The task's answer must still be sent.
        time.sleep(_LEAVE_S)
    worker.loop.add_callback(
        worker.close_gracefully, restart=False, reason="the job's time is over"
    )


def _terminate(number: int, frame: FrameType | None) -> None:
    _terminating.set()
    threading.Thread(target=_leave, daemon=True).start()


def _leave() -> None:
    if at_work.acquire(timeout=GRACE_S):
        # The task's answer must still be sent.
        time.sleep(_LEAVE_S)
    os._exit(128 + signal.SIGTERM)
