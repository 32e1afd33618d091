"""Arrhenius plots: ln D, ln σT and ln λ against 1000/T with the law of each phase."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis.published import SAU_2021
from lbhsweep.analysis.transport.arrhenius import BOLTZMANN_EV
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import draw_isobars, each_isobar, inverse
from lbhsweep.plots.shared.style import Nothing, finish, known, new_figure
from lbhsweep.plots.transport.diffusion import draw_published, has_published
from lbhsweep.quantities import stderr_name

_PANELS = {
    "diffusion": ("diffusion_coefficient", "Tracer diffusion D (cm² s⁻¹)"),
    "conductivity": ("conductivity", "Conductivity times T, σT (K S cm⁻¹)"),
    "reorientation": ("reorientation_rate", "Reorientation rate λ (ps⁻¹)"),
}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw points and laws; lines end with the data that they were fitted to."""
    transport = analysis["transport"].to_dataset()
    names = [
        name
        for name, (quantity, _) in _PANELS.items()
        if quantity in transport and known(transport[quantity].values)
    ]
    if not names:
        return Nothing("no hold gives a diffusion coefficient or a reorientation rate")
    figure, panels = new_figure(len(names), panel=(4.2, 4.2))
    notes: list[str] = []
    for axes, name in zip(panels, names, strict=True):
        quantity, y_label = _PANELS[name]
        axes.set_yscale("log", nonpositive="clip")
        axes.set_xlabel("1000 K/T")
        axes.set_ylabel(y_label)
        shown = transport[["n_replicas", quantity, stderr_name(quantity)]]
        if name == "conductivity":
            factor = shown["temperature"]
            shown = shown.assign({n: shown[n] * factor for n in (quantity, stderr_name(quantity))})
        laws = analysis[f"arrhenius/{name}"].to_dataset()
        draw_isobars(axes, shown, quantity, along=inverse, line=False, names=_energies(laws))
        notes += [f"{name}: {note}" for note in _draw_laws(axes, laws)]
        if name == "diffusion" and has_published(tree, transport):
            draw_published(axes, inverse=True)
        low, high = axes.get_ylim()
        # Room below for the legend.
        axes.set_ylim(low / (high / low) ** 0.45, high)
        axes.legend(loc="lower left", fontsize=7)
    return finish(figure, tree, "Arrhenius laws", list(dict.fromkeys(notes)))


def _energies(laws: xr.Dataset) -> dict[str, str]:
    """Map the name of each isobar to itself followed by its activation energy."""
    return {
        text: f"{text}: {energy(here, 'activation_energy')}" for text, here, _ in each_isobar(laws)
    }


def energy(law: xr.Dataset, name: str) -> str:
    """Write an activation energy with its error, or that there is none."""
    value, error = float(law[name]), float(law[stderr_name(name)])
    return f"$E_a$ = {value:.3f} ± {error:.3f} eV" if np.isfinite(value) else "no law"


def _draw_laws(axes: Axes, laws: xr.Dataset) -> list[str]:
    """Draw the laws of a group of `arrhenius` with their errors, and return their caveats."""
    notes = []
    for text, here, style in each_isobar(laws):
        value, error = float(here["activation_energy"]), float(here["activation_energy_stderr"])
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
            notes.append(f"{text}: {reason}")
    return notes


FIGURE = FigureDeclaration(
    name="arrhenius",
    draw=draw,
    rank=150,
    topic=Topic.DYNAMICS,
    caption=(
        "Arrhenius plots of diffusion, conductivity and reorientation with the law of each phase."
    ),
    variables=("activation_energy", "prefactor"),
    needs=(Needs("analysis", "transport", "neither diffusion nor rotation was measured"),),
    references=(SAU_2021,),
)
