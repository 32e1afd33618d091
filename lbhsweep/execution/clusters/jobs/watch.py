"""Keeps as many jobs in the queue as there is work for, and replaces lost ones.

dask-jobqueue counts a job as soon as it is requested.  One that is refused, cancelled, or ends
before its worker registers is never replaced, and nothing is reported.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.batch_system import bare_number
from lbhsweep.execution.clusters.jobs.queue import (
    HOPELESS,
    REMEDY,
    AskQueue,
    JobState,
    doubt_about,
    is_temporary,
)
from lbhsweep.execution.events import Event, JobLost, JobsDelayed, JobsProceed

FIRST_LOOK_S = 2.0
LAST_LOOK_S = 30.0
"""Pause between two checks, at first and while nothing changes."""
MAX_FAILED = 5
"""Jobs in a row that may end without any worker before the sweep is given up."""
MAX_REFUSALS = 3
"""Refusals in a row by the batch system while there are no jobs."""
MAX_PAUSE_S = 60.0
HOPELESS_S = 60.0
"""A reason for which a job would wait forever must stand for so long before it ends the sweep."""
SILENT_S = 60.0
"""Questions about the queue may fail for so long without being reported."""
LATE_MARGIN_S = 60.0
"""A running job whose workers are late by so much is cancelled."""
WORKER_TIMEOUT_S = 300.0
IDLE_S = 60.0
"""Jobs without work are cancelled after this time."""
LEAVE_S = 120.0
"""How long to wait at the end for a check under way; a batch system may not answer."""
LOG_LINES = 10


class Jobs(Protocol):
    """The watched jobs, by the names of their workers."""

    def submitted(self) -> dict[str, SubmittedJob]:
        """Return the requested jobs, by name."""

    def workers(self) -> dict[str, bool]:
        """Return the names of the present workers, and whether each has work."""

    def was_seen(self, worker: str) -> bool:
        """Return whether a worker of this name was ever present."""

    def drop(self, names: Collection[str]) -> None:
        """Cancel jobs."""

    def scale(self, n_jobs: int) -> None:
        """Request new jobs until there are `n_jobs`."""


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """A requested job.

    Attributes
    ----------
    job_id : str
        The batch system's number; empty until it has accepted the job.
    workers : tuple of str
        Names of its workers.
    refusal : str
        The batch system's message if it was not accepted.
    has_no_number : bool
        Whether it was refused because the batch system's answer names no job: it may be queued.
    """

    job_id: str
    workers: tuple[str, ...]
    refusal: str = ""
    has_no_number: bool = False


@dataclass(slots=True)
class _Seen:
    """Observations of a job."""

    registered: bool = False
    n_absent: int = 0
    running_since: float | None = None
    hopeless_since: float | None = None
    idle_since: float | None = None


class JobWatch:
    """Replaces lost jobs while the context lasts.

    Parameters
    ----------
    jobs : Jobs
        The cluster's jobs.
    ask : callable
        Returns the state of the queue.
    n_workers, workers_per_job : int
        Largest number of workers in all, and number in each job.
    logs : Path
        Folder in which each job's log has the job's number in its name.
    worker_timeout_s : float
        How long workers of a running job may take until they are connected.
    """

    def __init__(
        self,
        jobs: Jobs,
        ask: AskQueue,
        n_workers: int,
        workers_per_job: int,
        logs: Path,
        worker_timeout_s: float = WORKER_TIMEOUT_S,
    ) -> None:
        self._jobs = jobs
        self._ask = ask
        self._most = math.ceil(n_workers / workers_per_job)
        self._workers_per_job = workers_per_job
        self._logs = logs
        self._late_s = worker_timeout_s + LATE_MARGIN_S
        self._n_runs = 0
        self._seen: dict[str, _Seen] = {}
        self._n_failed = self._n_refusals = self._n_final = 0
        self._last_failed = self._refusal = self._reported = ""
        self._accepted: set[str] = set()
        self._silent_since: float | None = None
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
        """Set the number of runs that could run now; there are never more workers than that."""
        grown = n_runs > 0 and self._n_runs == 0
        self._n_runs = n_runs
        if grown:
            self._awake.set()

    @property
    def n_expected(self) -> int:
        """Number of workers of all jobs together."""
        return self._target() * self._workers_per_job

    def events(self) -> list[Event]:
        """Return the events since the last call.

        Raises
        ------
        ClusterError
            If jobs end at once again and again, or can never start.
        """
        if self._problem is not None:
            raise self._problem
        return [self._events.popleft() for _ in range(len(self._events))]

    def waiting_for(self) -> str:
        """Describe why there may be no workers: what jobs wait for, and why they ended."""
        waiting = [state.reason for state in self._queue.values() if not state.running]
        reasons = ", ".join(sorted(set(filter(None, waiting))))
        parts = [delay] if (delay := self._delay_text()) else []
        parts += [f"{len(waiting)} jobs wait in the queue ({reasons})"] if waiting else []
        if self._n_failed:
            failed = f"{self._n_failed} jobs ended before their worker registered"
            parts.append(f"{failed}; {self._end_of_log(self._last_failed)}\n")
        return "; ".join(parts)

    def look(self) -> bool:
        """Compare jobs with workers and queue once, and request or cancel jobs as needed.

        Returns
        -------
        bool
            Whether something changed.
        """
        now = time.monotonic()
        jobs, workers = self._jobs.submitted(), self._jobs.workers()
        self._seen = {name: self._seen.get(name, _Seen()) for name in jobs}
        absent = [
            name for name, job in jobs.items() if not self._is_present(name, job, workers, now)
        ]
        target = self._target()
        self._note_refusals(jobs, target)
        if not absent and len(jobs) == target:
            self._queue = {}
            self._report_delay()
            return False
        queue = self._ask([jobs[name].job_id for name in absent if jobs[name].job_id])
        if queue is None:
            self._silent_since = self._silent_since or now
            self._report_delay()
            return False
        self._queue, self._silent_since = queue, None
        self._report_delay()
        self._refuse_hopeless({jobs[name].job_id: self._seen[name] for name in absent}, now)
        lost = [name for name in absent if self._is_lost(name, jobs[name], now)]
        self._count_refusals([jobs[name].refusal for name in lost], bool(workers))
        for name in lost:
            if not jobs[name].refusal:
                self._report_lost(jobs[name], self._seen[name], bool(workers))
        # Those that are perhaps lost take no other's place, and none is cancelled for them.
        missing = {name for name in absent if jobs[name].job_id and jobs[name].job_id not in queue}
        excess = len(jobs) - len(missing.union(lost)) - target
        useless = lost + self._too_many(jobs, set(absent) - set(lost), excess, now)
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
                    f"can't watch the jobs: {type(error).__name__}: {error}"
                )
            else:
                is_waiting = any(not state.running for state in self._queue.values())
                longest = LAST_LOOK_S if is_waiting else FIRST_LOOK_S
                pause = FIRST_LOOK_S if changed else min(1.5 * pause, longest)

    def _target(self) -> int:
        return min(self._most, math.ceil(self._n_runs / self._workers_per_job))

    def _is_present(
        self, name: str, job: SubmittedJob, workers: dict[str, bool], now: float
    ) -> bool:
        seen = self._seen[name]
        here = [workers[one] for one in job.workers if one in workers]
        if not seen.registered and any(map(self._jobs.was_seen, job.workers)):
            # It may have registered and ended between two checks.
            seen.registered = True
            self._n_failed = self._n_refusals = self._n_final = 0
        if not here:
            seen.idle_since = None
            return False
        seen.n_absent, seen.running_since = 0, None
        if any(here):
            seen.idle_since = None
        elif seen.idle_since is None:
            seen.idle_since = now
        return True

    def _is_lost(self, name: str, job: SubmittedJob, now: float) -> bool:
        seen = self._seen[name]
        if job.refusal:
            return True
        if not job.job_id:
            # Still being submitted.
            return False
        state = self._queue.get(job.job_id)
        if state is None:
            # A single absence may be the moment between submission and the queue's answer.
            seen.n_absent += 1
            return seen.n_absent > 1
        seen.n_absent = 0
        if not state.running:
            seen.running_since = None
        elif seen.running_since is None:
            seen.running_since = now
        return seen.running_since is not None and now - seen.running_since > self._late_s

    def _note_refusals(self, jobs: dict[str, SubmittedJob], target: int) -> None:
        """Report what the batch system refuses, before it is asked anything else."""
        for job in jobs.values():
            if job.has_no_number:
                raise ClusterError(
                    f"{job.refusal}; a job may be in the queue all the same: look there and cancel "
                    "it. What wraps the submit command must pass its answer on as it is"
                )
        accepted = {name for name, job in jobs.items() if job.job_id}
        refusals = [job.refusal for job in jobs.values() if job.refusal]
        if refusals:
            self._refusal = refusals[-1]
        elif not accepted <= self._accepted or len(accepted) >= target:
            self._refusal = ""
        self._accepted = accepted
        self._report_delay()

    def _delay_text(self) -> str:
        """Describe what keeps jobs from starting, in the batch system's own words."""
        parts = [f"no job is accepted: {self._refusal}"] if self._refusal else []
        if self._silent_since and time.monotonic() - self._silent_since >= SILENT_S:
            parts.append("the batch system does not answer questions about its queue")
        for job_id, state in self._queue.items():
            doubt = HOPELESS.get(state.reason) or doubt_about(state.reason)
            if doubt and not state.running:
                parts.append(f"job {job_id} waits: {doubt} ({state.reason})")
                break
        return "; ".join(parts)

    def _report_delay(self) -> None:
        text = self._delay_text()
        if text == self._reported:
            return
        self._reported = text
        self._events.append(JobsDelayed(message=text) if text else JobsProceed())

    def _refuse_hopeless(self, seen: dict[str, _Seen], now: float) -> None:
        for job_id, state in self._queue.items():
            if state.running or state.reason not in HOPELESS:
                seen[job_id].hopeless_since = None
                continue
            since = seen[job_id].hopeless_since
            seen[job_id].hopeless_since = now if since is None else since
            if since is not None and now - since >= HOPELESS_S:
                raise ClusterError(
                    f"job {job_id} would wait forever: {HOPELESS[state.reason]} "
                    f"({state.reason}); {REMEDY}"
                )

    def _count_refusals(self, refusals: list[str], others_work: bool) -> None:
        words = next(filter(None, refusals), "")
        if not words:
            return
        self._n_refusals += 1
        self._n_final = 0 if is_temporary(words) else self._n_final + 1
        self._delay(self._n_refusals)
        # While other jobs wait or run, a refusal may only be a limit on their number.
        alone = not self._queue and not others_work
        if self._n_final >= MAX_REFUSALS and alone:
            raise ClusterError(
                f"no job was accepted, {self._n_final} times in a row: {words}; {REMEDY}"
            )

    def _report_lost(self, job: SubmittedJob, seen: _Seen, others_work: bool) -> None:
        """Report a lost job, and raise an error if it is one too many."""
        if seen.registered:
            self._events.append(JobLost(job=job.job_id, had_worker=True))
            return
        is_late = job.job_id in self._queue
        late = (
            f"it ran for {self._late_s:.0f} s and none of its workers connected (worker_timeout in "
            "the cluster file); "
        )
        why = f"{late if is_late else ''}{self._end_of_log(job.job_id)}"
        self._events.append(JobLost(job=job.job_id, had_worker=False, message=why))
        self._n_failed += 1
        self._last_failed = job.job_id
        self._delay(self._n_failed)
        if self._n_failed >= MAX_FAILED and not others_work:
            raise ClusterError(
                f"{self._n_failed} jobs in a row ended before their worker registered; {why}"
            )

    def _delay(self, n_times: int) -> None:
        # A queue may refuse for days.
        self._not_before = time.monotonic() + min(MAX_PAUSE_S, 2.0 ** min(n_times - 1, 10))

    def _end_of_log(self, job_id: str) -> str:
        number = re.compile(rf"(?<!\d){bare_number(job_id)}(?!\d)")
        found = (path for path in self._logs.glob("*") if number.search(path.name))
        logs = sorted(found, key=lambda path: path.stat().st_size)
        text = logs[-1].read_text(errors="replace").strip() if logs else ""
        if not text:
            return (
                f"job {job_id} has no log in {self._logs}; check that nodes can write there, and "
                "that prologue and job_extra in the cluster file are right"
            )
        return f"the end of {logs[-1]}:\n" + "\n".join(text.splitlines()[-LOG_LINES:])

    def _too_many(
        self, jobs: dict[str, SubmittedJob], absent: Iterable[str], excess: int, now: float
    ) -> list[str]:
        """Choose jobs to cancel: those that have not started, then those long without work."""
        waiting = [
            name
            for name in absent
            if (state := self._queue.get(jobs[name].job_id)) and not state.running
        ]
        idle = [
            name
            for name in jobs
            if (since := self._seen[name].idle_since) is not None and now - since > IDLE_S
        ]
        return [*waiting, *idle][: max(excess, 0)]
