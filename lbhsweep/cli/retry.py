"""``lbhsweep retry``: failed runs are repeated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.repeated import split_at_commas
from lbhsweep.cli.terminal import print_json

if TYPE_CHECKING:
    from lbhsweep.execution.folder.status import Failure
    from lbhsweep.store.folder import SweepFolder


@click.command(
    "retry",
    epilog=examples(
        "lbhsweep retry DIR",
        "lbhsweep retry DIR --error lost-atoms",
        "lbhsweep retry DIR '0.3 GPa heating'",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("runs", nargs=-1)
@click.option(
    "--error",
    "classes",
    multiple=True,
    callback=split_at_commas,
    help="Only runs that failed by this class, such as lost-atoms; repeatable, or with commas.",
)
@click.option("--rehearsal", is_flag=True, help="Retry runs of the folder's rehearsal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    folder: Path, runs: tuple[str, ...], classes: tuple[str, ...], rehearsal: bool, as_json: bool
) -> None:
    """Count failed runs in FOLDER as missing, so that the next driver repeats them.

    RUNS are beginnings of ids, or labels or parts of them; without any, all that failed.  Starts
    no run, and is refused while a driver works.
    """
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.execution.driver.session import forget_failed

    sweep = find_sweep(folder, rehearsal=rehearsal)
    with sweep.driver_lock():
        chosen = _chosen(sweep, runs, classes)
        forget_failed(sweep, [one.run_id for one in chosen])
    flag = " --rehearsal" if rehearsal else ""
    resume = f"lbhsweep resume {folder}{flag}"
    if as_json:
        retried = [{"run_id": one.run_id, "label": one.label} for one in chosen]
        print_json({"retried": retried, "next": resume})
        return
    click.echo(f"{len(chosen)} failed runs now count as missing")
    if chosen:
        click.echo(f"to run them: {resume}")


def _chosen(sweep: SweepFolder, runs: tuple[str, ...], classes: tuple[str, ...]) -> list[Failure]:
    from lbhsweep.execution.folder.run_names import find_runs
    from lbhsweep.execution.folder.status import failures

    names = (name for name, status in sweep.finished().items() if status == "failed")
    failed = sorted(failures(sweep, names), key=lambda one: one.label)
    known = sorted({one.error_class for one in failed})
    unknown = sorted(set(classes) - set(known))
    if unknown:
        raise click.BadParameter(
            f"no run failed by {', '.join(unknown)}; they failed by: {', '.join(known) or 'none'}",
            param_hint="--error",
        )
    if runs:
        labels = {one.run_id: one.label for one in failed}
        wanted = {name for run in runs for name in find_runs(labels, run)}
        failed = [one for one in failed if one.run_id in wanted]
    return [one for one in failed if not classes or one.error_class in classes]
