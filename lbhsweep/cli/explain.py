"""``lbhsweep explain``: a sweep file in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json

if TYPE_CHECKING:
    from lbhsweep.cli.explained import Part


@click.command("explain", epilog=examples("lbhsweep explain sweeps/quickstart.yaml"))
@click.argument("sweep", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(sweep: Path, as_json: bool) -> None:
    """Describe in plain words what SWEEP simulates, what it will show, and its pitfalls.

    Starts and writes nothing; 'lbhsweep plan' shows the grid and its cost.
    """
    from lbhsweep.cli.explained import explain
    from lbhsweep.sweep import load_sweep

    parts = explain(load_sweep(sweep), str(sweep))
    if as_json:
        shown = {part.title: [*part.sentences, *part.commands] for part in parts}
        print_json(shown)
    else:
        _show(parts)


def _show(parts: list[Part]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for part in parts:
        console.print(Text(part.title, style="bold"))
        for sentence in part.sentences:
            console.print(Padding(Text(sentence), (0, 0, 0, 2)))
        for line in part.commands:
            console.print(Text(f"    {line}"), soft_wrap=True)
