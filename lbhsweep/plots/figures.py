"""All figures of a sweep: which there are, and writing them to files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import xarray as xr

from lbhsweep.errors import StoreError
from lbhsweep.plots import (
    barocaloric,
    enthalpy,
    entropy,
    heat_capacity,
    hold,
    hysteresis,
    lattice,
    partial_entropy,
    phase_diagram,
    phase_properties,
    published,
    rate,
    reversible,
)
from lbhsweep.plots.material import each_material
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
        "reversible": reversible.draw,
        "published": published.draw,
        "rate": rate.draw,
        "partial_entropy": partial_entropy.draw,
    }
)
"""Every figure by the name of its file."""


@dataclass(frozen=True, slots=True)
class FigureReport:
    """What became of one figure: the files written, or why there is none."""

    name: str
    material: str
    files: tuple[Path, ...]
    reason: str = ""


def draw_figures(
    tree: xr.DataTree, analysis: xr.DataTree, folder: Path, *, vector: bool = False
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

    Returns
    -------
    list of FigureReport

    Raises
    ------
    StoreError
        When a file can't be written.
    """
    materials = list(each_material(tree, analysis))
    reports = []
    for label, results, products in materials:
        suffix = f"-{_slug(label)}" if len(materials) > 1 else ""
        for name, draw in FIGURES.items():
            figure = draw(results, products)
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


def _slug(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", label).strip("-")
