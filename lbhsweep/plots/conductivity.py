"""Conductivity against 1000/T by number of vacancies, with the measured Haven ratio and with 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.isobars import MARKERS, PHASES, SYMBOLS, inverse
from lbhsweep.plots.style import (
    SERIES,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label_panels,
    new_figure,
    shared_legend,
    styled,
)
from lbhsweep.quantities import stderr_name

_MEASURED, _TRACER = "conductivity", "conductivity_tracer"
_SHIFT = 0.004
"""Of 1000/T between points of the same cell, so that their error bars show side by side."""


@styled
def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw σ(T) of all numbers of vacancies, a panel a pressure.

    Full markers have the measured Haven ratio, open ones the Haven ratio 1; E_a is that of
    ln σ with the Haven ratio 1, as Maltsev et al. 2023 give it.
    """
    if "transport" not in analysis.children:
        return Nothing("neither diffusion nor rotation was measured")
    transport = analysis["transport"].to_dataset()
    if _TRACER not in transport:
        return Nothing("diffusion was not measured")
    if not known(transport[_TRACER].values):
        return Nothing("no hold has ten hops of Li that have become diffusive")
    laws = analysis["arrhenius/conductivity_tracer"].to_dataset()
    pressures = transport["pressure"].values
    figure, panels = new_figure(len(pressures), panel=(4.6, 3.8), foot=1.0, share_y=True)
    label_panels(panels, "1000 K/T", "Ionic conductivity σ (S cm⁻¹)")
    for pressure, axes in zip(pressures, panels, strict=True):
        axes.set_title(gigapascal(float(pressure)))
        axes.set_yscale("log", nonpositive="clip")
        here = transport.sel(pressure=pressure)
        if not known(here[_TRACER].values):
            hatch(axes, "no data")
            continue
        for style, text, at, law in _each_series(here, laws.sel(pressure=pressure)):
            _draw_series(axes, at, law, text, style)
    for fill, text in (("full", "measured Haven ratio"), ("none", "Haven ratio 1")):
        panels[0].plot(
            [], [], color="0.3", marker="o", fillstyle=fill, linestyle="none", label=text
        )
    shared_legend(figure, panels, columns=2)
    return finish(figure, tree, "Ionic conductivity")


def _each_series(
    transport: xr.Dataset, laws: xr.Dataset
) -> Iterator[tuple[dict[str, Any], str, xr.Dataset, xr.Dataset]]:
    """Go through (style, name, points, law) of each number of vacancies and phase."""
    vacancies = np.atleast_1d(transport["n_vacancies"].values) if _many(transport) else [None]
    for number, n in enumerate(vacancies):
        at, law = (ds if n is None else ds.sel(n_vacancies=n) for ds in (transport, laws))
        for phase in transport["phase"].values:
            style = {
                "color": SERIES[number % len(SERIES)],
                "marker": MARKERS[number % len(MARKERS)],
                "linestyle": PHASES[str(phase)]["linestyle"],
            }
            words = (_vacancies(at) if n is not None else "", SYMBOLS.get(str(phase), ""))
            text = ", ".join(word for word in words if word) or "σ"
            yield style, text, at.sel(phase=phase), law.sel(phase=phase)


def _many(transport: xr.Dataset) -> bool:
    return "n_vacancies" in transport.dims


def _vacancies(at: xr.Dataset) -> str:
    """Name a number of vacancies with its concentration per formula unit, as the paper does."""
    text = f"{int(at['n_vacancies'])} vacancies"
    if "vacancies_per_formula_unit" in at.coords and int(at["n_vacancies"]):
        text += f" ({100 * float(at['vacancies_per_formula_unit']):.2g} mol %)"
    return text


def _draw_series(
    axes: Axes, at: xr.Dataset, law: xr.Dataset, text: str, style: dict[str, Any]
) -> None:
    if not known(at[_TRACER].values):
        return
    energy, error = (
        float(law["activation_energy_plain"]),
        float(law["activation_energy_plain_stderr"]),
    )
    if np.isfinite(energy):
        text += f": $E_a$ = {energy:.3f} ± {error:.3f} eV"
    x = inverse(at["temperature"].values.astype(np.float64))
    for name, fill, shift, line in (
        (_TRACER, "none", _SHIFT, style["linestyle"]),
        (_MEASURED, "full", -_SHIFT, "none"),
    ):
        axes.errorbar(
            x + shift, at[name].values, yerr=at[stderr_name(name)].values, color=style["color"],
            marker=style["marker"], fillstyle=fill, linestyle=line, linewidth=0.8,
            label=text if fill == "none" else None,
        )  # fmt: skip
