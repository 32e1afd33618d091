"""The interface by which the driver submits tasks and gets answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lbhsweep.errors import TaskFault
from lbhsweep.execution.events import Event
from lbhsweep.execution.worker.task import RunSummary, Task


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task was done."""

    task: Task
    summaries: tuple[RunSummary, ...]


@dataclass(frozen=True, slots=True)
class TaskBroken:
    """A task could not be done for reasons outside its runs (storage, environment)."""

    task: Task
    fault: TaskFault


Answer = TaskEnded | TaskBroken | Event


class Executor(Protocol):
    """Runs tasks, and repeats them when a worker is lost."""

    @property
    def slots(self) -> int:
        """Number of tasks that can run at the same time now."""

    @property
    def n_hosts(self) -> int:
        """Number of hosts of the workers."""

    @property
    def n_expected(self) -> int:
        """Number of workers that are present or requested."""

    def submit(self, task: Task) -> None:
        """Submit a task; returns at once."""

    def need(self, n_runs: int) -> None:
        """Set the number of runs that could run now, so that no more workers are kept."""

    def answers(self, timeout_s: float) -> list[Answer]:
        """Return the answers since the last call, waiting at most `timeout_s` for the first.

        Raises
        ------
        ClusterError
            If there has been no worker for too long, or none can ever start.
        """
