"""A driver in the background: a process in its own session, which outlives the terminal."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass

from lbhsweep.store.folder import SweepFolder

_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Detached:
    """A command started in the background.

    Attributes
    ----------
    pid : int
        Its process.
    has_driven : bool
        Whether it held the folder's lock.
    exit_status : int or None
        None while it runs.
    """

    pid: int
    has_driven: bool
    exit_status: int | None


def start_detached(arguments: list[str], folder: SweepFolder) -> Detached:
    """Start ``lbhsweep`` and wait until it drives the folder or has ended.

    Its output goes to the folder's log.

    Parameters
    ----------
    arguments : list of str
        Of the command line.
    folder : SweepFolder
        The folder that it drives; must exist.

    Returns
    -------
    Detached
        Its state so far.
    """
    before = folder.lock.stat().st_mtime_ns if folder.lock.exists() else 0
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "lbhsweep", *arguments],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (
                os.POSIX_SPAWN_OPEN,
                1,
                str(folder.log),
                os.O_WRONLY | os.O_CREAT | os.O_APPEND,
                0o644,
            ),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGINT, signal.SIGTERM],
    )
    while True:
        driver = folder.driver()
        if driver is not None and driver.pid == pid:
            return Detached(pid, has_driven=True, exit_status=None)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            # A sweep of which nothing is missing ends before the next poll.
            has_driven = folder.lock.stat().st_mtime_ns > before
            return Detached(pid, has_driven, os.waitstatus_to_exitcode(status))
        time.sleep(_POLL_S)
