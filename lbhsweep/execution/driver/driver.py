"""The driver: submits what is missing in a rolling window, and collects what comes back."""

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
    SchemaError,
    StorageRefusedError,
    StoreError,
    TaskFault,
    store_error,
)
from lbhsweep.execution.driver.backlog import Backlog
from lbhsweep.execution.driver.faults import Faults
from lbhsweep.execution.driver.interruption import Interruption
from lbhsweep.execution.driver.pace import Pace
from lbhsweep.execution.driver.storage_pause import StoragePause
from lbhsweep.execution.events import (
    Event,
    Observer,
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
from lbhsweep.execution.worker.ledger import Ending
from lbhsweep.execution.worker.task import Others, RunSummary, Task
from lbhsweep.execution.worker.workload import Workload
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep.cost import estimated_core_seconds, speed_kind
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.plan import Plan

POLL_S = 0.2
TELL_EVERY_S = 1.0
COLLECT_EVERY_S = 2.0
COLLECT_SHARE = 10
"""Collecting takes at most about one part in so many of the driver's time."""
STOP_PATIENCE_S = 120.0
"""How long a stop waits for runs to write their checkpoints."""
HOLD_S = 1.0
"""Pause in giving out tasks after one that came back undone."""
MOST_SCHEDULED = 1000
"""Runs whose order counts in the time left; more only take their share of the workers."""


class Driver:
    """Brings the missing runs of a sweep to their records.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder, whose `driver_lock` is held.
    plan : Plan
        What is missing.
    workload : Workload
        What tasks do.
    executor : Executor
        Where tasks go.
    collector : Collector
        The single writer of the results.
    observers : sequence of callable
        Told of every event.
    pause : StoragePause
        Keeps the time while storage takes no writes.
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
        self._collector = collector
        self._observers = observers
        self._pause = pause
        self._counts = Counter(done=len(plan.done), failed=len(plan.failed))
        self._backlog = Backlog(plan)
        ended = sum(estimated_core_seconds(plan.points[one]) for one in (*plan.done, *plan.failed))
        kinds = {one: speed_kind(plan.points[one]) for one in plan.missing}
        self._pace = Pace(self._backlog.costs, ended, kinds, self._backlog.lengths)
        self._in_flight: set[str] = set()
        self._redone: set[str] = set()
        self._n_tasks = 0
        self._started: set[str] = set()
        self._gone_on: set[str] = set()
        self._to_collect: dict[str, Ending] = {}
        self._faults = Faults()
        self._stopping = self._is_preparing = False
        self._next_collect = self._next_tell = self._hold_until = 0.0

    def drive(self, interruption: Interruption) -> None:
        """Work until all runs are done or failed, or a stop is asked for.

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
            # Of no concern once a stop is asked for: a driver's job must be queued again.
            if not self._stopping:
                raise
        self._tell_progress()
        if not self._stopping:
            self._faults.check()

    def _work(self, interruption: Interruption) -> None:
        patient_until = math.inf
        while self._is_unfinished():
            if interruption.asked and not self._stopping:
                self._stop(interruption.reason)
                patient_until = time.monotonic() + STOP_PATIENCE_S
            is_over = self._stopping and not self._executor.slots
            if is_over or interruption.urgent or time.monotonic() > patient_until:
                break
            if self._pause.is_over() and time.monotonic() >= self._hold_until:
                self._fill_window()
            else:
                time.sleep(POLL_S)
            self._executor.need(self._n_possible())
            for answer in self._executor.answers(POLL_S):
                self._take(answer)
            self._collect_when_due()
            self._tell_when_due()

    def _n_possible(self) -> int:
        """Give the number of runs that could be at work; jobs beyond it end."""
        if self._stopping:
            return 0
        in_flight = len(self._in_flight)
        return in_flight if self._pause.is_long else len(self._backlog) + in_flight

    def _is_unfinished(self) -> bool:
        if not self._backlog and not self._in_flight:
            # Only collected records are sure to be whole; damaged ones are run again.
            self._collect()
        is_held_up = not self._stopping and bool(self._pause.is_on or self._to_collect)
        return bool(self._backlog or self._in_flight) or is_held_up

    def _stop(self, reason: str) -> None:
        self._stopping = True
        self._backlog.clear()
        self._tell(StopRequested(reason=reason))

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

    def _take(self, answer: Answer) -> None:
        match answer:
            case TaskEnded(_, summaries):
                self._n_tasks -= 1
                # The share of a run that went on from a checkpoint is no measure of others.
                self._backlog.learn(one for one in summaries if one.run_id not in self._gone_on)
                for summary in summaries:
                    self._settle(summary)
            case TaskBroken(task, fault):
                self._n_tasks -= 1
                names = [run_id(point) for point in task.points]
                for name in names:
                    self._in_flight.discard(name)
                    self._faults.over(name)
                if self._lost_its_start(fault):
                    names.remove(fault.run_id)
                elif not self._put_aside(fault):
                    self._count(fault)
                for name in names:
                    self._repeat(name)
            case RunStarted(run_id=name, attempt=attempt) if name in self._in_flight:
                self._started.add(name)
                if attempt > 1:
                    self._gone_on.add(name)
                self._faults.begun(answer)
                self._pace.start(name, anew=attempt == 1)
                self._tell(answer)
            case RunProgress(run_id=name, fraction=fraction) if name in self._in_flight:
                self._pace.advance(name, fraction)
            case WorkerPreparing() if self._is_preparing:
                # One of many workers speaks for all.
                pass
            case Event():
                if isinstance(answer, WorkerLost):
                    self._faults.lost(answer.runs)
                self._is_preparing |= isinstance(answer, WorkerPreparing)
                self._tell(answer)

    def _settle(self, summary: RunSummary) -> None:
        name = summary.run_id
        self._in_flight.discard(name)
        self._started.discard(name)
        self._gone_on.discard(name)
        self._faults.over(name)
        if summary.ending in ("done", "failed"):
            self._faults.works(summary.worker)
            self._counts[summary.ending] += 1
            self._pace.end(name, summary.seconds if summary.ending == "done" else 0.0)
            self._pause.forget()
            self._to_collect[name] = summary.ending
        else:
            self._pace.stop(name)
            self._repeat(name)
        if summary.ending == "interrupted":
            # A worker that leaves, or one that still sees the stop file of a driver before.
            self._hold()
        self._tell(_event_of(summary, self._plan.points[name].label))

    def _release(self, name: str) -> None:
        """Let the runs start that go on from the end of one whose record is sure to be whole."""
        self._redone.discard(name)
        if not self._stopping:
            self._backlog.release(name)

    def _repeat(self, name: str) -> None:
        if not self._stopping and name not in self._faults.left_out:
            self._backlog.put(name)

    def _repeat_lost(self, name: str, error: StoreError) -> None:
        """Do a run again whose record was no good."""
        self._faults.count_run(TaskFault(error, run_id=name))
        self._repeat(name)

    def _count(self, fault: TaskFault) -> None:
        """Find whose fault it is: storage's, which pauses the sweep, or the worker's."""
        error = fault.error
        if self._stopping:
            # Others still write their checkpoints.
            return
        self._hold()
        if not isinstance(error, StorageRefusedError):
            self._count_worker(fault)
        elif not self._pause.takes_writes():
            self._pause.begin(error)
        elif error.host != socket.gethostname() and self._faults.others_work(fault.worker):
            # That machine's mount, say: the others go on.
            self._count_worker(fault)
        else:
            self._faults.count_run(fault)
            self._pause.begin(error)

    def _hold(self) -> None:
        """Give out nothing for a moment: a worker that sends all back would get all."""
        self._hold_until = time.monotonic() + HOLD_S

    def _count_worker(self, fault: TaskFault) -> None:
        if self._faults.is_news(fault):
            self._tell(WorkerFaulty(worker=fault.worker, message=str(fault)))
        self._faults.count(fault, self._executor.slots, self._executor.n_expected)

    def _lost_its_start(self, fault: TaskFault) -> bool:
        """Say whether a run broke because the record of the one that it goes on from is no good.

        That one is done again then, and the run waits for it.
        """
        if not isinstance(fault.error, LostStartError):
            return False
        before = self._plan.points[fault.run_id].follows
        if before not in self._redone and not self._do_again_if_lost(before):
            return False
        self._backlog.hold(fault.run_id)
        return True

    def _do_again_if_lost(self, name: str) -> bool:
        """Do a finished run again if its record is damaged or gone; what follows it waits."""
        problem = self._trouble(name)
        if not problem:
            return False
        self._redone.add(name)
        self._backlog.take_back(name)
        self._counts["done"] -= 1
        self._repeat_lost(name, CorruptRecordError(problem))
        return True

    def _put_aside(self, fault: TaskFault) -> bool:
        """Say whether a run broke because its own record is damaged, now out of the way."""
        if not isinstance(fault.error, CorruptRecordError) or not self._trouble(fault.run_id):
            return False
        self._faults.count_run(fault)
        return True

    def _trouble(self, name: str) -> str:
        """Look at a record, put it aside if it is damaged, and say what is wrong with it.

        Nothing is if storage stumbles.
        """
        try:
            if self._folder.find_record(name) is None:
                return "its record is gone"
            return self._collector.collect([name]).quarantined.get(name, "")
        except SchemaError:
            raise
        except StorageRefusedError as refused:
            self._pause.begin(refused)
        except StoreError as error:
            self._pause.stumble(error)
        except OSError as error:
            self._pause.stumble(store_error(f"{self._folder.records}: can't read: {error}", error))
        return ""

    def _collect_when_due(self) -> None:
        now = time.monotonic()
        if now >= self._next_collect:
            self._collect()
            spent = time.monotonic() - now
            self._next_collect = now + spent + max(COLLECT_EVERY_S, COLLECT_SHARE * spent)

    def _collect(self) -> None:
        if self._pause.is_on:
            return
        try:
            is_whole = self._move_records()
        except SchemaError:
            raise
        except StorageRefusedError as error:
            self._pause.begin(error)
        except StoreError as error:
            self._pause.stumble(error)
        else:
            if is_whole:
                self._pause.steady()

    def _move_records(self) -> bool:
        """Collect what is due, and say whether all of it could be read."""
        if self._started:
            self._collector.mark(self._started, "running")
            self._started.clear()
        if not self._to_collect:
            return True
        report = self._collector.collect(self._to_collect)
        for name in report.collected:
            if self._to_collect[name] == "done":
                self._release(name)
        for name, problem in report.quarantined.items():
            self._counts[self._to_collect[name]] -= 1
            self._repeat_lost(name, CorruptRecordError(problem))
        left = {name: self._to_collect[name] for name in report.unread}
        self._to_collect.clear()
        if left and self._pause.is_worn:
            # Not there for anybody, it seems; a worker that does find a record hands it in again.
            for name, ending in left.items():
                self._counts[ending] -= 1
                self._repeat_lost(name, StoreError(report.unread[name]))
            return True
        self._to_collect.update(left)
        if left:
            self._pause.stumble(StoreError(next(iter(report.unread.values()))))
        return not left

    def _tell(self, event: Event) -> None:
        for observer in self._observers:
            observer(event)

    def _tell_when_due(self) -> None:
        now = time.monotonic()
        if now >= self._next_tell:
            self._next_tell = now + TELL_EVERY_S
            self._tell_progress()

    def _tell_progress(self) -> None:
        slots = self._executor.slots
        self._pace.watch(slots, has_more=bool(self._backlog))
        self._tell(
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
