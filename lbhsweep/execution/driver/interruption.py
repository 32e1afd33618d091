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
"""A second SIGTERM within this time counts as the same: scancel sends one to a job's script, which
passes it on, and one to the driver itself."""


class Interruption:
    """Listens for SIGINT, SIGTERM and the stop file while the context lasts.

    The first signal creates the stop file, which tasks on every machine check.  After the second
    the driver should wait for nothing; a third ends the process at once.

    Parameters
    ----------
    stop_file : Path
        ``stop`` in the sweep's folder; an earlier one is removed.

    Attributes
    ----------
    reason : str
        Signal or file that requested the stop, empty if none did.
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
        """Whether to stop waiting for runs."""
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
            # The next driver removes it first.
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
            # On a full disk the driver still stops, after a while without its workers.
            with suppress(OSError):
                self._stop_file.touch()
        if self.urgent:
            signal.signal(number, signal.SIG_DFL)
