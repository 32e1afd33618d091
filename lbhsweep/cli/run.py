"""``lbhsweep run``: from a sweep file to its dataset."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli import INTERRUPTED
from lbhsweep.cli.failures import show_failures

if TYPE_CHECKING:
    from lbhsweep.execution.cluster_spec import ClusterSpec
    from lbhsweep.execution.session import SweepEnding
    from lbhsweep.store.folder import SweepFolder

SOME_FAILED = 3


@click.command("run")
@click.argument("sweep", type=click.Path(path_type=Path))
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the sweep; made if absent, gone on with if it is there.",
)
@click.option(
    "--cluster",
    type=click.Path(path_type=Path),
    help="Cluster file; without one, a worker on each core of this machine.",
)
@click.option("--workers", type=click.IntRange(1), help="Workers, instead of the cluster file's.")
@click.option("--rehearse", is_flag=True, help="Make-believe physics in seconds, in DIR/rehearsal.")
@click.option(
    "--rehearse-seconds",
    type=click.FloatRange(0),
    default=0.0,
    help="How long each make-believe run pretends to work.",
)
@click.option(
    "--rehearse-failures",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Share of make-believe runs that pretend to fail.",
)
@click.option("--retry-failed", is_flag=True, help="Do failed runs again from their beginning.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    sweep: Path,
    output: Path,
    cluster: Path | None,
    workers: int | None,
    rehearse: bool,
    rehearse_seconds: float,
    rehearse_failures: float,
    retry_failed: bool,
    as_json: bool,
) -> None:
    """Do all runs of SWEEP that are missing in DIR, and collect their results.

    Ctrl-C stops with checkpoints; the same command goes on from there.
    """
    from lbhsweep.cli.progress import open_progress
    from lbhsweep.execution.clusters import start_cluster
    from lbhsweep.execution.physics import MolecularDynamics, Rehearsal
    from lbhsweep.execution.session import check_folder, run_sweep
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import expand_grid, load_sweep, make_plan

    spec, machine = load_sweep(sweep), _cluster(cluster, workers)
    check_folder(output)
    # Workers may have another working directory.
    whole = SweepFolder(output.absolute())
    folder = whole.rehearsal if rehearse else whole
    grid = expand_grid(spec, rehearsal=rehearse)
    physics = (
        Rehearsal(rehearse_seconds, rehearse_failures)
        if rehearse
        else MolecularDynamics(tuple(grid.force_fields.values()))
    )
    others = len(make_plan(grid, folder.finished()).others)
    if others:
        click.echo(
            f"{output} holds {others} finished runs of another sweep or physics: their records "
            f"stay, but {folder.results.name} will show this sweep's runs only; 'lbhsweep plan' "
            "says what differs, another --output keeps both",
            err=True,
        )
    started = time.monotonic()
    with open_progress() as progress:
        ending = run_sweep(
            folder,
            grid,
            sweep.read_text(encoding="utf-8-sig"),
            physics,
            lambda: start_cluster(machine, whole.path),
            [progress],
            retry_failed=retry_failed,
        )
    summary = _summary(folder, output, ending, rehearse, time.monotonic() - started)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        _show(summary)
    sys.exit(_exit_status(ending))


def _cluster(path: Path | None, workers: int | None) -> ClusterSpec:
    from lbhsweep.execution.cluster_spec import AddressCluster, load_cluster

    spec = load_cluster(path)
    if workers is not None and isinstance(spec, AddressCluster):
        raise click.UsageError("--workers: the workers of a running scheduler are not ours")
    return spec if workers is None else spec.model_copy(update={"workers": workers})


def _exit_status(ending: SweepEnding) -> int:
    if ending.interrupted:
        return INTERRUPTED
    return 0 if ending.done == ending.total else SOME_FAILED


def _summary(
    folder: SweepFolder, output: Path, ending: SweepEnding, rehearse: bool, seconds: float
) -> dict[str, Any]:
    from lbhsweep.execution.status import failures

    flag = " --rehearsal" if rehearse else ""
    return {
        "output": str(output),
        "rehearsal": rehearse,
        "total": ending.total,
        "done": ending.done,
        "failed": len(ending.failed),
        "missing": ending.missing,
        "waiting": ending.waiting,
        "interrupted": ending.interrupted,
        "seconds": round(seconds, 3),
        "results": str(folder.results),
        "failures": [asdict(one) for one in failures(folder, ending.failed)],
        "next": f"lbhsweep plot {output}{flag}",
    }


def _show(summary: dict[str, Any]) -> None:
    from lbhsweep.cli.progress import duration

    kind = " (rehearsal, make-believe physics)" if summary["rehearsal"] else ""
    click.echo(
        f"{summary['done']} of {summary['total']} runs done{kind}, {summary['failed']} failed, "
        f"{summary['missing']} missing; {duration(summary['seconds'])}"
    )
    show_failures(summary["failures"])
    if summary["waiting"]:
        click.echo(f"{summary['waiting']} runs would go on from the end of runs that failed")
    if summary["failures"]:
        click.echo("to try failed runs again: add --retry-failed")
    click.echo(f"results: {summary['results']}")
    if summary["missing"]:
        click.echo("to go on: give the same command again")
    click.echo(f"next:    {summary['next']}")
