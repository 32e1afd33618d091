"""The status of a sweep, from its folder alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import xarray as xr

from lbhsweep.errors import FolderError, LbhsweepError, StoreError
from lbhsweep.execution.events import SweepAborted
from lbhsweep.execution.folder.history import last_event
from lbhsweep.execution.folder.settings import folder_grid
from lbhsweep.execution.folder.slurm_driver import DriverJob, queued_driver
from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.lock import LockHolder
from lbhsweep.store.open import open_results
from lbhsweep.store.record import read_record
from lbhsweep.sweep.identity import point_from_json, run_id
from lbhsweep.sweep.plan import make_plan, waiting_for_failed


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed permanently: which, why, and at which outer step."""

    run_id: str
    label: str
    error_class: str
    message: str
    step: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """The latest attempt of a run without a record: its worker and start (Unix time, s)."""

    run_id: str
    label: str
    worker: str
    attempt: int
    time: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that follows one that failed."""

    run_id: str
    label: str
    failed_run_id: str


@dataclass(frozen=True, slots=True)
class Aborted:
    """The error by which a driver ended, and when (Unix time, s)."""

    time: float
    error_class: str
    message: str


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """The status of a sweep.

    Attributes
    ----------
    driver : LockHolder or None
        The driver, its state and how long the rest takes.
    lost_driver : LockHolder or None
        Without a driver: the last one, if it was killed (or its lock is not visible here).
    queued_driver : DriverJob or None
        Without a driver: its job in SLURM's queue, if SLURM is available here.
    aborted : Aborted or None
        Without a driver: the error by which the last one ended, if any.
    total : int
        Runs of the sweep in the folder.
    done : int
        Those with a result.
    failures : tuple of Failure
        Those that failed.
    running : tuple of Attempt
        Attempts under way.
    interrupted : tuple of Attempt
        Attempts that ended without a result; they continue when the sweep does.
    waiting : tuple of Waiting
        Missing runs that can't start because a run that they follow failed.
    """

    driver: LockHolder | None
    lost_driver: LockHolder | None
    queued_driver: DriverJob | None
    aborted: Aborted | None
    total: int
    done: int
    failures: tuple[Failure, ...]
    running: tuple[Attempt, ...]
    interrupted: tuple[Attempt, ...]
    waiting: tuple[Waiting, ...]

    @property
    def missing(self) -> int:
        """Number of runs without a record."""
        return self.total - self.done - len(self.failures)


def folder_status(folder: SweepFolder) -> FolderStatus:
    """Read a sweep's folder.

    Raises
    ------
    FolderError
        If there is no sweep.
    StoreError
        If its results or records can't be read.
    """
    if not folder.sweep_yaml.exists():
        hint = "; it has a rehearsal, add --rehearsal" if folder.rehearsal.path.exists() else ""
        raise FolderError(
            f"{folder.path}: no sweep here, wanted the folder given to 'lbhsweep run --output'"
            + hint
        )
    planned = planned_runs(folder)
    finished = folder.finished()
    driver = folder.driver()
    attempts = [one for one in _attempts(folder) if one[0].run_id not in finished]
    under_way = [one for one, ended in attempts if driver and not ended]
    return FolderStatus(
        driver=driver,
        lost_driver=None if driver else folder.lost_driver(),
        queued_driver=None if driver else queued_driver(folder),
        aborted=None if driver else _aborted(folder),
        total=len(planned),
        done=sum(1 for name in planned if finished.get(name) == "done"),
        failures=tuple(
            failures(folder, (name for name in planned if finished.get(name) == "failed"))
        ),
        running=tuple(under_way),
        interrupted=tuple(one for one, _ in attempts if one not in under_way),
        waiting=tuple(_waiting(folder, finished)) if "failed" in finished.values() else (),
    )


def failures(folder: SweepFolder, run_ids: Iterable[str]) -> Iterator[Failure]:
    """Read why runs failed, from their records.

    Raises
    ------
    StoreError
        If a record can't be read.
    """
    for name in run_ids:
        header = read_record(folder.record_path(name, "failed")).header
        error = header.error
        if error is not None:
            label = point_from_json(header.point).label
            yield Failure(name, label, error.error_class, error.message, error.step)


def _aborted(folder: SweepFolder) -> Aborted | None:
    match last_event(folder.events):
        case SweepAborted(time=time, error_class=error_class, message=message):
            return Aborted(time, error_class, message)
    return None


def _waiting(folder: SweepFolder, finished: Mapping[str, str]) -> Iterator[Waiting]:
    # The grid may be unknown, for example without its force field; all else is known.
    with suppress(LbhsweepError, OSError):
        plan = make_plan(folder_grid(folder), finished)
        for name, failed in waiting_for_failed(plan).items():
            yield Waiting(name, plan.points[name].label, failed)


def planned_runs(folder: SweepFolder) -> list[str]:
    """Return the run ids of the folder's sweep; none if neither results nor sweep can be read."""
    try:
        tree = open_results(folder.path)
        is_current = tree.attrs.get("sweep_yaml") == folder.sweep_yaml.read_text("utf-8-sig")
    except (StoreError, OSError):
        tree, is_current = xr.DataTree(), False
    if not is_current:
        # Nobody has driven it since it was extended, or at all.
        with suppress(LbhsweepError, OSError):
            return [run_id(point) for point in folder_grid(folder).points]
    # Faster than the grid: 100 000 names in a second.
    groups = (group.to_dataset() for group in tree.children.values())
    return [str(name) for group in groups for name in group["run_id"].values.ravel() if name]


def _attempts(folder: SweepFolder) -> Iterator[tuple[Attempt, bool]]:
    """Yield the latest attempt of each run that has a folder, and whether it has ended."""
    for path in folder.runs.glob(f"*/*/{NAME}"):
        lines = list(Ledger(path).lines())
        starts = [line for line in lines if line["event"] == "start"]
        if starts:
            last = starts[-1]
            attempt = Attempt(
                path.parent.name, last["label"], last["worker"], last["attempt"], last["time"]
            )
            yield attempt, lines[-1]["event"] == "end"
