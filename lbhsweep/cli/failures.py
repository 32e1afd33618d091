"""Failed runs on the terminal, by class."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import click

MOST_SHOWN = 5


def show_failures(failures: list[dict[str, Any]]) -> None:
    """List failed runs by class, some of each with their message."""
    by_class: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for failure in failures:
        by_class[failure["error_class"]].append(failure)
    for error_class, members in sorted(by_class.items()):
        click.echo(f"failed, {error_class}: {len(members)}")
        for one in members[:MOST_SHOWN]:
            click.echo(f"  {one['label']}: step {one['step']}: {one['message']}")
        if len(members) > MOST_SHOWN:
            click.echo(f"  … and {len(members) - MOST_SHOWN} more ('lbhsweep status --json')")
