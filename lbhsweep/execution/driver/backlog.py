"""The runs that wait to be submitted: their order, and how many go into one task."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice, takewhile

from lbhsweep.execution.worker.task import RunSummary
from lbhsweep.sweep.cost import estimated_core_seconds
from lbhsweep.sweep.plan import Plan, chain_costs, followers

TASKS_PER_SLOT = 3
"""Submitted tasks for each worker, so that none waits for the driver."""
LONG_RUN_S = 10.0
"""Longer runs wait in the driver for a free worker, not on a worker behind another long run."""
TASK_SECONDS = 1.0
"""Very short runs are packed into tasks of about this length."""
LARGEST_PACK = 200


class Backlog:
    """Missing runs of a sweep that are not submitted.

    Runs that follow another are added once that one is released.

    Parameters
    ----------
    plan : Plan
        The missing runs.

    Attributes
    ----------
    costs : dict of str to float
        Estimated core-seconds of every missing run, by run id.
    lengths : dict of str to float
        The same including the longest chain of runs that follow it.
    """

    def __init__(self, plan: Plan) -> None:
        self._points = plan.points
        self.costs = {one: estimated_core_seconds(plan.points[one]) for one in plan.missing}
        self._followers = followers(plan.points, plan.missing)
        self.lengths = chain_costs(self.costs, self._followers)
        # The longest first, chains of following runs included, so that none is left at the end.
        startable = {"", *plan.done}
        ready = (one for one in plan.missing if plan.points[one].follows in startable)
        self._waiting = deque(sorted(ready, key=self.lengths.__getitem__, reverse=True))
        self._slowness: float | None = None

    def __len__(self) -> int:
        """Return the number of waiting runs."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the waiting runs, the next first."""
        return iter(self._waiting)

    def next_pack(self, slots: int, n_tasks: int) -> list[str]:
        """Remove the runs of the next task and return them.

        Parameters
        ----------
        slots, n_tasks : int
            Workers, and submitted tasks.

        Returns
        -------
        list of str
            Run ids; none if enough tasks are submitted, or nothing waits.
        """
        if not self._waiting or n_tasks >= self._window(slots):
            return []
        return [self._waiting.popleft() for _ in range(self._pack_size(slots))]

    def learn(self, summaries: Iterable[RunSummary]) -> None:
        """Learn from whole runs how long the others will take."""
        # Runs that failed or had a record already are no measure.
        whole = [one for one in summaries if one.ending == "done" and one.seconds > 0]
        if whole:
            costs = sum(self.costs[one.run_id] for one in whole)
            self._slowness = sum(one.seconds for one in whole) / costs

    def put(self, name: str) -> None:
        """Add a run behind all others."""
        self._waiting.append(name)

    def clear(self) -> None:
        """Remove all waiting runs."""
        self._waiting.clear()

    def release(self, name: str) -> None:
        """Add the runs that follow this one."""
        self._waiting.extendleft(self._followers.pop(name, ()))

    def hold_back(self, name: str) -> None:
        """Hold a run back until the run that it follows is released."""
        self._followers.setdefault(self._points[name].follows, []).append(name)

    def hold_back_followers(self, name: str) -> None:
        """Hold back the runs that follow this one, which is repeated."""
        for follower in [one for one in self._waiting if self._points[one].follows == name]:
            self._waiting.remove(follower)
            self.hold_back(follower)
        self.costs.setdefault(name, estimated_core_seconds(self._points[name]))
        behind = (self.lengths[one] for one in self._followers.get(name, ()))
        self.lengths.setdefault(name, self.costs[name] + max(behind, default=0.0))

    def _window(self, slots: int) -> int:
        is_short = self._expected_seconds(self._waiting[0]) < LONG_RUN_S
        return TASKS_PER_SLOT * slots if is_short else slots

    def _pack_size(self, slots: int) -> int:
        fair = len(self._waiting) // (TASKS_PER_SLOT * slots)
        most = max(1, min(LARGEST_PACK, fair))
        seconds = accumulate(map(self._expected_seconds, islice(self._waiting, most)))
        return max(1, sum(1 for _ in takewhile(lambda total: total <= TASK_SECONDS, seconds)))

    def _expected_seconds(self, name: str) -> float:
        return math.inf if self._slowness is None else self._slowness * self.costs[name]
