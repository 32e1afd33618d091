"""The ledger of one run's attempts, so that only real failures count against it.

A worker that is killed leaves a start without an end.  Dask's own counts don't distinguish
preemption from failure, and are lost when the driver ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lbhsweep.atomic import storing
from lbhsweep.errors import StoreError
from lbhsweep.simulation.provenance import slurm_job

Ending = Literal["done", "failed", "interrupted", "error"]

NAME = "attempts.jsonl"
_KEYS = {
    "start": {"attempt", "label", "worker", "time", "progress"},
    "end": {"ending"},
}


class AttemptUnderwayError(StoreError):
    """Another process works on the same run."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Starts and ends of the attempts of one run.

    Attributes
    ----------
    path : Path
        ``attempts.jsonl`` in the run's folder.
    """

    path: Path

    @contextmanager
    def hold(self, patience_s: float = 30.0) -> Iterator[None]:
        """Lock the run against other processes while the context lasts.

        A worker whose driver was killed may continue for a moment while its successor starts.

        Raises
        ------
        AttemptUnderwayError
            If another process holds the run for longer than `patience_s`.
        StoreError
            If the file can't be opened, or its file system has no locks.
        """
        with storing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            deadline = time.monotonic() + patience_s
            while not _locked(descriptor, self.path):
                if time.monotonic() > deadline:
                    raise AttemptUnderwayError(
                        f"{self.path.parent}: another process works on this run; wait until it ends"
                    )
                time.sleep(0.1)
            yield
        finally:
            os.close(descriptor)

    def start(self, *, label: str, worker: str, progress: object) -> int:
        """Append that an attempt begins.

        Parameters
        ----------
        label, worker : str
            The run and its worker.
        progress : JSON value
            Anything that changes with the run's progress.

        Returns
        -------
        int
            Number of the attempt, from 1.
        """
        attempt = 1 + sum(1 for line in self.lines() if line["event"] == "start")
        host = socket.gethostname()
        self._append(
            {
                "event": "start",
                "attempt": attempt,
                "label": label,
                "worker": worker,
                "host": host,
                "pid": os.getpid(),
                "slurm_job": slurm_job(),
                "time": time.time(),
                "progress": progress,
            }
        )
        return attempt

    def end(self, ending: Ending, error_class: str = "", message: str = "") -> None:
        """Append how the attempt ended.

        Raises
        ------
        StoreError
            If it can't be written; so does `start`.
        """
        self._append(
            {
                "event": "end",
                "ending": ending,
                "error_class": error_class,
                "message": message,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "slurm_job": slurm_job(),
                "time": time.time(),
            }
        )

    def withdraw(self) -> None:
        """Remove the latest start if nothing follows it; nothing else is ever removed.

        The file is truncated, which works on a full disk too.
        """
        lines = list(self.lines())
        at = self.path.read_bytes().rfind(b'\n{"event": "start"')
        if at >= 0 and lines and lines[-1]["event"] == "start":
            os.truncate(self.path, at)

    def n_errors(self) -> int:
        """Count the attempts that ended by an unexpected error."""
        return sum(1 for line in self.lines() if line.get("ending") == "error")

    def places_of_errors(self, what: Literal["hosts", "workers"]) -> set[tuple[object, ...]]:
        """Return the hosts or workers where attempts ended by an unexpected error."""
        keys = ("host",) if what == "hosts" else ("host", "pid")
        errors = (line for line in self.lines() if line.get("ending") == "error")
        return {tuple(line.get(key) for key in keys) for line in errors}

    def n_deaths(self) -> int:
        """Count the latest attempts that died in a row without any progress."""
        lines = list(self.lines())
        starts = 0
        for line in reversed(lines):
            if line["event"] == "end" or line["progress"] != lines[-1]["progress"]:
                break
            starts += 1
        # The last one is under way.
        return max(starts - 1, 0)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Read all lines; one that is cut by a kill, or damaged, is left out."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        for line in text.split("\n"):
            with suppress(ValueError, KeyError):
                entry = json.loads(line)
                if isinstance(entry, dict) and _KEYS[str(entry.get("event"))] <= entry.keys():
                    yield entry

    def _append(self, entry: dict[str, object]) -> None:
        """Append a line, or leave the file as it was."""
        # The line break in front ends a line that was cut.
        text = "\n" + json.dumps(entry, ensure_ascii=False) + "\n"
        with storing(self.path):
            size = self.path.stat().st_size if self.path.exists() else 0
            try:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                # Only its holder writes to a ledger.
                with suppress(OSError):
                    os.truncate(self.path, size)
                raise


def _locked(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StoreError(
            f"{path}: {socket.gethostname()} sees a file system without locks there "
            f"({error.strerror}); without them two workers could do the same run at once: have it "
            "mounted with flock, or choose an output folder on another"
        ) from error
    return True
