"""The ledger of one run's attempts, so that only real failures count against it.

A worker that is killed writes nothing; it leaves a start without an end.  Dask's own counts
can't tell preemption from failure, and forget when the driver ends.
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
    """Another process is at work on the same run."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of the attempts of one run.

    Attributes
    ----------
    path : Path
        ``attempts.jsonl`` in the run's folder.
    """

    path: Path

    @contextmanager
    def hold(self, patience_s: float = 30.0) -> Iterator[None]:
        """Keep other processes from the run while the context lasts.

        A worker whose driver was killed may go on for a moment while its successor starts.

        Raises
        ------
        AttemptUnderwayError
            If another process holds the run for longer than `patience_s`.
        """
        with storing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            deadline = time.monotonic() + patience_s
            while not _locked(descriptor):
                if time.monotonic() > deadline:
                    raise AttemptUnderwayError(
                        f"{self.path.parent}: another process is at work on this run; "
                        "wait until it ends"
                    )
                time.sleep(0.1)
            yield
        finally:
            os.close(descriptor)

    def start(self, *, label: str, worker: str, progress: object) -> int:
        """Note that an attempt begins.

        Parameters
        ----------
        label, worker : str
            Which run, and who works on it.
        progress : JSON value
            Anything that differs once the run has come further.

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
        """Note how the attempt ended.

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
        """Take back the latest start, since on a full disk a file can still be cut."""
        at = self.path.read_bytes().rfind(b'\n{"event": "start"')
        if at >= 0:
            os.truncate(self.path, at)

    def n_errors(self) -> int:
        """Count the attempts that ended by an unexpected error."""
        return sum(1 for line in self.lines() if line.get("ending") == "error")

    def places_of_errors(self, what: Literal["hosts", "workers"]) -> set[tuple[object, ...]]:
        """Name the hosts or workers where attempts ended by an unexpected error."""
        keys = ("host",) if what == "hosts" else ("host", "pid")
        errors = (line for line in self.lines() if line.get("ending") == "error")
        return {tuple(line.get(key) for key in keys) for line in errors}

    def n_deaths(self) -> int:
        """Count the latest attempts that died one after the other without coming any further."""
        lines = list(self.lines())
        starts = 0
        for line in reversed(lines):
            if line["event"] == "end" or line["progress"] != lines[-1]["progress"]:
                break
            starts += 1
        # The last one is under way.
        return max(starts - 1, 0)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Read all lines; one torn by a kill, or damaged, is left out."""
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
        # A line in front ends one that was torn.
        text = "\n" + json.dumps(entry, ensure_ascii=False) + "\n"
        with storing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
