"""Says which tests run for long, so that one that hangs is seen while it does.

With several processes it is the one that started them that says it: it hears from each when a
test begins and ends, and a process that hangs can't keep it from speaking.
"""

from __future__ import annotations

import os
import sys
import threading
import time

FIRST_S = 120.0
"""Then after twice as long, and so on."""
POLL_S = 1.0


class StillRunning:
    """Plugin of the process that reports.

    Parameters
    ----------
    first_s : float
        How long a test may run before it is named.
    """

    def __init__(self, first_s: float = FIRST_S) -> None:
        self._first_s = first_s
        self._running: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        # What tests print is caught, this is not.
        self._output = os.dup(sys.__stderr__.fileno())
        self._thread = threading.Thread(target=self._watch, name="still-running", daemon=True)
        self._thread.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note a test that begins."""
        now = time.monotonic()
        with self._lock:
            self._running[nodeid] = (now, now + self._first_s)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Forget one that has ended."""
        with self._lock:
            self._running.pop(nodeid, None)

    def pytest_unconfigure(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()
        os.close(self._output)

    def _watch(self) -> None:
        while not self._ended.wait(min(POLL_S, self._first_s / 4)):
            now = time.monotonic()
            with self._lock:
                due = [(name, *times) for name, times in self._running.items() if now >= times[1]]
                for name, started, _ in due:
                    self._running[name] = (started, started + 2 * (now - started))
            for name, started, _ in due:
                line = f"\nstill running after {now - started:.0f} s: {name}\n"
                os.write(self._output, line.encode())
