"""Maps of Li and H in the conventional cell, α and β side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lbhsweep.analysis.published import SAU_2021
from lbhsweep.arrays import FloatArray
from lbhsweep.plots.shared.declaration import FigureDeclaration, Topic
from lbhsweep.plots.shared.joined import joined_holds, needs_holds
from lbhsweep.plots.shared.phase_cells import PhaseCells, find_phase_cells, why_no_cell
from lbhsweep.plots.shared.style import (
    Nothing,
    finish,
    hatch,
    label,
    new_figure,
    shared_legend,
)

SPECIES = {"li_density": ("Li", "YlOrRd", 9e-6, 64), "h_density": ("H", "YlGnBu", 1e-4, 384)}
"""Symbol, colours, isovalue of Sci. Rep. 2021 suppl. fig. 1 in Å⁻³, atoms in its supercell."""
LEVEL_NOTE = (
    "lines: levels of the isosurfaces of Sci. Rep. 2021, suppl. fig. 1, {li:.2g} Li and {h:.2g} H "
    "per Å³. Its 9e-6 and 1e-4 Å⁻³ are taken as probability densities of one of the 64 Li and 384 "
    "H of its supercell, since it doesn't define them."
)
REPLICA_NOTE = (
    "one run each, not averaged over replicas: α may grow in eight variants, in each of which Li "
    "is elsewhere"
)
_ANIONS = ((0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0))
_OCTAHEDRAL = ((0.5, 0.5, 0.5), (0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5))
_TETRAHEDRAL = tuple((x, y, z) for x in (0.25, 0.75) for y in (0.25, 0.75) for z in (0.25, 0.75))
SITES: dict[str, tuple[tuple[tuple[float, ...], ...], dict[str, Any]]] = {
    "anion centres": (_ANIONS, {"marker": "P", "color": "k"}),
    "tetrahedral sites": (_TETRAHEDRAL, {"marker": "^", "color": "#0072B2"}),
    "octahedral sites": (_OCTAHEDRAL, {"marker": "s", "color": "#009E73"}),
}
_SPAN = 3.0
"""Decades of density in colour."""
_CLOSE = 1e-6
LAYER, DIAGONAL = "layer", "diagonal"
TITLES = {LAYER: "⅛ ≤ z ≤ ⅜", DIAGONAL: "plane x = y"}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw Li and H, each in a row: of both phases the layer about z = ¼ and the plane x = y."""
    hold = joined_holds(tree)
    cells = find_phase_cells(hold, "li_density")
    if not cells.both:
        return why_no_cell(cells, hold, "li_density")
    figure, panels = new_figure(8, columns=4, aspect=0.8, share_x=False)
    shown = {cell.name: hold[list(SPECIES)].sel(cell.place).load() for cell in cells.both}
    for row, (name, (_, colours, _, _)) in enumerate(SPECIES.items()):
        top = max(float(dataset[name].max()) for dataset in shown.values())
        of_row = panels[4 * row : 4 * row + 4]
        _draw_row(of_row, name, cells, shown, top)
        figure.colorbar(
            ScalarMappable(_norm(top), colormaps[colours]), ax=of_row, label=label(hold[name]),
            extend="min", pad=0.01,
        )  # fmt: skip
    shared_legend(figure, panels, columns=3)
    return finish(figure, tree, "Number densities of Li and H", cells.missing, _remarks(cells))


def level(name: str) -> float:
    """Return the published isovalue of a species as a number density, 1/Å³."""
    _, _, probability, atoms = SPECIES[name]
    return probability * atoms


def _remarks(cells: PhaseCells) -> list[str]:
    levels = LEVEL_NOTE.format(li=level("li_density"), h=level("h_density"))
    white = "⅛ ≤ z ≤ ⅜: mean over this layer; white: no atom, or less than the palest colour"
    return [
        "; ".join(cell.name for cell in cells.both),
        REPLICA_NOTE,
        f"{white}; {levels}",
        *cells.rule,
    ]


def _norm(top: float) -> LogNorm:
    return LogNorm(top / 10**_SPAN, top)


def _draw_row(
    panels: list[Axes],
    name: str,
    cells: PhaseCells,
    shown: dict[str, xr.Dataset],
    top: float,
) -> None:
    """Draw one species: two sections of α, two of β."""
    symbol = SPECIES[name][0]
    for number, axes in enumerate(panels):
        cell = (cells.alpha, cells.beta)[number // 2]
        kind = (LAYER, DIAGONAL)[number % 2]
        if cell is None:
            hatch(axes, f"no finished hold is {'αβ'[number // 2]}")
            axes.set_xticks([])
            continue
        axes.set_title(f"{symbol}, {'αβ'[number // 2]}, {TITLES[kind]}")
        _draw_map(axes, shown[cell.name][name], kind, top)


def section(density: xr.DataArray, kind: str) -> FloatArray:
    """Cut a density (n, n, n) along a, b, c.

    Parameters
    ----------
    density : DataArray
        Of one run; n is divisible by 8.
    kind : {'layer', 'diagonal'}
        The mean over the layer ⅛ ≤ z ≤ ⅜, by (y, x); or the plane x = y, averaged over the
        two neighbouring planes with half their weight, by (z, x).

    Returns
    -------
    (n + 1, n + 1) array
        The first row and column again at the end: the cell is periodic.
    """
    values = density.transpose("fraction_a", "fraction_b", "fraction_c").values
    n = len(values)
    if kind == LAYER:
        plane = values[:, :, n // 8 : 3 * n // 8 + 1].mean(axis=2).T
    else:
        x = np.arange(n)
        beside = values[x, (x + 1) % n] + values[x, (x - 1) % n]
        plane = (0.5 * values[x, x] + 0.25 * beside).T
    return np.pad(plane, ((0, 1), (0, 1)), mode="wrap")


def _draw_map(axes: Axes, density: xr.DataArray, kind: str, top: float) -> None:
    _, colours, _, _ = SPECIES[str(density.name)]
    plane = section(density, kind)
    fraction = np.linspace(0.0, 1.0, len(plane))
    shown = np.ma.masked_less(plane, top / 10**_SPAN)
    axes.pcolormesh(
        fraction, fraction, shown, cmap=colours, norm=_norm(top), shading="nearest", rasterized=True
    )
    at = level(str(density.name))
    if plane.min() < at < plane.max():
        axes.contour(fraction, fraction, plane, levels=[at], colors="0.25", linewidths=0.9)
    _mark_sites(axes, kind)
    axes.set_box_aspect(1.0 if kind == LAYER else 1.0 / np.sqrt(2.0))
    axes.grid(visible=False)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_xticks([0.0, 0.5, 1.0])
    axes.set_yticks([0.0, 0.5, 1.0])
    axes.set_xlabel("x (a)" if kind == LAYER else "x = y (a)")
    axes.set_ylabel("y (a)" if kind == LAYER else "z (a)")


def _mark_sites(axes: Axes, kind: str) -> None:
    for text, (sites, style) in SITES.items():
        marks = _in_section(np.array(sites, dtype=np.float64), kind)
        if not marks.size:
            continue
        axes.plot(
            *marks.T, linestyle="none", markersize=4, clip_on=False, zorder=4, label=text,
            markerfacecolor="none", markeredgewidth=0.8, **style,
        )  # fmt: skip


def _in_section(sites: FloatArray, kind: str) -> FloatArray:
    """Return places (n, 2) of sites that lie in a section, with those on the cell's far edges."""
    shifts = np.array(list(np.ndindex(2, 2, 2)), dtype=np.float64)
    images = (sites[:, None] + shifts).reshape(-1, 3)
    images = images[(images <= 1.0).all(axis=1)]
    x, y, z = images.T
    if kind == LAYER:
        return images[abs(z - 0.25) < 0.125 + _CLOSE][:, :2]
    return np.column_stack([x, z])[abs(x - y) < _CLOSE]


FIGURE = FigureDeclaration(
    name="density",
    draw=draw,
    rank=200,
    topic=Topic.STRUCTURE,
    caption=(
        "Number densities of Li and H in the conventional cell, in the frame of the anions' "
        "lattice, of one run of each phase."
    ),
    variables=("li_density", "h_density"),
    needs=needs_holds(tuple(SPECIES), "density"),
    references=(SAU_2021,),
)
