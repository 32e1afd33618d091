"""Tasks on a Dask cluster."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from distributed import CancelledError, Client, Future, get_worker
from distributed.client import ClosedClientError

from lbhsweep.errors import ClusterError, TaskFault
from lbhsweep.execution.clusters.jobs.watch import JobWatch
from lbhsweep.execution.clusters.local_workers import LocalWorkers
from lbhsweep.execution.events import (
    Event,
    PageOpened,
    WorkerLost,
    event_values,
    read_event,
)
from lbhsweep.execution.executor import Answer, TaskBroken, TaskEnded
from lbhsweep.execution.worker.back_off import BackOff
from lbhsweep.execution.worker.process import StopPoll, WorkerSignals
from lbhsweep.execution.worker.task import RunSummary, Task, run_task
from lbhsweep.sweep.identity import run_id

T = TypeVar("T")
TOPIC, REPORTED = "lbhsweep", "reported"
REHEARSAL = "rehearsal"
COUNT_EVERY_S = 10.0
"""Workers are counted at this interval too: a message about a lost worker may not arrive (seen
once, on a busy machine)."""

_back_off = BackOff()


def _on_worker(task: Task) -> tuple[RunSummary, ...]:
    worker = get_worker()

    def report(event: Event) -> None:
        # In a dictionary of its own: Dask puts its name of the worker into the outer one.
        worker.log_event(TOPIC, {REPORTED: event_values(event)})

    should_stop = StopPoll(task.folder.stop_file)
    try:
        summaries = run_task(task, report)
    except TaskFault:
        _back_off.begin(worker, should_stop)
        raise
    endings = {summary.ending for summary in summaries}
    if "error" in endings:
        # The worker may be the cause: others should try that run.
        _back_off.begin(worker, should_stop, grows=False)
    elif "done" in endings:
        _back_off.forget()
    return summaries


def task_key(task: Task, unique: str) -> tuple[str, str, str]:
    """Build a task's key; Dask's page groups tasks by its first part.

    Parameters
    ----------
    task : Task
        A task of one or many runs.
    unique : str
        Distinguishes this submission from all others.

    Returns
    -------
    tuple of str
        The sweep by its folder, the first run by its label and id, and `unique`.
    """
    path = task.folder.path
    rehearsal = path.name == REHEARSAL
    sweep = f"{path.parent.name} rehearsal" if rehearsal else path.name
    first = task.points[0]
    more = f" and {len(task.points) - 1} more" if len(task.points) > 1 else ""
    return sweep, f"{first.label} ({run_id(first)[:8]}){more}", unique


@dataclass(frozen=True, slots=True)
class _Returned:
    """The result of a task, by its key."""

    key: Any
    result: tuple[RunSummary, ...] | BaseException


class DaskExecutor:
    """Submits tasks to a Dask cluster.

    A task whose worker is lost is repeated by Dask elsewhere, without limit: only the ledger of a
    run counts its failures.

    Parameters
    ----------
    client : Client
        Of a cluster that already has a worker, or whose jobs `jobs` manages.
    patience_s : float
        How long to continue without any worker.
    has_page : bool
        Whether the scheduler serves Dask's own page.
    jobs : JobWatch, optional
        Replaces lost jobs if workers run in jobs of a batch system.
    """

    def __init__(
        self,
        client: Client,
        patience_s: float,
        jobs: JobWatch | None = None,
        *,
        has_page: bool = False,
    ) -> None:
        self._client = client
        self._patience_s = patience_s
        self._jobs = jobs
        self._queue: SimpleQueue[_Returned | dict[str, Any]] = SimpleQueue()
        self._under_way: dict[Any, tuple[Future, Task]] = {}
        self._numbers = itertools.count()
        self._last_worker = time.monotonic()
        self._local = LocalWorkers(client)
        self._own_events: list[Event] = (
            [PageOpened(address=str(client.dashboard_link))] if has_page else []
        )
        client.register_plugin(WorkerSignals())
        client.subscribe_topic(TOPIC, self._on_event)
        client.subscribe_topic("all", self._on_event)
        self._workers: set[str] = set(client.nthreads())
        self._next_count = time.monotonic() + COUNT_EVERY_S

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(ClosedClientError):
            self._client.unsubscribe_topic("all")
            self._client.unsubscribe_topic(TOPIC)

    @property
    def slots(self) -> int:
        """Number of workers now."""
        return len(self._workers)

    @property
    def scheduler(self) -> str:
        """Address of the scheduler."""
        return str(self._client.scheduler_info()["address"])

    @property
    def n_hosts(self) -> int:
        """Number of hosts of the workers."""
        return len({urlsplit(address).hostname for address in self._workers})

    @property
    def n_expected(self) -> int:
        """Number of workers that are present or requested."""
        return max(self.slots, self._jobs.n_expected if self._jobs else 0)

    def submit(self, task: Task) -> None:
        """Send a task to the scheduler.

        Raises
        ------
        ClusterError
            If there is no scheduler any more.
        """
        key = task_key(task, f"{next(self._numbers)}-{id(self):x}")
        try:
            future = self._client.submit(_on_worker, task, key=key, pure=False)
        except ClosedClientError as error:
            raise _scheduler_lost() from error
        self._under_way[future.key] = (future, task)
        self._client.loop.add_callback(self._await_result, future)

    def need(self, n_runs: int) -> None:
        """Set the number of runs for which there should be jobs, if workers run in jobs."""
        if not n_runs:
            # Workers that are not needed can't be late.
            self._last_worker = time.monotonic()
        if self._jobs is not None:
            self._jobs.need(n_runs)

    def ask(self, question: Callable[..., T], *arguments: object) -> T:
        """Call a function on any worker; for checks, not for runs.

        Raises
        ------
        ClusterError
            If it does not answer in time; errors of the function are raised as they are.
        """
        future = self._client.submit(question, *arguments, pure=False)
        try:
            answer: T = future.result(timeout=self._patience_s)
        except TimeoutError as error:
            raise ClusterError(
                f"the worker did not answer within {self._patience_s:.0f} s; see its log"
            ) from error
        return answer

    def answers(self, timeout_s: float) -> list[Answer]:
        """Wait for the first answer and return all that have arrived."""
        returned = self._drain(timeout_s)
        events, self._own_events = self._own_events, []
        events += [event for one in returned if isinstance(one, dict) for event in self._read(one)]
        if self._jobs is not None:
            events += self._jobs.events()
        self._check_workers()
        return [*events, *(self._answer(one) for one in returned if isinstance(one, _Returned))]

    def _on_event(self, event: tuple[float, Any]) -> None:
        if isinstance(event[1], dict):
            self._queue.put(event[1])

    async def _await_result(self, future: Future) -> None:
        """Wait for a task's result in the client's event loop.

        A result that is lost with its worker is waited for again: Dask repeats the task.
        """
        try:
            (result,) = await self._client.gather([future], asynchronous=True)
        except (Exception, asyncio.CancelledError) as error:
            result = error
        self._queue.put(_Returned(future.key, result))

    def _drain(self, timeout_s: float) -> list[_Returned | dict[str, Any]]:
        returned: list[_Returned | dict[str, Any]] = []
        with suppress(Empty):
            returned.append(self._queue.get(timeout=timeout_s))
            while True:
                returned.append(self._queue.get_nowait())
        return returned

    def _read(self, message: dict[str, Any]) -> list[Event]:
        if (event := read_event(message.get(REPORTED, {}))) is not None:
            # The clocks of nodes differ: the log goes by this machine's.
            return [replace(event, time=time.time())]
        if message.get("action") == "add-worker":
            self._workers.add(message["worker"])
        if message.get("action") == "count-workers":
            self._workers = set(message["workers"])
        if message.get("action") != "remove-worker":
            return []
        self._workers.discard(message["worker"])
        tasks = [
            self._under_way[key][1] for key in message["processing-tasks"] if key in self._under_way
        ]
        labels = tuple(point.label for task in tasks for point in task.points)
        if message.get("expected") and not labels:
            return []
        return [WorkerLost(worker=message["worker"], runs=labels)]

    async def _count_workers(self) -> None:
        # There is no scheduler while the client reconnects to it.
        scheduler = self._client.scheduler
        with suppress(OSError):
            workers = await scheduler.ncores() if scheduler else {}
            self._queue.put({"action": "count-workers", "workers": list(workers)})

    def _check_workers(self) -> None:
        if self._client.status == "closed":
            # The client has tried for half a minute to reconnect to its scheduler.
            raise _scheduler_lost()
        self._local.restart_lost(len(self._workers))
        now = time.monotonic()
        if now >= self._next_count:
            self._next_count = now + COUNT_EVERY_S
            self._client.loop.add_callback(self._count_workers)
        if self._workers:
            self._last_worker = now
        elif now - self._last_worker > self._patience_s:
            waiting = self._jobs.waiting_for() if self._jobs else ""
            raise ClusterError(
                f"no worker for {self._patience_s:.0f} s (start_timeout)"
                f"{': ' + waiting if waiting else ''}; see the queue and the workers' logs "
                "(memory, walltime, network), then give the same command again: it continues from "
                "the checkpoints"
            )

    def _answer(self, returned: _Returned) -> Answer:
        _, task = self._under_way.pop(returned.key)
        match returned.result:
            case TaskFault() as fault:
                return TaskBroken(task, fault)
            case asyncio.CancelledError() | CancelledError():
                return TaskBroken(task, TaskFault(ClusterError("the scheduler dropped the task")))
            case Exception() as error:
                return TaskBroken(task, TaskFault(error))
            case BaseException() as error:
                raise error
            case summaries:
                return TaskEnded(task, summaries)


def _scheduler_lost() -> ClusterError:
    return ClusterError(
        "the scheduler is no longer there; see its log and give the same command again when there "
        "is one: it continues from the checkpoints"
    )
