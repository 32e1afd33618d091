"""What all figures share: colours, markers, labels, watermark, and how they are saved.

Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which colour-blind readers
can distinguish.  Heating and cooling also differ in marker, filling and line, so that they can be
distinguished in a grey print.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lbhsweep.atomic import write_atomically
from lbhsweep.plots.shared.simulated import describe

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, AMBER, YELLOW, BLACK, GREY = "#56B4E9", "#E69F00", "#F0E442", "#000000", "#7F7F7F"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, BLACK)
"""Colours of a series (pressures, rates), in order."""

HEATING: dict[str, Any] = {"marker": "^", "linestyle": "-", "fillstyle": "full"}
COOLING: dict[str, Any] = {"marker": "v", "linestyle": "--", "fillstyle": "none"}
DIRECTIONS = {"heating": HEATING, "cooling": COOLING}
DIRECTION_COLOURS = {"heating": ORANGE, "cooling": BLUE}

_UNITS = {
    "angstrom**3": "Å³",
    "angstrom": "Å",
    "kJ/mol": "kJ mol⁻¹",
    "J/kg/K": "J kg⁻¹ K⁻¹",
    "kJ/mol/K": "kJ mol⁻¹ K⁻¹",
    "K/ps": "K ps⁻¹",
    "K/GPa": "K GPa⁻¹",
    "1/angstrom**3": "Å⁻³",
    "1/cm": "cm⁻¹",
    "1/ns": "ns⁻¹",
    "degree": "°",
    "cm**2/s": "cm² s⁻¹",
    "angstrom**2": "Å²",
    "S/cm": "S cm⁻¹",
    "1/ps": "ps⁻¹",
    "1/K": "K⁻¹",
    "1/GPa": "GPa⁻¹",
}
STYLE: Any = {
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "legend.fontsize": 8.0,
    "legend.framealpha": 0.85,
    "lines.markersize": 4.5,
    "lines.linewidth": 1.1,
    "axes.grid": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "errorbar.capsize": 1.5,
    "hatch.linewidth": 0.6,
}
"""Settings of matplotlib in which figures are drawn and saved, whatever the caller's are."""
RESOLUTION_DPI = 200
_CHARACTERS_PER_INCH = 17.0
_CHARACTERS_IN_PANEL = 14.0
"""Characters of a reason per inch of its panel, with room at both sides."""
_LINE_INCHES = 0.13
"""Size of small text, for wrapping and stacking its lines."""
_LEGEND_ROW_INCHES = 0.18
CAVEAT = "#B00000"


@dataclass(frozen=True, slots=True)
class Nothing:
    """No figure, and the reason."""

    reason: str


def new_figure(
    n_panels: int,
    *,
    columns: int = 3,
    panel: tuple[float, float] = (3.4, 2.8),
    foot: float = 0.0,
    share_x: bool = True,
    share_y: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Build a figure with panels in rows of up to `columns`.

    Parameters
    ----------
    n_panels, columns : int
        Number of panels, and how many of them are in a row.
    panel : (2,) tuple of float
        Width and height of a panel, inches.
    foot : float
        Height reserved for a legend below the panels, inches.
    share_x, share_y : bool
        Whether panels share their horizontal, and their vertical axis.
    """
    columns = min(columns, n_panels)
    rows = -(-n_panels // columns)
    size = (max(panel[0] * columns, 4.4), panel[1] * rows + foot)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=share_x, sharey=share_y)
    panels = list(grid.ravel())
    for extra in panels[n_panels:]:
        extra.remove()
    for axes in panels[max(n_panels - columns, 0) : n_panels]:
        axes.tick_params(labelbottom=True)
    return figure, panels[:n_panels]


def label_panels(panels: list[Axes], x_label: str, y_label: str) -> None:
    """Label the axes at the left and at the foot of a grid of panels."""
    columns = len({axes.get_position().x0 for axes in panels})
    for number, axes in enumerate(panels):
        place = axes.get_subplotspec()
        if place is None or place.is_first_col():
            axes.set_ylabel(y_label)
        if number + columns >= len(panels):
            axes.set_xlabel(x_label)


def unit_text(units: str) -> str:
    """Write a unit of the dataset as it is printed."""
    return _UNITS.get(units, units)


def label(array: xr.DataArray, symbol: str = "") -> str:
    """Build an axis label from the attributes: long name, symbol, unit."""
    name = str(array.attrs.get("long_name", array.name))
    name = name[:1].upper() + name[1:]
    unit = unit_text(str(array.attrs.get("units", "1")))
    words = f"{name} {symbol}".strip()
    return words if unit == "1" else f"{words} ({unit})"


def gigapascal(pressure: float) -> str:
    """Write a pressure with its unit."""
    return f"{pressure:g} GPa"


def shared_legend(figure: Figure, panels: list[Axes], columns: int) -> None:
    """Add one legend below all panels, each entry once, in at most `columns` columns that fit."""
    entries: dict[str, Artist] = {}
    for axes in panels:
        handles, texts = axes.get_legend_handles_labels()
        entries |= dict(zip(texts, handles, strict=True))
    if not entries:
        return
    width, height = figure.get_size_inches()
    rows = -(-len(entries) // columns)
    for number in range(columns, 0, -1):
        legend = figure.legend(
            list(entries.values()), list(entries), loc="outside lower center", ncols=number
        )
        more = -(-len(entries) // number) - rows
        figure.set_size_inches(width, height + more * _LEGEND_ROW_INCHES)
        figure.draw_without_rendering()
        if number == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def finish(
    figure: Figure,
    tree: xr.DataTree,
    title: str,
    notes: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> Figure:
    """Add the title, caveats, remarks, what was simulated, and the watermark on a rehearsal."""
    potentials = tree.attrs.get("material", "")
    figure.suptitle(f"{title} – {potentials}" if potentials else title, fontsize=10.5)
    _put_below(figure, notes, [*(one for one in remarks if one), describe(tree)])
    if tree.attrs.get("rehearsal"):
        figure.text(
            0.5, 0.5, "REHEARSAL – not physics", fontsize=26, color="#B00000", alpha=0.28,
            ha="center", va="center", rotation=28, zorder=100,
        )  # fmt: skip
    return figure


def _put_below(figure: Figure, notes: Sequence[str], remarks: Sequence[str]) -> None:
    """Write caveats, and under them remarks, in a strip added below everything."""
    width, height = figure.get_size_inches()
    lines, others = (
        [part for text in texts for part in wrap(text, int(width * _CHARACTERS_PER_INCH)) or [""]]
        for texts in (notes, remarks)
    )
    strip = _LINE_INCHES * (len(lines) + len(others))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    foot = strip / (height + strip)
    below = _LINE_INCHES * len(others) / (height + strip)
    figure.set_size_inches(width, height + strip)
    for axes in figure.axes:
        x, y, w, h = axes.get_position().bounds
        axes.set_position((x, foot + y * (1 - foot), w, h * (1 - foot)))
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0, foot, 1, 1 - foot), transform=figure.transFigure)
    for text, y, colour in (
        ("\n".join(lines), foot, CAVEAT),
        ("\n".join(others), below, "0.35"),
    ):
        figure.text(0.01, y, text, va="top", fontsize=7, color=colour, linespacing=1.2)


def hatch(axes: Axes, reason: str) -> None:
    """Hatch an empty panel and write the reason why it is empty."""
    axes.set_yticks([])
    axes.add_patch(
        Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, hatch="///", edgecolor="0.8")
    )
    points_to_inches = axes.figure.dpi_scale_trans.inverted()
    width = axes.get_window_extent().transformed(points_to_inches).width
    lines = wrap(reason, max(int(width * _CHARACTERS_IN_PANEL), 20))
    axes.text(
        0.5, 0.5, "\n".join(lines), transform=axes.transAxes, ha="center", va="center",
        fontsize=8, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.9},
    )  # fmt: skip


def save(figure: Figure, path: Path, *, vector: bool) -> list[Path]:
    """Write `path` as PNG, and as PDF beside it; each exists whole or not at all."""
    written = []
    for suffix in (".png", ".pdf") if vector else (".png",):
        target = path.with_suffix(suffix)
        content = BytesIO()
        with rc_context(STYLE):
            figure.savefig(content, dpi=RESOLUTION_DPI, format=suffix[1:])
        write_atomically(target, content.getvalue())
        written.append(target)
    return written


def known(values: Any) -> bool:
    """Check whether any of the values is finite."""
    return bool(np.isfinite(np.asarray(values, dtype=np.float64)).any())
