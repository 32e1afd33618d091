"""Progress of a sweep on a terminal, or as lines of a log."""

from __future__ import annotations

import socket
import sys
import time
from typing import Self
from urllib.parse import urlsplit

import click

from lbhsweep.execution.events import (
    Event,
    JobLost,
    JobsDelayed,
    JobsProceed,
    PageOpened,
    RunFailed,
    RunRetried,
    StopRequested,
    StorageBack,
    StoragePaused,
    SweepProgress,
    SweepStarted,
    WorkerFaulty,
    WorkerLost,
    WorkerPreparing,
)
from lbhsweep.units import duration

LINE_EVERY_S = 30.0


def note(event: Event) -> str:
    """Format an event that a user should see at once, in a line; empty for all others."""
    match event:
        case SweepStarted(total=total, done=done, failed=failed):
            before = f", {done} done and {failed} failed before" if done or failed else ""
            return f"{total} runs{before}"
        case PageOpened(address=address):
            return f"Dask's page: {address}; from another machine first: {_tunnel(address)}"
        case WorkerPreparing(what=what):
            return what
        case RunFailed(label=label, error_class=error_class, message=message):
            return f"failed: {label}: {error_class}: {message}"
        case RunRetried(label=label, error_class=error_class, message=message):
            return f"error, trying once more: {label}: {error_class}: {message}"
        case WorkerLost(runs=()):
            return "a worker was lost"
        case WorkerLost(runs=runs):
            return f"a worker was lost; others continue its runs: {', '.join(runs)}"
        case WorkerFaulty(worker="", message=text):
            return f"a task got no answer and is submitted again: {text}"
        case WorkerFaulty(message=text):
            return f"a worker is failing and backs off: {text}"
        case StoragePaused(message=text, host=host, free_bytes=free):
            room = "" if free is None else f", {free / 1e6:,.0f} MB free"
            return (
                f"paused, storage accepts no writes ({host}{room}): {text}. Nothing is lost; the "
                "sweep continues by itself when it can write again, Ctrl-C ends it"
            )
        case StorageBack(seconds=seconds):
            return f"storage accepts writes again after {duration(seconds)}: continuing"
        case JobLost(job=job, had_worker=had_worker, message=text):
            before = "" if had_worker else " before its worker registered"
            return f"job {job} ended{before}; another takes its place" + (text and f": {text}")
        case JobsDelayed(message=text):
            return f"waiting for jobs: {text}"
        case JobsProceed():
            return "jobs are accepted and start again"
        case StopRequested(reason=reason):
            again = "; again to stop at once" if sys.stderr.isatty() else ""
            return f"stopping ({reason}): runs write their checkpoints{again}"
    return ""


def _tunnel(address: str) -> str:
    """Return the command by which another machine reaches a page of this one."""
    port = urlsplit(address).port
    return f"ssh -N -L {port}:127.0.0.1:{port} {socket.gethostname()}"


def state(event: SweepProgress) -> str:
    """Format the state of the sweep in a line."""
    left = "" if event.seconds_left is None else f", {duration(event.seconds_left)} left"
    return (
        f"{event.fraction:.0%}: {event.done} of {event.total} done, {event.failed} failed, "
        f"{event.running} running{left}"
    )


class LineProgress:
    """Observer that writes a line to stderr at intervals, for logs."""

    def __init__(self) -> None:
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Write notes at once, and the state at intervals."""
        if text := note(event):
            click.echo(text, err=True)
        if isinstance(event, SweepProgress) and time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_EVERY_S
            click.echo(state(event), err=True)


class BarProgress:
    """Observer that draws a bar on stderr."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._task = self._bar.add_task("starting workers", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Draw the state; write notes above the bar."""
        if text := note(event):
            self._bar.console.print(text, markup=False)
        if isinstance(event, SweepProgress):
            self._bar.update(
                self._task, total=1.0, completed=event.fraction, description=state(event)
            )


def open_progress() -> BarProgress | LineProgress:
    """Choose the bar for a terminal, and lines for everything else."""
    return BarProgress() if sys.stderr.isatty() else LineProgress()
