"""Speed of growth against temperature, and its zero: T_t."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lbhsweep.analysis.equilibrium.coexistence import meeting_of, read_runs
from lbhsweep.analysis.equilibrium.evidence import Evidence
from lbhsweep.analysis.equilibrium.growth_law import Law
from lbhsweep.analysis.phases.assignment import name_in_sentence
from lbhsweep.analysis.sweep_file import sweep_of
from lbhsweep.analysis.transition.bounds import SIGNS, Bound, read_bound
from lbhsweep.plots.shared.absence import NO_COEXISTENCE
from lbhsweep.plots.shared.bounds import draw_arrow, draw_temperatures
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.gradual import pick_evenly, shown_of
from lbhsweep.plots.shared.phase_look import LOOKS
from lbhsweep.plots.shared.style import (
    BLACK,
    GREY,
    SMALLEST_PT,
    Nothing,
    finish,
    gigapascal,
    hatch,
    label_panels,
    new_figure,
    shared_legend,
    unit_text,
)

_MOST_PRESSURES = 6
_T = "transition_temperature"
_MARKERS = {1: ("o", "full"), -1: ("s", "full"), 0: ("D", "none")}
"""Marker and its filling where the second phase won, the first, or neither."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw v(T) at each pressure: runs, law, T_t with its error, and bounds of fast runs."""
    found = analysis["equilibrium"].to_dataset()
    meeting = meeting_of(sweep_of(tree))
    coexist = tree["coexist"].to_dataset().load().sortby(["pressure", "temperature"])
    runs = [evidence for evidence, _ in read_runs(coexist, meeting)]
    if not any(one.temperature.size for one in runs):
        return Nothing("no run in which the two phases met is finished")
    every = list(found["pressure"].values)
    shown = pick_evenly(found["pressure"].values, _MOST_PRESSURES)
    figure, panels = new_figure(len(shown), columns=3, aspect=0.85, share_y=True)
    first, second = (name_in_sentence(name) for name in meeting.phases)
    label_panels(panels, "Temperature T (K)", f"Growth speed v ({unit_text('angstrom/ps')})")
    for axes, pressure in zip(panels, shown, strict=True):
        axes.set_title(gigapascal(pressure))
        axes.axhline(0.0, color="0.35", linewidth=0.7)
        _draw_runs(axes, runs[every.index(pressure)], found, meeting.phases)
        _draw_law(axes, found.sel(pressure=pressure), runs[every.index(pressure)])
        axes.margins(y=0.1)
    shared_legend(figure, panels, 4, _handles(runs, meeting.phases, found))
    notes = [
        f"{p:g} GPa: {reason}"
        for p, reason in zip(found["pressure"].values, found["reason"].values, strict=True)
        if str(reason) not in ("", "nan")
    ]
    remarks = [shown_of(shown, len(every), "pressures")]
    return finish(figure, tree, f"Growth of {second} against {first}", notes, remarks)


def _draw_runs(axes: Axes, runs: Evidence, found: xr.Dataset, phases: tuple[str, str]) -> None:
    """Draw measured speeds with errors of a random walk, and arrows at the bounds of others."""
    if not runs.temperature.size:
        hatch(axes, "no finished run")
        return
    between = np.nan_to_num(float(found["speed_between_runs"]))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(float(found["interface_diffusion"]) / runs.time + between**2)
    for winner, (marker, fill) in _MARKERS.items():
        chosen = runs.measured & (runs.winner == winner)
        axes.errorbar(
            runs.temperature[chosen], runs.speed[chosen], yerr=error[chosen], marker=marker,
            fillstyle=fill, color=_colour(winner, phases), linestyle="none", elinewidth=0.6,
        )  # fmt: skip
    for i in np.flatnonzero(runs.censored):
        side = int(runs.winner[i])
        at = (float(runs.temperature[i]), side * float(runs.least_speed[i]))
        colour = _colour(side, phases)
        axes.plot(*at, marker="_", color=colour, markersize=5)
        draw_arrow(axes, at, Bound.LOWER if side > 0 else Bound.UPPER, colour)
    silent = ~runs.measured & ~runs.censored
    axes.plot(
        runs.temperature[silent], np.full(int(silent.sum()), 0.03), linestyle="none", marker="|",
        markersize=5, color="#B00000", transform=axes.get_xaxis_transform(),
    )  # fmt: skip


def _draw_law(axes: Axes, here: xr.Dataset, runs: Evidence) -> None:
    """Draw the law and its zero, or the bound or interval that T_t has instead."""
    t, kind = float(here[_T]), read_bound(here, _T)
    slope = float(here["growth_coefficient"])
    if np.isfinite(slope):
        energy = np.nan_to_num(float(here["growth_activation_energy"]))
        law = Law(t, slope, float(energy), t)
        span = np.linspace(runs.temperature.min(), runs.temperature.max(), 200)
        axes.plot(span, law(span), color=BLACK, linewidth=0.9)
    if not np.isfinite(t):
        return
    error = float(np.hypot(here[f"{_T}_stderr"], np.nan_to_num(here[f"{_T}_systematic"])))
    if kind == Bound.VALUE:
        axes.axvspan(t - error, t + error, color="0.85", zorder=0)
    limits = tuple(np.array([float(here[f"{_T}_{side}"])]) for side in ("lower", "upper"))
    axes.text(
        0.03, 0.97, f"$T_t$ {_words(kind, t, error, *(float(one[0]) for one in limits))} K",
        transform=axes.transAxes, va="top", fontsize=SMALLEST_PT,
    )  # fmt: skip
    draw_temperatures(
        axes, np.zeros(1), np.array([t]), np.array([error]), np.array([int(kind)]),
        {"marker": "*", "color": BLACK, "markersize": 4.5, "linestyle": "none",
         "elinewidth": 1.6, "zorder": 5}, along="x", limits=(limits[0], limits[1]),
    )  # fmt: skip


def _words(kind: Bound, t: float, error: float, low: float, high: float) -> str:
    """Write T_t with its error, as a bound or as an interval."""
    if kind == Bound.INTERVAL:
        return f"from {low:.0f} to {high:.0f}"
    return f"{SIGNS[kind]} {t:.0f}" if kind in SIGNS else f"= {t:.0f} ± {error:.0f}"


def _colour(winner: int, phases: tuple[str, str]) -> str:
    if not winner:
        return GREY
    return LOOKS[phases[1] if winner > 0 else phases[0]].colour


def _handles(runs: list[Evidence], phases: tuple[str, str], found: xr.Dataset) -> list[Artist]:
    """Return the entries of the legend for what is drawn."""
    words = {
        1: f"{LOOKS[phases[1]].name} won",
        -1: f"{LOOKS[phases[0]].name} won",
        0: "neither won",
    }
    there = {int(code) for one in runs for code in one.winner[one.measured]}
    handles: list[Artist] = [
        Line2D([], [], color=_colour(code, phases), marker=_MARKERS[code][0],
               fillstyle="full" if code else "none", linestyle="none", label=words[code])
        for code in _MARKERS if code in there
    ]  # fmt: skip
    if any(one.censored.any() for one in runs):
        handles.append(
            Line2D([], [], color="0.2", marker=r"$\updownarrow$", linestyle="none",
                   label="arrow: at least so fast, too fast to be followed")
        )  # fmt: skip
    if any((~one.measured & ~one.censored).any() for one in runs):
        handles.append(
            Line2D([], [], color="#B00000", marker="|", linestyle="none", label="no speed known")
        )
    if np.isfinite(found["growth_coefficient"].values).any():
        handles.append(Line2D([], [], color=BLACK, label="v(T) of greatest likelihood"))
    if np.isfinite(found[_T].values).any():
        handles.append(Line2D([], [], color=BLACK, marker="*", linestyle="none", label="$T_t$"))
    return handles


FIGURE = FigureDeclaration(
    name="growth",
    draw=draw,
    rank=62,
    topic=Topic.TRANSITION,
    caption=(
        "Speed at which the second of two coexisting phases grows, of every run, against "
        "temperature; the line is the law of growth, whose zero is the transition temperature. "
        "Arrows mark runs that were too fast to be followed."
    ),
    variables=("growth_speed", "growth_coefficient", "interface_diffusion", "speed_between_runs"),
    needs=(
        Needs("results", "coexist", NO_COEXISTENCE),
        Needs("analysis", "equilibrium", "the runs were without the observable 'profile'"),
    ),
)
