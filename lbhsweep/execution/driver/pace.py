"""Progress of a sweep and the time that the rest takes."""

from __future__ import annotations

import heapq
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class _UnderWay:
    """One running run: the times of its first and last report of progress."""

    started: float
    reported: float
    restored: float = 0.0
    """Fraction done in a checkpoint before this attempt; not part of the pace."""
    fraction: float = 0.0
    has_reported: bool = False


class Pace:
    """Work done and left, in the unit of `costs`, and the seconds that it took.

    The time left is that of a schedule.  Runs that start next go to the worker that is free
    first, a chain of runs to one worker; all others take their seconds over the number of workers.
    Seconds come from runs of the same kind if there are any, else from all: the cost model's
    error differs between kinds.

    Parameters
    ----------
    costs : mapping of str to float
        Estimated cost of each run that is left, by run id.
    before : float
        Total cost of the runs that were done before.
    kinds : mapping of str to hashable, optional
        Kind by run id; runs of one kind have the same ratio of time to cost.
    chains : mapping of str to float, optional
        Cost of each run together with the longest chain of runs that wait for it.
    """

    def __init__(
        self,
        costs: Mapping[str, float],
        before: float,
        kinds: Mapping[str, Hashable] | None = None,
        chains: Mapping[str, float] | None = None,
    ) -> None:
        self._costs = costs
        self._kinds: Mapping[str, Hashable] = kinds or {}
        self._chains = costs if chains is None else chains
        self._total = before + sum(costs.values())
        self._done = before
        self._left: defaultdict[Hashable, float] = defaultdict(float)
        for name, cost in costs.items():
            self._left[self._kinds.get(name)] += cost
        self._work: defaultdict[Hashable, float] = defaultdict(float)
        self._seconds: defaultdict[Hashable, float] = defaultdict(float)
        self._under_way: dict[str, _UnderWay] = {}
        self._kept: dict[str, float] = {}
        self._slot_seconds = self._busy_seconds = 0.0
        self._n_ended = 0
        self._watched: float | None = None

    def start(self, run_id: str, *, from_scratch: bool = False) -> None:
        """Note that a run starts: from scratch, or from the checkpoint of an earlier attempt."""
        now = time.monotonic()
        self.stop(run_id)
        fraction = self._kept.pop(run_id, 0.0)
        self._under_way[run_id] = _UnderWay(now, now, fraction, fraction, has_reported=from_scratch)

    def advance(self, run_id: str, fraction: float) -> None:
        """Note how much of a run is done; work from a checkpoint does not count for the pace."""
        now = time.monotonic()
        run = self._under_way.setdefault(run_id, _UnderWay(now, now))
        if not run.has_reported:
            run.started, run.restored, run.has_reported = now, fraction, True
        run.fraction, run.reported = fraction, now

    def stop(self, run_id: str) -> None:
        """Note that a run has stopped before its end; its work is in its checkpoint."""
        run = self._under_way.pop(run_id, None)
        if run is not None:
            self._kept[run_id] = run.fraction

    def end(self, run_id: str, seconds: float = 0.0) -> None:
        """Note that a run is done after `seconds` of this attempt, or failed (0 s)."""
        run = self._under_way.pop(run_id, None)
        self._kept.pop(run_id, None)
        kind, cost = self._kinds.get(run_id), self._costs[run_id]
        self._done += cost
        self._n_ended += 1
        self._left[kind] -= cost
        self._busy_seconds += seconds
        # For a run that continued from a checkpoint the pace begins at its first report.
        if seconds > 0 and (run is None or run.restored == 0):
            self._work[kind] += cost
            self._seconds[kind] += seconds
        elif run is not None and run.restored < 1:
            self._work[kind] += cost * (1 - run.restored)
            self._seconds[kind] += time.monotonic() - run.started

    def watch(self, slots: int, *, has_more: bool) -> None:
        """Note the number of workers, and whether work waits for them; called often."""
        now = time.monotonic()
        if self._watched is not None and has_more:
            self._slot_seconds += (now - self._watched) * slots
        self._watched = now if self._busy_seconds or self._under_way else None

    @property
    def fraction(self) -> float:
        """Part of the whole work that is done, 0 to 1."""
        parts = {name: run.fraction for name, run in self._under_way.items()} | self._kept
        started = sum(self._costs[name] * part for name, part in parts.items())
        return min(1.0, (self._done + started) / self._total) if self._total else 1.0

    def seconds_left(self, slots: int, upcoming: Iterable[str] = ()) -> float | None:
        """Estimate the time that the rest takes; None while there is no pace or no worker.

        Parameters
        ----------
        slots : int
            Workers.
        upcoming : iterable of str
            Run ids of those that start next, in their order.
        """
        work, seconds = self._measured()
        total_work = sum(work.values())
        if total_work <= 0 or slots < 1:
            return None
        overall = sum(seconds.values()) / total_work

        def slowness(kind: Hashable) -> float:
            return seconds[kind] / work[kind] if work.get(kind, 0.0) > 0 else overall

        now = time.monotonic()
        left = sum(cost * slowness(kind) for kind, cost in self._left.items())
        idle = self._idle_seconds(now)
        jobs = []
        for name, run in self._under_way.items():
            pace, cost = slowness(self._kinds.get(name)), self._costs[name]
            rest = pace * cost * (1 - run.fraction)
            # It has continued since its last report.
            done = min(now - run.reported, rest)
            left -= pace * cost * run.fraction + done
            jobs.append(rest - done + pace * (self._chains[name] - cost))
        for name in upcoming:
            if name not in self._under_way:
                pace, kept = slowness(self._kinds.get(name)), self._kept.get(name, 0.0)
                jobs.append(idle + pace * (self._chains[name] - kept * self._costs[name]))
        left -= sum(
            slowness(self._kinds.get(name)) * self._costs[name] * part
            for name, part in self._kept.items()
        )
        left += idle * (len(self._costs) - self._n_ended - len(self._under_way))
        return max(left / slots, _makespan(jobs, slots), 0.0)

    def _measured(self) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
        """Sum work and seconds by kind, including those of running runs."""
        work, seconds = dict(self._work), dict(self._seconds)
        for name, run in self._under_way.items():
            if run.reported > run.started and run.fraction > run.restored:
                kind = self._kinds.get(name)
                done = self._costs[name] * (run.fraction - run.restored)
                work[kind] = work.get(kind, 0.0) + done
                seconds[kind] = seconds.get(kind, 0.0) + run.reported - run.started
        return work, seconds

    def _idle_seconds(self, now: float) -> float:
        """Compute a worker's time between two runs while there was work for it."""
        busy = self._busy_seconds + sum(now - run.started for run in self._under_way.values())
        n_begun = self._n_ended + len(self._under_way)
        return max(0.0, self._slot_seconds - busy) / max(n_begun, 1)


def _makespan(jobs: Iterable[float], slots: int) -> float:
    """Compute when the last of some jobs ends, each on the worker that is free first."""
    free = [0.0] * slots
    for seconds in jobs:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)
