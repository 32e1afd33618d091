"""Panels of both branches of the hysteresis loop, one for each pressure."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.transition.bounds import Bound, read_bound
from lbhsweep.analysis.transition.half_heights import OTHER_PHASE
from lbhsweep.plots.shared.bounds import draw_arrow
from lbhsweep.plots.shared.style import (
    DIRECTION_COLOURS,
    DIRECTIONS,
    SERIES,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label,
    label_panels,
    new_figure,
    shared_legend,
    unit_text,
)
from lbhsweep.quantities import stderr_name
from lbhsweep.store.schema import Status

_TITLE_CHARACTERS = 54
"""Characters in a line of a panel's title."""


def draw_branches(
    tree: xr.DataTree,
    dataset: xr.Dataset,
    name: str,
    title: str,
    *,
    y_label: str = "",
    marks: xr.Dataset | None = None,
) -> Figure | Nothing:
    """Draw a quantity of (pressure, heating_rate, direction, temperature), a panel per pressure.

    Parameters
    ----------
    tree : DataTree
        The results, for the reasons of empty panels and for the watermark.
    dataset : Dataset
        Holds `name`, its error, and NaN where it is masked.
    name : str
        The quantity.
    title : str
        Of the figure.
    y_label : str
        Replaces the one from the attributes.
    marks : Dataset or None
        Holds half_height_temperature to be marked.
    """
    if not known(dataset[name].values):
        return Nothing("no ramp is finished")
    pressures = dataset["pressure"].values
    figure, panels = new_figure(len(pressures), foot=0.5, share_y=True)
    label_panels(panels, label(dataset["temperature"], "T"), y_label or label(dataset[name]))
    for pressure, axes in zip(pressures, panels, strict=True):
        here = dataset.sel(pressure=pressure)
        axes.set_title(gigapascal(pressure))
        if not known(here[name].values):
            hatch(axes, why_empty(tree, float(pressure)))
            continue
        _draw_loops(axes, here, name)
        if marks is not None:
            missing = _mark_half_heights(axes, marks.sel(pressure=pressure))
            if missing:
                lines = wrap(f"no half height: {'; '.join(missing)}", _TITLE_CHARACTERS)
                axes.set_title("\n".join([gigapascal(pressure), *lines]), fontsize=8)
    shared_legend(figure, panels, columns=4)
    return finish(figure, tree, title)


def branch_style(dataset: xr.Dataset, rate: float, direction: str) -> tuple[str, str]:
    """Return colour and label of a branch: several rates differ in colour."""
    rates = list(dataset["heating_rate"].values)
    rate_text = f"{rate:g} {unit_text('K/ps')}"
    if len(rates) == 1:
        return DIRECTION_COLOURS[direction], f"{direction}, {rate_text}"
    return SERIES[rates.index(rate) % len(SERIES)], f"{direction}, {rate_text}"


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
                elinewidth=0.8,
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
            axes.axvline(value, color=colour, linewidth=0.8, linestyle=":", zorder=1)
            kind = read_bound(branch, "half_height_temperature")
            foot = axes.get_xaxis_transform()
            if np.isfinite(error) and kind == Bound.VALUE:
                axes.axvspan(value - error, value + error, color=colour, alpha=0.15, linewidth=0)
            axes.plot(
                [value], [0.02], transform=foot, color=colour,
                marker=style["marker"], fillstyle=style["fillstyle"], markersize=7,
                linestyle="none", clip_on=False,
            )  # fmt: skip
            draw_arrow(axes, (value, 0.02), kind, colour, along="x", coordinates=foot)
    unit = unit_text("K/ps")
    return [
        f"{direction} at {', '.join(rates)} {unit}{end}"
        for (direction, end), rates in missing.items()
    ]
