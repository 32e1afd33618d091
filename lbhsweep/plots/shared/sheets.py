"""Several materials' figures on one sheet, and writing sheets to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.image import imsave

from lbhsweep.atomic import write_atomically
from lbhsweep.plots.shared.style import (
    PAGE_INCHES,
    RESOLUTION_DPI,
    STYLE,
    TWO_COLUMNS_INCHES,
)

Pixels = npt.NDArray[np.uint8]
_GAP = round(0.12 * RESOLUTION_DPI)
"""White between figures, pixels."""
_HIGHEST_INCHES = 3.0 * PAGE_INCHES
"""Of a sheet; more figures go to another one."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file's worth of figures.

    Attributes
    ----------
    pixels : array (height, width, 4)
        Its picture.
    labels : tuple of str
        Materials on it.
    """

    pixels: Pixels
    labels: tuple[str, ...]


def arrange(figures: Iterable[tuple[str, Figure]]) -> Iterator[Sheet]:
    """Put figures (label, figure) on sheets, no higher than three pages unless it is one figure.

    Figures as wide as one column of a journal stand side by side, others below each other.
    """
    width = round(TWO_COLUMNS_INCHES * RESOLUTION_DPI) + _GAP
    height = round(_HIGHEST_INCHES * RESOLUTION_DPI)
    rows: list[list[Pixels]] = []
    labels: list[str] = []
    for label, figure in figures:
        picture = _paint(figure)
        fits_beside = bool(rows) and _width([*rows[-1], picture]) <= width
        grown = [*rows[:-1], [*rows[-1], picture]] if fits_beside else [*rows, [picture]]
        if rows and _height(grown) > height:
            yield _sheet(rows, labels)
            grown, labels = [[picture]], []
        rows = grown
        labels = [*labels, label]
    if rows:
        yield _sheet(rows, labels)


def write_png(sheet: Sheet, path: Path) -> None:
    """Write a sheet as PNG, whole or not at all.

    Raises
    ------
    StoreError
        If the file can't be written.
    """
    content = BytesIO()
    imsave(content, sheet.pixels, format="png", dpi=RESOLUTION_DPI)
    write_atomically(path, content.getvalue())


def write_pdf(figures: Iterable[Figure], path: Path) -> None:
    """Write figures as the pages of one PDF, whole or not at all.

    Raises
    ------
    StoreError
        If the file can't be written.
    """
    content = BytesIO()
    with rc_context(STYLE), PdfPages(content) as pages:
        for figure in figures:
            pages.savefig(figure)
    write_atomically(path, content.getvalue())


def _paint(figure: Figure) -> Pixels:
    with rc_context(STYLE):
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba()).copy()  # type: ignore[attr-defined]


def _width(row: list[Pixels]) -> int:
    return sum(int(one.shape[1]) for one in row) + _GAP * (len(row) - 1)


def _height(rows: list[list[Pixels]]) -> int:
    return sum(max(int(one.shape[0]) for one in row) for row in rows) + _GAP * (len(rows) - 1)


def _sheet(rows: list[list[Pixels]], labels: list[str]) -> Sheet:
    pixels = np.full((_height(rows), max(map(_width, rows)), 4), 255, dtype=np.uint8)
    top = 0
    for row in rows:
        left = 0
        for one in row:
            pixels[top : top + one.shape[0], left : left + one.shape[1]] = one
            left += one.shape[1] + _GAP
        top += max(one.shape[0] for one in row) + _GAP
    return Sheet(pixels, tuple(labels))
