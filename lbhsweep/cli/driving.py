"""Driving a sweep from the command line, for `run` and `resume`."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli import INTERRUPTED, SOME_FAILED
from lbhsweep.cli.dropped_runs import refuse_to_drop
from lbhsweep.cli.failures import show_failures
from lbhsweep.cli.terminal import print_json

if TYPE_CHECKING:
    from lbhsweep.execution.driver.session import SweepEnding
    from lbhsweep.execution.folder.settings import Settings
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import SweepSpec


def drive(
    spec: SweepSpec,
    text: str,
    output: Path,
    cluster: Path | None,
    settings: Settings,
    *,
    may_drop: bool = True,
    retry_failed: bool = False,
    as_json: bool,
) -> None:
    """Run what is missing of a sweep, print how it ended, and exit with its status.

    Parameters
    ----------
    spec : SweepSpec
        The sweep.
    text : str
        Its YAML.
    output : Path
        Its folder.
    cluster : Path or None
        The cluster file.
    settings : Settings
        The other options; kept in the folder, as are the sweep and the cluster file.
    may_drop : bool
        Whether runs that are done may drop out of the results.
    retry_failed, as_json : bool
        As on the command line.
    """
    from lbhsweep.cli.progress import open_progress
    from lbhsweep.execution.clusters.memory import memory_warning
    from lbhsweep.execution.clusters.spec import AddressCluster, load_cluster
    from lbhsweep.execution.clusters.start import start_cluster
    from lbhsweep.execution.driver.session import check_folder, run_sweep
    from lbhsweep.execution.folder.settings import THIS_MACHINE, files_to_keep
    from lbhsweep.execution.worker.workload import MolecularDynamics, Rehearsal
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import expand_grid, make_plan

    rehearse = settings.rehearsal
    machine = load_cluster(cluster)
    cluster_text = cluster.read_text(encoding="utf-8-sig") if cluster else THIS_MACHINE
    if settings.workers is not None:
        if isinstance(machine, AddressCluster):
            raise click.UsageError("--workers: the workers of a running scheduler are not ours")
        machine = machine.model_copy(update={"workers": settings.workers})
    if not rehearse and (warning := memory_warning(machine)):
        click.echo(warning, err=True)
    check_folder(output)
    # Workers may have another working directory.
    whole = SweepFolder(output.absolute())
    folder = whole.rehearsal if rehearse else whole
    grid = expand_grid(spec, rehearsal=rehearse)
    workload = (
        Rehearsal(settings.rehearse_seconds, settings.rehearse_failures)
        if rehearse
        else MolecularDynamics(tuple(grid.force_fields.values()), grid.crystal)
    )
    if not may_drop:
        refuse_to_drop(folder, grid, Path(settings.file))
    others = len(make_plan(grid, folder.finished()).others)
    if others:
        click.echo(
            f"{output} has {others} finished runs of another sweep or physics: their records "
            f"stay, but {folder.results.name} will contain this sweep's runs only; 'lbhsweep plan' "
            "shows what differs, another --output keeps both",
            err=True,
        )
    started = time.monotonic()
    with open_progress() as progress:
        ending = run_sweep(
            folder,
            grid,
            text,
            workload,
            # A rehearsal has keys and logs of its own: it may run beside the sweep.
            lambda: start_cluster(machine, folder.path),
            [progress],
            retry_failed=retry_failed,
            kept=files_to_keep(folder, spec, settings, cluster_text),
        )
    summary = _summary(folder, output, ending, rehearse, time.monotonic() - started)
    if as_json:
        print_json(summary)
    else:
        _show(summary)
    sys.exit(_exit_status(ending))


def _exit_status(ending: SweepEnding) -> int:
    if ending.interrupted:
        return INTERRUPTED
    return 0 if ending.done == ending.total else SOME_FAILED


def _summary(
    folder: SweepFolder, output: Path, ending: SweepEnding, rehearse: bool, seconds: float
) -> dict[str, Any]:
    from lbhsweep.execution.folder.status import failures

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
        "retry": f"lbhsweep retry {output}{flag}",
        "resume": f"lbhsweep resume {output}{flag}",
        "next": f"lbhsweep plot {output}{flag}",
    }


def _show(summary: dict[str, Any]) -> None:
    from lbhsweep.units import duration

    kind = " (rehearsal, synthetic data)" if summary["rehearsal"] else ""
    click.echo(
        f"{summary['done']} of {summary['total']} runs done{kind}, {summary['failed']} failed, "
        f"{summary['missing']} missing; {duration(summary['seconds'])}"
    )
    show_failures(summary["failures"])
    if summary["waiting"]:
        click.echo(f"{summary['waiting']} runs wait for runs that failed")
    if summary["failures"]:
        click.echo(f"to try failed runs again: {summary['retry']}")
    click.echo(f"results: {summary['results']}")
    if summary["missing"]:
        click.echo(f"to resume: {summary['resume']}")
    if summary["done"]:
        click.echo(f"next:    {summary['next']}")
