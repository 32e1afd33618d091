"""Options of `run` and `submit`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("sweep", type=click.Path(path_type=Path)),
    click.option(
        "--output",
        required=True,
        type=click.Path(path_type=Path),
        help="Folder of the sweep; created if absent, resumed if it exists.",
    ),
    click.option(
        "--cluster",
        type=click.Path(path_type=Path),
        help="Cluster file; without one, a worker on each core of this machine.",
    ),
    click.option(
        "--workers", type=click.IntRange(1), help="Workers, instead of the cluster file's."
    ),
    click.option(
        "--replace",
        is_flag=True,
        help="Let runs of another sweep in DIR drop out of the results; their records stay.",
    ),
    click.option("--rehearse", is_flag=True, help="Synthetic runs in seconds, in DIR/rehearsal."),
    click.option(
        "--rehearse-seconds",
        type=click.FloatRange(0),
        default=0.0,
        help="Duration of each synthetic run.",
    ),
    click.option(
        "--rehearse-failures",
        type=click.FloatRange(0, 1),
        default=0.0,
        help="Fraction of synthetic runs that fail.",
    ),
)


def run_options(command: Command) -> Command:
    """Add the sweep's file and the options of `run` and `submit` to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
