"""How far a sweep has come and how long the rest takes."""

from __future__ import annotations

import heapq
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class _UnderWay:
    """One run at work: when it told how much of it is done, first and last."""

    begun: float
    told: float
    brought: float = 0.0
    """Fraction done in a checkpoint before this attempt; tells no pace."""
    fraction: float = 0.0
    has_told: bool = False


class Pace:
    """Work done and to do, in the unit of `costs`, and the seconds it took.

    The time left is that of a schedule: runs that start next go to whichever worker is free first,
    a chain of runs to one, and all others take their seconds over the number of workers.  Seconds
    come from runs of the same kind where there are some, since a cost model is off by other
    factors for other kinds, and else from all.

    Parameters
    ----------
    costs : mapping of str to float
        Estimated cost by run id of each run to be done.
    before : float
        Cost of the runs that were done before.
    kinds : mapping of str to hashable, optional
        What runs of the same speed share, by run id.
    chains : mapping of str to float, optional
        Cost of each run and of the longest chain of runs that wait for it.
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

    def start(self, run_id: str, *, anew: bool = False) -> None:
        """Note that a run starts: anew, or from what an attempt before it may have left."""
        now = time.monotonic()
        self.stop(run_id)
        fraction = self._kept.pop(run_id, 0.0)
        self._under_way[run_id] = _UnderWay(now, now, fraction, fraction, has_told=anew)

    def advance(self, run_id: str, fraction: float) -> None:
        """Note how much of a run is done; what it brings from a checkpoint tells no pace."""
        now = time.monotonic()
        run = self._under_way.setdefault(run_id, _UnderWay(now, now))
        if not run.has_told:
            run.begun, run.brought, run.has_told = now, fraction, True
        run.fraction, run.told = fraction, now

    def stop(self, run_id: str) -> None:
        """Note that a run has stopped before its end; what it did is in its checkpoint."""
        run = self._under_way.pop(run_id, None)
        if run is not None:
            self._kept[run_id] = run.fraction

    def end(self, run_id: str, seconds: float = 0.0) -> None:
        """Note that a run is done, after `seconds` of this attempt, or failed, which tells none."""
        run = self._under_way.pop(run_id, None)
        self._kept.pop(run_id, None)
        kind, cost = self._kinds.get(run_id), self._costs[run_id]
        self._done += cost
        self._n_ended += 1
        self._left[kind] -= cost
        self._busy_seconds += seconds
        # A run that went on from a checkpoint tells by what came after it told first.
        if seconds > 0 and (run is None or run.brought == 0):
            self._work[kind] += cost
            self._seconds[kind] += seconds
        elif run is not None and run.brought < 1:
            self._work[kind] += cost * (1 - run.brought)
            self._seconds[kind] += time.monotonic() - run.begun

    def watch(self, slots: int, *, has_more: bool) -> None:
        """Note at short intervals how many workers there are, and whether work waits for them."""
        now = time.monotonic()
        if self._watched is not None and has_more:
            self._slot_seconds += (now - self._watched) * slots
        self._watched = now if self._busy_seconds or self._under_way else None

    @property
    def fraction(self) -> float:
        """Part of the whole work that is done, 0 to 1."""
        parts = {name: run.fraction for name, run in self._under_way.items()} | self._kept
        begun = sum(self._costs[name] * part for name, part in parts.items())
        return min(1.0, (self._done + begun) / self._total) if self._total else 1.0

    def seconds_left(self, slots: int, ahead: Iterable[str] = ()) -> float | None:
        """Give the time that the rest takes; None while there is no pace or no worker.

        Parameters
        ----------
        slots : int
            Workers.
        ahead : iterable of str
            Run ids of those that start next, in their order; all that can if they are not many.
        """
        work, seconds = self._told()
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
            # It has gone on since it told last.
            done = min(now - run.told, rest)
            left -= pace * cost * run.fraction + done
            jobs.append(rest - done + pace * (self._chains[name] - cost))
        for name in ahead:
            if name not in self._under_way:
                pace, kept = slowness(self._kinds.get(name)), self._kept.get(name, 0.0)
                jobs.append(idle + pace * (self._chains[name] - kept * self._costs[name]))
        left -= sum(
            slowness(self._kinds.get(name)) * self._costs[name] * part
            for name, part in self._kept.items()
        )
        left += idle * (len(self._costs) - self._n_ended - len(self._under_way))
        return max(left / slots, _makespan(jobs, slots), 0.0)

    def _told(self) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
        """Give work and seconds by kind, with those of runs under way."""
        work, seconds = dict(self._work), dict(self._seconds)
        for name, run in self._under_way.items():
            if run.told > run.begun and run.fraction > run.brought:
                kind = self._kinds.get(name)
                done = self._costs[name] * (run.fraction - run.brought)
                work[kind] = work.get(kind, 0.0) + done
                seconds[kind] = seconds.get(kind, 0.0) + run.told - run.begun
        return work, seconds

    def _idle_seconds(self, now: float) -> float:
        """Give a worker's time from one run to the next while there was work for it."""
        busy = self._busy_seconds + sum(now - run.begun for run in self._under_way.values())
        n_begun = self._n_ended + len(self._under_way)
        return max(0.0, self._slot_seconds - busy) / max(n_begun, 1)


def _makespan(jobs: Iterable[float], slots: int) -> float:
    """Give the time until the last of some jobs ends, each on the worker that is free first."""
    free = [0.0] * slots
    for seconds in jobs:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)
