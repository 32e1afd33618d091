"""Diffusion, conductivity and reorientation against 1000/T with the law of each phase."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lbhsweep.analysis.published import DIFFUSION, SAU_2021
from lbhsweep.analysis.transport.arrhenius import BOLTZMANN_EV
from lbhsweep.plots.shared.absence import why_no_diffusion
from lbhsweep.plots.shared.axis_looks import AxisLooks, pressure_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import draw_isobars, each_isobar, inverse, isobar_handles
from lbhsweep.plots.shared.style import (
    AMBER,
    Nothing,
    finish,
    known,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities import stderr_name

_PANELS = {
    "diffusion": ("diffusion_coefficient", "Tracer diffusion D (cm² s⁻¹)"),
    "conductivity": ("conductivity", "σT (K S cm⁻¹)"),
    "reorientation": ("reorientation_rate", "Reorientation rate λ (ps⁻¹)"),
}
PUBLISHED_LABEL = f"D at 0 GPa, {SAU_2021.short}, suppl. fig. 5"
_ABSENT = "no value: MSD not linear yet, too few hops, or no decay seen"
_ENERGY = "activation_energy"
_FOOT_SHARE = 0.14
"""Of the axis below the lowest point, for the crosses."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw points, laws and, in a second row, the laws' energies against pressure.

    Lines end with the data that they were fitted to; a cross is a cell without a value.
    """
    transport = analysis["transport"].to_dataset()
    names = [
        name
        for name, (quantity, _) in _PANELS.items()
        if quantity in transport and known(transport[quantity].values)
    ]
    if not names:
        return Nothing(why_no_diffusion(transport))
    laws = {name: analysis[f"arrhenius/{name}"].to_dataset() for name in names}
    n = len(names)
    # Of a single pressure the energies are written below the figure.
    several = transport.sizes["pressure"] > 1
    has_row = several and any(known(one[_ENERGY].values) for one in laws.values())
    figure, panels = new_figure(
        (1 + has_row) * n, columns=n, aspect=0.95 if n > 2 else 0.72, share_x=False
    )
    looks = pressure_looks(tree)
    notes: dict[str, list[str]] = {}
    crossed = False
    for axes, name in zip(panels[:n], names, strict=True):
        quantity, y_label = _PANELS[name]
        axes.set_yscale("log", nonpositive="clip")
        axes.set_xlabel("1000 K/T")
        axes.set_ylabel(y_label)
        shown = transport[["n_replicas", quantity, stderr_name(quantity)]]
        if name == "conductivity":
            factor = shown["temperature"]
            shown = shown.assign({k: shown[k] * factor for k in (quantity, stderr_name(quantity))})
        crossed |= draw_isobars(
            axes, shown, quantity, looks, along=inverse, line=False, absent=True
        )
        for reason, isobars in _draw_laws(axes, laws[name], looks).items():
            notes.setdefault(reason, []).append(f"{name} ({', '.join(isobars)})")
        if name == "diffusion" and _has_published(tree, transport):
            _draw_published(axes)
        low, high = axes.get_ylim()
        axes.set_ylim(low / (high / low) ** _FOOT_SHARE, high)
        _add_kelvin(axes)
    for axes, name in zip(panels[n:], names, strict=False):
        _draw_energies(axes, laws[name], looks)
    handles = isobar_handles(
        transport, [_PANELS[name][0] for name in names], looks, absent=_ABSENT if crossed else ""
    )
    if "diffusion" in names and _has_published(tree, transport):
        handles.append(next(o for o in panels[0].lines if o.get_label() == PUBLISHED_LABEL))
    looks.add_bar(figure, panels)
    shared_legend(figure, panels, 8, handles)
    lines = [f"{reason}: {'; '.join(where)}" for reason, where in notes.items()]
    lines += _partly_seen(transport, looks) if "reorientation" in names else []
    remarks = [] if several else _written_energies(laws, looks)
    return finish(figure, tree, "Arrhenius laws", lines, remarks)


def _has_published(tree: xr.DataTree, transport: xr.Dataset) -> bool:
    """Check whether the published coefficients are those of this material and pressure."""
    potential, vacancies = str(tree.attrs.get("potential", "")), tree.attrs.get("n_vacancies", 0)
    return potential.startswith("lbh") and not vacancies and 0.0 in transport["pressure"].values


def _draw_published(axes: Axes) -> None:
    axes.plot(
        [1000.0 / t for t in DIFFUSION], list(DIFFUSION.values()), marker="*", markersize=7,
        color=AMBER, markeredgecolor="0.3", markeredgewidth=0.4, linestyle="none",
        label=PUBLISHED_LABEL, zorder=6,
    )  # fmt: skip


def _add_kelvin(axes: Axes) -> None:
    """Add a scale of temperature at the top."""
    low, high = sorted(1000.0 / edge for edge in axes.get_xlim())
    step = next(s for s in (10, 20, 25, 50, 100, 200, 500, 1000) if (high - low) / s <= 6)
    ticks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    places = 1000.0 / ticks
    # Labels of neighbours must not touch: 1/T crowds those of high temperatures.
    least = 0.13 * abs(float(np.ptp(axes.get_xlim())))
    kept: list[int] = []
    for number in range(len(ticks)):
        if not kept or abs(places[number] - places[kept[-1]]) >= least:
            kept.append(number)
    top = axes.secondary_xaxis("top")
    top.set_xticks(places[kept], [f"{ticks[number]:g}" for number in kept])
    top.set_xlabel("T (K)")


def _draw_laws(axes: Axes, laws: xr.Dataset, looks: AxisLooks) -> dict[str, list[str]]:
    """Draw the laws of a group of `arrhenius` with errors; return their caveats with isobars."""
    notes: dict[str, list[str]] = {}
    for text, here, style in each_isobar(laws, looks):
        value, error = float(here[_ENERGY]), float(here[stderr_name(_ENERGY)])
        if not np.isfinite(value):
            continue
        span = np.linspace(float(here["t_min"]), float(here["t_max"]), 40)
        x = -1.0 / (BOLTZMANN_EV * span)
        line = float(here["log_prefactor"]) + value * x
        variance = float(here["log_prefactor_stderr"]) ** 2 + (error * x) ** 2
        spread = np.sqrt(np.maximum(variance + 2.0 * float(here["covariance"]) * x, 0.0))
        axes.plot(
            inverse(span), np.exp(line), color=style["color"], linestyle=style["linestyle"],
        )  # fmt: skip
        axes.fill_between(
            inverse(span), np.exp(line - spread), np.exp(line + spread), color=style["color"],
            alpha=0.15, linewidth=0,
        )  # fmt: skip
        reason = str(here["reason"].item())
        if reason:
            notes.setdefault(reason, []).append(text)
    return notes


def _draw_energies(axes: Axes, laws: xr.Dataset, looks: AxisLooks) -> None:
    """Draw the activation energy of each phase against pressure."""
    axes.set_xlabel("Pressure P (GPa)")
    axes.set_ylabel("$E_a$ (eV)")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    pressures = laws["pressure"].values
    pad = max(0.08 * float(np.ptp(pressures)), 0.02)
    axes.set_xlim(pressures.min() - pad, pressures.max() + pad)
    for text, here, style in each_isobar(laws, looks):
        value = float(here[_ENERGY])
        if np.isfinite(value):
            error = float(here[stderr_name(_ENERGY)])
            axes.errorbar(
                [float(here["pressure"])], [value], yerr=[error if np.isfinite(error) else 0.0],
                **(style | {"linestyle": "none"}), elinewidth=0.6, label=text,
            )  # fmt: skip
    if not known(laws[_ENERGY].values):
        axes.set_yticks([])
        axes.text(
            0.5, 0.5, "no law", transform=axes.transAxes, ha="center", va="center", color="0.35"
        )


def _written_energies(laws: dict[str, xr.Dataset], looks: AxisLooks) -> list[str]:
    """Write the activation energies of each quantity."""
    lines = []
    for name, dataset in laws.items():
        found = []
        for text, here, _ in each_isobar(dataset, looks):
            value, error = float(here[_ENERGY]), float(here[stderr_name(_ENERGY)])
            if np.isfinite(value):
                spread = f" ± {error:.3f}" if np.isfinite(error) else ""
                found.append(f"{text}: {value:.3f}{spread} eV")
        if found:
            lines.append(f"activation energy of {name}: {'; '.join(found)}")
    return lines


def _partly_seen(transport: xr.Dataset, looks: AxisLooks) -> list[str]:
    """Name the cells whose mean of λ is over a part of the replicas."""
    notes = []
    for text, here, _ in each_isobar(transport, looks):
        partly = np.isfinite(here["reorientation_rate"].values) & (
            here["reorientation_reason"].values != ""
        )
        places = ", ".join(f"{t:g} K" for t in here["temperature"].values[partly])
        if places:
            notes.append(f"{text}: λ too large at {places}, where not all holds show a decay")
    return notes


FIGURE = FigureDeclaration(
    name="arrhenius",
    draw=draw,
    rank=150,
    topic=Topic.DYNAMICS,
    caption=(
        "Tracer diffusion coefficient D of Li, conductivity σ times T and reorientation rate λ of "
        "the anions in each phase at every pressure against 1000/T, with their Arrhenius laws, and "
        "the activation energies of the laws against pressure; crosses at the foot are cells "
        "without a value."
    ),
    variables=(
        "diffusion_coefficient",
        "conductivity",
        "reorientation_rate",
        "activation_energy",
        "prefactor",
    ),
    needs=(Needs("analysis", "transport", "neither diffusion nor rotation was measured"),),
    references=(SAU_2021,),
    includes=("diffusion", "reorientation"),
)
