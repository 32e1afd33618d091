"""The figures by topic with their captions, and those not drawn with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import xarray as xr

from lbhsweep.plots import COMPARISONS, FIGURES, FigureReport
from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.style import unit_text
from lbhsweep.report.described import describe_variable
from lbhsweep.report.parts import Definition, Table, table


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A figure in another format."""

    address: str
    kind: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure that was drawn.

    Attributes
    ----------
    title, caption : str
        Its name with the material, and what is drawn.
    image : str
        Address of the image, relative to the page.
    alternative : str
        Text in place of the image.
    other_files : tuple of OtherFile
        The same figure in other formats.
    formulas : tuple of Definition
        Formulas and sources of its variables.
    references : tuple of str
        Sources of the published values in it.
    """

    title: str
    caption: str
    image: str
    alternative: str
    other_files: tuple[OtherFile, ...]
    formulas: tuple[Definition, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicPictures:
    """Figures under one heading."""

    title: str
    figures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """All figures of the report.

    Attributes
    ----------
    only : tuple of str
        Names of the figures that were asked for, if not all were.
    topics : tuple of TopicPictures
        Those drawn.
    not_drawn : Table
        The others with the reasons.
    is_empty : bool
        Whether there are neither.
    """

    only: tuple[str, ...]
    topics: tuple[TopicPictures, ...]
    not_drawn: Table
    is_empty: bool


def describe_figures(
    figures: Sequence[FigureReport],
    analysis: xr.DataTree,
    results: xr.DataTree,
    only: Collection[str] = (),
) -> Pictures:
    """Describe every figure that was drawn, grouped by topic; list the others.

    Parameters
    ----------
    figures : sequence of FigureReport
        Outcome of each figure.
    analysis, results : DataTree
        Whose variables have formulas and sources.
    only : collection of str
        The figures that were asked for, if not all were.
    """
    topics = []
    for topic in Topic:
        shown = [one for one in figures if one.files and _declaration(one).topic == topic]
        if shown:
            pictures = tuple(_picture(one, [analysis, results]) for one in shown)
            topics.append(TopicPictures(topic.value, pictures))
    return Pictures(tuple(sorted(only)), tuple(topics), _not_drawn(figures), not figures)


def _declaration(figure: FigureReport) -> FigureDeclaration:
    return FIGURES[figure.name] if figure.name in FIGURES else COMPARISONS[figure.name]


def _picture(figure: FigureReport, trees: Sequence[xr.DataTree]) -> Picture:
    declared = _declaration(figure)
    image = next(path for path in figure.files if path.suffix == ".png")
    return Picture(
        title=f"{figure.name.replace('_', ' ')}, {figure.material}",
        caption=declared.caption,
        image=quote(image.name),
        alternative=f"{declared.caption.rstrip('.')} – {figure.material}",
        other_files=tuple(
            OtherFile(quote(path.name), path.suffix[1:].upper())
            for path in figure.files
            if path != image
        ),
        formulas=_formulas(declared.variables, trees),
        references=tuple(one.full for one in declared.references),
    )


def _formulas(names: Sequence[str], trees: Sequence[xr.DataTree]) -> tuple[Definition, ...]:
    found = [one for one in (describe_variable(name, trees) for name in names) if one is not None]
    return tuple(
        Definition(
            f"{one.long_name} ({unit_text(one.units)})"
            if one.units not in ("", "1")
            else one.long_name,
            one.text or "as measured in the runs",
        )
        for one in found
    )


def _not_drawn(figures: Sequence[FigureReport]) -> Table:
    """List the figures that were not drawn, materials with the same reason together."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in figures:
        if not one.files:
            reasons.setdefault((one.name, one.reason), []).append(one.material)
    rows = [
        (name.replace("_", " "), "; ".join(of), reason) for (name, reason), of in reasons.items()
    ]
    return table(("figure", "material", "why"), rows)
