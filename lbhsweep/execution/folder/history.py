"""All that a sweep's folder tells of one run."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lbhsweep.errors import StoreError
from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record

LONGEST_EVENT = 1 << 16
"""Bytes at the end of a log that hold its last event."""


@dataclass(frozen=True, slots=True)
class RunHistory:
    """What became of one run.

    Attributes
    ----------
    run_id, label : str
        Which.
    status : {'done', 'failed', 'missing', 'damaged'}
        By its record.
    error : dict or None
        Class, message and step of its failure.
    provenance : dict
        Where and with what its record was made: host, pid, SLURM job, versions, times.
    attempts : tuple of dict
        Starts and ends of attempts since its last record; a run that is done keeps none.
    events : tuple of dict
        What drivers told of it, in their order.
    """

    run_id: str
    label: str
    status: str
    error: dict[str, Any] | None
    provenance: dict[str, Any]
    attempts: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]


def run_history(folder: SweepFolder, run_id: str, label: str) -> RunHistory:
    """Read what became of one run."""
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
    events = _concerning(read_events(folder.events), run_id, label)
    return RunHistory(
        run_id=run_id,
        label=label,
        status=status,
        error=error,
        provenance=provenance,
        attempts=tuple(Ledger(folder.run_folder(run_id) / NAME).lines()),
        events=tuple(events),
    )


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Read a log of events; a line torn by a kill is left out."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        yield from _events(file)


def last_event(path: Path) -> dict[str, Any]:
    """Read the last event of a log, of whatever length; empty if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST_EVENT))
            return deque(_events(file), maxlen=1).pop()
    except (OSError, IndexError):
        return {}


def _events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line.decode(errors="replace"))
        except ValueError:
            continue
        if isinstance(event, dict) and "event" in event:
            yield event


def _concerning(
    events: Iterable[dict[str, Any]], run_id: str, label: str
) -> Iterator[dict[str, Any]]:
    """Pick what was told of a run, of its worker or of the job that it was in."""
    # The loss of a job is told seconds after the run has begun in another.
    jobs: set[str] = set()
    for event in events:
        is_its_own = event.get("run_id") == run_id
        if is_its_own and event["event"] == "run-started":
            jobs.add(event.get("slurm_job", ""))
        elif is_its_own and event["event"] in ("run-finished", "run-failed"):
            jobs.discard(event.get("slurm_job", ""))
        is_its_jobs = event["event"] == "job-lost" and event.get("job") in jobs - {""}
        if is_its_own or is_its_jobs or (label and label in event.get("runs", ())):
            yield event
