"""``lbhsweep dashboard``: a live page of a sweep."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli.browser import open_page
from lbhsweep.cli.examples import examples
from lbhsweep.cli.repeated import split_at_commas
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import FolderError, StoreError

if TYPE_CHECKING:
    from lbhsweep.dashboard.watch import SweepWatch

NO_BOKEH = "the page needs bokeh; install it with: pip install 'lbhsweep[dashboard]'"


@click.command(
    "dashboard",
    epilog=examples("lbhsweep dashboard DIR", "lbhsweep dashboard DIR --port 5006 --no-browser"),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="Show the folder's rehearsal.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Of this machine; 0 for any free one."
)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=2.0,
    help="Seconds to wait for a sweep that is about to start.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    callback=split_at_commas,
    metavar="NAME",
    help="Name by which a proxy's users reach the page; repeatable. Others are refused.",
)
@click.option(
    "--prefix",
    default="",
    metavar="PATH",
    help="Path that a proxy puts before the page's own and keeps; not for proxies that remove it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, once it is served.")
def command(
    folder: Path,
    rehearsal: bool,
    port: int,
    wait: float,
    no_browser: bool,
    hosts: tuple[str, ...],
    prefix: str,
    as_json: bool,
) -> None:
    """Serve a live page of FOLDER on this machine until Ctrl-C.

    It shows all runs by status, one run at a click, what the workers do, and the analysis so far.
    It only reads FOLDER: of a sweep that runs or has ended, or a copy.
    """
    try:
        from lbhsweep.dashboard.serve import Dashboard, tunnel
    except ImportError as error:
        raise click.UsageError(f"{NO_BOKEH} ({error})") from error
    watch = _watched(folder, wait, rehearsal=rehearsal)
    board = Dashboard(watch, port, hosts=hosts, prefix=prefix)
    # SIGTERM as Ctrl-C, so that a page which 'lbhsweep run' started ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def started() -> None:
        if as_json:
            print_json({"address": board.address, "port": board.port})
        else:
            click.echo(f"page:   {board.address} (Ctrl-C ends it)")
            if "SSH_CONNECTION" in os.environ:
                click.echo(f"from another machine first: {tunnel(board.port)}")
        sys.stdout.flush()
        if not no_browser and not as_json:
            open_page(board.address)

    try:
        board.run(started)
    except KeyboardInterrupt:
        click.echo("the page is closed", err=True)


def _watched(folder: Path, patience_s: float, *, rehearsal: bool) -> SweepWatch:
    """Open a folder whose driver may just be starting."""
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.dashboard.watch import SweepWatch

    deadline = time.monotonic() + patience_s
    while True:
        try:
            return SweepWatch(find_sweep(folder, rehearsal=rehearsal))
        except (FolderError, StoreError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
