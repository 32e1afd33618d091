"""The figures by topic with their captions, and those not drawn with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import quote

import xarray as xr

from lbhsweep.plots import COMPARISONS, FIGURES, FigureReport
from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.style import unit_text
from lbhsweep.report.described import describe_variable
from lbhsweep.report.html import Html, definitions, folded, join, section, table, tag


def pictures_section(
    figures: Sequence[FigureReport],
    analysis: xr.DataTree,
    results: xr.DataTree,
    only: Collection[str] = (),
) -> Html:
    """Show every figure that was drawn, grouped by topic; list the others.

    Parameters
    ----------
    figures : sequence of FigureReport
        What became of each figure.
    analysis, results : DataTree
        Whose variables give formulas and sources.
    only : collection of str
        The figures that were asked for, if not all were.
    """
    pieces: list[object] = []
    if only:
        names = ", ".join(sorted(only))
        pieces.append(tag("p", f"Only these figures were asked for (--only): {names}."))
    for topic in Topic:
        shown = [one for one in figures if one.files and _declaration(one).topic == topic]
        if shown:
            pieces.append(tag("h3", topic))
            pieces += [_figure(one, [analysis, results]) for one in shown]
    pieces.append(_not_drawn(figures))
    if not figures:
        pieces.append(tag("p", "No figure: no run has finished yet."))
    return section("Figures", *pieces, key="figures")


def _declaration(figure: FigureReport) -> FigureDeclaration:
    return FIGURES[figure.name] if figure.name in FIGURES else COMPARISONS[figure.name]


def _figure(figure: FigureReport, trees: Sequence[xr.DataTree]) -> Html:
    declared = _declaration(figure)
    image = next(path for path in figure.files if path.suffix == ".png")
    also = [
        join([" ", tag("a", path.suffix[1:].upper(), href=quote(path.name))])
        for path in figure.files
        if path != image
    ]
    alt = f"{declared.caption.rstrip('.')} – {figure.material}"
    return tag(
        "figure",
        tag("img", src=quote(image.name), alt=alt, loading="lazy"),
        tag(
            "figcaption",
            tag("strong", f"{figure.name.replace('_', ' ')}, {figure.material}. "),
            declared.caption,
            *also,
            _formulas(declared.variables, trees),
        ),
    )


def _formulas(names: Sequence[str], trees: Sequence[xr.DataTree]) -> Html:
    found = [one for one in (describe_variable(name, trees) for name in names) if one is not None]
    pairs = [
        (
            f"{one.long_name} ({unit_text(one.units)})"
            if one.units not in ("", "1")
            else one.long_name,
            one.text or "as measured in the runs",
        )
        for one in found
    ]
    return folded("Formulas and sources", definitions(pairs)) if pairs else Html("")


def _not_drawn(figures: Sequence[FigureReport]) -> Html:
    """List the figures that were not drawn, materials with the same reason together."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in figures:
        if not one.files:
            reasons.setdefault((one.name, one.reason), []).append(one.material)
    if not reasons:
        return Html("")
    rows = [
        (name.replace("_", " "), "; ".join(of), reason) for (name, reason), of in reasons.items()
    ]
    return join([tag("h3", "Not drawn"), table(("figure", "material", "why"), rows)])
