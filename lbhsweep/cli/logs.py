"""``lbhsweep logs``: the history of one run."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.units import duration

if TYPE_CHECKING:
    from lbhsweep.execution.folder.history import RunHistory

_NOT_REPEATED = ("event", "time", "run_id", "label", "progress")
_NAMES = {"attempts": "attempts that count against the run:"}
_SHOWN = ("host", "pid", "slurm_job", "started", "wall_seconds", "package", "cpu")


@click.command(
    "logs",
    epilog=examples("lbhsweep logs DIR '0.3 GPa heating 5 K/ps r1'", "lbhsweep logs DIR 5f3a9c"),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("run")
@click.option("--rehearsal", is_flag=True, help="Show the folder's rehearsal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, run: str, rehearsal: bool, as_json: bool) -> None:
    """Show all attempts and events of one run in FOLDER, and why it failed.

    RUN is the beginning of its id, or its label or a part of it that no other run's has.
    """
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.execution.folder.history import run_history
    from lbhsweep.execution.folder.run_names import find_run, known_runs

    sweep = find_sweep(folder, rehearsal=rehearsal)
    labels = known_runs(sweep)
    name = find_run(labels, run)
    history = run_history(sweep, name, labels[name])
    if as_json:
        print_json(asdict(history))
    else:
        _show(history)


def _show(history: RunHistory) -> None:
    click.echo(f"{history.label} ({history.run_id})")
    click.echo(f"status: {history.status}")
    if history.error:
        error = history.error
        click.echo(f"error:  {error['error_class']} at step {error['step']}: {error['message']}")
    made = [_made(key, history.provenance[key]) for key in _SHOWN if history.provenance.get(key)]
    if made:
        click.echo(f"record: {', '.join(made)}")
    for title, lines in (("attempts", history.attempts), ("events", history.events)):
        if lines:
            click.echo(f"{title}:")
        for line in lines:
            click.echo(f"  {_line(line)}")


def _line(line: dict[str, Any]) -> str:
    time = datetime.fromtimestamp(float(line.get("time", 0)), UTC).isoformat(timespec="seconds")
    rest = [
        f"{_NAMES.get(key, key)} {value}"
        for key, value in line.items()
        if key not in (*_NOT_REPEATED, "ending") and value not in ("", [], None)
    ]
    event = str(line.get("ending") or line["event"])
    return "  ".join([time, event, ", ".join(rest)]).rstrip()


def _made(key: str, value: Any) -> str:
    if key == "wall_seconds":
        return f"wall time {duration(float(value))}"
    return f"{key.replace('_', ' ')} {value}"
