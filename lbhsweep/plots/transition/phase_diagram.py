"""T_t(P) by every route and by coexistence, with fitted boundaries and published temperatures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.phases.assignment import name_in_sentence
from lbhsweep.analysis.published import TRANSITIONS
from lbhsweep.analysis.transition.bounds import read_bounds
from lbhsweep.analysis.transition.caveats import caveats, published_caveats
from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.absence import why_unknown
from lbhsweep.plots.shared.bounds import draw_temperatures, explain_arrows
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.published_transitions import draw_published
from lbhsweep.plots.shared.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    SKY,
    SMALLEST_PT,
    Nothing,
    finish,
    known,
    label,
    new_figure,
    shared_legend,
)

_ROUTES = {
    "hold": ("holds, between the ends of the bracket", "s", "full", GREEN),
    "ramp_midpoint": ("ramps, midpoint of the loop", "D", "full", BLACK),
    "ramp_heating": ("ramps, heating (upper bound)", "^", "full", ORANGE),
    "ramp_cooling": ("ramps, cooling (lower bound)", "v", "none", BLUE),
}
_T = "transition_temperature"
_GROUPS = ("transition", "equilibrium")
_NARROWEST_GPA = 0.1
"""Least width of the pressure axis, so that a single pressure makes a picture."""
_MARGIN = 0.12
"""Share of the temperatures kept free on both sides, for arrows."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the phase diagram; lines are weighted fits through the used route and coexistence."""
    parts = [analysis[name].to_dataset() for name in _GROUPS if name in analysis.children]
    if not any(known(one[_T].values) for one in parts):
        return Nothing(_why_nothing(parts))
    figure, (axes,) = new_figure(1, aspect=0.78)
    axes.set_xlabel("Pressure P (GPa)")
    axes.set_ylabel(label(parts[0][_T], "$T_t$"))
    notes = []
    for one in parts:
        draw_part = _draw_routes if "route" in one.dims else _draw_coexistence
        notes += draw_part(axes, one, analysis)
    pressure = np.unique(np.concatenate([one["pressure"].values for one in parts]))
    draw_published(axes, analysis, width=0.02 * max(float(np.ptp(pressure)), _NARROWEST_GPA))
    explain_arrows(axes, *(read_bounds(one, _T) for one in parts))
    low, high = axes.get_xlim()
    pad = max(_NARROWEST_GPA - (high - low), 0.0) / 2
    axes.set_xlim(low - pad, high + pad)
    axes.margins(y=_MARGIN)
    shared_legend(figure, [axes], columns=2)
    return finish(figure, tree, "Phase diagram", notes)


def _why_nothing(parts: Sequence[xr.Dataset]) -> str:
    """Return why there is no T_t: the first reason of coexisting phases, if two met."""
    for one in parts:
        if "route" not in one.dims:
            return why_unknown(one["reason"], "transition temperature")
    return "no transition seen at any pressure"


def _draw_coexistence(axes: Axes, dataset: xr.Dataset, _: xr.DataTree) -> list[str]:
    """Draw T_t by the growth of coexisting phases, with both of its errors; return caveats."""
    names = [str(dataset[name].item()) for name in ("first_phase", "second_phase")]
    systematic = np.nan_to_num(dataset[f"{_T}_systematic"].values)
    error = np.hypot(dataset[f"{_T}_stderr"].values, systematic)
    draw_temperatures(
        axes, dataset["pressure"].values, dataset[_T].values, error,
        read_bounds(dataset, _T), {"marker": "h", "color": SKY, "linestyle": "none",
        "markeredgecolor": "0.2", "markersize": 5.5}, limits=_limits(dataset),
        label=f"coexistence of {' and '.join(map(name_in_sentence, names))}",
    )  # fmt: skip
    _draw_boundary(axes, dataset, "coexistence", colour=SKY)
    return [
        f"{p:g} GPa: {reason}"
        for p, reason in zip(dataset["pressure"].values, dataset["reason"].values, strict=True)
        if str(reason) not in ("", "nan")
    ]


def _draw_routes(axes: Axes, dataset: xr.Dataset, analysis: xr.DataTree) -> list[str]:
    """Draw T_t by every route of holds and ramps; return the caveats."""
    used = str(dataset["used_route"].item())
    if used:
        _draw_boundary(axes, dataset.sel(route=used), used)
    for route, (text, marker, fill, colour) in _ROUTES.items():
        at = dataset.sel(route=route)
        draw_temperatures(
            axes, at["pressure"].values, at[_T].values, at[f"{_T}_stderr"].values,
            read_bounds(at, _T), {"marker": marker, "fillstyle": fill, "color": colour,
            "linestyle": "none", "markersize": 4.5}, label=text, limits=_limits(at),
        )  # fmt: skip
    if "hysteresis_rate" in analysis.children:
        _draw_zero_rate(axes, analysis["hysteresis_rate"].to_dataset())
    best = dataset[_T].sel(route=used) if used else dataset[_T].max("route")
    absent = ~np.isfinite(best.values)
    for pressure in dataset["pressure"].values[absent]:
        axes.axvline(pressure, color="0.6", linestyle=":", linewidth=1)
        axes.text(
            pressure, 0.02, " no complete transition", rotation=90, fontsize=SMALLEST_PT,
            color="0.35", transform=axes.get_xaxis_transform(), va="bottom", ha="right",
        )  # fmt: skip
    return [*caveats(analysis), *published_caveats(dataset)]


def _limits(at: xr.Dataset) -> tuple[FloatArray, FloatArray] | None:
    """Return the ends of intervals; None in analyses of earlier versions."""
    if f"{_T}_lower" not in at:
        return None
    return at[f"{_T}_lower"].values, at[f"{_T}_upper"].values


def _draw_zero_rate(axes: Axes, rates: xr.Dataset) -> None:
    """Draw midpoints at zero rate with both of their errors; nothing else depends on them.

    Where there is none, the half height of one branch is drawn as the bound that it is.
    """
    name = "zero_rate_midpoint"
    if known(rates[name].values):
        axes.errorbar(
            rates["pressure"].values, rates[name].values,
            yerr=np.hypot(rates[f"{name}_stderr"], rates[f"{name}_systematic"]), marker="D",
            fillstyle="none", color="0.35", linestyle="none", markersize=7, capsize=3,
            label="ramps, midpoint at zero rate",
        )  # fmt: skip
    absent = ~np.isfinite(rates[name].values)
    single = "zero_rate_temperature"
    for direction in rates["direction"].values:
        here = rates.sel(direction=direction).isel(pressure=np.flatnonzero(absent))
        _, marker, _, colour = _ROUTES[f"ramp_{direction}"]
        draw_temperatures(
            axes, here["pressure"].values, here[single].values, here[f"{single}_stderr"].values,
            read_bounds(here, single), {"marker": marker, "fillstyle": "none", "color": colour,
            "linestyle": "none", "markersize": 7}, label=f"ramps, {direction} at zero rate",
        )  # fmt: skip


def _draw_boundary(axes: Axes, dataset: xr.Dataset, route: str, colour: str = "0.35") -> None:
    slope, intercept = float(dataset["boundary_slope"]), float(dataset["boundary_intercept"])
    if not np.isfinite(slope):
        return
    error = float(dataset["boundary_slope_stderr"])
    pressure = dataset["pressure"].values
    span = np.linspace(pressure.min(), pressure.max(), 50)
    axes.plot(
        span, intercept + slope * span, color=colour, linewidth=1.2,
        label=f"dT/dP = {slope:.0f} ± {error:.0f} K GPa⁻¹ ({route.replace('_', ' ')})",
    )  # fmt: skip


FIGURE = FigureDeclaration(
    name="phase_diagram",
    draw=draw,
    rank=60,
    topic=Topic.TRANSITION,
    caption=(
        "Transition temperature against pressure by every route and by coexistence of both phases, "
        "and the lines fitted through the used route and through coexistence. Arrows mark bounds; "
        "beside it stands what is published."
    ),
    variables=("transition_temperature", "boundary_slope"),
    needs=(Needs("analysis", "transition", "the results are empty", or_group="equilibrium"),),
    references=tuple(one.source for one in TRANSITIONS),
)
