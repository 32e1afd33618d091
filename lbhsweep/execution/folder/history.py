"""The history of one run, from a sweep's folder."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lbhsweep.errors import StoreError
from lbhsweep.execution.events import Event, JobLost, RunFailed, RunFinished, RunStarted, read_event
from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record

LONGEST_EVENT = 1 << 16
"""Bytes at the end of a log that hold its last event."""


@dataclass(frozen=True, slots=True)
class RunHistory:
    """The status and history of one run.

    Attributes
    ----------
    run_id, label : str
        The run.
    status : {'done', 'failed', 'missing', 'damaged'}
        By its record.
    error : dict or None
        Class, message and step of its failure.
    provenance : dict
        Provenance of its record: host, pid, SLURM job, versions, times.
    attempts : tuple of dict
        Starts and ends of attempts since its last record; a run that is done keeps none.
    events : tuple of dict
        Events about it in the log, in their order.
    """

    run_id: str
    label: str
    status: str
    error: dict[str, Any] | None
    provenance: dict[str, Any]
    attempts: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]


def run_history(folder: SweepFolder, run_id: str, label: str) -> RunHistory:
    """Read the history of one run."""
    path = folder.find_record(run_id)
    status, error = "missing", None
    provenance: dict[str, Any] = {}
    if path is not None:
        try:
            header = read_record(path).header
        except StoreError as damage:
            status = "damaged"
            error = {"error_class": type(damage).__name__, "message": str(damage), "step": 0}
        else:
            status, provenance = header.status, dict(header.provenance)
            error = None if header.error is None else asdict(header.error)
    events = _concerning(read_lines(folder.events), run_id, label)
    return RunHistory(
        run_id=run_id,
        label=label,
        status=status,
        error=error,
        provenance=provenance,
        attempts=tuple(Ledger(folder.run_folder(run_id) / NAME).lines()),
        events=tuple(events),
    )


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read the lines of a log of events; a line cut by a kill is left out."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            if values := read_line(line):
                yield values


def read_line(line: bytes) -> dict[str, Any]:
    """Read the values of one line of a log; empty if it is no event."""
    try:
        values = json.loads(line.decode(errors="replace"))
    except ValueError:
        return {}
    return values if isinstance(values, dict) and "event" in values else {}


def last_event(path: Path) -> Event | None:
    """Read the last event of a log of any length; None if there is none, or of unknown name."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST_EVENT))
            return read_event(deque(filter(None, map(read_line, file)), maxlen=1).pop())
    except (OSError, IndexError):
        return None


def _concerning(
    lines: Iterable[dict[str, Any]], run_id: str, label: str
) -> Iterator[dict[str, Any]]:
    """Select the lines about a run, about its worker and about the job that it was in."""
    # The loss of a job is reported seconds after the run has started in another.
    jobs: set[str] = set()
    for values in lines:
        is_its_own = values.get("run_id") == run_id
        is_its_jobs = False
        # Logs have 100 000 lines about other runs.
        match read_event(values) if is_its_own or "job" in values else None:
            case RunStarted(slurm_job=job) if is_its_own:
                jobs.add(job)
            case RunFinished(slurm_job=job) | RunFailed(slurm_job=job) if is_its_own:
                jobs.discard(job)
            case JobLost(job=job):
                is_its_jobs = job in jobs - {""}
        if is_its_own or is_its_jobs or (label and label in values.get("runs", ())):
            yield values
