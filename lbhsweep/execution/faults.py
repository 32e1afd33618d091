"""What breaks tasks from outside their runs: one worker, the files of one run, or everything."""

from __future__ import annotations

import errno
from collections import Counter

from lbhsweep.errors import ClusterError, StorageRefusedError, TaskFault
from lbhsweep.execution.events import RunStarted

MAX_BREAKS = 3
"""Times in a row that workers may break before they come to any run, while nothing else is under
way; and times that one run may break before it is left out."""
MAX_BROKEN_RUNS = 20
"""The same for breaks at runs: storage that stumbles is given some time."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Faults:
    """Counts broken tasks, by run and in a row.

    Attributes
    ----------
    left_out : dict of str to TaskFault
        Runs that broke too often, by run id, with what broke them last.
    """

    def __init__(self) -> None:
        self.left_out: dict[str, TaskFault] = {}
        self._under_way: dict[str, RunStarted] = {}
        self._in_a_row = 0
        self._faulty: set[str] = set()
        self._by_run: Counter[str] = Counter()

    def begun(self, run: RunStarted) -> None:
        """Note that a worker has a run under way: it can work."""
        self._under_way[run.run_id] = run

    def over(self, name: str) -> None:
        """Note that a run is no longer under way, however that came."""
        self._under_way.pop(name, None)

    def lost(self, labels: tuple[str, ...]) -> None:
        """Note that the worker of these runs is gone."""
        for run in [run for run in self._under_way.values() if run.label in labels]:
            self.over(run.run_id)

    def works(self, worker: str) -> None:
        """Note that a worker brought a run to an end of the run's own."""
        self._in_a_row = 0
        self._faulty.discard(worker)

    def others_work(self, worker: str) -> bool:
        """Say whether any other worker has a run under way."""
        return any(run.worker != worker for run in self._under_way.values())

    def is_news(self, fault: TaskFault) -> bool:
        """Say whether its worker has done a run since its last fault, or had none before."""
        is_news = fault.worker not in self._faulty
        self._faulty.add(fault.worker)
        return is_news

    def count(self, fault: TaskFault) -> None:
        """Count a task that broke.

        Raises
        ------
        ClusterError
            If nothing works anywhere.
        """
        self._in_a_row += 1
        most = MAX_BROKEN_RUNS if fault.run_id else MAX_BREAKS
        if self._in_a_row > most and not self.others_work(fault.worker):
            raise ClusterError(
                f"workers could not work {self._in_a_row} times in a row, for a reason outside "
                f"the runs: {fault}; mend that and give the same command again"
            ) from fault.error
        self.count_run(fault)

    def count_run(self, fault: TaskFault) -> None:
        """Count it against the one run at which it broke, unless storage is but full."""
        error = fault.error
        if not fault.run_id or (isinstance(error, StorageRefusedError) and error.number in _FULL):
            return
        self._by_run[fault.run_id] += 1
        if self._by_run[fault.run_id] > MAX_BREAKS:
            self.left_out[fault.run_id] = fault

    def check(self) -> None:
        """Say at the end which runs were left out.

        Raises
        ------
        ClusterError
            If any were.
        """
        if self.left_out:
            fault = next(iter(self.left_out.values()))
            raise ClusterError(
                f"{len(self.left_out)} runs could not be done {MAX_BREAKS + 1} times, for a reason "
                f"outside them; run {fault.run_id}: {fault}; "
                "mend that and give the same command again"
            ) from fault.error
