"""What runs on a worker: some points, each to its record; a few hundred bytes come back."""

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
"""The same if all were on one host, or at one worker, while there are others: it may be that."""
SURROUNDINGS = (StoreError, ImportError)
"""Errors that say more of a worker and its storage than of the run that met them."""
MAX_DEATHS = 10
"""Attempts that may die one after the other without coming any further."""
PROGRESS_EVERY_S = 2.0
LONGEST_WORDS = 4000
"""Of an error that travels: Dask replaces longer ones by another that can't be told."""
TRACE = "trace.jsonl"
"""In a run's folder while it is under way: how far it is, its temperature and volume."""

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
        What to run; several where runs are very short.
    workload : Workload
        What to do with each.
    others : {'hosts', 'workers', ''}
        What else there is to try a run again: other hosts, other workers of the same, or nothing.
    """

    folder: SweepFolder
    points: tuple[RunPoint, ...]
    workload: Workload
    others: Others = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What became of one run of a task.

    Attributes
    ----------
    run_id : str
        The run.
    ending : {'done', 'failed', 'interrupted', 'error'}
        Done and failed runs have left a record; the others are to be submitted again.
    attempts : int
        Tries that count against the run.
    seconds : float
        Wall time of this task's share in it.
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
    """Do the runs of a task.  Repeating it does nothing for runs that have a record.

    Parameters
    ----------
    task : Task
        The runs.
    report : callable
        Told of starts and progress of single runs.

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
            raise TaskFault(_that_travels(error), worker_name(), name) from error
    return tuple(summaries)


def _that_travels(error: Exception) -> Exception:
    """Give an error as it is, or its words if it can't be sent to another process."""
    travels = isinstance(error, LbhsweepError) or type(error).__module__ == "builtins"
    if travels and len(str(error)) <= LONGEST_WORDS:
        return error
    return RuntimeError(f"{type(error).__name__}: {str(error)[:LONGEST_WORDS]}")


def _silent(event: Event) -> None:
    """Tell nobody: short runs pass faster than anybody could watch."""


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
        with ledger.hold(), _blaming_surroundings(ledger):
            for left in ledger.path.parent.glob("*.tmp"):
                # Of a worker that was killed while it wrote a checkpoint.
                left.unlink(missing_ok=True)
            # Whoever held the run before may have finished it.
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
def _blaming_surroundings(ledger: Ledger) -> Iterator[None]:
    """Let a full disk, say, count neither as an error nor as a death of the run that met it."""
    try:
        yield
    except (OSError, *SURROUNDINGS):
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
    report(
        RunStarted(
            run_id=name,
            label=point.label,
            worker=worker_name(),
            slurm_job=slurm_job(),
            attempt=attempt,
        )
    )
    counted, deaths = ledger.n_errors() + 1, ledger.n_deaths()
    if deaths >= MAX_DEATHS:
        message = f"its worker died {deaths} times in a row without coming any further"
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
    except SURROUNDINGS:
        raise
    except Exception as error:
        if isinstance(error, OSError):
            # A run meets nothing but its own files: that is storage's fault, not its own.
            raise store_error(f"{point.label}: can't read or write: {error}", error) from error
        # Whatever one run meets must not end the sweep: it is recorded by its class.
        error_class, message = type(error).__name__, _where(error)
        ledger.end("error", error_class, message)
        is_proof = not task.others or len(ledger.places_of_errors(task.others)) > 1
        if counted < (MAX_ERRORS if is_proof else MAX_ERRORS_AT_ONE_PLACE):
            return RunSummary(run_id=name, ending="error", error_class=error_class, message=message)
        outcome = _failed(error_class, message)
    return _record(task.folder, point, ledger, counted, outcome)


def _end_of(folder: SweepFolder, name: str) -> EndState | None:
    """Read where a run ended; None without a name, and for a run that was made up."""
    if not name:
        return None
    path = folder.record_path(name)
    try:
        record = read_record(path)
    except StoreError as error:
        if is_there(path) and not isinstance(error, CorruptRecordError):
            # Storage stumbles; the record may be well.
            raise
        raise LostStartError(f"can't go on from the end of another run: {error}") from error
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


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error} ({Path(frame.filename).name}:{frame.lineno} in {frame.name})"


def _progress_mark(workdir: Path) -> int:
    """Give a number that changes whenever the run writes a checkpoint."""
    files = (
        path
        for path in workdir.iterdir()
        if path.name not in (NAME, TRACE) and path.suffix != ".tmp"
    )
    return max((path.stat().st_mtime_ns for path in files), default=0)


def _on_progress(name: str, trace: Path, report: Report) -> OnProgress:
    """Tell of a run's progress, and leave a line of it in the run's folder for those who watch."""
    told = time.monotonic()

    def tell(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told >= PROGRESS_EVERY_S:
            told = time.monotonic()
            report(RunProgress(run_id=name, fraction=progress.step / progress.n_steps))
            # Nothing depends on it, so a full disk is no matter.
            with suppress(OSError), trace.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(progress)) + "\n")

    return tell
