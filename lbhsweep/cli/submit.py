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
    rehearse: bool,
    rehearse_seconds: float,
    rehearse_failures: float,
    slurm: bool,
    sbatch_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Start 'lbhsweep run' in the background and return once it drives DIR.

    It outlives the terminal; what it prints goes to DIR/driver.log.
    """
    from lbhsweep.cli.detached import start_and_show, submit_and_show
    from lbhsweep.execution.cluster_spec import load_cluster
    from lbhsweep.execution.session import check_folder
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import load_sweep

    # What is wrong is said here, not in a log.
    load_sweep(sweep)
    load_cluster(cluster)
    check_folder(output)
    whole = SweepFolder(output.absolute())
    arguments = ["run", str(sweep.absolute()), "--output", str(whole.path)]
    arguments += ["--cluster", str(cluster.absolute())] if cluster else []
    arguments += ["--workers", str(workers)] if workers else []
    if rehearse:
        arguments += ["--rehearse", "--rehearse-seconds", str(rehearse_seconds)]
        arguments += ["--rehearse-failures", str(rehearse_failures)]
    folder = whole.rehearsal if rehearse else whole
    if slurm:
        submit_and_show(
            arguments, folder, output, sbatch_options, rehearsal=rehearse, as_json=as_json
        )
    else:
        start_and_show(arguments, folder, output, rehearsal=rehearse, as_json=as_json)
