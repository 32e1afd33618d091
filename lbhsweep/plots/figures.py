"""All figures of a sweep: which there are, and writing them to files."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.errors import StoreError
from lbhsweep.plots import (
    barocaloric,
    correlation,
    correlation_vacancies,
    density,
    enthalpy,
    entropy,
    heat_capacity,
    hold,
    hysteresis,
    lattice,
    phase_diagram,
    phase_properties,
    radial,
    rotation,
    sites,
    spectra,
)
from lbhsweep.plots.material import each_family, each_material
from lbhsweep.plots.style import Nothing, save

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
        "sites": sites.draw,
        "density": density.draw,
        "radial": radial.draw,
        "spectra": spectra.draw,
        "rotation": rotation.draw,
        "correlation": correlation.draw,
    }
)
"""Every figure of one material by the name of its file."""
FAMILY_FIGURES = MappingProxyType({"correlation_vacancies": correlation_vacancies.draw})
"""Every figure that compares materials of different `n_vacancies`."""


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
    for figures, parts in (
        (FIGURES, list(each_material(tree, analysis))),
        (FAMILY_FIGURES, list(each_family(tree, analysis))),
    ):
        wanted = {name: draw for name, draw in figures.items() if not only or name in only}
        for label, results, products in parts:
            suffix = f"-{_slug(label)}" if len(parts) > 1 else ""
            for name, draw in wanted.items():
                figure = draw(results, products)
                if isinstance(figure, Nothing):
                    reports.append(FigureReport(name, label, (), figure.reason))
                    continue
                files = _write(figure, folder, f"{name}{suffix}", vector=vector)
                reports.append(FigureReport(name, label, files))
    return reports


def _write(figure: Figure, folder: Path, stem: str, *, vector: bool) -> tuple[Path, ...]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(save(figure, folder / f"{stem}.png", vector=vector))
    except OSError as error:
        raise StoreError(
            f"{folder}: the figure {stem} can't be written: {error}; "
            "free space or make the folder writable, then plot again"
        ) from error


def _slug(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", label).strip("-")
