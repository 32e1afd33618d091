"""All that a sweep's folder tells of one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lbhsweep.errors import StoreError
from lbhsweep.execution.ledger import NAME, Ledger
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record


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
    events = (event for event in read_events(folder.events) if _concerns(event, run_id, label))
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
        file = path.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and "event" in event:
                yield event


def _concerns(event: dict[str, Any], run_id: str, label: str) -> bool:
    return event.get("run_id") == run_id or bool(label and label in event.get("runs", ()))
