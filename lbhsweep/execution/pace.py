"""How far a sweep has come and how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Mapping


class Pace:
    """Work done and to do, in the unit of `costs`.

    Parameters
    ----------
    costs : mapping of str to float
        Estimated cost by run id of each run to be done.
    before : float
        Cost of the runs that were done before.
    """

    def __init__(self, costs: Mapping[str, float], before: float) -> None:
        self._costs = costs
        self._total = before + sum(costs.values())
        self._done = before
        self._not_ours = before
        self._under_way: dict[str, float] = {}
        self._since = time.monotonic()

    def start(self) -> None:
        """Note that a run starts; preparations before the first don't count as slowness."""
        if self._work() == 0:
            self._since = time.monotonic()

    def advance(self, run_id: str, fraction: float) -> None:
        """Note how much of a run is done; what it brings from a checkpoint tells no pace."""
        work = self._costs[run_id] * fraction
        if run_id not in self._under_way:
            self._not_ours += work
        self._under_way[run_id] = work

    def end(self, run_id: str) -> None:
        """Note that a run is done or failed."""
        self._under_way.pop(run_id, None)
        self._done += self._costs[run_id]

    @property
    def fraction(self) -> float:
        """Part of the whole work that is done, 0 to 1."""
        return min(1.0, self._reached() / self._total) if self._total else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Time that the rest takes at the pace so far; None while there is no pace."""
        work = self._work()
        if work <= 0:
            return None
        left = max(self._total - self._reached(), 0.0)
        return left * (time.monotonic() - self._since) / work

    def _reached(self) -> float:
        return self._done + sum(self._under_way.values())

    def _work(self) -> float:
        return self._reached() - self._not_ours
