"""The page: its parts in order, written beside the figures."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from importlib.resources import files
from pathlib import Path

import xarray as xr

from lbhsweep import __version__
from lbhsweep.analysis.summary import summarize
from lbhsweep.analysis.sweep_file import sweep_of
from lbhsweep.analysis.transition.caveats import caveats
from lbhsweep.document import Document
from lbhsweep.plots.figures import FigureReport
from lbhsweep.plots.shared.material import each_material
from lbhsweep.report.html import Html, definitions, folded, join, section, tag
from lbhsweep.report.numbers import numbers_section
from lbhsweep.report.pictures import pictures_section
from lbhsweep.report.runs import runs_section
from lbhsweep.report.swept import swept_section
from lbhsweep.store.atomic import write_atomically
from lbhsweep.store.folder import SweepFolder

NAME = "report.html"
REHEARSAL = "REHEARSAL – not physics: everything on this page comes from a made-up material."
_SECTIONS = {
    "swept": "What was swept",
    "runs": "Runs",
    "numbers": "Numbers",
    "figures": "Figures",
    "provenance": "Provenance",
}


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
    """Let results that don't keep their sweep's file yet have it from the folder."""
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
    notes = {label: caveats(part) for label, _, part in each_material(results, analysis)}
    name = _said(document, "name") or "A sweep without a name"
    folder = sweep.path.parent if rehearsal else sweep.path
    links = (tag("a", title, href=f"#{key}") for key, title in _SECTIONS.items())
    body = [
        *([tag("p", REHEARSAL, class_="banner", role="alert")] if rehearsal else []),
        tag("h1", name),
        tag("p", _said(document, "description"), class_="lead"),
        tag("nav", *links),
        swept_section(results, document),
        runs_section(results, summary["runs"], folder, rehearsal=rehearsal),
        numbers_section(summary, analysis, notes),
        pictures_section(figures, analysis, results, only),
        _provenance(results, analysis),
    ]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{name} – lbhsweep" + (" – REHEARSAL" if rehearsal else "")),
        tag("style", Html(files("lbhsweep.report").joinpath("style.css").read_text("utf-8"))),
    )
    main = tag("body", tag("main", *body))
    return f"<!DOCTYPE html>\n{tag('html', head, main, lang='en')}\n"


def _said(document: Document | None, key: str) -> str:
    value = None if document is None else document.at((key,))
    return "" if value is None else str(value)


def _provenance(results: xr.DataTree, analysis: xr.DataTree) -> Html:
    """Say which versions made the results and the analysis, and with which force fields."""
    of = results.attrs
    facts = {
        "simulated with": f"lbhsweep {of.get('package_version', 'unknown')}",
        "physics version": of.get("physics_version", "unknown"),
        "schema of the results": of.get("schema_version", "unknown"),
        "analysed with": f"lbhsweep {analysis.attrs.get('package_version', __version__)}",
        "schema of the analysis": analysis.attrs.get("schema_version", "unknown"),
        "digest of the results": tag("code", analysis.attrs.get("results_digest", "unknown")),
    }
    listing = _force_fields(str(of.get("force_fields", "")))
    return section("Provenance", definitions(facts.items()), listing, key="provenance")


def _force_fields(text: str) -> Html:
    try:
        listed = json.loads(text)
    except ValueError:
        return Html("")
    if not isinstance(listed, dict):
        return Html("")
    return join(
        folded(f"Force field {name}", tag("pre", tag("code", json.dumps(content, indent=1))))
        for name, content in listed.items()
    )
