"""All figures of a sweep, and writing them to files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots import caloric, equilibrium, phases, structure, transition, transport
from lbhsweep.plots.shared.declaration import FigureDeclaration
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.sheets import arrange, write_pdf, write_png
from lbhsweep.plots.shared.style import Nothing

Materials = list[tuple[str, xr.DataTree, xr.DataTree]]

_DECLARED = sorted(
    (
        *transition.FIGURES,
        *equilibrium.FIGURES,
        *phases.FIGURES,
        *caloric.FIGURES,
        *transport.FIGURES,
        *structure.FIGURES,
    ),
    key=lambda figure: figure.rank,
)
FIGURES = MappingProxyType({figure.name: figure for figure in _DECLARED if not figure.over})
"""Every figure of one material by the name of its file."""
COMPARISONS = MappingProxyType({figure.name: figure for figure in _DECLARED if figure.over})
"""Every figure that shows several materials at once by the name of its file."""


FORMER = MappingProxyType({name: figure.name for figure in _DECLARED for name in figure.includes})
"""Names of former figures and of those whose panels they are now."""


@dataclass(frozen=True, slots=True)
class FigureReport:
    """Outcome of one figure: the files written, or the reason why there is none.

    Attributes
    ----------
    name : str
        Of the figure.
    material : str
        Label of the material, or labels of all that are on the sheet.
    files : tuple of Path
        A sheet, and with the first one the PDF of all materials.
    reason : str
        Why there is no file.
    """

    name: str
    material: str
    files: tuple[Path, ...]
    reason: str = ""


def draw_figures(
    tree: xr.DataTree,
    analysis: xr.DataTree,
    folder: Path,
    *,
    vector: bool = False,
    only: Collection[str] = (),
) -> list[FigureReport]:
    """Draw every figure into `folder`, those of all materials on one sheet.

    What is higher than three pages of a journal goes to ``NAME-2.png``, ``NAME-3.png``, ….

    Parameters
    ----------
    tree : DataTree
        The results.
    analysis : DataTree
        Their analysis.
    folder : Path
        Created if absent.
    vector : bool
        Write PDF beside PNG, with a page for each material.
    only : collection of str
        Names of the figures wanted; none: all.  Former names stand for the figures whose panels
        they are now.

    Returns
    -------
    list of FigureReport

    Raises
    ------
    StoreError
        When a file can't be written.
    """
    wanted = {FORMER.get(name, name) for name in only}
    by_over: dict[tuple[str, ...], Materials] = {}
    reports: list[FigureReport] = []
    for declared in (*FIGURES.values(), *COMPARISONS.values()):
        if wanted and declared.name not in wanted:
            continue
        if declared.over not in by_over:
            by_over[declared.over] = list(each_material(tree, analysis, declared.over))
        reports += _write(declared, by_over[declared.over], folder, vector=vector)
    return reports


def _write(
    declared: FigureDeclaration, materials: Materials, folder: Path, *, vector: bool
) -> list[FigureReport]:
    missing: list[FigureReport] = []
    pages: list[Figure] = []

    def drawn() -> Iterator[tuple[str, Figure]]:
        for label, results, products in materials:
            figure = declared.make(results, products)
            if isinstance(figure, Nothing):
                missing.append(FigureReport(declared.name, label, (), figure.reason))
                continue
            if vector:
                pages.append(figure)
            yield label, figure

    found = []
    for number, sheet in enumerate(arrange(drawn()), start=1):
        path = folder / (f"{declared.name}.png" if number == 1 else f"{declared.name}-{number}.png")
        write_png(sheet, path)
        found.append(FigureReport(declared.name, "; ".join(sheet.labels), (path,)))
    if pages:
        path = folder / f"{declared.name}.pdf"
        write_pdf(pages, path)
        found[0] = replace(found[0], files=(*found[0].files, path))
    return found + missing
