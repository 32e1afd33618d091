"""Panels of both branches of the hysteresis loop, one for each pressure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.transition.bounds import Bound, read_bound
from lbhsweep.analysis.transition.half_heights import OTHER_PHASE
from lbhsweep.plots.shared.absence import why_no_ramp
from lbhsweep.plots.shared.bounds import draw_arrow
from lbhsweep.plots.shared.style import (
    AMBER,
    BLACK,
    DIRECTION_COLOURS,
    DIRECTIONS,
    GREEN,
    PURPLE,
    SKY,
    Nothing,
    crowded_size,
    finish,
    gigapascal,
    hatch,
    known,
    label,
    new_figure,
    shared_legend,
    unit_text,
)
from lbhsweep.quantities import stderr_name
from lbhsweep.store.schema import Status

RATE_COLOURS = (GREEN, PURPLE, BLACK, SKY, AMBER)
"""Of several heating rates: those of a single one are the directions'."""
_MOST_ROWS = 4
"""Of panels that are high enough for long labels."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A quantity of (pressure, heating_rate, direction, temperature): a column of panels.

    Attributes
    ----------
    dataset : Dataset
        Holds `name`, its error, and NaN where it is masked.
    name : str
        The quantity.
    y_label, symbol : str
        Label of its axis, and a shorter one where there are many rows.
    """

    dataset: xr.Dataset
    name: str
    y_label: str
    symbol: str


def draw_branches(
    tree: xr.DataTree,
    loops: Sequence[Loop],
    title: str,
    marks: xr.Dataset,
    remarks: Sequence[str] = (),
) -> Figure | Nothing:
    """Draw quantities against temperature: a row for each pressure, a column for each quantity.

    Parameters
    ----------
    tree : DataTree
        The results, for the reasons of empty panels and for the watermark.
    loops : sequence of Loop
        The quantities.
    title : str
        Of the figure.
    marks : Dataset
        Holds half_height_temperature to be marked.
    remarks : sequence of str
        Written below the figure.
    """
    loops = [loop for loop in loops if known(loop.dataset[loop.name].values)]
    if not loops:
        return Nothing(why_no_ramp(tree, "quantities that are drawn"))
    pressures = marks["pressure"].values
    n = len(loops)
    figure, panels = new_figure(n * len(pressures), columns=max(n, 2), aspect=0.78)
    are_few = len(pressures) <= _MOST_ROWS
    notes = []
    for row, pressure in enumerate(pressures):
        for column, loop in enumerate(loops):
            axes = panels[n * row + column]
            here = loop.dataset.sel(pressure=pressure)
            axes.set_title(gigapascal(pressure))
            axes.set_ylabel(loop.y_label if are_few else loop.symbol)
            axes.set_xlabel(label(here["temperature"], "T"))
            if not known(here[loop.name].values):
                hatch(axes, why_empty(tree, float(pressure)))
                continue
            _draw_loops(axes, here, loop.name)
            missing = _mark_half_heights(axes, marks.sel(pressure=pressure))
            if missing:
                notes.append(f"{gigapascal(pressure)}: no half height: {'; '.join(missing)}")
    for column, loop in enumerate(loops):
        _share_y(panels[column::n], loop)
    shared_legend(figure, panels, columns=6)
    return finish(figure, tree, title, list(dict.fromkeys(notes)), remarks)


def _share_y(panels: list[Axes], loop: Loop) -> None:
    """Set one vertical range for all panels of a quantity that have data."""
    there = [
        axes
        for axes, pressure in zip(panels, loop.dataset["pressure"].values, strict=True)
        if known(loop.dataset[loop.name].sel(pressure=pressure).values)
    ]
    ends = [axes.get_ylim() for axes in there]
    for axes in there:
        axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))


def branch_style(dataset: xr.Dataset, rate: float, direction: str) -> tuple[str, str]:
    """Return colour and label of a branch: several rates differ in colour."""
    rates = list(dataset["heating_rate"].values)
    rate_text = f"{rate:g} {unit_text('K/ps')}"
    if len(rates) == 1:
        return DIRECTION_COLOURS[direction], f"{direction}, {rate_text}"
    return RATE_COLOURS[rates.index(rate) % len(RATE_COLOURS)], f"{direction}, {rate_text}"


def why_empty(tree: xr.DataTree, pressure: float) -> str:
    """Explain by the status of the runs why a panel has no data."""
    if "ramp" not in tree.children or "status" not in tree["ramp"]:
        return "no data"
    ramp = tree["ramp"].to_dataset()
    status = ramp["status"].sel(pressure=pressure).values
    names = {code: code.name.lower().replace("_", " ") for code in Status}
    counts = [
        f"{(status == code).sum()} {text}" for code, text in names.items() if (status == code).any()
    ]
    return "no data: " + ", ".join(counts) if counts else "no data"


def _draw_loops(axes: Axes, here: xr.Dataset, name: str) -> None:
    for rate in here["heating_rate"].values:
        for direction in here["direction"].values:
            branch = here.sel(heating_rate=rate, direction=direction)
            if not known(branch[name].values):
                continue
            colour, text = branch_style(here, float(rate), str(direction))
            error = stderr_name(name)
            axes.errorbar(
                branch["temperature"].values,
                branch[name].values,
                yerr=branch[error].values if error in branch else None,
                color=colour,
                label=text,
                elinewidth=0.6,
                markersize=crowded_size(branch.sizes["temperature"]),
                **DIRECTIONS[str(direction)],
            )


def _mark_half_heights(axes: Axes, marks: xr.Dataset) -> list[str]:
    """Mark half-height temperatures at the foot of the panel; return the branches without one."""
    missing: dict[tuple[str, str], list[str]] = {}
    for rate in marks["heating_rate"].values:
        for direction in marks["direction"].values:
            branch = marks.sel(heating_rate=rate, direction=direction)
            colour, _ = branch_style(marks, float(rate), str(direction))
            value = float(branch["half_height_temperature"])
            if not np.isfinite(value):
                if int(branch["n_runs"]):
                    is_other = OTHER_PHASE in str(branch["reason"].item())
                    end = " (into another ordered phase)" if is_other else ""
                    missing.setdefault((str(direction), end), []).append(f"{rate:g}")
                continue
            error = float(branch["half_height_temperature_stderr"])
            style = DIRECTIONS[str(direction)]
            axes.axvline(value, color=colour, linewidth=0.7, linestyle=":", zorder=1)
            kind = read_bound(branch, "half_height_temperature")
            foot = axes.get_xaxis_transform()
            if np.isfinite(error) and kind == Bound.VALUE:
                axes.axvspan(value - error, value + error, color=colour, alpha=0.15, linewidth=0)
            axes.plot(
                [value], [0.02], transform=foot, color=colour,
                marker=style["marker"], fillstyle=style["fillstyle"], markersize=4.5,
                linestyle="none", clip_on=False,
            )  # fmt: skip
            draw_arrow(axes, (value, 0.02), kind, colour, along="x", coordinates=foot)
    unit = unit_text("K/ps")
    return [
        f"{direction} at {', '.join(rates)} {unit}{end}"
        for (direction, end), rates in missing.items()
    ]
