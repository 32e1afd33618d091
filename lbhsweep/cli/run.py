"""``lbhsweep run``: from a sweep file to its dataset."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.run_options import run_options


@click.command(
    "run",
    epilog=examples(
        "lbhsweep run sweeps/quickstart.yaml --output quickstart",
        "lbhsweep run my.yaml --output DIR --cluster cluster/slurm.yaml",
        "lbhsweep run my.yaml --output DIR --rehearse",
    ),
)
@run_options
@click.option("--dashboard", is_flag=True, help="Serve a live page of DIR at the same time.")
@click.option("--retry-failed", is_flag=True, help="Repeat failed runs from scratch.")
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
    dashboard: bool,
    retry_failed: bool,
    as_json: bool,
) -> None:
    """Run all that is missing of SWEEP in DIR, and collect the results.

    Ctrl-C stops with checkpoints; the same command continues from there.
    """
    from lbhsweep.cli.driving import drive
    from lbhsweep.execution.folder.settings import Settings
    from lbhsweep.sweep import load_sweep

    settings = Settings(
        file=str(sweep.absolute()),
        workers=workers,
        rehearsal=rehearse,
        rehearse_seconds=rehearse_seconds,
        rehearse_failures=rehearse_failures,
    )
    spec = load_sweep(sweep)
    text = sweep.read_text(encoding="utf-8-sig")
    with _page(output, rehearsal=rehearse) if dashboard else nullcontext():
        drive(
            spec,
            text,
            output,
            cluster,
            settings,
            may_drop=replace,
            retry_failed=retry_failed,
            as_json=as_json,
        )


@contextmanager
def _page(output: Path, *, rehearsal: bool) -> Iterator[None]:
    """Serve the folder's page from a separate process while the context lasts."""
    line = [sys.executable, "-m", "lbhsweep", "dashboard", str(output), "--wait", "600"]
    line += ["--no-browser", *(["--rehearsal"] if rehearsal else [])]
    # Ctrl-C goes to the sweep, which then ends the page.
    page = subprocess.Popen(line, stdout=sys.stderr, start_new_session=True)
    try:
        yield
    finally:
        page.terminate()
        page.wait(10)
