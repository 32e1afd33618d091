"""The simplest executor: no cluster, so that tests of a driver are fast and deterministic."""

from __future__ import annotations

from collections import deque

from lbhsweep.errors import TaskFault
from lbhsweep.execution.executor import Answer, TaskBroken, TaskEnded
from lbhsweep.execution.worker.task import Task, run_task


class SerialExecutor:
    """Does one task after the other in this process, each when answers are asked for."""

    slots = n_hosts = n_expected = 1

    def __init__(self) -> None:
        self._waiting: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        """Take a task."""
        self._waiting.append(task)

    def need(self, n_runs: int) -> None:
        """Do nothing: there is this process and no other."""

    def answers(self, timeout_s: float) -> list[Answer]:
        """Do the next task."""
        if not self._waiting:
            return []
        task = self._waiting.popleft()
        answers: list[Answer] = []
        try:
            answers.append(TaskEnded(task, run_task(task, answers.append)))
        except TaskFault as fault:
            # As a cluster would hand it back.
            answers.append(TaskBroken(task, fault))
        return answers
