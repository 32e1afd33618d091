"""What is said of a run on the command line, in the foreground or not."""

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
        help="Folder of the sweep; made if absent, gone on with if it is there.",
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
        "--rehearse", is_flag=True, help="Make-believe physics in seconds, in DIR/rehearsal."
    ),
    click.option(
        "--rehearse-seconds",
        type=click.FloatRange(0),
        default=0.0,
        help="How long each make-believe run pretends to work.",
    ),
    click.option(
        "--rehearse-failures",
        type=click.FloatRange(0, 1),
        default=0.0,
        help="Share of make-believe runs that pretend to fail.",
    ),
)


def run_options(command: Command) -> Command:
    """Give a command the sweep's file and all that `run` and `submit` share."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
