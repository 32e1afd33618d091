"""Conductivity against 1000/T by number of vacancies, and its activation energies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lbhsweep.analysis.published import ACTIVATION_ENERGY, MALTSEV_2023
from lbhsweep.plots.shared.absence import why_no_diffusion
from lbhsweep.plots.shared.axis_looks import AxisLooks, vacancy_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import inverse, name_isobar
from lbhsweep.plots.shared.style import (
    GREY,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities import stderr_name

_MEASURED, _TRACER = "conductivity", "conductivity_tracer"
_ENERGY = "activation_energy_plain"
PUBLISHED_LABEL = f"$E_a$ of α, another potential ({MALTSEV_2023.short}, tab. 3)"
_KINDS = {_MEASURED: ("full", "-", "measured Haven ratio"), _TRACER: ("none", ":", "Haven ratio 1")}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw σ(T) of all numbers of vacancies, a panel for each phase and pressure.

    Full markers have the measured Haven ratio, open ones the Haven ratio 1.  Beside each panel are
    the activation energies of ln σ with the Haven ratio 1, as Maltsev et al. 2023 define them, if
    there are several numbers of vacancies.
    """
    transport = analysis["transport"].to_dataset()
    if not known(transport[_TRACER].values):
        return Nothing(why_no_diffusion(transport))
    parts = list(_each_panel(transport))
    laws, why_not = _laws(analysis)
    columns = 3 if laws is None else 2
    figure, panels = new_figure(
        len(parts) * (1 if laws is None else 2), columns=columns, aspect=0.75, share_x=False
    )
    looks = vacancy_looks(tree)
    of_sigma = panels if laws is None else panels[::2]
    _share(of_sigma)
    for (phase, pressure, here), axes in zip(parts, of_sigma, strict=True):
        axes.set_title(_title(phase, pressure))
        axes.set_xlabel("1000 K/T")
        axes.set_ylabel("Conductivity σ (S cm⁻¹)")
        if here is None:
            hatch_empty(axes)
            continue
        for n, at in each_vacancies(here):
            _draw_series(axes, at, looks, n)
    notes = [] if laws is None else _draw_energies(panels[1::2], parts, laws, looks)
    looks.add_bar(figure, panels)
    shared_legend(figure, panels, 4, _handles(transport, looks, has_laws=laws is not None))
    return finish(figure, tree, "Ionic conductivity", notes, [why_not])


def hatch_empty(axes: Axes) -> None:
    """Hatch a panel that shares its axes with others, and keep the ticks."""
    ticks = axes.get_yticks()
    hatch(axes, "no hold gives a conductivity")
    axes.set_yticks(ticks)


def each_vacancies(dataset: xr.Dataset) -> Iterator[tuple[int, xr.Dataset]]:
    """Yield (number, part) of each number of vacancies; once with 0 if it is unknown."""
    if "n_vacancies" not in dataset.dims:
        yield 0, dataset
        return
    for n in dataset["n_vacancies"].values:
        yield int(n), dataset.sel(n_vacancies=n)


def concentration(at: xr.Dataset) -> float:
    """Return vacancies per 100 formula units, as Maltsev et al. 2023 count them."""
    return 100.0 * float(at["vacancies_per_formula_unit"])


def _each_panel(transport: xr.Dataset) -> Iterator[tuple[str, float, xr.Dataset | None]]:
    """Yield (phase, pressure, part) wherever there is a value; a pressure without any has None."""
    for pressure in transport["pressure"].values:
        at = transport.sel(pressure=pressure)
        with_value = [
            phase for phase in at["phase"].values if known(at[_TRACER].sel(phase=phase).values)
        ]
        for phase in with_value:
            yield str(phase), float(pressure), at.sel(phase=phase)
        if not with_value:
            yield "", float(pressure), None


def _title(phase: str, pressure: float) -> str:
    return name_isobar(phase, pressure) if phase else gigapascal(pressure)


def _share(panels: list[Axes]) -> None:
    """Set one scale of both axes for all panels of σ."""
    for axes in panels[1:]:
        axes.sharex(panels[0])
        axes.sharey(panels[0])
    # Of an axis that is shared after its scale was set, matplotlib keeps the linear transform.
    panels[0].set_yscale("log", nonpositive="clip")


def _draw_series(axes: Axes, at: xr.Dataset, looks: AxisLooks, n: int) -> None:
    if not known(at[_TRACER].values):
        return
    x = inverse(at["temperature"].values.astype(np.float64))
    for name, (fill, line, text) in _KINDS.items():
        axes.errorbar(
            x, at[name].values, yerr=at[stderr_name(name)].values, color=looks.colour(n),
            marker=looks.marker(n), fillstyle=fill, linestyle=line, linewidth=0.6, elinewidth=0.6,
            label=f"{n} vacancies, {text}",
        )  # fmt: skip


def _handles(transport: xr.Dataset, looks: AxisLooks, *, has_laws: bool) -> list[Artist]:
    """Return an entry of the legend for each number of vacancies and for both Haven ratios."""
    shown = [n for n, at in each_vacancies(transport) if known(at[_TRACER].values)]
    handles = looks.handles(shown)
    if "vacancies_per_formula_unit" in transport.coords and "n_vacancies" in transport.dims:
        for n, handle in zip(shown, handles, strict=False):
            if n:
                share = concentration(transport.sel(n_vacancies=n))
                handle.set_label(f"{handle.get_label()}, {share:.3g} mol %")
    handles += [
        Line2D([], [], color="0.3", marker="o", fillstyle=fill, linestyle=line, label=text)  # type: ignore[arg-type]
        for fill, line, text in _KINDS.values()
    ]
    if has_laws:
        stars = {"marker": "*", "markersize": 6, "color": GREY}
        handles.append(Line2D([], [], linestyle="none", label=PUBLISHED_LABEL, **stars))  # type: ignore[arg-type]
    return handles


def _laws(analysis: xr.DataTree) -> tuple[xr.Dataset | None, str]:
    """Return the laws by number of vacancies, or None and the reason why they are not drawn."""
    if f"/arrhenius/{_TRACER}" not in analysis.groups:
        return None, ""
    laws = analysis[f"arrhenius/{_TRACER}"].to_dataset()
    if "vacancies_per_formula_unit" not in laws.coords or laws.sizes.get("n_vacancies", 1) < 2:
        return None, ""
    if not known(laws[_ENERGY].values):
        return None, "no activation energy: no conductivity at two temperatures in one phase"
    return laws, ""


def _draw_energies(
    panels: list[Axes],
    parts: list[tuple[str, float, xr.Dataset | None]],
    laws: xr.Dataset,
    looks: AxisLooks,
) -> list[str]:
    """Draw E_a against the concentration of vacancies; return which numbers have no law."""
    notes = []
    for axes in panels[1:]:
        axes.sharex(panels[0])
        axes.sharey(panels[0])
    for (phase, pressure, here), axes in zip(parts, panels, strict=True):
        axes.set_title(_title(phase, pressure))
        axes.set_xlabel("Vacancies per formula unit (mol %)")
        axes.set_ylabel("$E_a$ of σ (eV)")
        axes.plot(
            list(ACTIVATION_ENERGY), list(ACTIVATION_ENERGY.values()), marker="*", markersize=6,
            color=GREY, linestyle="none", label=PUBLISHED_LABEL,
        )  # fmt: skip
        if here is None:
            continue
        missing = []
        for n, law in each_vacancies(laws.sel(phase=phase, pressure=pressure)):
            value, error = float(law[_ENERGY]), float(law[stderr_name(_ENERGY)])
            if not np.isfinite(value):
                missing.append(f"{n}")
                continue
            axes.errorbar(
                [concentration(law)], [value], yerr=[error if np.isfinite(error) else 0.0],
                color=looks.colour(n), marker=looks.marker(n), fillstyle="none", elinewidth=0.6,
                label=f"{n} vacancies",
            )  # fmt: skip
        if missing:
            places = ", ".join(missing)
            notes.append(f"{_title(phase, pressure)}: no law with {places} vacancies")
    return notes


FIGURE = FigureDeclaration(
    name="conductivity",
    draw=draw,
    rank=260,
    topic=Topic.DYNAMICS,
    caption=(
        "Ionic conductivity by number of vacancies, with the measured Haven ratio and with 1, and "
        "its activation energy with the Haven ratio 1 against the concentration of vacancies."
    ),
    variables=(_MEASURED, _TRACER, "haven_ratio", "activation_energy"),
    needs=(
        Needs("analysis", "transport", "neither diffusion nor rotation was measured"),
        Needs("analysis", "transport", "diffusion was not measured", variables=(_TRACER,)),
    ),
    over=("n_vacancies",),
    references=(MALTSEV_2023,),
    includes=("activation_energy",),
)
