"""The page, written beside the figures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import xarray as xr

from lbhsweep.analysis.summary import summarize
from lbhsweep.analysis.sweep_file import sweep_of
from lbhsweep.analysis.transition.caveats import caveats, published_caveats
from lbhsweep.atomic import write_atomically
from lbhsweep.document import Document
from lbhsweep.plots.figures import FigureReport
from lbhsweep.plots.shared.material import each_material
from lbhsweep.report.numbers import describe_numbers
from lbhsweep.report.pictures import describe_figures
from lbhsweep.report.provenance import describe_provenance
from lbhsweep.report.rendering import make_environment
from lbhsweep.report.runs import describe_runs
from lbhsweep.report.swept import describe_sweep
from lbhsweep.store.folder import SweepFolder

NAME = "report.html"


def write_report(
    sweep: SweepFolder,
    results: xr.DataTree,
    analysis: xr.DataTree,
    figures: Sequence[FigureReport],
    *,
    only: Collection[str] = (),
) -> Path:
    """Write the report of a sweep beside its figures.

    Parameters
    ----------
    sweep : SweepFolder
        Of the sweep or of its rehearsal.
    results, analysis : DataTree
        Of the sweep, whole or partial.
    figures : sequence of FigureReport
        From `draw_figures`.
    only : collection of str
        The figures that were asked for, if not all were.

    Returns
    -------
    Path
        The page.  The same results and figures give the same page.

    Raises
    ------
    StoreError
        When it can't be written.
    """
    path = sweep.figures / NAME
    page = _page(sweep, _with_sweep(results, sweep), analysis, figures, only)
    write_atomically(path, page.encode("utf-8"))
    return path


def _with_sweep(results: xr.DataTree, sweep: SweepFolder) -> xr.DataTree:
    """Add the sweep file of the folder to results that don't contain it yet."""
    if "sweep_yaml" in results.attrs or not sweep.sweep_yaml.is_file():
        return results
    known = results.copy()
    known.attrs["sweep_yaml"] = sweep.sweep_yaml.read_text("utf-8-sig", errors="replace")
    return known


def _page(
    sweep: SweepFolder,
    results: xr.DataTree,
    analysis: xr.DataTree,
    figures: Sequence[FigureReport],
    only: Collection[str],
) -> str:
    summary = summarize(analysis)
    document = sweep_of(results)
    rehearsal = bool(summary["rehearsal"]) or bool(results.attrs.get("rehearsal", False))
    notes = {label: _caveats(part) for label, _, part in each_material(results, analysis)}
    folder = sweep.path.parent if rehearsal else sweep.path
    template = make_environment("lbhsweep.report").get_template("report.html")
    return template.render(
        name=_of_sweep(document, "name") or "A sweep without a name",
        description=_of_sweep(document, "description"),
        is_rehearsal=rehearsal,
        swept=describe_sweep(results, document),
        runs=describe_runs(results, summary["runs"], folder, rehearsal=rehearsal),
        numbers=describe_numbers(summary, analysis, notes),
        figures=describe_figures(figures, analysis, results, only),
        provenance=describe_provenance(results, analysis),
    )


def _caveats(part: xr.DataTree) -> list[str]:
    if "transition" not in part.children:
        return []
    return [*caveats(part), *published_caveats(part["transition"].to_dataset())]


def _of_sweep(document: Document | None, key: str) -> str:
    value = None if document is None else document.at((key,))
    return "" if value is None else str(value)
