"""All figures of a sweep, and writing them to files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.errors import StoreError
from lbhsweep.plots import caloric, phases, structure, transition, transport
from lbhsweep.plots.shared.declaration import FigureDeclaration
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing, save

_DECLARED = sorted(
    (
        *transition.FIGURES,
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


@dataclass(frozen=True, slots=True)
class FigureReport:
    """Outcome of one figure: the files written, or the reason why there is none."""

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
    """Draw every figure of every material into `folder`.

    Parameters
    ----------
    tree : DataTree
        The results.
    analysis : DataTree
        Their analysis.
    folder : Path
        Created if absent.
    vector : bool
        Write PDF beside PNG.
    only : collection of str
        Names of the figures wanted; none: all.

    Returns
    -------
    list of FigureReport

    Raises
    ------
    StoreError
        When a file can't be written.
    """
    reports = []
    for name, label, suffix, figure in _draw_all(tree, analysis, only):
        if isinstance(figure, Nothing):
            reports.append(FigureReport(name, label, (), figure.reason))
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = save(figure, folder / f"{name}{suffix}.png", vector=vector)
        except OSError as error:
            raise StoreError(
                f"{folder}: the figure {name} can't be written: {error}; "
                "free space or make the folder writable, then plot again"
            ) from error
        reports.append(FigureReport(name, label, tuple(files)))
    return reports


def _draw_all(
    tree: xr.DataTree, analysis: xr.DataTree, only: Collection[str]
) -> Iterator[tuple[str, str, str, Figure | Nothing]]:
    """Yield each figure with its name, the material's label and the suffix of its file."""
    by_over: dict[tuple[str, ...], list[FigureDeclaration]] = {}
    for declared in (*FIGURES.values(), *COMPARISONS.values()):
        by_over.setdefault(declared.over, []).append(declared)
    for over, figures in by_over.items():
        materials = list(each_material(tree, analysis, over))
        for label, results, products in materials:
            suffix = f"-{_slug(label)}" if len(materials) > 1 else ""
            for declared in figures:
                if not only or declared.name in only:
                    yield declared.name, label, suffix, declared.make(results, products)


def _slug(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", label).strip("-")
