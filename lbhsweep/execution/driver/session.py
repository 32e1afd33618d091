"""One command's work on a sweep's folder, from the lock to the finished dataset."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from lbhsweep.atomic import not_shared, storing
from lbhsweep.errors import FolderError, StoreError
from lbhsweep.execution.driver.dataset_layout import grid_layout
from lbhsweep.execution.driver.driver import Driver
from lbhsweep.execution.driver.heartbeat import Heartbeat
from lbhsweep.execution.driver.interruption import Interruption
from lbhsweep.execution.driver.storage_pause import StoragePause
from lbhsweep.execution.events import (
    Event,
    EventLog,
    Observer,
    SweepAborted,
    SweepFinished,
    SweepStarted,
)
from lbhsweep.execution.executor import Executor
from lbhsweep.execution.folder.settings import keep_sweep
from lbhsweep.execution.worker.workload import Workload
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep.grid import Grid
from lbhsweep.sweep.plan import Plan, make_plan, waiting_for_failed

OpenExecutor = Callable[[], AbstractContextManager[Executor]]

LONGEST_MESSAGE = 4000
"""Of an error's message that is reported: it may end with a job's log."""
_UNEXPANDED = re.compile(r"~|\$\{?\w")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_MARKERS = ("driver.lock", "records", "rehearsal/records")
"""Each of them marks a sweep's folder; a user's own files may be called sweep.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepEnding:
    """How a session ended.

    Attributes
    ----------
    total, done : int
        Runs of the grid, and how many have a result.
    failed : tuple of str
        Run ids of those that failed.
    interrupted : bool
        Whether it was asked to stop before all runs had one.
    waiting : int
        Runs that can't start because a run that they follow failed.
    """

    total: int
    done: int
    failed: tuple[str, ...]
    interrupted: bool
    waiting: int

    @property
    def missing(self) -> int:
        """Number of runs without a record."""
        return self.total - self.done - len(self.failed)


def check_folder(path: Path) -> None:
    """Check that a folder can be a sweep's; nothing is written.

    Raises
    ------
    FolderError
        If it is a file, has other content, or its name is one that a shell left unexpanded.
    """
    if not path.is_absolute() and path.parts and _UNEXPANDED.match(path.parts[0]):
        raise FolderError(
            f"{path}: begins with {path.parts[0]}, which no shell has expanded; give the whole "
            "path, or leave a space before it: '--output ~/DIR'"
        )
    if path.exists() and not path.is_dir():
        raise FolderError(f"{path}: is a file, wanted a folder for the sweep; choose another")
    is_sweep = any((path / sign).exists() for sign in _MARKERS)
    if path.is_dir() and not is_sweep and any(path.iterdir()):
        raise FolderError(
            f"{path}: is no sweep's folder and not empty, wanted a new, an empty or a sweep's "
            "folder; choose another"
        )


def run_sweep(
    folder: SweepFolder,
    grid: Grid,
    yaml_text: str,
    workload: Workload,
    open_executor: OpenExecutor,
    observers: Sequence[Observer] = (),
    *,
    retry_failed: bool = False,
    kept: Mapping[str, str] = _NOTHING,
) -> SweepEnding:
    """Run what is missing of a sweep and collect the results.

    Parameters
    ----------
    folder : SweepFolder
        For all files of the sweep; created if absent.
    grid : Grid
        The sweep's points.
    yaml_text : str
        The sweep's YAML, kept verbatim.
    workload : Workload
        What a task does with a point.
    open_executor : callable
        Returns the executor as a context manager; called only if something is missing.
    observers : sequence of callable
        Called with every event, beside the folder's log.
    retry_failed : bool
        Whether to do failed runs again from their beginning.
    kept : mapping of str to str
        Further files that the folder keeps, by name, so that `resume` needs no other input.

    Returns
    -------
    SweepEnding
        Counts of runs by their records.

    Raises
    ------
    SweepLockedError
        If another driver works on the folder.
    ClusterError, StoreError
        If workers or storage fail; records written so far stay.
    """
    # Workers may have another working directory.
    folder = SweepFolder(folder.path.absolute())
    with not_shared(), _created(folder).driver_lock() as holder:
        keep_sweep(folder, yaml_text, kept)
        if retry_failed:
            forget_failed(folder, make_plan(grid, folder.finished()).failed)
        with EventLog(folder.events) as log, Interruption(folder.stop_file) as interruption:
            reported_to: list[Observer] = [*observers, log, Heartbeat(folder.lock, holder)]
            with _abort_reported(reported_to):
                pause = StoragePause(folder, lambda event: _report(reported_to, event))
                layout = grid_layout(grid, yaml_text)
                collector = pause.persist(lambda: Collector(folder, layout), interruption)
                plan = make_plan(grid, folder.finished())
                counts = {"done": len(plan.done), "failed": len(plan.failed)}
                _report(reported_to, SweepStarted(total=len(plan.points), **counts))
                if collector is not None:
                    _drive(
                        folder,
                        plan,
                        workload,
                        open_executor,
                        collector,
                        reported_to,
                        pause,
                        interruption,
                    )
                ending = _ending(folder, grid, interruption)
            _report(
                reported_to,
                SweepFinished(
                    total=ending.total,
                    done=ending.done,
                    failed=len(ending.failed),
                    interrupted=ending.interrupted,
                ),
            )
            return ending


@contextmanager
def _abort_reported(observers: Sequence[Observer]) -> Iterator[None]:
    """Report an error that ends the driver."""
    try:
        yield
    except Exception as error:
        message = str(error)[:LONGEST_MESSAGE]
        _report(observers, SweepAborted(error_class=type(error).__name__, message=message))
        raise


def _created(folder: SweepFolder) -> SweepFolder:
    folder.create()
    return folder


def _drive(
    folder: SweepFolder,
    plan: Plan,
    workload: Workload,
    open_executor: OpenExecutor,
    collector: Collector,
    observers: Sequence[Observer],
    pause: StoragePause,
    interruption: Interruption,
) -> None:
    try:
        if plan.missing and not interruption.asked:
            with open_executor() as executor:
                driver = Driver(folder, plan, workload, executor, collector, observers, pause)
                driver.drive(interruption)
    except BaseException:
        # The first error matters more than a storage that is full as well.
        with suppress(StoreError):
            collector.finalize()
        raise
    # On a full disk a stop leaves the results open: the next driver rebuilds them.
    pause.persist(collector.finalize, interruption)


def _report(observers: Sequence[Observer], event: Event) -> None:
    for observer in observers:
        observer(event)


def forget_failed(folder: SweepFolder, run_ids: Iterable[str]) -> None:
    """Remove the records of failed runs, so that the next driver repeats them from scratch.

    Raises
    ------
    StoreError
        If their records can't be removed.
    """
    for name in run_ids:
        shutil.rmtree(folder.run_folder(name), ignore_errors=True)
        with storing(folder.records):
            folder.record_path(name, "failed").unlink()


def _ending(folder: SweepFolder, grid: Grid, interruption: Interruption) -> SweepEnding:
    now = make_plan(grid, folder.finished())
    ending = SweepEnding(
        total=len(now.points),
        done=len(now.done),
        failed=now.failed,
        interrupted=False,
        waiting=len(waiting_for_failed(now)),
    )
    return replace(ending, interrupted=interruption.asked and ending.missing > 0)
