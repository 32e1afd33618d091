"""``lbhsweep verify``: read back all that a sweep's folder keeps."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli import SOME_FAILED
from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json

if TYPE_CHECKING:
    from lbhsweep.store.verify import Verification

MOST_SHOWN = 20
_RESULTS = {
    "none": "results: none yet",
    "left-open": "results: left open by a driver that was killed; the next one rebuilds them",
    "damaged": "results: can't be opened",
}


@click.command("verify", epilog=examples("lbhsweep verify DIR", "lbhsweep verify DIR --repair"))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="Verify the folder's rehearsal.")
@click.option(
    "--repair",
    is_flag=True,
    help="Move wrong records to quarantine and mark wrong results: the next driver repeats them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, rehearsal: bool, repair: bool, as_json: bool) -> None:
    """Read back all records and frames in FOLDER, and compare its results with them.

    Changes nothing without --repair.  Exit status 3 if anything is wrong.
    """
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.store.verify import verify_folder

    sweep = find_sweep(folder, rehearsal=rehearsal)
    with sweep.driver_lock() if repair else nullcontext():
        found = verify_folder(sweep, repair=repair)
    if as_json:
        print_json({**asdict(found), "sound": not found.faults})
    else:
        _show(found, folder, rehearsal=rehearsal)
    sys.exit(SOME_FAILED if found.faults else 0)


def _show(found: Verification, folder: Path, *, rehearsal: bool) -> None:
    click.echo(
        f"records: {found.done} done and {found.failed} failed are sound; {found.missing} missing"
    )
    click.echo(
        _RESULTS.get(
            found.results,
            f"results: {found.chunks} chunks decoded, {found.cells} cells compared with records"
            + (f", {found.uncollected} not yet collected" if found.uncollected else ""),
        )
    )
    if found.trajectories:
        click.echo(f"trajectories: {found.trajectories} read, every frame")
    if found.leftovers:
        click.echo(f"{found.leftovers} temporary files of killed writers, harmless")
    for fault in found.faults[:MOST_SHOWN]:
        whose = f"{fault.run_id[:12]} ({fault.label}): " if fault.run_id else ""
        repaired = "; repaired" if fault.repaired else ""
        click.echo(f"{fault.kind}: {whose}{fault.message}{repaired}")
    if len(found.faults) > MOST_SHOWN:
        click.echo(f"… and {len(found.faults) - MOST_SHOWN} more ('--json' names all)")
    flag = " --rehearsal" if rehearsal else ""
    if not found.faults:
        click.echo("nothing is wrong")
    elif any(fault.repaired for fault in found.faults):
        click.echo(f"to repeat them: lbhsweep resume {folder}{flag}")
    else:
        click.echo(f"to repair: lbhsweep verify {folder}{flag} --repair")
