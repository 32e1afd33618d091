"""Starting a driver in the background or in SLURM, and printing how to reach it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli import INTERRUPTED, SOME_FAILED
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import ClusterError

if TYPE_CHECKING:
    from lbhsweep.store.folder import SweepFolder


def start_and_show(
    arguments: list[str], sweep: SweepFolder, folder: Path, *, rehearsal: bool, as_json: bool
) -> None:
    """Start a command that drives a sweep, wait until it does, and print what to do next.

    Parameters
    ----------
    arguments : list of str
        Arguments of the command line.
    sweep : SweepFolder
        The folder that it will drive.
    folder : Path
        The folder as the user named it.
    rehearsal, as_json : bool
        Whether it is a folder's rehearsal; whether to print one JSON object.

    Raises
    ------
    SweepLockedError
        If another driver works there.
    ClusterError
        If the command ended before it drove the sweep.
    """
    from lbhsweep.execution.folder.detached import start_detached

    sweep.create()
    with sweep.driver_lock():
        pass
    written = sweep.log.stat().st_size if sweep.log.exists() else 0
    started = start_detached(arguments, sweep)
    flag = " --rehearsal" if rehearsal else ""
    # A sweep of which little is missing may be over by now; one that could not start is an error.
    has_ended_well = started.exit_status in (0, SOME_FAILED, INTERRUPTED)
    if started.exit_status is not None and not (started.has_driven and has_ended_well):
        output = sweep.log.read_bytes()[written:].decode(errors="replace").strip()
        click.echo(output, err=True)
        if started.exit_status == 2:
            sys.exit(2)
        raise ClusterError(
            f"the driver ended at once with status {started.exit_status}; see {sweep.log}"
        )
    summary = {
        "pid": started.pid,
        "host": socket.gethostname(),
        "running": started.exit_status is None,
        "folder": str(sweep.path),
        "log": str(sweep.log),
        "next": [f"lbhsweep {verb} {folder}{flag}" for verb in ("status", "stop", "resume")],
    }
    if as_json:
        print_json(summary)
        return
    if started.exit_status is None:
        click.echo(f"driver: pid {started.pid} on {summary['host']}, in the background")
    else:
        click.echo(f"the driver has ended already, with status {started.exit_status}")
    click.echo(f"log:    {sweep.log}")
    click.echo(f"status: lbhsweep status {folder}{flag}")
    click.echo(f"stop:   lbhsweep stop {folder}{flag}")
    click.echo(f"resume: lbhsweep resume {folder}{flag} --detach")


def submit_and_show(
    arguments: list[str],
    sweep: SweepFolder,
    folder: Path,
    options: tuple[str, ...],
    *,
    rehearsal: bool,
    as_json: bool,
) -> None:
    """Submit a command that drives a sweep to SLURM, and print what to do next.

    Parameters
    ----------
    arguments, sweep, folder, rehearsal, as_json
        As for `start_and_show`.
    options : tuple of str
        Options of sbatch.

    Raises
    ------
    SweepLockedError
        If another driver works there.
    ClusterError
        If SLURM does not accept it.
    """
    from lbhsweep.execution.folder.slurm_driver import submit_driver

    sweep.create()
    with sweep.driver_lock():
        pass
    job = submit_driver(arguments, sweep, options)
    flag = " --rehearsal" if rehearsal else ""
    summary = {
        "job": job,
        "folder": str(sweep.path),
        "log": str(sweep.log),
        "next": [f"lbhsweep {verb} {folder}{flag}" for verb in ("status", "stop", "resume")],
    }
    if as_json:
        print_json(summary)
        return
    click.echo(f"driver: SLURM job {job}")
    click.echo(f"log:    {sweep.log}")
    click.echo(f"status: squeue --job {job}; lbhsweep status {folder}{flag}")
    click.echo(f"stop:   lbhsweep stop {folder}{flag}")
    click.echo("resume: give the same command again, if it was stopped")
