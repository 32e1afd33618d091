"""All figures of a sweep: which there are, and writing them to files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.errors import StoreError
from lbhsweep.plots.caloric import (
    barocaloric,
    enthalpy,
    entropy,
    heat_capacity,
    partial_entropy,
    published,
    reversible,
)
from lbhsweep.plots.phases import hold, phase_properties
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing, save
from lbhsweep.plots.structure import (
    correlation,
    correlation_vacancies,
    density,
    radial,
    rotation,
    sites,
    spectra,
)
from lbhsweep.plots.transition import hysteresis, lattice, phase_diagram, rate
from lbhsweep.plots.transport import (
    activation_energy,
    anion_fluctuation,
    arrhenius,
    conductivity,
    convergence,
    diffusion,
    displacement,
    reorientation,
)

FIGURES = MappingProxyType(
    {
        "hysteresis": hysteresis.draw,
        "lattice": lattice.draw,
        "enthalpy": enthalpy.draw,
        "hold": hold.draw,
        "phase_properties": phase_properties.draw,
        "phase_diagram": phase_diagram.draw,
        "heat_capacity": heat_capacity.draw,
        "entropy": entropy.draw,
        "barocaloric": barocaloric.draw,
        "reversible": reversible.draw,
        "published": published.draw,
        "rate": rate.draw,
        "diffusion": diffusion.draw,
        "reorientation": reorientation.draw,
        "arrhenius": arrhenius.draw,
        "displacement": displacement.draw,
        "anion_fluctuation": anion_fluctuation.draw,
        "convergence": convergence.draw,
        "sites": sites.draw,
        "density": density.draw,
        "radial": radial.draw,
        "spectra": spectra.draw,
        "rotation": rotation.draw,
        "correlation": correlation.draw,
    }
)
"""Every figure of one material by the name of its file."""

Draw = Callable[[xr.DataTree, xr.DataTree], Figure | Nothing]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure of several materials, and the dimensions in which they differ."""

    draw: Draw
    over: tuple[str, ...]


COMPARISONS = MappingProxyType(
    {
        "partial_entropy": Comparison(partial_entropy.draw, ("frozen",)),
        "conductivity": Comparison(conductivity.draw, ("n_vacancies",)),
        "activation_energy": Comparison(activation_energy.draw, ("n_vacancies",)),
        "correlation_vacancies": Comparison(correlation_vacancies.draw, ("n_vacancies",)),
    }
)
"""Every figure that shows several materials at once by the name of its file."""


@dataclass(frozen=True, slots=True)
class FigureReport:
    """What became of one figure: the files written, or why there is none."""

    name: str
    material: str
    files: tuple[Path, ...]
    reason: str = ""


def draw_figures(
    tree: xr.DataTree,
    analysis: xr.DataTree,
    folder: Path,
    *,
    vector: bool = False,
    only: Collection[str] = (),
) -> list[FigureReport]:
    """Draw every figure of every material into `folder`.

    Parameters
    ----------
    tree : DataTree
        The results.
    analysis : DataTree
        Their analysis.
    folder : Path
        Made when absent.
    vector : bool
        Write PDF beside PNG.
    only : collection of str
        Names of the figures wanted; none: all.

    Returns
    -------
    list of FigureReport

    Raises
    ------
    StoreError
        When a file can't be written.
    """
    reports = []
    for name, label, suffix, figure in _draw_all(tree, analysis, only):
        if isinstance(figure, Nothing):
            reports.append(FigureReport(name, label, (), figure.reason))
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = save(figure, folder / f"{name}{suffix}.png", vector=vector)
        except OSError as error:
            raise StoreError(
                f"{folder}: the figure {name} can't be written: {error}; "
                "free space or make the folder writable, then plot again"
            ) from error
        reports.append(FigureReport(name, label, tuple(files)))
    return reports


def _draw_all(
    tree: xr.DataTree, analysis: xr.DataTree, only: Collection[str]
) -> Iterator[tuple[str, str, str, Figure | Nothing]]:
    """Draw one figure after the other: its name, the material's label, the file's suffix."""
    by_over: dict[tuple[str, ...], dict[str, Draw]] = {(): dict(FIGURES)}
    for name, comparison in COMPARISONS.items():
        by_over.setdefault(comparison.over, {})[name] = comparison.draw
    for over, figures in by_over.items():
        materials = list(each_material(tree, analysis, over))
        for label, results, products in materials:
            suffix = f"-{_slug(label)}" if len(materials) > 1 else ""
            for name, draw in figures.items():
                if only and name not in only:
                    continue
                yield name, label, suffix, draw(results, products)


def _slug(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", label).strip("-")
