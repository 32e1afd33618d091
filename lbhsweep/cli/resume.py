"""``lbhsweep resume``: a sweep continues as it was last run."""

from __future__ import annotations

from pathlib import Path

import click

from lbhsweep.cli.examples import examples


@click.command(
    "resume", epilog=examples("lbhsweep resume DIR", "lbhsweep resume DIR --detach --workers 8")
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--cluster",
    type=click.Path(path_type=Path),
    help="Cluster file, instead of the one used last, which the folder keeps.",
)
@click.option("--workers", type=click.IntRange(1), help="Workers, instead of the cluster file's.")
@click.option("--rehearsal", is_flag=True, help="Resume the folder's rehearsal.")
@click.option("--detach", is_flag=True, help="Run in the background, as 'lbhsweep submit' does.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    folder: Path,
    cluster: Path | None,
    workers: int | None,
    rehearsal: bool,
    detach: bool,
    as_json: bool,
) -> None:
    """Run what is missing in FOLDER with the sweep, cluster file and options used last."""
    from dataclasses import replace

    from lbhsweep.cli.background import start_and_show
    from lbhsweep.cli.driving import drive
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.document import parse_document
    from lbhsweep.execution.clusters.spec import load_cluster
    from lbhsweep.execution.folder.settings import read_settings
    from lbhsweep.sweep.load import sweep_from

    sweep = find_sweep(folder, rehearsal=rehearsal)
    settings = read_settings(sweep)
    if cluster is None and sweep.cluster_yaml.exists():
        cluster = sweep.cluster_yaml
    elif cluster is not None:
        # The workers given last were for another cluster.
        settings = replace(settings, workers=None)
    if workers is not None:
        settings = replace(settings, workers=workers)
    load_cluster(cluster)
    text = sweep.sweep_yaml.read_text(encoding="utf-8-sig")
    spec = sweep_from(parse_document(text, settings.file, sweep.inputs))
    if detach:
        options = ["resume", str(folder.absolute())]
        options += ["--cluster", str(cluster.absolute())] if cluster else []
        options += ["--workers", str(settings.workers)] if settings.workers else []
        options += ["--rehearsal"] if rehearsal else []
        start_and_show(options, sweep, folder, rehearsal=rehearsal, as_json=as_json)
        return
    drive(spec, text, folder, cluster, settings, as_json=as_json)
