"""What a command is doing, on stderr, once it takes more than a moment."""

from __future__ import annotations

import sys
import threading
import time
from typing import Self, TextIO

from lbhsweep.units import duration

FIRST_S = 2.0
"""Silence before anything is shown: most commands are done by then."""
TERMINAL_EVERY_S = 1.0
LOG_EVERY_S = 15.0


class WorkShown:
    """Shows the current stage and the time so far while its block runs.

    A terminal has one line that is written over and removed at the end, a log gets a line at
    intervals.  Use as a context manager; call it with the name of each stage.
    """

    def __init__(self, stage: str, stream: TextIO | None = None) -> None:
        self._stage = stage
        self._stream = sys.stderr if stream is None else stream
        self._on_terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._width = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        if self._width:
            self._write(f"\r{' ' * self._width}\r")

    def __call__(self, stage: str) -> None:
        """Set the stage that is shown from now on."""
        self._stage = stage

    def show(self) -> None:
        """Show the stage and the time so far."""
        line = f"{self._stage}, {duration(time.monotonic() - self._started)} so far"
        if self._on_terminal:
            self._write(f"\r{line:{self._width}}")
            self._width = max(self._width, len(line))
        else:
            self._write(f"{line}\n")

    def _watch(self) -> None:
        pause = FIRST_S
        while not self._over.wait(pause):
            self.show()
            pause = TERMINAL_EVERY_S if self._on_terminal else LOG_EVERY_S

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
