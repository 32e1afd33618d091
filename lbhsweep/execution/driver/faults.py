"""Faults outside the runs that break tasks: of one worker, of one run's files, or of all."""

from __future__ import annotations

import errno
import time
from collections import Counter
from dataclasses import dataclass

from lbhsweep.errors import ClusterError, StorageRefusedError, StoreError, TaskFault
from lbhsweep.execution.events import RunStarted

MAX_BREAKS = 3
"""Tasks in a row that every worker may break while no run is under way; and tasks of one run that
may break at workers which do other runs, before it is left out."""
MAX_STORAGE_ERRORS = 6
"""The same for errors of storage: about two minutes, since workers back off."""
SAME_ERROR_S = 20.0
"""Errors of storage at one run that are no further apart count as one."""
FORGET_S = 300.0
"""A fault of a worker is forgotten after this time, five of its longest back-offs."""
EXPECT_S = 1800.0
"""How long to wait for requested workers while all present ones are failing."""
MAX_DROPPED = 20
"""Times in a row, at least a second apart, that tasks may be dropped before a worker has them."""
DROPPED_AT_ONCE_S = 1.0
MAX_LOST_BEFORE_START = 20
"""Workers that may be lost in a row before any starts a run: preemption may take a few while they
compile, a lack of memory takes all."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(slots=True)
class _Breaks:
    """Broken tasks of one worker in a row: time of the first, number, limit, time of the latest."""

    first: float
    number: int = 0
    most: int = MAX_BREAKS
    latest: float = 0.0

    def count(self, fault: TaskFault, now: float) -> None:
        self.number += 1
        self.most, self.latest = _most(fault.error), now

    def is_failing(self, now: float) -> bool:
        return self.number > self.most and not self.is_old(now)

    def is_old(self, now: float) -> bool:
        return now - self.latest >= FORGET_S


def _is_storage(error: Exception) -> bool:
    return isinstance(error, (OSError, StoreError))


def _most(error: Exception) -> int:
    return MAX_STORAGE_ERRORS if _is_storage(error) else MAX_BREAKS


class Faults:
    """Counts broken tasks, by worker and by run.

    Attributes
    ----------
    left_out : dict of str to TaskFault
        Runs that broke too often, by run id, with their last fault.
    """

    def __init__(self) -> None:
        self.left_out: dict[str, TaskFault] = {}
        self._under_way: dict[str, RunStarted] = {}
        self._by_worker: dict[str, _Breaks] = {}
        self._by_run: Counter[str] = Counter()
        self._last_storage_error: dict[str, float] = {}
        self._n_dropped = self._n_deaths = 0
        self._last_dropped = 0.0

    def started(self, run: RunStarted) -> None:
        """Note that a worker has started a run, so it works."""
        self._n_deaths = 0
        self._under_way[run.run_id] = run

    def ended(self, name: str) -> None:
        """Note that a run is no longer under way, for whatever reason."""
        self._under_way.pop(name, None)

    def lost(self, labels: tuple[str, ...]) -> None:
        """Note that the worker with these runs was lost.

        Raises
        ------
        ClusterError
            If workers are lost again and again before any has started a run.
        """
        begun = [run for run in self._under_way.values() if run.label in labels]
        for run in begun:
            self.ended(run.run_id)
        self._n_deaths += bool(labels and not begun)
        if self._n_deaths > MAX_LOST_BEFORE_START and not self._under_way:
            raise ClusterError(
                f"{self._n_deaths} workers in a row were lost before they started a run; see their "
                "logs. Compiling kernels takes 0.6 GB a worker: if they had less, raise memory "
                "in the cluster file, or start fewer workers (processes) in a job"
            )

    def works(self, worker: str) -> None:
        """Note that a worker finished a run, which is done or failed."""
        self._n_dropped = self._n_deaths = 0
        self._by_worker.pop(worker, None)

    def others_work(self, worker: str) -> bool:
        """Return whether any other worker has a run under way."""
        return any(run.worker != worker for run in self._under_way.values())

    def is_news(self, fault: TaskFault) -> bool:
        """Return whether its worker has done a run since its last fault, or had none for long."""
        if not fault.worker:
            return not self._n_dropped
        breaks = self._by_worker.get(fault.worker)
        return breaks is None or breaks.is_old(time.monotonic())

    def count(self, fault: TaskFault, n_workers: int, n_expected: int = 0) -> None:
        """Count a task that broke.

        Parameters
        ----------
        fault : TaskFault
            Why it broke.
        n_workers : int
            Workers now: as long as one of them may still work, the sweep continues.
        n_expected : int
            Workers that are present or requested: those to come may work.

        Raises
        ------
        ClusterError
            If no worker works.
        """
        # A worker that breaks every task says nothing about the runs.
        is_news = self.is_news(fault)
        now = time.monotonic()
        if fault.worker:
            self._by_worker.setdefault(fault.worker, _Breaks(now)).count(fault, now)
        elif now - self._last_dropped > DROPPED_AT_ONCE_S:
            # One lost connection drops all tasks.
            self._last_dropped = now
            self._n_dropped += 1
        failing = [one for one in self._by_worker.values() if one.is_failing(now)]
        are_all_there = n_workers >= n_expected or all(
            now - one.first > EXPECT_S for one in failing
        )
        nobody_can = 0 < n_workers <= len(failing) and are_all_there
        is_over = nobody_can or self._n_dropped > MAX_DROPPED
        if is_over and not self.others_work(fault.worker):
            times = self._by_worker[fault.worker].number if fault.worker else self._n_dropped
            raise ClusterError(
                f"no worker could work, {times} times in a row, for a reason outside "
                f"the runs: {fault}; fix that and give the same command again"
            ) from fault.error
        if is_news:
            self.count_run(fault)

    def count_run(self, fault: TaskFault) -> None:
        """Count a fault against its run, unless storage is full."""
        error = fault.error
        if not fault.run_id or (isinstance(error, StorageRefusedError) and error.number in _FULL):
            return
        if _is_storage(error):
            now = time.monotonic()
            if now - self._last_storage_error.get(fault.run_id, -SAME_ERROR_S) < SAME_ERROR_S:
                return
            self._last_storage_error[fault.run_id] = now
        self._by_run[fault.run_id] += 1
        if self._by_run[fault.run_id] > _most(error):
            self.left_out[fault.run_id] = fault

    def check(self) -> None:
        """Check at the end that no run was left out.

        Raises
        ------
        ClusterError
            If any were.
        """
        if self.left_out:
            fault = next(iter(self.left_out.values()))
            raise ClusterError(
                f"{len(self.left_out)} runs could not be done {_most(fault.error) + 1} times, "
                f"for a reason outside them; run {fault.run_id}: {fault}; "
                "fix that and give the same command again"
            ) from fault.error
