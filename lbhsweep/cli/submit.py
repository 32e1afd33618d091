"""``lbhsweep submit``: `run` in the background."""

from __future__ import annotations

from pathlib import Path

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.run_options import run_options


@click.command(
    "submit",
    epilog=examples(
        "lbhsweep submit my.yaml --output DIR",
        "lbhsweep submit my.yaml --output DIR --cluster cluster/slurm.yaml --slurm",
    ),
)
@run_options
@click.option("--slurm", is_flag=True, help="In a SLURM job, queued again at its walltime.")
@click.option(
    "--sbatch",
    "sbatch_options",
    multiple=True,
    help="With --slurm: an option of sbatch, such as --sbatch=--time=24:00:00; several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    sweep: Path,
    output: Path,
    cluster: Path | None,
    workers: int | None,
    replace: bool,
    rehearse: bool,
    rehearse_seconds: float,
    rehearse_failures: float,
    slurm: bool,
    sbatch_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run 'lbhsweep run' in the background, and return once it drives DIR.

    SWEEP, the cluster file and all files that SWEEP names are copied into DIR first: editing them
    later changes nothing.

    The driver outlives the terminal; its output goes to DIR/driver.log.
    """
    from lbhsweep.atomic import not_shared
    from lbhsweep.cli.background import start_and_show, submit_and_show
    from lbhsweep.cli.dropped_runs import refuse_to_drop
    from lbhsweep.errors import SweepLockedError
    from lbhsweep.execution.clusters.spec import SlurmCluster, load_cluster
    from lbhsweep.execution.clusters.start import check_names
    from lbhsweep.execution.driver.session import check_folder
    from lbhsweep.execution.folder.settings import (
        THIS_MACHINE,
        Settings,
        files_to_keep,
        keep_sweep,
    )
    from lbhsweep.execution.folder.slurm_driver import queued_driver
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import expand_grid, load_sweep

    if sbatch_options and not slurm:
        raise click.UsageError("--sbatch: is for a driver in a SLURM job; add --slurm")
    # Errors are printed here, not in a log.
    spec = load_sweep(sweep)
    machine = load_cluster(cluster)
    check_folder(output)
    whole = SweepFolder(output.absolute())
    folder = whole.rehearsal if rehearse else whole
    settings = Settings(
        file=str(sweep.absolute()),
        workers=workers,
        rehearsal=rehearse,
        rehearse_seconds=rehearse_seconds,
        rehearse_failures=rehearse_failures,
    )
    cluster_text = cluster.read_text(encoding="utf-8-sig") if cluster else THIS_MACHINE
    check_names(machine, folder.path)
    if (queued := queued_driver(folder)) is not None and folder.driver() is None:
        raise SweepLockedError(
            f"{folder.path}: SLURM job {queued.job} is in the queue to drive this sweep "
            f"({queued.state}); wait for it, or cancel it with 'lbhsweep stop'"
        )
    if not replace:
        refuse_to_drop(folder, expand_grid(spec, rehearsal=rehearse), sweep)
    folder.create()
    # What is submitted now is run, even if the files change before the job starts or restarts.
    with not_shared(), folder.driver_lock():
        text = sweep.read_text(encoding="utf-8-sig")
        keep_sweep(folder, text, files_to_keep(folder, spec, settings, cluster_text))
    arguments = ["resume", str(whole.path), *(["--rehearsal"] if rehearse else [])]
    if slurm:
        # Core-hours of both kinds of jobs are charged alike.
        account = machine.account if isinstance(machine, SlurmCluster) else None
        options = (*([f"--account={account}"] if account else []), *sbatch_options)
        submit_and_show(arguments, folder, output, options, rehearsal=rehearse, as_json=as_json)
    else:
        start_and_show(arguments, folder, output, rehearsal=rehearse, as_json=as_json)
