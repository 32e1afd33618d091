"""What a sweep's folder tells about itself, whoever works on it wherever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lbhsweep.errors import FolderError, StoreError
from lbhsweep.execution.ledger import NAME, Ledger
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.lock import Driver
from lbhsweep.store.open import open_results
from lbhsweep.store.record import read_record
from lbhsweep.sweep.identity import point_from_json


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed for good: which, why, and at which outer step."""

    run_id: str
    label: str
    error_class: str
    message: str
    step: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """The latest attempt of a run without a record: who began it when (Unix time, s)."""

    run_id: str
    label: str
    worker: str
    attempt: int
    time: float


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """Where a sweep stands.

    Attributes
    ----------
    driver : Driver or None
        Who drives it now.
    total : int
        Runs of the grid as last run.
    done : int
        Those with a result.
    failures : tuple of Failure
        Those that failed.
    running : tuple of Attempt
        Attempts under way.
    interrupted : tuple of Attempt
        Attempts that ended without a result; they go on when the sweep does.
    """

    driver: Driver | None
    total: int
    done: int
    failures: tuple[Failure, ...]
    running: tuple[Attempt, ...]
    interrupted: tuple[Attempt, ...]

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
    planned = _planned(folder)
    finished = folder.finished()
    driver = folder.driver()
    attempts = [one for one in _attempts(folder) if one[0].run_id not in finished]
    under_way = [one for one, ended in attempts if driver and not ended]
    return FolderStatus(
        driver=driver,
        total=len(planned),
        done=sum(1 for name in planned if finished.get(name) == "done"),
        failures=tuple(
            failures(folder, (name for name in planned if finished.get(name) == "failed"))
        ),
        running=tuple(under_way),
        interrupted=tuple(one for one, _ in attempts if one not in under_way),
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


def _planned(folder: SweepFolder) -> list[str]:
    try:
        tree = open_results(folder.path)
    except StoreError:
        # A driver that has just begun makes them first of all.
        return []
    groups = (group.to_dataset() for group in tree.children.values())
    return [str(name) for group in groups for name in group["run_id"].values.ravel() if name]


def _attempts(folder: SweepFolder) -> Iterator[tuple[Attempt, bool]]:
    """Give the latest attempt of each run that has a folder, and whether it has ended."""
    for path in folder.runs.glob(f"*/*/{NAME}"):
        lines = list(Ledger(path).lines())
        starts = [line for line in lines if line["event"] == "start"]
        if starts:
            last = starts[-1]
            attempt = Attempt(
                path.parent.name, last["label"], last["worker"], last["attempt"], last["time"]
            )
            yield attempt, lines[-1]["event"] == "end"
