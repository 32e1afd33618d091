"""``lbhsweep plot``: the figures of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.repeated import split_at_commas
from lbhsweep.cli.terminal import print_json
from lbhsweep.cli.work_shown import WorkShown

if TYPE_CHECKING:
    from lbhsweep.plots import FigureReport


def _complete_names(context: click.Context, option: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in _names() if name.startswith(incomplete)]


def _names() -> tuple[str, ...]:
    from lbhsweep.plots import COMPARISONS, FIGURES

    return (*FIGURES, *COMPARISONS)


@click.command(
    "plot",
    epilog=examples(
        "lbhsweep plot DIR", "lbhsweep plot DIR --only hysteresis,barocaloric --vector"
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="Plot the folder's rehearsal.")
@click.option("--vector", is_flag=True, help="Write PDF beside PNG, a page for each material.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete_names,
    callback=split_at_commas,
    help="Draw this figure only; repeatable, or several with commas.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    folder: Path, rehearsal: bool, vector: bool, only: tuple[str, ...], as_json: bool
) -> None:
    """Draw the figures of FOLDER into FOLDER/figures, analyzing its results first if need be.

    Prints which figures were not drawn and why, and writes figures/report.html: the sweep,
    numbers, caveats and the figures on one page; with --only an existing page stays.
    """
    from lbhsweep.analysis import current_analysis
    from lbhsweep.cli.results import open_sweep
    from lbhsweep.plots import draw_figures
    from lbhsweep.report import REPORT, write_report

    _check_names(only)
    sweep, results = open_sweep(folder, rehearsal=rehearsal)
    page = sweep.figures / REPORT
    # One figure drawn again is no reason to lose the others.
    is_kept = bool(only) and page.exists()
    with WorkShown("reading the analysis") as work:
        analysis = current_analysis(results, sweep.analysis, stage=work)
        work("drawing figures")
        reports = draw_figures(results, analysis, sweep.figures, vector=vector, only=only)
        if not is_kept:
            work("writing the report")
            write_report(sweep, results, analysis, reports, only=only)
    if as_json:
        print_json(_summary(reports, page))
    else:
        _show(reports)
        kept = " (unchanged; 'plot' without --only rewrites it)" if is_kept else ""
        click.echo(f"report: {page}{kept}")


def _check_names(only: tuple[str, ...]) -> None:
    from lbhsweep.plots import FORMER

    for name in only:
        if name not in _names() and name not in FORMER:
            raise click.BadParameter(
                f"got {name!r}, wanted one of: {', '.join(_names())}", param_hint="'--only'"
            )


def _summary(reports: list[FigureReport], page: Path) -> dict[str, object]:
    return {
        "report": str(page),
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
    for reason, names in _not_drawn(reports).items():
        click.echo(f"not drawn: {', '.join(names)}: {reason}")
    if not reports:
        click.echo("nothing to plot: no run has finished yet")


def _not_drawn(reports: list[FigureReport]) -> dict[str, list[str]]:
    """Group figures by reason, each with its material if others have another reason or none."""
    several = len({report.material for report in reports}) > 1
    found: dict[str, dict[str, list[str]]] = {}
    for report in reports:
        if not report.files:
            found.setdefault(report.reason, {}).setdefault(report.name, []).append(report.material)
    return {
        reason: [
            f"{name} ({of[0]}{f' and {len(of) - 1} more' if len(of) > 1 else ''})"
            if several
            else name
            for name, of in names.items()
        ]
        for reason, names in found.items()
    }
