"""Texts of the page: what is known of the sweep and of a run, laid out by templates."""

from __future__ import annotations

import time
from dataclasses import dataclass
from shlex import quote
from typing import Any

from lbhsweep.dashboard.style import LOOKS
from lbhsweep.dashboard.watch import Now, SweepWatch
from lbhsweep.report.rendering import make_environment
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.schema import Status
from lbhsweep.units import duration, plain_number

REHEARSAL = "rehearsal"
_TEMPLATES = make_environment("lbhsweep.dashboard")
_WORKER_COLUMNS = ("worker", "job", "doing", "for", "runs done")
_MOST_EVENTS = 12
_OF_RUN = ("host", "pid", "slurm_job", "wall_seconds", "cpu", "started")
_NAMES = {"wall_seconds": "wall time"}
_OF_EVENT = ("worker", "slurm_job", "attempt", "seconds", "error_class", "message")


@dataclass(frozen=True, slots=True)
class Count:
    """Number of runs in one state, with the state's name and colour."""

    number: int
    word: str
    colour: str


def sweep_title(folder: SweepFolder) -> str:
    """Name the sweep; a rehearsal is marked, since its physics is synthetic."""
    if folder.path.name != REHEARSAL:
        return folder.path.name
    return f"{folder.path.parent.name} (rehearsal, synthetic physics)"


def headline(watch: SweepWatch, now: Now) -> str:
    """Write the title, the counts of runs, and the state of the driver."""
    facts = [f"wall time of all runs done: {duration(3600 * now.run_hours)}"]
    if now.rate:
        facts.append(f"{plain_number(now.rate)} runs an hour while any is under way")
    if now.seconds_left is not None:
        facts.append(f"about {duration(now.seconds_left)} left")
    return _render(
        "headline.html",
        title=sweep_title(watch.folder),
        counts=[
            Count(now.counts.get(code, 0), word, colour)
            for code, (word, colour) in LOOKS.items()
            if now.counts.get(code, 0) or code in (Status.DONE, Status.PENDING)
        ],
        facts=facts,
        driver=now.driver,
        has_missing=bool(now.counts.get(Status.PENDING, 0)),
        folder=_in_commands(watch.folder),
        dask_page=now.page,
    )


def worker_table(now: Now) -> str:
    """List the workers; a table of Bokeh's own isn't redrawn when its data are replaced."""
    rows = [
        (one.name, one.job or "–", one.doing, duration(time.time() - one.since), one.finished)
        for one in now.workers
    ]
    return _render("workers.html", titles=_WORKER_COLUMNS, rows=rows)


def latest_notes(now: Now) -> str:
    """List the latest events, the newest first."""
    return _render("latest.html", notes=now.notes)


def no_run() -> str:
    """Write what stands in place of a run's details before one is chosen."""
    return _render("no_run.html")


def muted(text: str) -> str:
    """Write a short text in grey."""
    return _render("muted.html", text=text)


def run_details(watch: SweepWatch, name: str, status: Status) -> str:
    """Describe one run: its state and provenance, its error and how to retry it, its log.

    Parameters
    ----------
    watch : SweepWatch
        Of the sweep's folder.
    name : str
        Run id.
    status : Status
        Its state.
    """
    history = watch.history(name)
    made = history.provenance
    rows = [("status", LOOKS.get(status, ("", ""))[0])]
    rows += [
        (_NAMES.get(key, key.replace("_", " ")), _of_run(key, made[key]))
        for key in _OF_RUN
        if made.get(key)
    ]
    events = [*history.attempts, *history.events]
    return _render(
        "run.html",
        label=history.label,
        run_id=name,
        rows=rows,
        error=history.error,
        folder=_in_commands(watch.folder),
        log="\n".join(_event_line(one) for one in events[-_MOST_EVENTS:]),
    )


def _render(template: str, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(**values)


def _in_commands(folder: SweepFolder) -> str:
    """Write the folder as commands take it."""
    is_rehearsal = folder.path.name == REHEARSAL
    path = quote(str(folder.path.parent if is_rehearsal else folder.path))
    return f"{path} --rehearsal" if is_rehearsal else path


def _of_run(key: str, value: Any) -> Any:
    if key == "wall_seconds":
        return duration(float(value))
    return plain_number(value) if isinstance(value, float) else value


def _event_line(event: dict[str, Any]) -> str:
    when = time.strftime("%H:%M:%S", time.localtime(float(event.get("time", 0.0))))
    rest = [f"{key} {value}" for key, value in event.items() if key in _OF_EVENT and value]
    return f"{when} {event.get('event', '')} {', '.join(rest)}"
