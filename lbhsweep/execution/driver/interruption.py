"""Ctrl-C: the first stops the sweep with checkpoints, the second stops waiting for them."""

from __future__ import annotations

import math
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from lbhsweep.atomic import storing

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_POLL_S = 1.0
SAME_S = 5.0
"""SIGTERM again within that time is the same: scancel sends it to a job's script, which passes it
on, and to the driver itself."""


class Interruption:
    """Listens for SIGINT, SIGTERM and the stop file while the context lasts.

    The first signal makes the stop file, for which tasks look on whatever machine; after the
    second the driver should wait for nothing; a third ends the process on the spot.

    Parameters
    ----------
    stop_file : Path
        ``stop`` in the sweep's folder; one left from before is removed.

    Attributes
    ----------
    reason : str
        What asked for the stop, empty if nothing did.
    """

    def __init__(self, stop_file: Path) -> None:
        self.reason = ""
        self._stop_file = stop_file
        self._n_signals = 0
        self._looked = 0.0
        self._terminated = -math.inf
        self._before: dict[int, Any] = {}
        with storing(stop_file):
            stop_file.unlink(missing_ok=True)

    @property
    def asked(self) -> bool:
        """Whether the sweep should stop."""
        if not self.reason and time.monotonic() - self._looked >= _POLL_S:
            self._looked = time.monotonic()
            with suppress(OSError):
                self.reason = f"{self._stop_file} exists" if self._stop_file.exists() else ""
        return bool(self.reason)

    @property
    def urgent(self) -> bool:
        """Whether to wait for nothing any more."""
        return self._n_signals > 1

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._receive) for one in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if not self.urgent:
            # Whoever drives next removes it first of all.
            with suppress(OSError):
                self._stop_file.unlink(missing_ok=True)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if number == signal.SIGTERM and now - self._terminated < SAME_S:
            return
        self._terminated = now if number == signal.SIGTERM else self._terminated
        self._n_signals += 1
        if not self.reason:
            self.reason = signal.Signals(number).name
            # On a full disk the driver still stops, and after some patience without its workers.
            with suppress(OSError):
                self._stop_file.touch()
        if self.urgent:
            signal.signal(number, signal.SIG_DFL)
