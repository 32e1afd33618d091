"""Half-height temperatures and the width of the loop against heating rate, down to zero."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.published import AMBIENT_GPA, MEASURED, SIMULATED, TRANSITIONS
from lbhsweep.analysis.transition.bounds import Bound, read_bound, read_bounds
from lbhsweep.analysis.transition.caveats import published_caveats
from lbhsweep.analysis.transition.rate_extrapolation import ASSUMED, EXPONENTS
from lbhsweep.arrays import IntArray
from lbhsweep.plots.shared.absence import why_no_ramp, why_unknown
from lbhsweep.plots.shared.bounds import draw_arrow, draw_temperatures, explain_arrows
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.published_transitions import draw_published
from lbhsweep.plots.shared.style import (
    DIRECTION_COLOURS,
    DIRECTIONS,
    GREEN,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label_panels,
    new_figure,
    shared_legend,
    unit_text,
)

_POWER = EXPONENTS[ASSUMED]
_NAME = "zero_rate_temperature"
_HALF = "half_height_temperature"
_BESIDE = 0.025
"""How far arrows of bounds at zero rate stand from their error bars, in units of the rates."""
_ZERO = "T₀ of T₀ + c r$^{2/3}$: thick bar statistical, thin with n = ½ … 1"


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both branches and the width at each pressure, with T(r) = T₀ + c r^(2/3).

    At zero rate the inner error bar is statistical; the outer one includes the exponent's error.
    """
    rates = analysis["hysteresis_rate"].to_dataset()
    loops = analysis["hysteresis"].to_dataset()
    if loops.sizes["heating_rate"] < 2:
        return Nothing(why_unknown(rates["reason"], "second heating rate"))
    if not known(loops[_HALF].values):
        return Nothing(why_no_ramp(tree, "half height of a transition"))
    pressures = rates["pressure"].values
    figure, panels = new_figure(2 * len(pressures), columns=2, aspect=0.55)
    label_panels(panels, f"Heating rate r ({unit_text('K/ps')})", "")
    notes: dict[str, list[str]] = {}
    for i, pressure in enumerate(pressures):
        left, right = panels[2 * i : 2 * i + 2]
        left.set_title(f"{gigapascal(pressure)}, half heights")
        right.set_title(f"{gigapascal(pressure)}, width of the loop")
        left.set_ylabel("$T_h$, $T_c$ (K)")
        right.set_ylabel("$T_h - T_c$ (K)")
        for note in _draw_branches(
            left, loops.sel(pressure=pressure), rates.sel(pressure=pressure)
        ):
            notes.setdefault(note, []).append(f"{pressure:g}")
        if abs(pressure) <= AMBIENT_GPA and known(loops.sel(pressure=pressure)[_HALF].values):
            draw_published(left, analysis, kinds=(MEASURED, SIMULATED))
        _draw_width(right, loops.sel(pressure=pressure), rates.sel(pressure=pressure))
    shared_legend(figure, panels, columns=2)
    lines = [f"{', '.join(places)} GPa, {note}" for note, places in notes.items()]
    lines += published_caveats(analysis["transition"].to_dataset())
    return finish(figure, tree, "Hysteresis against heating rate", lines)


def _draw_branches(axes: Axes, loops: xr.Dataset, rates: xr.Dataset) -> list[str]:
    notes: list[str] = []
    all_kinds: list[IntArray] = []
    drawn = False
    for direction in (str(name) for name in loops["direction"].values):
        here, zero = loops.sel(direction=direction), rates.sel(direction=direction)
        colour, style = DIRECTION_COLOURS[direction], DIRECTIONS[direction]
        value = here[_HALF].values
        error = here[f"{_HALF}_stderr"].values
        kinds = read_bounds(here, _HALF)
        bound = kinds > Bound.VALUE
        r = here["heating_rate"].values
        drawn |= known(value)
        all_kinds += [kinds, read_bounds(zero, _NAME)]
        look = {"marker": style["marker"], "linestyle": "none", "color": colour, "capsize": 3}
        axes.errorbar(
            r[~bound], value[~bound], yerr=error[~bound], fillstyle=style["fillstyle"],
            label=direction if known(value[~bound]) else None, **look,
        )  # fmt: skip
        if known(value[bound]):
            draw_temperatures(
                axes, r[bound], value[bound], error[bound], kinds[bound],
                {**look, "fillstyle": style["fillstyle"], "alpha": 0.35},
                label=f"{direction}, bound (not all replicas transform), left out",
            )  # fmt: skip
        start, slope = float(zero[_NAME]), float(zero["rate_coefficient"])
        if np.isfinite(start):
            _draw_fit(axes, r, start, slope, colour, style["linestyle"])
            _draw_zero(axes, zero, _NAME, colour, style["marker"])
            draw_arrow(axes, (-_BESIDE * r.max(), start), read_bound(zero, _NAME), colour)
        if reason := str(zero["reason"].item()):
            notes.append(f"{direction}: {reason}")
    explain_arrows(axes, *all_kinds)
    axes.margins(y=0.12)
    if not drawn:
        hatch(axes, "no complete transition")
    return notes


def _draw_width(axes: Axes, loops: xr.Dataset, rates: xr.Dataset) -> None:
    value, r = loops["hysteresis_width"].values, loops["heating_rate"].values
    if not known(value):
        hatch(axes, "no rate at which both branches transform")
        return
    kinds = read_bounds(loops, "hysteresis_width")
    draw_temperatures(
        axes, r, value, loops["hysteresis_width_stderr"].values, kinds,
        {"marker": "o", "color": GREEN, "linestyle": "none"}, label="width",
    )  # fmt: skip
    start = float(rates["zero_rate_width"])
    if np.isfinite(start):
        slope = float(
            rates["rate_coefficient"].sel(direction="heating")
            - rates["rate_coefficient"].sel(direction="cooling")
        )
        _draw_fit(axes, r, start, slope, GREEN, "-")
        _draw_zero(axes, rates, "zero_rate_width", GREEN, "o")
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))


def _draw_fit(
    axes: Axes, r: np.ndarray, start: float, slope: float, colour: str, line: str
) -> None:
    span = np.linspace(0.0, float(r.max()), 100)
    axes.plot(span, start + slope * span**_POWER, color=colour, linestyle=line)


def _draw_zero(axes: Axes, rates: xr.Dataset, name: str, colour: str, marker: str) -> None:
    value, error = float(rates[name]), float(rates[f"{name}_stderr"])
    whole = float(np.hypot(error, rates[f"{name}_systematic"]))
    axes.errorbar(
        [0.0], [value], yerr=[whole], marker=marker, color=colour, markersize=5,
        label=_ZERO, markerfacecolor="w", capsize=5, elinewidth=0.8, clip_on=False, zorder=5,
    )  # fmt: skip
    axes.errorbar([0.0], [value], yerr=[error], color=colour, elinewidth=1.8, clip_on=False)


FIGURE = FigureDeclaration(
    name="rate",
    draw=draw,
    rank=120,
    topic=Topic.TRANSITION,
    caption=(
        "Half heights and width of the loop against heating rate, and their extrapolation to zero "
        "rate. Arrows at zero rate: the half height of heating is an upper bound of T_t, that of "
        "cooling a lower bound. Beside them what is published of T_t."
    ),
    variables=("zero_rate_temperature", "zero_rate_width"),
    needs=(
        Needs("analysis", "hysteresis_rate", "the results have no ramps"),
        Needs("analysis", "transition", "the results have no holds and no ramps"),
    ),
    references=tuple(one.source for one in TRANSITIONS),
)
