"""C_P(T) at every pressure: the derivative by branch, the baseline, holds in every phase."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis import published
from lbhsweep.plots.shared.branches import branch_style
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.phase_look import LOOKS
from lbhsweep.plots.shared.style import (
    AMBER,
    BLACK,
    DIRECTIONS,
    GREEN,
    GREY,
    PURPLE,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label,
    label_panels,
    new_figure,
    shared_legend,
)

PUBLISHED_LABEL = (
    f"{published.HEAT_CAPACITY:g} J kg⁻¹ K⁻¹ ({published.SAU_2021.short}, suppl. fig. 2)"
)
_HOLD = {
    "heat_capacity": ("holds, dH/dT", PURPLE, "s"),
    "heat_capacity_fluctuation": ("holds, Var(H)/k$_B$T²", GREY, "o"),
    "heat_capacity_quantum": ("holds, dH/dT with quantum correction", AMBER, "D"),
}
_APART = 2.0
_WINDOW = (0.0, 2.0)
"""Widest range of the axis over the baseline: a latent-heat peak is drawn until it leaves it."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw C_P; points whose slope spans a transition (latent heat) are grey crosses."""
    groups = {name: node.to_dataset() for name, node in analysis["heat_capacity"].children.items()}
    baseline = groups["baseline"]
    measured = [groups[name] for name in ("ramp", "hold") if name in groups]
    if reason := str(baseline["reason"].item()):
        return Nothing(reason)
    if not any(known(group["heat_capacity"].values) for group in measured):
        return Nothing("no finished run spans three temperatures")
    pressures = baseline["pressure"].values
    figure, panels = new_figure(len(pressures), share_y=True)
    label_panels(panels, label(baseline["temperature"], "T"), "Heat capacity $C_P$ (J kg⁻¹ K⁻¹)")
    for pressure, axes in zip(pressures, panels, strict=True):
        axes.set_title(gigapascal(pressure))
        drawn = False
        if "ramp" in groups and pressure in groups["ramp"]["pressure"]:
            drawn |= _draw_ramp(axes, groups["ramp"].sel(pressure=pressure))
        if "hold" in groups and pressure in groups["hold"]["pressure"]:
            drawn |= _draw_hold(axes, groups["hold"].sel(pressure=pressure))
        if not drawn:
            hatch(axes, "no data")
            continue
        _draw_baseline(axes, baseline.sel(pressure=pressure))
        if str(tree.attrs.get("potential", "")).startswith("lbh"):
            axes.axhline(
                published.HEAT_CAPACITY, color=GREEN, linewidth=1, linestyle="-.",
                label=PUBLISHED_LABEL,
            )  # fmt: skip
    _limit(panels[0], baseline, measured)
    note = _disagreement(groups)
    shared_legend(figure, panels, columns=3 if len(panels) > 2 else 2)
    return finish(figure, tree, "Heat capacity at constant pressure", note)


def _draw_ramp(axes: Axes, ramp: xr.Dataset) -> bool:
    drawn = False
    for rate in ramp["heating_rate"].values:
        for direction in ramp["direction"].values:
            branch = ramp.sel(heating_rate=rate, direction=direction)
            colour, text = branch_style(ramp, float(rate), str(direction))
            style = DIRECTIONS[str(direction)] | {"linestyle": "none"}
            drawn |= _draw_points(axes, branch, colour, text, style)
    return drawn


def _draw_hold(axes: Axes, hold: xr.Dataset) -> bool:
    """Draw three heat capacities of holds, filled below and open above the transition."""
    drawn = False
    for name, (text, colour, marker) in _HOLD.items():
        for phase in hold["phase"].values:
            if name not in hold or not known(hold[name].sel(phase=phase).values):
                continue
            here = hold.sel(phase=phase)
            look = LOOKS[str(phase)]
            word = "" if phase == "undecided" else look.name
            axes.errorbar(
                here["temperature"].values, here[name].values, yerr=here[f"{name}_stderr"].values,
                color=colour, marker=marker, fillstyle=look.fill, linestyle="none", elinewidth=0.6,
                label=", ".join(part for part in (text, word) if part),
            )  # fmt: skip
            drawn = True
    return drawn


def _draw_points(
    axes: Axes, branch: xr.Dataset, colour: str, text: str, style: dict[str, Any]
) -> bool:
    value, error = branch["heat_capacity"], branch["heat_capacity_stderr"].values
    latent = branch["latent_heat"].values == 1
    t = branch["temperature"].values
    if not known(value.values):
        return False
    axes.errorbar(
        t[~latent], value.values[~latent], yerr=error[~latent], color=colour, label=text,
        elinewidth=0.6, **style,
    )  # fmt: skip
    if known(value.values[latent]):
        axes.plot(
            t[latent], value.values[latent], marker="x", color=colour, alpha=0.55,
            linestyle="none",
        )  # fmt: skip
        # In the legend for all branches, so in no branch's colour.
        axes.plot(
            [], [], marker="x", color="0.35", linestyle="none",
            label="slope across a transition (latent heat)",
        )  # fmt: skip
    return True


def _draw_baseline(axes: Axes, baseline: xr.Dataset) -> None:
    t = baseline["temperature"].values
    value = np.where(baseline["extrapolated"] == 1, np.nan, baseline["heat_capacity"])
    if not known(value):
        return
    error = np.nan_to_num(baseline["heat_capacity_stderr"].values)
    axes.plot(t, value, color=BLACK, linewidth=1.4, label="baseline, latent heat removed", zorder=5)
    axes.fill_between(t, value - error, value + error, color=BLACK, alpha=0.2, linewidth=0)


def _disagreement(groups: dict[str, xr.Dataset]) -> list[str]:
    """Report where both heat capacities of holds differ by more than chance allows."""
    name = "fluctuation_disagreement"
    if "hold" not in groups or name not in groups["hold"]:
        return []
    apart = np.abs(groups["hold"][name].values)
    count, total = int((apart > _APART).sum()), int(np.isfinite(apart).sum())
    # One in twenty lies beyond two standard errors by chance.
    if count <= max(1, total // 10):
        return []
    cells = f"dH/dT and Var(H)/k_BT² of holds differ by more than {_APART:g}σ in {count} of {total}"
    return [f"{cells} cells: errors are too small, or holds are not in equilibrium"]


def _limit(axes: Axes, baseline: xr.Dataset, shown: list[xr.Dataset]) -> None:
    """Show every point with its error, but of outliers only what lies within the window."""
    middle = float(baseline["mean_heat_capacity"].mean())
    if not np.isfinite(middle):
        middle = float(
            np.nanmedian(np.concatenate([group["heat_capacity"].values.ravel() for group in shown]))
        )
    names = ("heat_capacity", "heat_capacity_fluctuation", "heat_capacity_quantum")
    ends = [
        group[name].values + sign * np.nan_to_num(group[f"{name}_stderr"].values)
        for group in shown
        for name in names
        if name in group
        for sign in (-1, 1)
    ]
    reach = np.concatenate([end.ravel() for end in ends])
    low = max(float(np.nanmin(reach)), _WINDOW[0] * middle)
    high = min(float(np.nanmax(reach)), _WINDOW[1] * middle)
    pad = 0.05 * (high - low)
    axes.set_ylim(low - pad, high + pad)


FIGURE = FigureDeclaration(
    name="heat_capacity",
    draw=draw,
    rank=70,
    topic=Topic.CALORIC,
    caption=(
        "Heat capacity: slopes by branch, those across the latent heat as crosses, fluctuations "
        "of holds, and the baseline."
    ),
    variables=("heat_capacity", "heat_capacity_fluctuation", "mean_heat_capacity"),
    needs=(Needs("analysis", "heat_capacity", "the results have no holds and no ramps"),),
    references=(published.SAU_2021,),
)
