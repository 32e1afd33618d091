"""Autocorrelation of the anions' orientation by number of vacancies, at a few temperatures."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.axis_looks import vacancy_looks
from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.gradual import colour_bar, pick_evenly, shown_of
from lbhsweep.plots.shared.phase_cells import averaged_holds, needs_averages
from lbhsweep.plots.shared.phase_look import phase_handles
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    gigapascal,
    label,
    new_figure,
    shared_legend,
)
from lbhsweep.plots.transport.correlation import QUANTITIES, TITLES, draw_curves, phases_of

_MOST_TEMPERATURES = 3


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw both autocorrelations of materials that differ in `n_vacancies` only.

    Rows are temperatures at which the most numbers of vacancies were simulated, at the lowest
    pressure.
    """
    dataset = averaged_holds(analysis, "bh_correlation")
    if isinstance(dataset, Nothing):
        return dataset
    filled = dataset["bh_correlation"].notnull().any(["phase", "lag"])
    pressure = _lowest(filled)
    counts = filled.sel(pressure=pressure).sum("n_vacancies").values
    if counts.max() < 2:
        return Nothing("one number of vacancies only at any temperature")
    all_of_them = dataset["temperature"].values[counts == counts.max()]
    temperatures = pick_evenly(all_of_them, _MOST_TEMPERATURES)
    here = dataset.sel(pressure=pressure, temperature=temperatures)
    there = filled.sel(pressure=pressure, temperature=temperatures)
    here = here.isel(n_vacancies=np.flatnonzero(there.any("temperature").values))
    figure, panels = new_figure(2 * len(temperatures), columns=2, aspect=0.62, share_y=True)
    looks = vacancy_looks(tree)
    numbers = here["n_vacancies"].values
    colours = [looks.colour(n) for n in numbers]
    for row, temperature in enumerate(temperatures):
        for axes, name in zip(panels[2 * row : 2 * row + 2], QUANTITIES, strict=True):
            draw_curves(axes, here.sel(temperature=temperature), name, "n_vacancies", colours)
            axes.set_title(f"{temperature:g} K, {gigapascal(pressure)}, {TITLES[name]}")
    colour_bar(figure, panels, numbers, label(here["n_vacancies"]), colours)
    shared_legend(figure, panels, 5, phase_handles(phases_of(here), marker=""))
    remark = shown_of(temperatures, len(all_of_them), "temperatures")
    title = "Orientational autocorrelation by vacancies"
    return finish(figure, tree, title, remarks=[remark])


def _lowest(filled: xr.DataArray) -> float:
    """Return the lowest pressure at which the most numbers of vacancies share a temperature."""
    shared = filled.sum("n_vacancies").max("temperature").sortby("pressure")
    return float(shared["pressure"].values[int(shared.values.argmax())])


FIGURE = FigureDeclaration(
    name="correlation_vacancies",
    draw=draw,
    rank=280,
    topic=Topic.DYNAMICS,
    caption="Autocorrelation of B–H directions and of icosahedral order by number of vacancies.",
    variables=("bh_correlation", "icosahedral_correlation"),
    needs=needs_averages(tuple(QUANTITIES), "rotation"),
    over=("n_vacancies",),
)
