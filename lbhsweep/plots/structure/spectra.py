"""Vibrational densities of states by species and mode, of the coldest α and the hottest β."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.phase_cells import draw_phase_curves, needs_averages, phase_curves
from lbhsweep.plots.shared.style import Nothing, finish, label, new_figure, shared_legend

SPECTRA = {
    "vdos_li": "Li",
    "vdos_translation": "anions, translation",
    "vdos_libration": "anions, libration",
    "vdos_internal": "anions, internal",
    "vdos_b": "B",
    "vdos_h": "H",
}
_SHARE = 0.998
"""Of the degrees of freedom that the axis shows: above them there is only noise."""


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw g(ν), whose integral is the number of degrees of freedom per formula unit."""
    found = phase_curves(analysis, next(iter(SPECTRA)))
    if isinstance(found, Nothing):
        return found
    dataset, cells = found
    figure, panels = new_figure(len(SPECTRA), aspect=0.75, share_x=False)
    for axes, (name, title) in zip(panels, SPECTRA.items(), strict=True):
        draw_phase_curves(axes, dataset, name, cells)
        axes.set_title(title)
        axes.set_xlabel(label(dataset["wavenumber"], "ν̃"))
        axes.set_ylabel("g(ν̃) (cm)")
        axes.set_xlim(0.0, max(_reach(dataset[name].sel(cell.place)) for cell in cells.both))
        axes.set_ylim(0.0, None)
    shared_legend(figure, panels, columns=2)
    remarks = ["the integral of g over ν̃ is the number of degrees of freedom per formula unit"]
    return finish(
        figure, tree, "Vibrational densities of states", cells.missing, [*remarks, *cells.rule]
    )


def _reach(curve: xr.DataArray) -> float:
    """Return the wavenumber below which nearly all degrees of freedom lie."""
    growing = np.cumsum(np.nan_to_num(curve.values))
    last = int(np.searchsorted(growing, _SHARE * growing[-1]))
    wavenumber = curve["wavenumber"].values
    return 1.1 * float(wavenumber[min(last + 1, wavenumber.size - 1)])


FIGURE = FigureDeclaration(
    name="spectra",
    draw=draw,
    rank=220,
    topic=Topic.DYNAMICS,
    caption=(
        "Vibrational densities of states by species and mode, of the coldest α and the hottest β."
    ),
    variables=("vdos_li", "vdos_libration"),
    needs=needs_averages(tuple(SPECTRA), "spectra"),
)
