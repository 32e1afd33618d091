"""Conductivity against 1000/T by number of vacancies, with the measured Haven ratio and with 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import MARKERS, inverse, name_isobar
from lbhsweep.plots.shared.style import (
    SERIES,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label_panels,
    new_figure,
    shared_legend,
)
from lbhsweep.plots.transport.diffusion import why_no_diffusion
from lbhsweep.quantities import stderr_name

_MEASURED, _TRACER = "conductivity", "conductivity_tracer"
_SHIFT = 0.004
"""Shift in 1000/T between points of the same cell, so that their error bars don't overlap."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw σ(T) of all numbers of vacancies, a panel for each phase and pressure.

    Full markers have the measured Haven ratio, open ones the Haven ratio 1.
    """
    transport = analysis["transport"].to_dataset()
    if not known(transport[_TRACER].values):
        return Nothing(why_no_diffusion(transport))
    parts = list(_each_panel(transport))
    figure, panels = new_figure(len(parts), panel=(3.8, 3.4), foot=0.8, share_y=True)
    label_panels(panels, "1000 K/T", "Ionic conductivity σ (S cm⁻¹)")
    panels[0].set_yscale("log", nonpositive="clip")
    for (title, here), axes in zip(parts, panels, strict=True):
        axes.set_title(title)
        if here is None:
            axes.tick_params(labelleft=False)
            hatch_empty(axes)
            continue
        for text, at, style in each_vacancies(here):
            _draw_series(axes, at, text, style)
    for fill, text in (("full", "measured Haven ratio"), ("none", "Haven ratio 1")):
        panels[0].plot([], [], color="0.3", marker="o", fillstyle=fill, linestyle="", label=text)
    shared_legend(figure, panels, columns=3)
    return finish(figure, tree, "Ionic conductivity")


def hatch_empty(axes: Axes) -> None:
    """Hatch a panel that shares its axes with others, and keep the ticks."""
    ticks = axes.get_yticks()
    hatch(axes, "no hold gives a conductivity")
    axes.set_yticks(ticks)


def _each_panel(transport: xr.Dataset) -> Iterator[tuple[str, xr.Dataset | None]]:
    """Yield (title, part) of the phases with a value at each pressure; part is None without any."""
    for pressure in transport["pressure"].values:
        at = transport.sel(pressure=pressure)
        with_value = [
            phase for phase in at["phase"].values if known(at[_TRACER].sel(phase=phase).values)
        ]
        for phase in with_value:
            yield name_isobar(str(phase), float(pressure)), at.sel(phase=phase)
        if not with_value:
            yield gigapascal(float(pressure)), None


def each_vacancies(dataset: xr.Dataset) -> Iterator[tuple[str, xr.Dataset, dict[str, Any]]]:
    """Yield (name, part, style) of each number of vacancies; once if it is unknown."""
    if "n_vacancies" not in dataset.dims:
        yield "σ", dataset, {"color": SERIES[0], "marker": MARKERS[0]}
        return
    for number, n in enumerate(dataset["n_vacancies"].values):
        at = dataset.sel(n_vacancies=n)
        text = {0: "no vacancies", 1: "1 vacancy"}.get(int(n), f"{int(n)} vacancies")
        if n and "vacancies_per_formula_unit" in at.coords:
            text += f", {concentration(at):.3g} mol %"
        style = {"color": SERIES[number % len(SERIES)], "marker": MARKERS[number % len(MARKERS)]}
        yield text, at, style


def concentration(at: xr.Dataset) -> float:
    """Return vacancies per 100 formula units, as Maltsev et al. 2023 count them."""
    return 100.0 * float(at["vacancies_per_formula_unit"])


def _draw_series(axes: Axes, at: xr.Dataset, text: str, style: dict[str, Any]) -> None:
    if not known(at[_TRACER].values):
        return
    x = inverse(at["temperature"].values.astype(np.float64))
    for name, fill, shift, line in (
        (_MEASURED, "full", -_SHIFT, "-"),
        (_TRACER, "none", _SHIFT, ":"),
    ):
        axes.errorbar(
            x + shift, at[name].values, yerr=at[stderr_name(name)].values, **style,
            fillstyle=fill, linestyle=line, linewidth=0.8, label=text if fill == "full" else None,
        )  # fmt: skip


FIGURE = FigureDeclaration(
    name="conductivity",
    draw=draw,
    rank=260,
    topic=Topic.DYNAMICS,
    caption="Ionic conductivity by number of vacancies, with the measured Haven ratio and with 1.",
    variables=(_MEASURED, _TRACER, "haven_ratio"),
    needs=(
        Needs("analysis", "transport", "neither diffusion nor rotation was measured"),
        Needs("analysis", "transport", "diffusion was not measured", variables=(_TRACER,)),
    ),
    over=("n_vacancies",),
)
