"""The back-off of a failing worker: for how long it takes no task."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from distributed import Worker
from distributed.core import Status

from lbhsweep.execution.worker.process import POLL_S, is_terminating

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 2.0, 60.0
_MOST_FAILURES = 10


class BackOff:
    """Pauses a worker after it broke a task, each time twice as long if `grows`.

    Otherwise a worker that breaks every task at once would get all of them.
    """

    def __init__(self) -> None:
        self._n_failures = 0

    def begin(self, worker: Worker, should_stop: Callable[[], bool], *, grows: bool = True) -> None:
        """Pause the worker before the answer is sent; a stop ends the pause."""
        seconds = FIRST_BACK_OFF_S
        if grows:
            seconds = min(FIRST_BACK_OFF_S * 2.0**self._n_failures, LONGEST_BACK_OFF_S)
            self._n_failures = min(self._n_failures + 1, _MOST_FAILURES)
        is_paused = threading.Event()
        worker.loop.add_callback(_pause, worker, seconds, should_stop, is_paused)
        is_paused.wait(POLL_S)

    def forget(self) -> None:
        """Note that the worker did a task."""
        self._n_failures = 0


async def _pause(
    worker: Worker, seconds: float, should_stop: Callable[[], bool], is_paused: threading.Event
) -> None:
    if worker.status is not Status.running:
        is_paused.set()
        return
    memory = worker.memory_manager
    pause_fraction = memory.memory_pause_fraction
    # Dask's own pause for lack of memory would also end this one.
    memory.memory_pause_fraction = False
    worker.status = Status.paused
    is_paused.set()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not await asyncio.to_thread(should_stop):
        await asyncio.sleep(min(POLL_S, max(end - time.monotonic(), 0.0)))
    memory.memory_pause_fraction = pause_fraction
    # It may have to leave by now.
    if worker.status is Status.paused and not is_terminating():
        worker.status = Status.running
