"""A command started by a test: watched, signalled by pid, and ended with all its children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

PATIENCE_S = 600.0
"""Only against hanging: a machine may be as slow as it likes."""


class Started:
    """Context of a process in a session of its own, as a terminal would start it."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self._output = folder / "stdout.txt"
        self._errors = folder / "stderr.txt"
        with self._output.open("w") as output, self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, *arguments], stdout=output, stderr=errors, start_new_session=True
            )
        self.patience_s = PATIENCE_S
        self._seen: dict[int, psutil.Process] = {}

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *error: object) -> None:
        self.look()
        self.process.kill()
        self.process.wait(PATIENCE_S)
        for child in self._seen.values():
            with suppress(psutil.NoSuchProcess):
                child.kill()

    @property
    def text(self) -> str:
        return self._output.read_text() + self._errors.read_text()

    def look(self) -> None:
        """Remember the children that there are now."""
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children(recursive=True)
            self._seen |= {child.pid: child for child in children}

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait for something while the process runs."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            found = condition()
            self.look()
            if found:
                return found
            assert self.process.poll() is None, f"ended too early: {self.text}"
            time.sleep(0.02)
        raise AssertionError(f"waited too long: {self.text}")

    def interrupt_group(self) -> None:
        """Send SIGINT to the process group, as a terminal on Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self) -> int:
        self.look()
        return self.process.wait(self.patience_s)

    def left_behind(self, patience_s: float = 120.0) -> list[str]:
        """Return the command lines of children that outlive the process."""
        _, alive = psutil.wait_procs(list(self._seen.values()), patience_s)
        return [str(process) for process in alive]


def events_of(path: Path, kind: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in path.read_text().splitlines())
    return [line for line in lines if line["event"] == kind]
