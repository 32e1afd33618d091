"""Activation energy of the conductivity against the concentration of vacancies."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.analysis import published
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import each_isobar
from lbhsweep.plots.shared.style import (
    GREY,
    Nothing,
    finish,
    known,
    new_figure,
    shared_legend,
)
from lbhsweep.plots.transport.conductivity import concentration

PUBLISHED_LABEL = f"α, another potential ({published.MALTSEV_2023.short}, tab. 3)"
_NAME = "activation_energy_plain"


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw E_a of ln σ with the Haven ratio 1, as Maltsev et al. 2023 define it."""
    laws = analysis["arrhenius/conductivity_tracer"].to_dataset()
    if "vacancies_per_formula_unit" not in laws.coords or laws.sizes["n_vacancies"] < 2:
        return Nothing("one number of vacancies only")
    if not known(laws[_NAME].values):
        return Nothing("no conductivity at two temperatures in one phase")
    figure, (axes,) = new_figure(1, panel=(6.0, 3.8), foot=0.6)
    axes.set_xlabel("Vacancies per formula unit (mol %)")
    axes.set_ylabel("Activation energy of σ, $E_a$ (eV)")
    x = np.array([concentration(laws.sel(n_vacancies=n)) for n in laws["n_vacancies"].values])
    notes = []
    for text, here, style in each_isobar(laws):
        value = here[_NAME].values
        if known(value):
            axes.errorbar(
                x, value, yerr=here[f"{_NAME}_stderr"].values, linewidth=0.8, label=text, **style
            )
        missing = [f"{n}" for n, one in zip(here["n_vacancies"].values, value, strict=True)
                   if not np.isfinite(one)]  # fmt: skip
        if known(value) and missing:
            notes.append(f"{text}: no law with {', '.join(missing)} vacancies")
    axes.plot(
        list(published.ACTIVATION_ENERGY), list(published.ACTIVATION_ENERGY.values()), marker="*",
        markersize=10, color=GREY, linestyle="none", label=PUBLISHED_LABEL,
    )  # fmt: skip
    shared_legend(figure, [axes], columns=2)
    return finish(figure, tree, "Activation energy of the conductivity", notes)


FIGURE = FigureDeclaration(
    name="activation_energy",
    draw=draw,
    rank=270,
    topic=Topic.DYNAMICS,
    caption="Activation energy of the conductivity against the concentration of vacancies.",
    variables=("activation_energy",),
    needs=(
        Needs("analysis", "arrhenius", "neither diffusion nor rotation was measured"),
        Needs("analysis", "arrhenius/conductivity_tracer", "diffusion was not measured"),
    ),
    over=("n_vacancies",),
    references=(published.MALTSEV_2023,),
)
