"""Collecting: one writer moves records into the dataset, in batches.

The dataset is a pure function of the records.  So any fault in it (missing, of another grid,
torn, left open by a driver that was killed) is repaired by building it from scratch beside the
old one and swapping the two.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr

from lbhsweep.atomic import DIRECTORY_MODE, storing, sync, sync_tree, write_atomically
from lbhsweep.errors import CorruptRecordError, SchemaError, StoreError
from lbhsweep.store.create import (
    create_results,
    expected_attributes,
    has_labels,
    mark_texts,
    texts_are_marked,
    write_attributes,
)
from lbhsweep.store.folder import RecordStatus, SweepFolder
from lbhsweep.store.grid_writer import GridCell, GridWriter
from lbhsweep.store.one_phase import dataset_values
from lbhsweep.store.record import Record, RunError, read_record
from lbhsweep.store.schema import GridLayout, Status

BATCH = 1024
"""Most records held in memory at once."""

STATUS_OF: dict[RecordStatus, Status] = {"done": Status.DONE, "failed": Status.FAILED}
_DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError)
"""What zarr raises on missing, torn or foreign content."""


@dataclass(frozen=True, slots=True)
class CollectReport:
    """The outcome of a collection.

    Attributes
    ----------
    collected : tuple of str
        Run ids whose records are now in the dataset.
    quarantined : mapping of str to str
        Damaged records by run id, with their fault: moved to quarantine, the runs to be repeated.
    unread : mapping of str to str
        Records that could not be read or found now, by run id, with the reason: to be retried.
    """

    collected: tuple[str, ...] = ()
    quarantined: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


class Collector:
    """The single writer of a sweep's results; its user holds the folder's `driver_lock`.

    Opening it makes the dataset agree with the records, rebuilding it where necessary, and moves
    damaged records to quarantine: what is `finished` afterwards need not be repeated.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder.
    layout : GridLayout
        The sweep's grid.

    Attributes
    ----------
    put_aside : dict of str to str
        Damaged records found since opening, by run id, with their fault.

    Raises
    ------
    StoreError
        If the dataset or a record can't be read or written.
    SchemaError
        If a newer lbhsweep wrote a record.
    """

    def __init__(self, folder: SweepFolder, layout: GridLayout) -> None:
        self._folder = folder
        self._layout = layout
        self._quarantined = folder.quarantined()
        self.put_aside: dict[str, str] = {}
        left_open = folder.collecting.exists()
        write_atomically(folder.collecting, b"")
        with storing(folder.results):
            self._writer = (None if left_open else self._opened()) or self._rebuilt()
        self.refresh()

    def collect(self, run_ids: Iterable[str]) -> CollectReport:
        """Move the records of finished runs into the dataset; harmless when repeated.

        Run ids that are not on the grid are ignored.
        """
        places = self._layout.places
        waiting = sorted({one for one in run_ids if one in places}, key=places.__getitem__)
        damaged: dict[str, str] = {}
        unread: dict[str, str] = {}
        with storing(self._folder.results):
            for start in range(0, len(waiting), BATCH):
                batch = waiting[start : start + BATCH]
                cells = [self._cell(run_id, damaged, unread) for run_id in batch]
                self._writer.write([cell for cell in cells if cell is not None])
        self.put_aside |= damaged
        moved = tuple(one for one in waiting if one not in damaged and one not in unread)
        return CollectReport(moved, damaged, unread)

    def refresh(self) -> CollectReport:
        """Collect every record that is not yet in the dataset, and empty cells without a record.

        Checks all runs, so it is called at the start and the end of a sweep, not for every run.

        Raises
        ------
        StoreError
            If a record can't be read.
        """
        finished = self._folder.finished()
        waiting, vacant = [], []
        for run_id, place in self._layout.places.items():
            status = self._writer.status[place]
            if run_id not in finished:
                # Whether a run waits for one that failed may change while its status does not.
                if run_id in self._layout.follows or status not in (
                    Status.RUNNING,
                    self._status_without_record(run_id),
                ):
                    vacant.append(self._vacant(run_id, finished))
            # A failed run may have been tried again and have failed in another way.
            elif status != Status.DONE or finished[run_id] == "failed":
                waiting.append(run_id)
        with storing(self._folder.results):
            self._writer.write(vacant)
        report = self.collect(waiting)
        for problem in report.unread.values():
            raise StoreError(problem)
        self._tidy(finished.keys() - report.quarantined.keys())
        return report

    def _tidy(self, finished: Set[str]) -> None:
        """Remove the folders of done runs whose worker was killed just after writing the record."""
        with storing(self._folder.runs):
            for path in self._folder.runs.glob("*/*"):
                if path.name in finished and self._folder.record_path(path.name).exists():
                    shutil.rmtree(path, ignore_errors=True)

    def mark(self, run_ids: Iterable[str], status: Literal["running", "pending"]) -> None:
        """Mark runs without a record as running, or as no longer running."""
        places = [self._layout.places[run_id] for run_id in run_ids]
        with storing(self._folder.results):
            self._writer.write_status(places, [Status[status.upper()]] * len(places))

    def finalize(self) -> CollectReport:
        """Collect the rest, unmark runs that still run, and write the dataset through to the disk.

        The last call on a collector: without it the next one rebuilds the dataset.
        """
        running = self._writer.status == Status.RUNNING
        stopped = [one for one, place in self._layout.places.items() if running[place]]
        self.mark(stopped, "pending")
        report = self.refresh()
        with storing(self._folder.results):
            sync_tree(self._folder.results)
            self._folder.collecting.unlink(missing_ok=True)
            sync(self._folder.path)
        return report

    def _opened(self) -> GridWriter | None:
        results = self._folder.results
        try:
            root = zarr.open_group(results, mode="r+", use_consolidated=False)
            if root.attrs["layout_digest"] != self._layout.digest:
                return None
            group = root.require_group(self._layout.group)
            is_marked = texts_are_marked(group, self._layout)
            if not is_marked:
                mark_texts(group, self._layout)
            if not is_marked or dict(root.attrs) != expected_attributes(self._layout):
                write_attributes(results, self._layout)
            writer = _writer(results, self._layout)
            writer.read_all()
            if not has_labels(group, self._layout):
                return None
        except _DAMAGE:
            return None
        return writer

    def _rebuilt(self) -> GridWriter:
        results = self._folder.results
        new = results.with_name(f".{results.name}.new")
        old = results.with_name(f".{results.name}.old")
        create_results(new, self._layout)
        self._writer = _writer(new, self._layout)
        self.refresh()
        shutil.rmtree(old, ignore_errors=True)
        if results.exists():
            results.replace(old)
        new.replace(results)
        shutil.rmtree(old, ignore_errors=True)
        return _writer(results, self._layout)

    def _cell(
        self, run_id: str, damaged: dict[str, str], unread: dict[str, str]
    ) -> GridCell | None:
        path = self._folder.find_record(run_id)
        if path is None and run_id in self._quarantined:
            damaged[run_id] = f"the record of run {run_id} is in {self._folder.quarantine}"
            return self._vacant(run_id, {})
        if path is None:
            unread[run_id] = f"run {run_id}: no record in {self._folder.records}; run it first"
            return None
        try:
            record = read_record(path)
            if record.header.run_id != run_id:
                raise CorruptRecordError(f"{path}: the record is of run {record.header.run_id}")
        except CorruptRecordError as error:
            damaged[run_id] = str(error)
            self._put_aside(run_id, path)
            return self._vacant(run_id, {})
        except SchemaError:
            raise
        except StoreError as error:
            unread[run_id] = str(error)
            return None
        self._check_shapes(record, path)
        place = self._layout.places[run_id]
        return GridCell(place, STATUS_OF[record.header.status], cell_values(record))

    def _vacant(self, run_id: str, finished: Mapping[str, RecordStatus]) -> GridCell:
        status = self._status_without_record(run_id)
        error = "its record was damaged" if status == Status.QUARANTINED else ""
        failed = self._failed_before(run_id, finished)
        if failed:
            error = f"goes on from the end of run {failed}, which failed"
        return GridCell(self._layout.places[run_id], status, {"error": error})

    def _failed_before(self, run_id: str, finished: Mapping[str, RecordStatus]) -> str:
        """Return the failed run on whose end a run depends, empty if there is none."""
        before = self._layout.follows.get(run_id, "")
        while before and before not in finished:
            before = self._layout.follows.get(before, "")
        return before if finished.get(before) == "failed" else ""

    def _status_without_record(self, run_id: str) -> Status:
        return Status.QUARANTINED if run_id in self._quarantined else Status.PENDING

    def _put_aside(self, run_id: str, path: Path) -> None:
        self._folder.quarantine.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        path.replace(self._folder.quarantine / path.name)
        self._quarantined.add(run_id)

    def _check_shapes(self, record: Record, path: Path) -> None:
        for variable in self._layout.variables:
            wanted = self._layout.cell_shape(variable)
            array = record.arrays.get(variable.name)
            if array is not None and array.shape != wanted:
                raise StoreError(
                    f"{path}: {variable.name} has shape {array.shape}, the grid wants {wanted}; "
                    "the observable that made it and the sweep's grid disagree"
                )


def cell_values(record: Record) -> dict[str, Any]:
    """Return the values that a record has for its cell, by variable; other variables stay empty."""
    header = record.header
    provenance = header.provenance
    return {
        **(dataset_values(record.arrays) if header.status == "done" else {}),
        "error": _error_text(header.error),
        "worker": ":".join(str(provenance[key]) for key in ("host", "pid") if key in provenance),
        "attempts": header.attempts,
        "wall_seconds": provenance.get("wall_seconds", np.nan),
    }


def _error_text(error: RunError | None) -> str:
    return "" if error is None else f"{error.error_class} at step {error.step}: {error.message}"


def _writer(path: Path, layout: GridLayout) -> GridWriter:
    group = zarr.open_group(path, path=layout.group, mode="r+", use_consolidated=False)
    return GridWriter(group, layout)
