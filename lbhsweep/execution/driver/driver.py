"""The driver: submits missing runs in a rolling window, and collects their records."""

from __future__ import annotations

import math
import socket
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

from lbhsweep.errors import (
    ClusterError,
    CorruptRecordError,
    LostStartError,
    StorageRefusedError,
    StoreError,
    TaskFault,
)
from lbhsweep.execution.driver.backlog import Backlog
from lbhsweep.execution.driver.collection import Collected, Collection
from lbhsweep.execution.driver.faults import Faults
from lbhsweep.execution.driver.interruption import Interruption
from lbhsweep.execution.driver.pace import Pace
from lbhsweep.execution.driver.storage_pause import StoragePause
from lbhsweep.execution.events import (
    Event,
    Observer,
    RunEvent,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunProgress,
    RunRetried,
    RunStarted,
    StopRequested,
    SweepProgress,
    WorkerFaulty,
    WorkerLost,
    WorkerPreparing,
)
from lbhsweep.execution.executor import Answer, Executor, TaskBroken, TaskEnded
from lbhsweep.execution.worker.task import Others, RunSummary, Task
from lbhsweep.execution.worker.workload import Workload
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep.cost import estimated_core_seconds, speed_kind
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.plan import Plan

POLL_S = 0.2
REPORT_EVERY_S = 1.0
STOP_PATIENCE_S = 120.0
"""How long a stop waits for runs to write their checkpoints."""
SUBMIT_PAUSE_S = 1.0
"""Pause in submitting tasks after one that was returned without having run."""
MOST_SCHEDULED = 1000
"""Runs that are scheduled one by one for the time left; others count by their sum."""


class Driver:
    """Submits the missing runs of a sweep until each has a record.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder, whose `driver_lock` is held.
    plan : Plan
        The missing runs.
    workload : Workload
        What a task does with a point.
    executor : Executor
        Receives the tasks.
    collector : Collector
        The single writer of the results.
    observers : sequence of callable
        Called with every event.
    pause : StoragePause
        Pauses the sweep while storage accepts no writes.
    """

    def __init__(
        self,
        folder: SweepFolder,
        plan: Plan,
        workload: Workload,
        executor: Executor,
        collector: Collector,
        observers: Sequence[Observer],
        pause: StoragePause,
    ) -> None:
        self._folder = folder
        self._plan = plan
        self._workload = workload
        self._executor = executor
        self._collection = Collection(folder, collector, pause)
        self._observers = observers
        self._pause = pause
        self._counts = Counter(done=len(plan.done), failed=len(plan.failed))
        self._backlog = Backlog(plan)
        ended = sum(estimated_core_seconds(plan.points[one]) for one in (*plan.done, *plan.failed))
        kinds = {one: speed_kind(plan.points[one]) for one in plan.missing}
        self._pace = Pace(self._backlog.costs, ended, kinds, self._backlog.lengths)
        self._in_flight: set[str] = set()
        self._repeated: set[str] = set()
        self._n_tasks = 0
        self._started: set[str] = set()
        self._resumed: set[str] = set()
        self._faults = Faults()
        self._stopping = self._is_preparing = False
        self._next_report = self._submit_after = 0.0

    def drive(self, interruption: Interruption) -> None:
        """Work until all runs are done or failed, or a stop is requested.

        Raises
        ------
        ClusterError
            If tasks can't be done for reasons outside their runs.
        StoreError
            If results can't be written.
        """
        try:
            self._work(interruption)
        except (ClusterError, StoreError):
            # Ignored once a stop is requested: a driver's job must be queued again.
            if not self._stopping:
                raise
        self._report_progress()
        if not self._stopping:
            self._faults.check()

    def _work(self, interruption: Interruption) -> None:
        patient_until = math.inf
        while self._has_work():
            if interruption.asked and not self._stopping:
                self._stop(interruption.reason)
                patient_until = time.monotonic() + STOP_PATIENCE_S
            is_over = self._stopping and not self._executor.slots
            if is_over or interruption.urgent or time.monotonic() > patient_until:
                break
            if self._pause.is_over() and time.monotonic() >= self._submit_after:
                self._fill_window()
            else:
                time.sleep(POLL_S)
            self._executor.need(self._n_possible())
            for answer in self._executor.answers(POLL_S):
                self._handle(answer)
            self._take(self._collection.collect_when_due(self._started))
            self._report_when_due()

    def _n_possible(self) -> int:
        """Return the number of runs that could run now; jobs beyond it are cancelled."""
        if self._stopping:
            return 0
        in_flight = len(self._in_flight)
        return in_flight if self._pause.is_long else len(self._backlog) + in_flight

    def _has_work(self) -> bool:
        """Return whether anything is left to do; collects when nothing is under way."""
        if not self._backlog and not self._in_flight:
            # Only collected records are known to be whole; runs with damaged ones are repeated.
            self._take(self._collection.collect(self._started))
        is_held_up = not self._stopping and bool(self._pause.is_on or self._collection)
        return bool(self._backlog or self._in_flight) or is_held_up

    def _stop(self, reason: str) -> None:
        self._stopping = True
        self._backlog.clear()
        self._report(StopRequested(reason=reason))

    def _fill_window(self) -> None:
        slots = self._executor.slots
        if not slots:
            return
        others: Others = "hosts" if self._executor.n_hosts > 1 else "workers" if slots > 1 else ""
        while names := self._backlog.next_pack(slots, self._n_tasks):
            points = tuple(self._plan.points[name] for name in names)
            self._in_flight.update(names)
            self._n_tasks += 1
            self._executor.submit(Task(self._folder, points, self._workload, others))

    def _handle(self, answer: Answer) -> None:
        match answer:
            case TaskEnded(_, summaries):
                self._n_tasks -= 1
                # The time of a run that continued from a checkpoint says nothing about others.
                self._backlog.learn(one for one in summaries if one.run_id not in self._resumed)
                for summary in summaries:
                    self._settle(summary)
            case TaskBroken(task, fault):
                self._n_tasks -= 1
                names = [run_id(point) for point in task.points]
                for point, name in zip(task.points, names, strict=True):
                    if name in self._started:
                        self._report(
                            RunInterrupted(run_id=name, label=point.label, worker=fault.worker)
                        )
                    self._forget_attempt(name)
                    self._pace.stop(name)
                if self._repeat_lost_start(fault):
                    names.remove(fault.run_id)
                elif not self._count_damaged_record(fault):
                    self._count(fault)
                for name in names:
                    self._repeat(name)
            case RunStarted(run_id=name, attempt=attempt) if name in self._in_flight:
                self._started.add(name)
                if attempt > 1:
                    self._resumed.add(name)
                self._faults.started(answer)
                self._pace.start(name, from_scratch=attempt == 1)
                self._report(answer)
            case RunProgress(run_id=name, fraction=fraction) if name in self._in_flight:
                self._pace.advance(name, fraction)
            case RunEvent() | RunProgress():
                # It comes late: that attempt has ended, and nothing would end it again.
                pass
            case WorkerPreparing() if self._is_preparing:
                # One worker's message stands for all.
                pass
            case Event():
                if isinstance(answer, WorkerLost):
                    for name in [one for one in self._started if self._is_of(one, answer.runs)]:
                        # Dask repeats its task, which starts it again.
                        self._started.discard(name)
                        self._pace.stop(name)
                    self._faults.lost(answer.runs)
                self._is_preparing |= isinstance(answer, WorkerPreparing)
                self._report(answer)

    def _settle(self, summary: RunSummary) -> None:
        name = summary.run_id
        self._forget_attempt(name)
        if summary.ending in ("done", "failed"):
            self._faults.works(summary.worker)
            self._counts[summary.ending] += 1
            self._pace.end(name, summary.seconds if summary.ending == "done" else 0.0)
            self._pause.forget_delay()
            self._collection.add(name, summary.ending)
        else:
            self._pace.stop(name)
            self._repeat(name)
        if summary.ending == "interrupted":
            # Of a worker that is leaving, or that still sees the stop file of an earlier driver.
            self._pause_submitting()
        self._report(_event_of(summary, self._plan.points[name].label))

    def _forget_attempt(self, name: str) -> None:
        """Note that no attempt of a run is under way, for whatever reason."""
        for names in (self._in_flight, self._started, self._resumed):
            names.discard(name)
        self._faults.ended(name)

    def _is_of(self, name: str, labels: tuple[str, ...]) -> bool:
        return self._plan.points[name].label in labels

    def _release(self, name: str) -> None:
        """Release the runs that continue from the end of a run whose record is whole."""
        self._repeated.discard(name)
        if not self._stopping:
            self._backlog.release(name)

    def _repeat(self, name: str) -> None:
        if not self._stopping and name not in self._faults.left_out:
            self._backlog.put(name)

    def _repeat_lost(self, name: str, error: StoreError) -> None:
        """Repeat a run whose record was damaged or lost."""
        self._faults.count_run(TaskFault(error, run_id=name))
        self._repeat(name)

    def _count(self, fault: TaskFault) -> None:
        """Attribute a fault to storage, which pauses the sweep, or to the worker."""
        error = fault.error
        if self._stopping:
            # Other workers still write their checkpoints.
            return
        self._pause_submitting()
        if not isinstance(error, StorageRefusedError):
            self._count_worker(fault)
        elif not self._pause.takes_writes():
            self._pause.begin(error)
        elif error.host != socket.gethostname() and self._faults.others_work(fault.worker):
            # A fault of that machine, for example its mount: the others continue.
            self._count_worker(fault)
        else:
            self._faults.count_run(fault)
            self._pause.begin(error)

    def _pause_submitting(self) -> None:
        """Submit nothing for a moment: a worker that returns all tasks would get all of them."""
        self._submit_after = time.monotonic() + SUBMIT_PAUSE_S

    def _count_worker(self, fault: TaskFault) -> None:
        if self._faults.is_news(fault):
            self._report(WorkerFaulty(worker=fault.worker, message=str(fault)))
        self._faults.count(fault, self._executor.slots, self._executor.n_expected)

    def _repeat_lost_start(self, fault: TaskFault) -> bool:
        """Repeat the run that a broken one follows if its record is damaged or lost.

        The broken run then waits for it.  Returns whether this was the reason.
        """
        if not isinstance(fault.error, LostStartError):
            return False
        before = self._plan.points[fault.run_id].follows
        if before not in self._repeated and not self._repeat_if_lost(before):
            return False
        self._backlog.hold_back(fault.run_id)
        return True

    def _repeat_if_lost(self, name: str) -> bool:
        """Repeat a finished run if its record is damaged or lost; runs that follow it wait."""
        problem = self._collection.quarantine_if_damaged(name)
        if not problem:
            return False
        self._repeated.add(name)
        self._backlog.hold_back_followers(name)
        self._counts["done"] -= 1
        self._repeat_lost(name, CorruptRecordError(problem))
        return True

    def _count_damaged_record(self, fault: TaskFault) -> bool:
        """Count a fault of a run's own damaged record; return whether this was the reason."""
        if not isinstance(
            fault.error, CorruptRecordError
        ) or not self._collection.quarantine_if_damaged(fault.run_id):
            return False
        self._faults.count_run(fault)
        return True

    def _take(self, found: Collected) -> None:
        """Go on from runs that are done, and repeat those whose record was damaged or lost."""
        for name in found.done:
            self._release(name)
        for name, lost in found.lost.items():
            self._counts[lost.ending] -= 1
            self._repeat_lost(name, lost.error)

    def _report(self, event: Event) -> None:
        for observer in self._observers:
            observer(event)

    def _report_when_due(self) -> None:
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + REPORT_EVERY_S
            self._report_progress()

    def _report_progress(self) -> None:
        slots = self._executor.slots
        self._pace.watch(slots, has_more=bool(self._backlog))
        self._report(
            SweepProgress(
                total=len(self._plan.points),
                done=self._counts["done"],
                failed=self._counts["failed"],
                running=min(self._n_tasks, slots),
                fraction=self._pace.fraction,
                seconds_left=self._pace.seconds_left(
                    slots, (*self._in_flight, *islice(self._backlog, MOST_SCHEDULED))
                ),
            )
        )


def _event_of(summary: RunSummary, label: str) -> Event:
    which: dict[str, Any] = {
        "run_id": summary.run_id,
        "label": label,
        "worker": summary.worker,
        "slurm_job": summary.slurm_job,
    }
    why: dict[str, Any] = {"error_class": summary.error_class, "message": summary.message}
    match summary.ending:
        case "done":
            return RunFinished(**which, attempts=summary.attempts, seconds=summary.seconds)
        case "failed":
            return RunFailed(**which, **why)
        case "error":
            return RunRetried(**which, **why)
    return RunInterrupted(**which)
