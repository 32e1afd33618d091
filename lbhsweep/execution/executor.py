"""Where tasks go and what comes back: the driver knows executors by this interface only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lbhsweep.errors import TaskFault
from lbhsweep.execution.events import Event
from lbhsweep.execution.worker.task import RunSummary, Task


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task came back."""

    task: Task
    summaries: tuple[RunSummary, ...]


@dataclass(frozen=True, slots=True)
class TaskBroken:
    """A task could not be done for reasons outside its runs (storage, environment)."""

    task: Task
    fault: TaskFault


Answer = TaskEnded | TaskBroken | Event


class Executor(Protocol):
    """Does tasks somewhere, and does them again when a worker is lost."""

    @property
    def slots(self) -> int:
        """Number of tasks that can run at the same time now."""

    @property
    def n_hosts(self) -> int:
        """Number of hosts that they are on."""

    @property
    def n_expected(self) -> int:
        """Number of workers that there are or that have been asked for."""

    def submit(self, task: Task) -> None:
        """Take a task; returns at once."""

    def need(self, n_runs: int) -> None:
        """Say how many runs could be at work now, so that no more workers are kept for them."""

    def answers(self, timeout_s: float) -> list[Answer]:
        """Give what came back since, waiting for it at most so long.

        Raises
        ------
        ClusterError
            If there has been no worker for too long, or none can ever come.
        """
