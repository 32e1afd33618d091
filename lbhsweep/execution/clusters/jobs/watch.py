"""Keeps as many jobs in the queue as there is work for, whatever becomes of single ones.

dask-jobqueue counts a job as soon as it was asked for: one that was refused, cancelled, or died
before its worker registered is never replaced, and nothing says so.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.queue import HOPELESS, MEND, AskQueue, JobState, is_passing
from lbhsweep.execution.events import Event, JobLost

FIRST_LOOK_S = 2.0
LAST_LOOK_S = 30.0
"""Pause between two looks, at first and while nothing changes."""
MAX_DEATHS = 5
"""Jobs that may end one after the other without any worker before the sweep is given up."""
MAX_REFUSALS = 3
"""Times that the batch system may refuse jobs, one after the other, while there are none."""
MAX_PAUSE_S = 60.0
LATE_S = 300.0
"""A running job without any worker for so long is of no use any more."""
IDLE_S = 60.0
"""Jobs with nothing left to do end after so long."""
LEAVE_S = 120.0
"""How long the end waits for a look under way; a batch system may answer to nothing."""
LOG_LINES = 10


class Jobs(Protocol):
    """What is watched: jobs by the names of their workers."""

    def submitted(self) -> dict[str, SubmittedJob]:
        """Give the jobs that were asked for, by name."""

    def workers(self) -> dict[str, bool]:
        """Give the names of the workers that are there, and whether each has work."""

    def ever_came(self, worker: str) -> bool:
        """Say whether a worker of this name has ever been there."""

    def drop(self, names: Collection[str]) -> None:
        """Cancel jobs."""

    def scale(self, n_jobs: int) -> None:
        """Ask for new jobs until there are so many."""


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """A job that was asked for.

    Attributes
    ----------
    job_id : str
        The batch system's number; empty until it has accepted the job.
    workers : tuple of str
        Names that its workers have once they are there.
    refusal : str
        What the batch system said instead of accepting it.
    """

    job_id: str
    workers: tuple[str, ...]
    refusal: str = ""


@dataclass(slots=True)
class _Sight:
    """What was seen of a job."""

    came: bool = False
    n_absent: int = 0
    running_since: float | None = None
    idle_since: float | None = None


class JobWatch:
    """Replaces lost jobs while the context lasts.

    Parameters
    ----------
    jobs : Jobs
        The cluster's jobs.
    ask : callable
        Asks the queue.
    n_workers, workers_per_job : int
        Most workers in all, and how many come with each job.
    logs : Path
        Folder in which each job's log has the job's id in its name.
    """

    def __init__(
        self, jobs: Jobs, ask: AskQueue, n_workers: int, workers_per_job: int, logs: Path
    ) -> None:
        self._jobs = jobs
        self._ask = ask
        self._most = math.ceil(n_workers / workers_per_job)
        self._workers_per_job = workers_per_job
        self._logs = logs
        self._n_runs = 0
        self._sights: dict[str, _Sight] = {}
        self._n_deaths = self._n_refusals = 0
        self._last_dead = ""
        self._not_before = -math.inf
        self._queue: dict[str, JobState] = {}
        self._problem: ClusterError | None = None
        self._events: deque[Event] = deque()
        self._awake = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="job-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._awake.set()
        self._thread.join(LEAVE_S)

    def need(self, n_runs: int) -> None:
        """Say how many runs could be at work now; there are never more workers than that."""
        grown = n_runs > 0 and self._n_runs == 0
        self._n_runs = n_runs
        if grown:
            self._awake.set()

    @property
    def n_expected(self) -> int:
        """Number of workers that all jobs together are to have."""
        return self._target() * self._workers_per_job

    def events(self) -> list[Event]:
        """Take what happened since.

        Raises
        ------
        ClusterError
            If jobs end at once again and again, or can never start.
        """
        if self._problem is not None:
            raise self._problem
        return [self._events.popleft() for _ in range(len(self._events))]

    def waiting_for(self) -> str:
        """Say why there may be no workers: what jobs wait for, and what they died of."""
        waiting = [state.reason for state in self._queue.values() if not state.running]
        reasons = ", ".join(sorted(set(filter(None, waiting))))
        told = [f"{len(waiting)} jobs wait in the queue ({reasons})"] if waiting else []
        if self._n_deaths:
            died = f"{self._n_deaths} jobs ended before their worker came"
            told.append(f"{died}; {self._last_words(self._last_dead)}\n")
        return "; ".join(told)

    def look(self) -> bool:
        """Compare jobs with workers and queue once, and mend what differs.

        Returns
        -------
        bool
            Whether something changed.
        """
        now = time.monotonic()
        jobs, workers = self._jobs.submitted(), self._jobs.workers()
        self._sights = {name: self._sights.get(name, _Sight()) for name in jobs}
        absent = [name for name, job in jobs.items() if not self._has_come(name, job, workers, now)]
        target = self._target()
        if not absent and len(jobs) == target:
            return False
        queue = self._ask() if absent else {}
        if queue is None:
            return False
        self._queue = {
            job.job_id: queue[job.job_id] for job in jobs.values() if job.job_id in queue
        }
        self._refuse_hopeless()
        lost = [name for name in absent if self._is_lost(name, jobs[name], now)]
        self._count_refusals([jobs[name].refusal for name in lost], bool(workers))
        for name in lost:
            if not jobs[name].refusal:
                self._mourn(jobs[name], self._sights[name], bool(workers))
        useless = lost + self._too_many(jobs, set(absent) - set(lost), len(jobs) - target, now)
        if self._over.is_set():
            return False
        if useless:
            self._jobs.drop(useless)
        if len(jobs) - len(useless) < target and now >= self._not_before:
            self._jobs.scale(target)
            return True
        return bool(useless)

    def _watch(self) -> None:
        pause = FIRST_LOOK_S
        while self._problem is None:
            self._awake.wait(pause)
            self._awake.clear()
            if self._over.is_set():
                return
            try:
                changed = self.look()
            except ClusterError as problem:
                self._problem = problem
            except Exception as error:
                # A thread that ended silently would leave the sweep waiting for ever.
                self._problem = ClusterError(
                    f"can't look after the jobs: {type(error).__name__}: {error}"
                )
            else:
                is_waiting = any(not state.running for state in self._queue.values())
                longest = LAST_LOOK_S if is_waiting else FIRST_LOOK_S
                pause = FIRST_LOOK_S if changed else min(1.5 * pause, longest)

    def _target(self) -> int:
        return min(self._most, math.ceil(self._n_runs / self._workers_per_job))

    def _has_come(self, name: str, job: SubmittedJob, workers: dict[str, bool], now: float) -> bool:
        sight = self._sights[name]
        here = [workers[one] for one in job.workers if one in workers]
        if not sight.came and any(map(self._jobs.ever_came, job.workers)):
            # It may have come and gone between two looks.
            sight.came = True
            self._n_deaths = self._n_refusals = 0
        if not here:
            sight.idle_since = None
            return False
        sight.n_absent, sight.running_since = 0, None
        if any(here):
            sight.idle_since = None
        elif sight.idle_since is None:
            sight.idle_since = now
        return True

    def _is_lost(self, name: str, job: SubmittedJob, now: float) -> bool:
        sight = self._sights[name]
        if job.refusal:
            return True
        if not job.job_id:
            # Still being submitted.
            return False
        state = self._queue.get(job.job_id)
        if state is None:
            # Once may be the moment between its submission and the queue's answer.
            sight.n_absent += 1
            return sight.n_absent > 1
        sight.n_absent = 0
        if not state.running:
            sight.running_since = None
        elif sight.running_since is None:
            sight.running_since = now
        return sight.running_since is not None and now - sight.running_since > LATE_S

    def _refuse_hopeless(self) -> None:
        for job_id, state in self._queue.items():
            if state.reason in HOPELESS:
                raise ClusterError(
                    f"job {job_id} would wait for ever: {HOPELESS[state.reason]} "
                    f"({state.reason}); {MEND}"
                )

    def _count_refusals(self, refusals: list[str], others_work: bool) -> None:
        words = next(filter(None, refusals), "")
        if not words:
            return
        self._n_refusals += 1
        self._delay(self._n_refusals)
        # As long as others wait or work, a refusal may be but a limit on their number.
        alone = not self._queue and not others_work
        if self._n_refusals >= MAX_REFUSALS and alone and not is_passing(words):
            raise ClusterError(
                f"no job was accepted, {self._n_refusals} times in a row: {words}; {MEND}"
            )

    def _mourn(self, job: SubmittedJob, sight: _Sight, others_work: bool) -> None:
        """Tell of a lost job, and see whether it is one too many."""
        self._events.append(JobLost(job=job.job_id, had_worker=sight.came))
        if sight.came:
            return
        self._n_deaths += 1
        self._last_dead = job.job_id
        self._delay(self._n_deaths)
        if self._n_deaths >= MAX_DEATHS and not others_work:
            raise ClusterError(
                f"{self._n_deaths} jobs in a row ended before their worker came; "
                f"{self._last_words(job.job_id)}"
            )

    def _delay(self, n_times: int) -> None:
        # A queue may refuse for days.
        self._not_before = time.monotonic() + min(MAX_PAUSE_S, 2.0 ** min(n_times - 1, 10))

    def _last_words(self, job_id: str) -> str:
        logs = sorted(self._logs.glob(f"*{job_id}*"), key=lambda path: path.stat().st_size)
        text = logs[-1].read_text(errors="replace").strip() if logs else ""
        if not text:
            return (
                f"job {job_id} left no log in {self._logs}; see that nodes can write there, and "
                "that prologue and job_extra in the cluster file are right"
            )
        return f"the end of {logs[-1]}:\n" + "\n".join(text.splitlines()[-LOG_LINES:])

    def _too_many(
        self, jobs: dict[str, SubmittedJob], absent: Iterable[str], excess: int, now: float
    ) -> list[str]:
        """Choose jobs to give back: those that have not started, then those long without work."""
        waiting = [
            name
            for name in absent
            if (state := self._queue.get(jobs[name].job_id)) and not state.running
        ]
        idle = [
            name
            for name in jobs
            if (since := self._sights[name].idle_since) is not None and now - since > IDLE_S
        ]
        return [*waiting, *idle][: max(excess, 0)]
