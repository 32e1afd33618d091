"""``lbhsweep cluster check``: test of a cluster file with one worker."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.formatting import wrap_text

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import ClusterError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from lbhsweep.execution.clusters.check import ClusterCheck
    from lbhsweep.execution.clusters.leaks import Leaks
    from lbhsweep.execution.events import Event

CLOCK_TOLERANCE_S = 5.0


@click.group("cluster")
def command() -> None:
    """Check a cluster file before a sweep depends on it, and list the keys that it may have."""


@command.command(
    "check",
    epilog=examples(
        "lbhsweep cluster check cluster/slurm.yaml --output .",
        "lbhsweep cluster check cluster/local.yaml --pilot",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    default=".",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder on storage that workers see; the check creates a folder in it.",
)
@click.option(
    "--timeout",
    default=600.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Seconds to wait for the worker, if the cluster file has no smaller limit.",
)
@click.option("--pilot", is_flag=True, help="Measure molecular dynamics on the worker, ns a day.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path, output: Path, timeout: float, pilot: bool, as_json: bool) -> None:
    """Start one worker of FILE's cluster, let it do synthetic runs, and print its environment.

    Exit status 2 if the worker doesn't start; its logs are kept then.
    """
    from lbhsweep.atomic import storing
    from lbhsweep.execution.clusters.check import check_cluster
    from lbhsweep.execution.clusters.leaks import leaks
    from lbhsweep.execution.clusters.memory import memory_note, memory_warning
    from lbhsweep.execution.clusters.spec import load_cluster
    from lbhsweep.execution.clusters.start import job_script

    spec = load_cluster(file)
    if warning := memory_warning(spec):
        click.echo(f"{file}: {warning}", err=True)
    spec = spec.model_copy(update={"start_timeout": min(timeout, spec.start_timeout)})
    leaked = leaks(spec)
    with storing(output):
        folder = Path(tempfile.mkdtemp(prefix="lbhsweep-check-", dir=output.absolute()))
    try:
        script = job_script(spec, folder)
        if script and not as_json:
            click.echo(f"job script:\n{script.rstrip()}\n")
        if not as_json:
            _show_leaks(leaked, memory_note(spec))
        found = check_cluster(spec, folder, pilot=pilot, report=_warn)
    except ClusterError as error:
        click.echo(f"{error}\nfiles are kept: {folder}", err=True)
        sys.exit(2)
    shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        print_json({"job_script": script, "environment": asdict(leaked), **asdict(found)})
    else:
        _show(found, output, file)


def _warn(event: Event) -> None:
    """Print what keeps the worker from starting."""
    from lbhsweep.cli.progress import note

    if text := note(event):
        click.echo(text, err=True)


def _show_leaks(leaked: Leaks, memory: str) -> None:
    """Print the settings of this shell and user that act, and those that don't."""
    for what, names in (("act", leaked.acting), ("do not act", leaked.ignored)):
        if names:
            click.echo(f"settings from outside the cluster file that {what}:")
        for name in names:
            click.echo(f"  {name}")
    if memory:
        click.echo(f"memory:    {memory}")


def _show(found: ClusterCheck, output: Path, file: Path) -> None:
    worker = found.worker
    click.echo(f"worker:    on {worker.host} after {found.waited_s:.0f} s")
    click.echo(f"network:   scheduler {found.scheduler}, worker {worker.address}")
    if abs(found.clock_difference) >= CLOCK_TOLERANCE_S:
        click.echo(
            f"clock:     {found.clock_difference:+.0f} s against this machine's: times in logs are "
            "by this one's"
        )
    click.echo(f"processor: {worker.cpu}; {worker.cpu_features}")
    versions = ", ".join(f"{name} {one}" for name, one in worker.packages.items())
    click.echo(f"versions:  Python {worker.python}, {versions}")
    if found.differing:
        click.echo(f"           other versions than here: {', '.join(found.differing)}")
    click.echo(f"scratch:   {worker.scratch}, {worker.scratch_speed:.0f} MB/s")
    locks = "locks work" if worker.has_locks else "no locks: choose another file system"
    click.echo(f"storage:   {output.absolute()}, {worker.folder_speed:.0f} MB/s, {locks}")
    click.echo(f"rehearsal: {found.runs_done} of {found.runs} runs done")
    if found.ns_per_day is not None:
        click.echo(
            f"pilot:     {found.ns_per_day:.0f} ns/day of 832 atoms a worker; for 'lbhsweep plan "
            f"SWEEP --cluster {file}' write into it\nns_per_day: {found.ns_per_day:.0f}"
        )


@command.command("keys", epilog=examples("lbhsweep cluster keys slurm"))
@click.argument("kind", default="")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def keys(kind: str, as_json: bool) -> None:
    """List the keys of a cluster file of a KIND; without one, the kinds."""
    from lbhsweep.execution.clusters.spec import KINDS

    if kind and kind not in KINDS:
        raise click.BadParameter(f"got '{kind}', wanted one of {', '.join(KINDS)}")
    if not kind:
        described = {name: model.__doc__ or "" for name, model in KINDS.items()}
    else:
        described = {
            name: f"{' '.join((field.description or '').split())} {_usual(field)}".strip()
            for name, field in KINDS[kind].model_fields.items()
        }
    if as_json:
        print_json(described)
        return
    for name, about in described.items():
        click.echo(wrap_text(about, 96, f"{name:14}  ", " " * 16))


def _usual(field: FieldInfo) -> str:
    if field.is_required():
        return "Required."
    usual = field.get_default(call_default_factory=True)
    return "" if usual in (None, (), {}) else f"By default {usual}."
