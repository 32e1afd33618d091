"""The runs that wait to be given out: in what order, and how many together."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice, takewhile

from lbhsweep.execution.worker.task import RunSummary
from lbhsweep.sweep.cost import estimated_core_seconds
from lbhsweep.sweep.plan import Plan, chain_costs, followers

TASKS_PER_SLOT = 3
"""Window of submitted tasks, so that no worker waits for the driver."""
LONG_RUN_S = 10.0
"""From here on a run waits for a free worker here, not on a worker behind a long run."""
TASK_SECONDS = 1.0
"""Very short runs are packed into tasks of about this length."""
LARGEST_PACK = 200


class Backlog:
    """What is missing of a sweep and nobody works on.

    Runs that go on from the end of another come in once that one is released.

    Parameters
    ----------
    plan : Plan
        What is missing.

    Attributes
    ----------
    costs : dict of str to float
        Estimated core-seconds of every missing run, by run id.
    lengths : dict of str to float
        The same with all runs that go on from it, one after the other.
    """

    def __init__(self, plan: Plan) -> None:
        self._points = plan.points
        self.costs = {one: estimated_core_seconds(plan.points[one]) for one in plan.missing}
        self._followers = followers(plan.points, plan.missing)
        self.lengths = chain_costs(self.costs, self._followers)
        # Runs from whose end others go on with them, and the longest first, so that none is left
        # over at the end.
        startable = {"", *plan.done}
        ready = (one for one in plan.missing if plan.points[one].follows in startable)
        self._waiting = deque(sorted(ready, key=self.lengths.__getitem__, reverse=True))
        self._slowness: float | None = None

    def __len__(self) -> int:
        """Give how many wait."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[str]:
        """Give those that wait, the next first."""
        return iter(self._waiting)

    def next_pack(self, slots: int, n_tasks: int) -> list[str]:
        """Take the runs of the next task.

        Parameters
        ----------
        slots, n_tasks : int
            Workers, and tasks that they have or are about to get.

        Returns
        -------
        list of str
            Run ids; none if there are tasks enough, or nothing waits.
        """
        if not self._waiting or n_tasks >= self._window(slots):
            return []
        return [self._waiting.popleft() for _ in range(self._pack_size(slots))]

    def learn(self, summaries: Iterable[RunSummary]) -> None:
        """Take from whole runs how long the others will take."""
        # Runs that failed or had a record already say nothing of it.
        whole = [one for one in summaries if one.ending == "done" and one.seconds > 0]
        if whole:
            costs = sum(self.costs[one.run_id] for one in whole)
            self._slowness = sum(one.seconds for one in whole) / costs

    def put(self, name: str) -> None:
        """Have a run wait, behind all others."""
        self._waiting.append(name)

    def clear(self) -> None:
        """Forget all that wait."""
        self._waiting.clear()

    def release(self, name: str) -> None:
        """Let the runs in that go on from the end of this one."""
        self._waiting.extendleft(self._followers.pop(name, ()))

    def hold(self, name: str) -> None:
        """Keep a run back until the one is released from whose end it goes on."""
        self._followers.setdefault(self._points[name].follows, []).append(name)

    def take_back(self, name: str) -> None:
        """Keep the runs back that go on from this one, which has to be done again."""
        for follower in [one for one in self._waiting if self._points[one].follows == name]:
            self._waiting.remove(follower)
            self.hold(follower)
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
