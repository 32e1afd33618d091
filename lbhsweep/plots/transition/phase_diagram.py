"""T_t(P) by every route, with the fitted boundary and the published temperatures."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.transition.caveats import caveats
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import (
    AMBER,
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    SMALLEST_PT,
    Nothing,
    finish,
    known,
    label,
    new_figure,
    shared_legend,
)

_ROUTES = {
    "hold": ("holds, bracket", "s", "full", GREEN),
    "ramp_midpoint": ("ramps, midpoint of the loop", "D", "full", BLACK),
    "ramp_heating": ("ramps, heating (upper bound)", "^", "full", ORANGE),
    "ramp_cooling": ("ramps, cooling (lower bound)", "v", "none", BLUE),
}
PUBLISHED_K = (450.0, 500.0)
PUBLISHED_LABEL = "450 K is α, 500 K is β (Sci. Rep. 2021, suppl. fig. 1)"

_NARROWEST_GPA = 0.1
"""Least width of the pressure axis, so that a single pressure makes a picture."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the phase diagram; the line is the weighted fit through the route that is used."""
    dataset = analysis["transition"].to_dataset()
    if not known(dataset["transition_temperature"].values):
        return Nothing("no transition seen at any pressure")
    figure, (axes,) = new_figure(1, aspect=0.78)
    axes.set_xlabel("Pressure P (GPa)")
    axes.set_ylabel(label(dataset["transition_temperature"], "$T_t$"))
    used = str(dataset["used_route"].item())
    _draw_boundary(axes, dataset.sel(route=used), used)
    for route, (text, marker, fill, colour) in _ROUTES.items():
        at = dataset.sel(route=route)
        if known(at["transition_temperature"].values):
            axes.errorbar(
                at["pressure"].values, at["transition_temperature"].values,
                yerr=at["transition_temperature_stderr"].values, marker=marker, fillstyle=fill,
                color=colour, linestyle="none", label=text, markersize=4.5, capsize=2,
            )  # fmt: skip
    if "hysteresis_rate" in analysis.children:
        _draw_zero_rate(axes, analysis["hysteresis_rate"].to_dataset())
    if str(tree.attrs.get("potential", "")).startswith("lbh"):
        width = 0.02 * max(float(np.ptp(dataset["pressure"].values)), _NARROWEST_GPA)
        axes.fill_betweenx(
            PUBLISHED_K, -width, width, color=AMBER, alpha=0.45, linewidth=0, label=PUBLISHED_LABEL
        )
    absent = ~np.isfinite(dataset["transition_temperature"].sel(route=used).values)
    for pressure in dataset["pressure"].values[absent]:
        axes.axvline(pressure, color="0.6", linestyle=":", linewidth=1)
        axes.text(
            pressure, 0.02, " no complete transition", rotation=90, fontsize=SMALLEST_PT,
            color="0.35", transform=axes.get_xaxis_transform(), va="bottom", ha="right",
        )  # fmt: skip
    low, high = axes.get_xlim()
    pad = max(_NARROWEST_GPA - (high - low), 0.0) / 2
    axes.set_xlim(low - pad, high + pad)
    shared_legend(figure, [axes], columns=2)
    return finish(figure, tree, "Phase diagram", caveats(analysis))


def _draw_zero_rate(axes: Axes, rates: xr.Dataset) -> None:
    """Draw midpoints at zero rate with both of their errors; nothing else depends on them."""
    name = "zero_rate_midpoint"
    if known(rates[name].values):
        axes.errorbar(
            rates["pressure"].values, rates[name].values,
            yerr=np.hypot(rates[f"{name}_stderr"], rates[f"{name}_systematic"]), marker="D",
            fillstyle="none", color="0.35", linestyle="none", markersize=7, capsize=3,
            label="ramps, midpoint at zero rate",
        )  # fmt: skip


def _draw_boundary(axes: Axes, dataset: xr.Dataset, route: str) -> None:
    slope, intercept = float(dataset["boundary_slope"]), float(dataset["boundary_intercept"])
    if not np.isfinite(slope):
        return
    error = float(dataset["boundary_slope_stderr"])
    pressure = dataset["pressure"].values
    span = np.linspace(pressure.min(), pressure.max(), 50)
    axes.plot(
        span, intercept + slope * span, color="0.35", linewidth=1.2,
        label=f"dT/dP = {slope:.0f} ± {error:.0f} K GPa⁻¹ ({route.replace('_', ' ')})",
    )  # fmt: skip


FIGURE = FigureDeclaration(
    name="phase_diagram",
    draw=draw,
    rank=60,
    topic=Topic.TRANSITION,
    caption=(
        "Transition temperature against pressure by every route, and the line fitted through the "
        "one that is used."
    ),
    variables=("transition_temperature", "boundary_slope"),
    needs=(Needs("analysis", "transition", "the results are empty"),),
)
