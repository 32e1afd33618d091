"""The task that runs on a worker: some points, each to its record; it returns few bytes."""

from __future__ import annotations

import json
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from lbhsweep.atomic import is_there, not_shared
from lbhsweep.errors import (
    CorruptRecordError,
    InterruptedRun,
    LbhsweepError,
    LostStartError,
    StoreError,
    TaskFault,
    store_error,
)
from lbhsweep.execution.events import Event, RunProgress, RunStarted, WorkerPreparing
from lbhsweep.execution.worker.ledger import NAME, AttemptUnderwayError, Ending, Ledger
from lbhsweep.execution.worker.process import StopPoll, at_work, worker_name
from lbhsweep.execution.worker.workload import Workload
from lbhsweep.simulation.end_state import EndState
from lbhsweep.simulation.outcome import OnProgress, Outcome, Progress, ShouldStop
from lbhsweep.simulation.provenance import provenance, slurm_job
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import Record, RecordHeader, RunError, read_record, write_record
from lbhsweep.sweep.identity import PHYSICS_VERSION, canonical_json, run_id
from lbhsweep.sweep.point import RunPoint

MAX_ERRORS = 2
"""Attempts that may end by an unexpected error before the run counts as failed."""
MAX_ERRORS_AT_ONE_PLACE = 4
"""The same if all were on one host or worker while there are others, which may be the cause."""
ENVIRONMENT_ERRORS = (StoreError, ImportError)
"""Errors of a worker and its storage rather than of the run that met them."""
MAX_DEATHS = 10
"""Attempts in a row that may die without any progress."""
PROGRESS_EVERY_S = 2.0
LONGEST_MESSAGE = 4000
"""Of an error's message that is sent: Dask replaces longer ones by an error without the cause."""
TRACE = "trace.jsonl"
"""In a run's folder while it is under way: its progress, temperature and volume."""

Report = Callable[[Event], None]
Others = Literal["hosts", "workers", ""]


@dataclass(frozen=True, slots=True)
class Task:
    """Some runs for one worker, one after the other.

    Attributes
    ----------
    folder : SweepFolder
        The sweep's folder, on storage that workers see.
    points : tuple of RunPoint
        Points to run; several if runs are very short.
    workload : Workload
        What to do with each point.
    others : {'hosts', 'workers', ''}
        Where else a run can be tried again: on other hosts, on other workers of the same, nowhere.
    """

    folder: SweepFolder
    points: tuple[RunPoint, ...]
    workload: Workload
    others: Others = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """The outcome of one run of a task.

    Attributes
    ----------
    run_id : str
        The run.
    ending : {'done', 'failed', 'interrupted', 'error'}
        Done and failed runs have left a record; the others are to be submitted again.
    attempts : int
        Attempts that count against the run.
    seconds : float
        Wall time of this task in the run.
    worker, slurm_job : str
        ``host:pid``, and the worker's SLURM job if it has one.
    error_class, message : str
        Why it failed.
    """

    run_id: str
    ending: Ending
    attempts: int = 1
    seconds: float = 0.0
    worker: str = ""
    slurm_job: str = ""
    error_class: str = ""
    message: str = ""


def run_task(task: Task, report: Report) -> tuple[RunSummary, ...]:
    """Do the runs of a task; runs that have a record are left as they are.

    Parameters
    ----------
    task : Task
        The runs.
    report : callable
        Called with starts and progress of single runs.

    Returns
    -------
    tuple of RunSummary
        In the order of the points.

    Raises
    ------
    TaskFault
        If records or checkpoints can't be read or written, or this process can't work at all.
    """
    should_stop = StopPoll(task.folder.stop_file)
    announce = report if len(task.points) == 1 else _silent
    summaries: list[RunSummary] = []
    name = ""
    with at_work, not_shared():
        try:
            if not should_stop():
                task.workload.prepare(
                    lambda what: report(WorkerPreparing(worker=worker_name(), what=what))
                )
            for point in task.points:
                name = run_id(point)
                summaries.append(_run(task, point, should_stop, announce))
        except Exception as error:
            raise TaskFault(_picklable(error), worker_name(), name) from error
    return tuple(summaries)


def _picklable(error: Exception) -> Exception:
    """Return an error as it is, or its message if it can't be sent to another process."""
    is_picklable = isinstance(error, LbhsweepError) or type(error).__module__ == "builtins"
    if is_picklable and len(str(error)) <= LONGEST_MESSAGE:
        return error
    return RuntimeError(f"{type(error).__name__}: {str(error)[:LONGEST_MESSAGE]}")


def _silent(event: Event) -> None:
    """Drop events of short runs, which are faster than anybody could watch."""


def _run(task: Task, point: RunPoint, should_stop: ShouldStop, report: Report) -> RunSummary:
    name = run_id(point)
    start = time.perf_counter()
    ledger = Ledger(task.folder.run_folder(name) / NAME)
    found = _recorded(task.folder, name)
    if found is not None:
        return found
    if should_stop():
        return RunSummary(
            run_id=name, ending="interrupted", worker=worker_name(), slurm_job=slurm_job()
        )
    try:
        with ledger.hold():
            for left in ledger.path.parent.glob("*.tmp"):
                # Left by a worker that was killed while it wrote a checkpoint.
                left.unlink(missing_ok=True)
            # Another process may have finished it before.
            summary = _recorded(task.folder, name) or _attempt(
                task, point, ledger, should_stop, report
            )
    except AttemptUnderwayError:
        summary = RunSummary(run_id=name, ending="interrupted")
    return RunSummary(
        run_id=name,
        ending=summary.ending,
        attempts=summary.attempts,
        seconds=time.perf_counter() - start,
        worker=worker_name(),
        slurm_job=slurm_job(),
        error_class=summary.error_class,
        message=summary.message,
    )


@contextmanager
def _not_counting_environment(ledger: Ledger) -> Iterator[None]:
    """Count errors such as a full disk neither as an error nor as a death of the run.

    Parameters
    ----------
    ledger : Ledger
        With the start of the attempt under way.
    """
    try:
        yield
    except (OSError, *ENVIRONMENT_ERRORS):
        try:
            ledger.end("interrupted")
        except OSError:
            with suppress(OSError):
                ledger.withdraw()
        raise


def _attempt(
    task: Task, point: RunPoint, ledger: Ledger, should_stop: ShouldStop, report: Report
) -> RunSummary:
    name, workdir = run_id(point), ledger.path.parent
    attempt = ledger.start(
        label=point.label, worker=worker_name(), progress=_progress_mark(workdir)
    )
    with _not_counting_environment(ledger):
        report(
            RunStarted(
                run_id=name,
                label=point.label,
                worker=worker_name(),
                slurm_job=slurm_job(),
                attempt=attempt,
            )
        )
        return _started(task, point, ledger, should_stop, report)


def _started(
    task: Task, point: RunPoint, ledger: Ledger, should_stop: ShouldStop, report: Report
) -> RunSummary:
    name, workdir = run_id(point), ledger.path.parent
    counted, deaths = ledger.n_errors() + 1, ledger.n_deaths()
    if deaths >= MAX_DEATHS:
        message = f"its worker died {deaths} times in a row without any progress"
        return _record(task.folder, point, ledger, counted, _failed("worker-lost", message))
    try:
        outcome = task.workload.run(
            point,
            workdir,
            should_stop,
            _on_progress(name, workdir / TRACE, report),
            start=lambda: _end_of(task.folder, point.follows),
            trajectory=task.folder.trajectory_path(name),
        )
    except InterruptedRun:
        ledger.end("interrupted")
        return RunSummary(run_id=name, ending="interrupted")
    except ENVIRONMENT_ERRORS:
        raise
    except Exception as error:
        if isinstance(error, OSError):
            # A run uses nothing but its own files, so this is a fault of storage.
            raise store_error(f"{point.label}: can't read or write: {error}", error) from error
        # An error of one run must not end the sweep: it is recorded by its class.
        error_class, message = type(error).__name__, _with_place(error)
        ledger.end("error", error_class, message)
        is_proof = not task.others or len(ledger.places_of_errors(task.others)) > 1
        if counted < (MAX_ERRORS if is_proof else MAX_ERRORS_AT_ONE_PLACE):
            return RunSummary(run_id=name, ending="error", error_class=error_class, message=message)
        outcome = _failed(error_class, message)
    return _record(task.folder, point, ledger, counted, outcome)


def _end_of(folder: SweepFolder, name: str) -> EndState | None:
    """Read the end state of a run; None without a name, and for a synthetic run."""
    if not name:
        return None
    path = folder.record_path(name)
    try:
        record = read_record(path)
    except StoreError as error:
        if is_there(path) and not isinstance(error, CorruptRecordError):
            # A transient error of storage; the record may be whole.
            raise
        raise LostStartError(f"can't continue from the end of another run: {error}") from error
    return EndState.from_record(record.arrays)


def _record(
    folder: SweepFolder, point: RunPoint, ledger: Ledger, attempts: int, outcome: Outcome
) -> RunSummary:
    error = outcome.error
    header = RecordHeader(
        run_id=run_id(point),
        point=canonical_json(point),
        physics_version=PHYSICS_VERSION,
        status=outcome.status,
        error=error,
        attempts=attempts,
        provenance={**outcome.provenance, "wall_seconds": outcome.wall_seconds},
    )
    end = outcome.end.to_record() if outcome.end else {}
    write_record(folder, Record(header, {**outcome.arrays, **end}))
    if outcome.status == "done":
        shutil.rmtree(ledger.path.parent, ignore_errors=True)
    else:
        ledger.end("failed", error.error_class if error else "", error.message if error else "")
    return _summary(header)


def _recorded(folder: SweepFolder, name: str) -> RunSummary | None:
    path = folder.find_record(name)
    return None if path is None else _summary(read_record(path).header)


def _summary(header: RecordHeader) -> RunSummary:
    error = header.error
    return RunSummary(
        run_id=header.run_id,
        ending=header.status,
        attempts=header.attempts,
        error_class=error.error_class if error else "",
        message=error.message if error else "",
    )


def _failed(error_class: str, message: str) -> Outcome:
    error = RunError(error_class, message)
    return Outcome(status="failed", arrays={}, error=error, provenance=provenance())


def _with_place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error} ({Path(frame.filename).name}:{frame.lineno} in {frame.name})"


def _progress_mark(workdir: Path) -> int:
    """Return a number that changes whenever the run writes a checkpoint."""
    files = (
        path
        for path in workdir.iterdir()
        if path.name not in (NAME, TRACE) and path.suffix != ".tmp"
    )
    return max((path.stat().st_mtime_ns for path in files), default=0)


def _on_progress(name: str, trace: Path, report: Report) -> OnProgress:
    """Report a run's progress, and append it to a file in the run's folder for the dashboard."""
    last = time.monotonic()

    def report_progress(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY_S:
            last = time.monotonic()
            report(RunProgress(run_id=name, fraction=progress.step / progress.n_steps))
            # Nothing depends on it, so a full disk does not matter.
            with suppress(OSError), trace.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(progress)) + "\n")

    return report_progress
