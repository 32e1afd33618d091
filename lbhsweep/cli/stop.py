"""``lbhsweep stop``: stop the driver of a folder, wherever it runs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json

if TYPE_CHECKING:
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.store.lock import LockHolder

POLL_S = 0.2
STILL_WORKING = 1


@click.command("stop", epilog=examples("lbhsweep stop DIR"))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="Stop the folder's rehearsal.")
@click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=180.0,
    show_default=True,
    help="Seconds to wait until the driver has ended.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, rehearsal: bool, timeout: float, as_json: bool) -> None:
    """Ask the driver of FOLDER to end, and wait until it has; runs write their checkpoints.

    Works from any machine that sees FOLDER.  Exit status 1 if the driver still works.
    """
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.execution.folder.slurm_driver import cancel_waiting
    from lbhsweep.execution.folder.status import folder_status

    sweep = find_sweep(folder, rehearsal=rehearsal)
    driver = sweep.driver()
    waiting = cancel_waiting(sweep) if driver is None else ""
    stopped = driver is None or _await_end(sweep, timeout)
    flag = " --rehearsal" if rehearsal else ""
    if as_json:
        driven = None if driver is None else {"host": driver.host, "pid": driver.pid}
        found = {"driver": driven, "stopped": stopped, "cancelled_job": waiting or None}
        print_json(found)
    else:
        message = _message(driver, timeout, stopped=stopped)
        click.echo(f"the driver's waiting job {waiting} is cancelled" if waiting else message)
        if stopped and folder_status(sweep).missing:
            click.echo(f"to resume: lbhsweep resume {folder}{flag}")
    sys.exit(0 if stopped else STILL_WORKING)


def _await_end(sweep: SweepFolder, timeout: float) -> bool:
    from lbhsweep.atomic import storing

    deadline = time.monotonic() + timeout
    while sweep.driver() is not None:
        # Repeated, since a driver that has just started removes an earlier file.
        with storing(sweep.stop_file):
            sweep.stop_file.touch()
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    sweep.stop_file.unlink(missing_ok=True)
    return True


def _message(driver: LockHolder | None, timeout: float, *, stopped: bool) -> str:
    if driver is None:
        return "this sweep has no driver"
    who = f"driver pid {driver.pid} on {driver.host}"
    if stopped:
        return f"{who} has ended"
    return f"{who} has not ended after {timeout:g} s; the request stays, see 'lbhsweep status'"
