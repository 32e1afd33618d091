"""``lbhsweep plot``: the figures of a sweep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lbhsweep.plots import FigureReport


@click.command("plot")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="Plot the folder's rehearsal.")
@click.option("--vector", is_flag=True, help="Write PDF beside PNG.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, rehearsal: bool, vector: bool, as_json: bool) -> None:
    """Draw the figures of FOLDER into FOLDER/figures, analyzing its results first if need be.

    Says which figures were not drawn and why.
    """
    from lbhsweep.analysis import current_analysis
    from lbhsweep.cli.results import open_sweep
    from lbhsweep.plots import draw_figures

    sweep, results = open_sweep(folder, rehearsal=rehearsal)
    analysis = current_analysis(results, sweep.analysis)
    reports = draw_figures(results, analysis, sweep.figures, vector=vector)
    if as_json:
        click.echo(json.dumps(_summary(reports), ensure_ascii=False))
    else:
        _show(reports)


def _summary(reports: list[FigureReport]) -> dict[str, object]:
    return {
        "written": [str(path) for report in reports for path in report.files],
        "not_written": [
            {"figure": report.name, "material": report.material, "reason": report.reason}
            for report in reports
            if not report.files
        ],
    }


def _show(reports: list[FigureReport]) -> None:
    for report in reports:
        for path in report.files:
            click.echo(str(path))
    for report in reports:
        if not report.files:
            click.echo(f"not drawn: {report.name} ({report.material}): {report.reason}")
    if not reports:
        click.echo("nothing to plot: no run has finished yet")
