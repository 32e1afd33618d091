"""Verifying a sweep's folder: records and frames are read back, the dataset compared with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from lbhsweep.atomic import DIRECTORY_MODE, storing, write_atomically
from lbhsweep.errors import CorruptRecordError, SchemaError, StoreError
from lbhsweep.store.collect import STATUS_OF, cell_values
from lbhsweep.store.folder import RecordStatus, SweepFolder
from lbhsweep.store.record import Record, RecordHeader, read_record
from lbhsweep.store.verify_results import ExpectedCell, StoredResults
from lbhsweep.store.verify_trajectories import keeps_frames, trajectory_problem
from lbhsweep.sweep.identity import PHYSICS_VERSION, point_from_json, run_id_of

FaultKind = Literal[
    "corrupt",
    "other-run",
    "no-end-state",
    "misplaced",
    "duplicate",
    "newer-schema",
    "unreadable",
    "trajectory",
    "results",
]
ResultsState = Literal["none", "compared", "left-open", "damaged"]

BATCH = 256
"""Records held in memory at once."""

_END_STATE = ("end.positions", "end.velocities", "end.cell", "end.strain_rate")
_NOT_MENDED = ("newer-schema", "unreadable")
"""A newer lbhsweep or the file system's owner repairs these; moving them would lose data."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a folder.

    Attributes
    ----------
    run_id : str
        The run; empty if the fault concerns the whole dataset.
    label : str
        The run in words, as far as they can be read.
    kind : str
        ``corrupt`` (checksum or content), ``other-run`` (a record under another run's name),
        ``no-end-state``, ``misplaced``, ``duplicate``, ``newer-schema``, ``unreadable``,
        ``trajectory`` (frames lost or damaged), or ``results`` (the dataset differs from the
        records).
    path : str
        The file.
    message : str
        What is wrong and what to do.
    repaired : bool
        Whether the record was moved to quarantine, so that its run is repeated, or the results
        were marked, so that they are rebuilt.
    """

    run_id: str
    label: str
    kind: FaultKind
    path: str
    message: str
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Counts of what was read, and the faults.

    Attributes
    ----------
    done, failed : int
        Runs with a sound record.
    missing : int
        Runs of the grid without a sound record.
    results : str
        ``compared``; ``none`` if there is no dataset; ``left-open`` if a driver was killed while
        it wrote, so that the next one rebuilds it; ``damaged`` if it can't be opened.
    chunks : int
        Chunks of the dataset that were decoded.
    cells : int
        Cells that were compared with their records.
    uncollected : int
        Records that a driver at work has not yet moved into the dataset.
    trajectories : int
        Trajectories of which every frame was read.
    leftovers : int
        Temporary files of writers that were killed; harmless.
    faults : tuple of Fault
        All that is wrong.
    """

    done: int
    failed: int
    missing: int
    results: ResultsState
    chunks: int
    cells: int
    uncollected: int
    trajectories: int
    leftovers: int
    faults: tuple[Fault, ...]


def verify_folder(folder: SweepFolder, *, repair: bool = False) -> Verification:
    """Read every record of a sweep, and compare every chunk of its results with them.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder.  To be repaired its `driver_lock` must be held.
    repair : bool
        Whether to move wrong records to quarantine and to mark wrong results, so that the next
        driver repeats those runs and rebuilds the results.

    Returns
    -------
    Verification
        Counts and faults.

    Raises
    ------
    StoreError
        If a file can't be moved.
    """
    faults: list[Fault] = []
    stored, state = _open_results(folder, faults)
    is_driven = folder.driver() is not None and not repair
    sound: dict[str, RecordStatus] = {}
    framed: list[str] = []
    cells = uncollected = 0
    records = _sound_records(folder, faults, sound, framed)
    while batch := list(islice(records, BATCH)):
        here = [one for one in batch if stored and one.run_id in stored.places]
        if stored is not None:
            ready = [one for one in here if not is_driven or stored.is_collected(one.run_id)]
            uncollected += len(here) - len(ready)
            cells += len(ready)
            _compare(folder, stored, ready, faults)
    if stored is not None:
        broken = {fault.run_id for fault in faults}
        vacant = [
            ExpectedCell(name, None, {})
            for name in stored.places
            if name not in sound and name not in broken
        ]
        if not is_driven:
            cells += len(vacant)
            _compare(folder, stored, vacant, faults)
        faults += [_of_results(folder, f"{name} {what}") for name, what in stored.lost.items()]
    faults = [_described(fault, stored) for fault in faults]
    return Verification(
        done=sum(1 for status in sound.values() if status == "done"),
        failed=sum(1 for status in sound.values() if status == "failed"),
        missing=len(stored.places.keys() - sound.keys()) if stored else 0,
        results=state,
        chunks=stored.n_chunks if stored else 0,
        cells=cells,
        uncollected=uncollected,
        trajectories=len(framed),
        leftovers=sum(1 for _ in folder.records.glob("*/.*.tmp")),
        faults=tuple(_repaired(folder, faults) if repair else faults),
    )


def _open_results(
    folder: SweepFolder, faults: list[Fault]
) -> tuple[StoredResults | None, ResultsState]:
    if not folder.results.is_dir():
        return None, "none"
    if folder.collecting.exists() and folder.driver() is None:
        return None, "left-open"
    try:
        return StoredResults(folder.results), "compared"
    except StoreError as error:
        faults.append(_of_results(folder, str(error)))
        return None, "damaged"


def _sound_records(
    folder: SweepFolder,
    faults: list[Fault],
    sound: dict[str, RecordStatus],
    framed: list[str],
) -> Iterator[ExpectedCell]:
    """Read all record files; note faults, and yield the values of each sound one for its cell."""
    for path in sorted(folder.records.glob("*/*.rec")):
        if path.name.startswith("."):
            continue
        name, _, suffix = path.name.partition(".")
        status: RecordStatus = "failed" if suffix == "failed.rec" else "done"
        fault = None
        record = None
        if path != folder.record_path(name, status):
            fault = Fault(name, "", "misplaced", str(path), f"{path}: no run's record belongs here")
        elif status == "failed" and folder.record_path(name).exists():
            message = f"{path}: the run has a record of its success too, which counts"
            fault = Fault(name, "", "duplicate", str(path), message)
        else:
            record, fault = _read(path, name, status)
        if fault is not None:
            faults.append(fault)
        elif record is not None:
            sound[name] = status
            if status == "done":
                _check_frames(folder, record.header, faults, framed)
            yield ExpectedCell(name, STATUS_OF[status], cell_values(record))


def _check_frames(
    folder: SweepFolder, header: RecordHeader, faults: list[Fault], framed: list[str]
) -> None:
    """Read the trajectory of a done run that keeps frames."""
    with suppress(ValueError):
        point = point_from_json(header.point)
        if keeps_frames(point):
            name = header.run_id
            framed.append(name)
            if problem := trajectory_problem(folder, name, point):
                where = f"{folder.trajectory_path(name)}: {problem}"
                path = str(folder.record_path(name))
                faults.append(Fault(name, point.label, "trajectory", path, where))


def _read(path: Path, name: str, status: RecordStatus) -> tuple[Record | None, Fault | None]:
    try:
        record = read_record(path)
    except SchemaError as error:
        return None, Fault(name, "", "newer-schema", str(path), str(error))
    except CorruptRecordError as error:
        return None, Fault(name, "", "corrupt", str(path), str(error))
    except StoreError as error:
        return None, Fault(name, "", "unreadable", str(path), str(error))
    header = record.header
    kind, problem = _disagreement(record, name, status)
    if not kind:
        return record, None
    return record, Fault(name, _label(header), kind, str(path), f"{path}: {problem}")


def _disagreement(record: Record, name: str, status: RecordStatus) -> tuple[FaultKind | None, str]:
    header = record.header
    if header.run_id != name:
        return "other-run", f"the record is of run {header.run_id}"
    if run_id_of(header.point, header.physics_version) != name:
        return "other-run", "the point in the record is that of another run"
    if header.status != status:
        return "other-run", f"the record says {header.status!r}, its name {status!r}"
    if status == "done" and _keeps_its_end(header):
        ends = [record.arrays.get(one) for one in _END_STATE]
        if not all(end is not None and np.isfinite(end).all() for end in ends):
            return "no-end-state", "the end state of the run is missing, or not finite"
    return None, ""


def _keeps_its_end(header: RecordHeader) -> bool:
    if header.physics_version != PHYSICS_VERSION:
        return False
    with suppress(ValueError):
        return not point_from_json(header.point).rehearsal
    return False


def _label(header: RecordHeader) -> str:
    with suppress(ValueError):
        return point_from_json(header.point).label
    return ""


def _compare(
    folder: SweepFolder, stored: StoredResults, cells: list[ExpectedCell], faults: list[Fault]
) -> None:
    for name, variables in stored.compare(cells).items():
        what = ", ".join(variables[:5]) + (", …" if len(variables) > 5 else "")
        faults.append(_of_results(folder, f"differs from the run's record in {what}", name))


def _of_results(folder: SweepFolder, message: str, run_id: str = "") -> Fault:
    where = "" if message.startswith(str(folder.results)) else f"{folder.results}: "
    hint = "after '--repair' the next driver rebuilds the results from the records"
    return Fault(run_id, "", "results", str(folder.results), f"{where}{message}; {hint}")


def _described(fault: Fault, stored: StoredResults | None) -> Fault:
    if fault.label or stored is None:
        return fault
    return replace(fault, label=stored.describe(fault.run_id))


def _put_aside(folder: SweepFolder, path: Path) -> None:
    place = folder.quarantine / path.name
    if place.is_dir():
        shutil.rmtree(place)
    path.replace(place)


def _repaired(folder: SweepFolder, faults: list[Fault]) -> Iterator[Fault]:
    if any(fault.kind == "results" for fault in faults):
        # As after a driver that was killed while it wrote.
        write_atomically(folder.collecting, b"")
    for fault in faults:
        if fault.kind in _NOT_MENDED:
            yield fault
            continue
        if fault.kind != "results":
            with storing(folder.quarantine):
                folder.quarantine.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
                _put_aside(folder, Path(fault.path))
                frames = folder.trajectory_path(fault.run_id)
                if fault.kind == "trajectory" and frames.exists():
                    _put_aside(folder, frames)
        yield replace(fault, repaired=True)
