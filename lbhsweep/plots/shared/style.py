"""What all figures share: colours, sizes, labels, watermark, and how they are saved.

Figures are as wide as a column of a journal, or as two, and are printed without scaling: no text is
smaller than 6 pt, except for indices and exponents.

Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which colour-blind readers
can distinguish.  Heating and cooling also differ in marker, filling and line, so that they can be
distinguished in a grey print.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle

from lbhsweep.plots.shared.measured import fold, text_inches, typeset
from lbhsweep.plots.shared.simulated import describe

WATERMARK = "REHEARSAL – not physics"
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
    "angstrom/ps": "Å ps⁻¹",
    "angstrom/ps/K": "Å ps⁻¹ K⁻¹",
    "angstrom**2/ps": "Å² ps⁻¹",
    "1/GPa": "GPa⁻¹",
}
ONE_COLUMN_INCHES, TWO_COLUMNS_INCHES = 85.0 / 25.4, 178.0 / 25.4
"""Widths of figures: that of one panel, and that of several side by side."""
PAGE_INCHES = 230.0 / 25.4
"""Height within which the rows of a figure are kept, as long as they stay readable."""
SMALLEST_PT = 6.0
STYLE: Any = {
    "font.size": 7.0,
    "figure.titlesize": 8.0,
    "axes.titlesize": 7.0,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.title_fontsize": 6.5,
    "legend.framealpha": 0.85,
    "legend.handlelength": 2.4,
    "legend.columnspacing": 1.4,
    "legend.borderpad": 0.3,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 0.8,
    "lines.linewidth": 0.9,
    "axes.linewidth": 0.6,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "axes.formatter.limits": (-4, 5),
    "axes.formatter.use_mathtext": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "axes.grid": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.4,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "errorbar.capsize": 1.2,
    "hatch.linewidth": 0.4,
}
"""Settings of matplotlib in which figures are drawn and saved, whatever the caller's are."""
RESOLUTION_DPI = 300
_LEAST_ROW_INCHES = 1.0
_MANY_POINTS = 25
_MOST_NOTES = 8
_TITLE_INCHES = 0.2
_LEGEND_INCHES = 0.07
"""Room of the title, and between a legend and what is above it."""
_REASON = "reason of an empty panel"
CAVEAT = "#B00000"


@dataclass(frozen=True, slots=True)
class Nothing:
    """No figure, and the reason."""

    reason: str


def new_figure(
    n_panels: int,
    *,
    columns: int = 3,
    aspect: float = 0.8,
    share_x: bool = True,
    share_y: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Build a figure with panels in rows of up to `columns`.

    One panel in a row is as wide as one column of a journal, several are as wide as two.

    Parameters
    ----------
    n_panels, columns : int
        Number of panels, and how many of them are in a row.
    aspect : float
        Height of a panel with its labels over its width; many rows are lower.
    share_x, share_y : bool
        Whether panels share their horizontal, and their vertical axis.
    """
    columns = min(columns, n_panels)
    rows = -(-n_panels // columns)
    width = ONE_COLUMN_INCHES if columns == 1 else TWO_COLUMNS_INCHES
    row = min(aspect * width / columns, max(PAGE_INCHES / rows, _LEAST_ROW_INCHES))
    size = (width, row * rows + _TITLE_INCHES)
    figure = Figure(figsize=size, layout="constrained", dpi=RESOLUTION_DPI)
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


def shared_legend(
    figure: Figure,
    panels: list[Axes],
    columns: int,
    handles: Sequence[Artist] | None = None,
) -> None:
    """Add one legend below all panels in at most `columns` columns that fit; the figure grows.

    Parameters
    ----------
    figure : Figure
    panels : list of Axes
        Whose labelled artists make the entries, each text once.
    columns : int
        At most so many entries are side by side.
    handles : sequence of Artist, optional
        Labelled artists in place of those of the panels.
    """
    entries: dict[str, Artist] = {}
    if handles is not None:
        entries = {str(handle.get_label()): handle for handle in handles}
    else:
        for axes in panels:
            found, texts = axes.get_legend_handles_labels()
            entries |= dict(zip(texts, found, strict=True))
    if not entries:
        return
    width, height = figure.get_size_inches()
    most = len(entries)
    balanced = dict.fromkeys(-(-most // -(-most // n)) for n in range(min(columns, most), 0, -1))
    for number in balanced:
        legend = figure.legend(
            list(entries.values()), list(entries), loc="outside lower center", ncols=number
        )
        if legend.get_window_extent().width <= figure.bbox.width - 2.0 * _LEGEND_INCHES:
            break
        if number > 1:
            legend.remove()
            continue
        room = width - 5.0 * _LEGEND_INCHES - _handle_inches(legend)
        for text in legend.get_texts():
            text.set_text(
                "\n".join(fold(figure, text.get_text(), float(text.get_fontsize()), room))
            )
    more = legend.get_window_extent().height / figure.dpi + _LEGEND_INCHES
    figure.set_size_inches(width, height + more)


def _handle_inches(legend: Legend) -> float:
    """Return the width of a legend beside its texts, inches."""
    size = rcParams["legend.handlelength"] + rcParams["legend.handletextpad"]
    return float(size * legend._fontsize / 72.0)  # type: ignore[attr-defined]


def finish(
    figure: Figure,
    tree: xr.DataTree,
    title: str,
    notes: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> Figure:
    """Add the title, caveats, remarks, what was simulated, and the watermark on a rehearsal.

    The material stands beside the title, or below the figure if there is no room for it.
    """
    material = str(tree.attrs.get("material", ""))
    full = f"{title} – {material}" if material else title
    size = float(STYLE["figure.titlesize"])
    fits = text_inches(figure, full, size) < figure.get_size_inches()[0] - 2.0 * _LEGEND_INCHES
    figure.suptitle(full if fits else title, fontsize=size)
    below = [*(one for one in remarks if one), describe(tree)]
    if not fits:
        below.insert(0, material)
    _put_below(figure, notes, below)
    if tree.attrs.get("rehearsal"):
        width, height = figure.get_size_inches()
        figure.text(
            0.5, 0.5, WATERMARK, fontsize=min(4.6 * width, 8.5 * height), color=CAVEAT, alpha=0.22,
            ha="center", va="center", rotation=28, zorder=100,
        )  # fmt: skip
    return figure


def _put_below(figure: Figure, notes: Sequence[str], remarks: Sequence[str]) -> None:
    """Write caveats, and under them remarks, in a strip added below everything."""
    width, height = figure.get_size_inches()
    margin = _LEGEND_INCHES
    room = width - 2.0 * margin
    kept = list(notes) if len(notes) <= _MOST_NOTES else list(notes[: _MOST_NOTES - 1])
    if len(kept) < len(notes):
        kept.append(f"and {len(notes) - len(kept)} more caveats, which are in the analysis")
    lines, others = (
        [part for text in texts for part in fold(figure, typeset(text), SMALLEST_PT, room)]
        for texts in (kept, remarks)
    )
    line = 1.25 * SMALLEST_PT / 72.0
    for axes in figure.axes:
        if not axes.xaxis.get_tick_params().get("labelbottom", True):
            axes.set_xlabel("")
    strip = line * (len(lines) + len(others)) + margin
    figure.draw_without_rendering()
    if _fold_in_panels(figure):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    whole = height + strip
    foot = strip / whole
    figure.set_size_inches(width, whole)
    for axes in figure.axes:
        x, y, w, h = axes.get_position().bounds
        axes.set_position((x, foot + y * (1 - foot), w, h * (1 - foot)))
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0, foot, 1, 1 - foot), transform=figure.transFigure)
    title = figure._suptitle  # type: ignore[attr-defined]
    title.set_y(foot + title.get_position()[1] * (1 - foot))
    # By baselines: a line with a fraction or an integral is higher, but must not come lower.
    at = foot - 0.76 * line / whole
    for texts, colour in ((lines, CAVEAT), (others, "0.35")):
        for text in texts:
            figure.text(
                margin / width,
                at,
                text,
                va="baseline",
                fontsize=SMALLEST_PT,
                color=colour,
                gid="note",
            )
            at -= line / whole


def _fold_in_panels(figure: Figure) -> bool:
    """Break reasons of empty panels, and labels that are longer than their axis."""
    folded = False
    for axes in figure.axes:
        box = axes.get_window_extent()
        for text in axes.texts:
            if text.get_gid() == _REASON:
                room = 0.86 * box.width / figure.dpi
                lines = fold(figure, text.get_text(), float(text.get_fontsize()), room)
                text.set_text("\n".join(lines))
                folded = True
        for axis_label, length in ((axes.yaxis.label, box.height), (axes.xaxis.label, box.width)):
            words = axis_label.get_text()
            size = float(axis_label.get_fontsize())
            if text_inches(figure, words, size) * figure.dpi > 1.1 * length:
                axis_label.set_text("\n".join(fold(figure, words, size, length / figure.dpi)))
                folded = True
    return folded


def hatch(axes: Axes, reason: str) -> None:
    """Hatch an empty panel and write the reason why it is empty."""
    axes.set_yticks([])
    axes.add_patch(
        Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, hatch="///", edgecolor="0.8")
    )
    axes.text(
        0.5, 0.5, typeset(reason), transform=axes.transAxes, ha="center", va="center", gid=_REASON,
        fontsize=SMALLEST_PT, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.9},
    )  # fmt: skip


def crowded_size(n_points: int) -> float:
    """Return the size of markers in points, smaller where there are many along an axis."""
    return float(STYLE["lines.markersize"]) * (1.0 if n_points <= _MANY_POINTS else 0.6)


def known(values: Any) -> bool:
    """Check whether any of the values is finite."""
    return bool(np.isfinite(np.asarray(values, dtype=np.float64)).any())
