"""``lbhsweep status``: the status of a sweep, from its folder alone."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.failures import show_failures
from lbhsweep.cli.terminal import print_json

if TYPE_CHECKING:
    from lbhsweep.execution.folder.status import Attempt, FolderStatus, Waiting

MOST_ATTEMPTS_SHOWN = 20


@click.command("status", epilog=examples("lbhsweep status DIR", "lbhsweep status DIR --json"))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="Show the folder's rehearsal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, rehearsal: bool, as_json: bool) -> None:
    """Show what is done, failed and running in FOLDER; starts and changes nothing."""
    from lbhsweep.execution.folder.status import folder_status
    from lbhsweep.store.folder import SweepFolder

    sweep = SweepFolder(folder)
    status = folder_status(sweep.rehearsal if rehearsal else sweep)
    if as_json:
        print_json({**asdict(status), "missing": status.missing})
    else:
        _show(status)


def _show(status: FolderStatus) -> None:
    click.echo(
        f"{status.done} of {status.total} runs done, {len(status.failures)} failed, "
        f"{status.missing} missing"
    )
    _show_driver(status)
    _show_attempts("running", status.running)
    _show_attempts("interrupted", status.interrupted)
    show_failures([asdict(failure) for failure in status.failures])
    _show_waiting(status.waiting)


def _show_driver(status: FolderStatus) -> None:
    from lbhsweep.units import duration

    driver, lost = status.driver, status.lost_driver
    to_do = "; 'lbhsweep resume' continues it" if status.missing else ""
    if driver is None and (queued := status.queued_driver) is not None:
        waits = f"{queued.state}, {queued.reason}" if queued.reason != "None" else queued.state
        click.echo(f"driver: its SLURM job {queued.job} is in the queue ({waits})")
        return
    if driver is None:
        click.echo(f"driver: none{to_do}")
        if lost is not None:
            seen = duration(time.time() - lost.beat)
            click.echo(
                f"  the last one, pid {lost.pid} on {lost.host}, did not end by itself; last "
                f"heartbeat {seen} ago"
            )
        elif (aborted := status.aborted) is not None:
            ended = duration(time.time() - aborted.time)
            click.echo(f"  the last one ended {ended} ago by {aborted.error_class}:")
            click.echo(indent(aborted.message, "  "))
        return
    job = f", SLURM job {driver.job}" if driver.job else ""
    seen = duration(time.time() - driver.beat)
    click.echo(
        f"driver: pid {driver.pid} on {driver.host}{job} since {driver.since}; {driver.state}, "
        f"last heartbeat {seen} ago"
    )
    if driver.message:
        click.echo(f"{driver.state}: {driver.message}")
    if driver.seconds_left is not None and driver.state == "working":
        click.echo(f"about {duration(driver.seconds_left)} left")


def _show_waiting(waiting: tuple[Waiting, ...]) -> None:
    if waiting:
        click.echo(f"waiting behind failed runs: {len(waiting)}")
    for one in waiting[:MOST_ATTEMPTS_SHOWN]:
        click.echo(f"  {one.label}, behind {one.failed_run_id[:12]}")


def _show_attempts(title: str, attempts: tuple[Attempt, ...]) -> None:
    from lbhsweep.units import duration

    if attempts:
        click.echo(f"{title}: {len(attempts)}")
    for one in attempts[:MOST_ATTEMPTS_SHOWN]:
        click.echo(
            f"  {one.label} on {one.worker}, attempt {one.attempt}, "
            f"started {duration(time.time() - one.time)} ago"
        )
    if len(attempts) > MOST_ATTEMPTS_SHOWN:
        click.echo(f"  … and {len(attempts) - MOST_ATTEMPTS_SHOWN} more")
