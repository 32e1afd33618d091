"""Which cells stand for α and β: the coldest hold of the one, the hottest of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from lbhsweep.analysis.phase_assignment import DISORDERED, ORDERED, Phase, assign_phases
from lbhsweep.plots.style import BLUE, ORANGE, Nothing, known
from lbhsweep.quantities import stderr_name
from lbhsweep.store.schema import Equilibrated, Status

SYMBOLS = {Phase.ALPHA: "α", Phase.ALPHA_CAP: "α, Li over cage faces", Phase.BETA: "β"}
_DIMS: tuple[str, ...] = ("pressure", "temperature", "replica")
_ORDERED = (Phase.ALPHA, Phase.ALPHA_CAP)
RULE = f"α: order parameter S > {ORDERED:g}, β: S < {DISORDERED:g}"
NO_SITES = "phases unknown without the observable 'sites': coldest and hottest hold instead"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid that stands for a phase.

    Attributes
    ----------
    name : str
        Phase, pressure and temperature, and the replica if cells are single runs.
    place : dict
        Coordinates, for ``Dataset.sel``.
    colour : str
        In which it is drawn.
    """

    name: str
    place: dict[str, float]
    colour: str


@dataclass(frozen=True, slots=True)
class PhaseCells:
    """A cell of each phase.

    Attributes
    ----------
    alpha, beta : Cell or None
        None where no cell is in that phase.
    note : str
        How phases were told apart.
    """

    alpha: Cell | None
    beta: Cell | None
    note: str

    @property
    def missing(self) -> list[str]:
        """Which phase is absent, or that phases are unknown: caveats."""
        if self.note == NO_SITES:
            return [self.note]
        of = (("α", self.alpha), ("β", self.beta))
        return [f"no finished hold is {name}" for name, cell in of if cell is None]

    @property
    def rule(self) -> list[str]:
        """How phases were told apart: a remark."""
        return [] if self.note == NO_SITES else [self.note]

    @property
    def why_none(self) -> str:
        """Why there is no cell at all."""
        if self.note == NO_SITES:
            return "no hold is finished and equilibrated"
        return f"no finished hold is clearly in one phase ({self.note})"

    @property
    def both(self) -> tuple[Cell, ...]:
        """Those that are there, α first."""
        return tuple(cell for cell in (self.alpha, self.beta) if cell is not None)


def find_phase_cells(dataset: xr.Dataset, name: str) -> PhaseCells:
    """Choose the coldest cell of α and the hottest of β in which a quantity is known.

    Both at the lowest pressure that has both phases, if any has.

    Parameters
    ----------
    dataset : Dataset
        Holds of one material: the results, or averages over replicas.
    name : str
        The quantity.
    """
    dims = [dim for dim in _DIMS if dim in dataset["volume"].dims]
    filled = _filled(dataset, name, dims)
    codes = assign_phases(dataset).transpose(*dims).where(filled, Phase.UNDECIDED).load()
    if "alpha_order" not in dataset or not dataset["alpha_order"].notnull().any():
        return _by_temperature(filled)
    by_pressure = [
        (_extreme(here, _ORDERED, coldest=True), _extreme(here, (Phase.BETA,), coldest=False))
        for here in (codes.sel(pressure=[p]) for p in np.sort(codes["pressure"].values))
    ]
    whole = next((pair for pair in by_pressure if all(pair)), None)
    alpha, beta = whole or tuple(
        next((pair[i] for pair in by_pressure if pair[i]), None) for i in (0, 1)
    )
    return PhaseCells(alpha, beta, RULE)


def _filled(dataset: xr.Dataset, name: str, dims: list[str]) -> xr.DataArray:
    """Tell where a quantity is known; of maps and curves the first number is looked at."""
    array = dataset[name]
    first = array.isel({dim: 0 for dim in array.dims if dim not in dims})
    filled = first.notnull().transpose(*dims)
    if "status" in dataset:
        filled = filled & (dataset["status"] == Status.DONE).transpose(*dims)
    if "equilibrated" in dataset:
        filled = filled & (dataset["equilibrated"] != Equilibrated.NO).transpose(*dims)
    return filled.load()


def _extreme(codes: xr.DataArray, phases: tuple[Phase, ...], *, coldest: bool) -> Cell | None:
    """Find the coldest or hottest cell in one of the phases."""
    stacked = codes.stack(cell=codes.dims)
    found = stacked[np.isin(stacked.values, phases)]
    if not found.size:
        return None
    temperature = found["temperature"].values
    first = found.isel(cell=int(temperature.argmin() if coldest else temperature.argmax()))
    colour = BLUE if coldest else ORANGE
    return _cell(first, SYMBOLS[Phase(int(first.item()))], colour)


def _by_temperature(filled: xr.DataArray) -> PhaseCells:
    if not filled.any():
        return PhaseCells(None, None, NO_SITES)
    others = [dim for dim in filled.dims if dim != "pressure"]
    lowest = float(filled["pressure"].values[filled.any(others).values].min())
    stacked = filled.sel(pressure=[lowest]).stack(cell=filled.dims).sortby("temperature")
    found = stacked[stacked.values]
    cold, hot = (_cell(found.isel(cell=i), "", colour) for i, colour in ((0, BLUE), (-1, ORANGE)))
    return PhaseCells(cold, hot if cold.place != hot.place else None, NO_SITES)


def _cell(at: xr.DataArray, symbol: str, colour: str) -> Cell:
    place = {dim: at[dim].item() for dim in _DIMS if dim in at.coords}
    words = [symbol, f"{place['temperature']:g} K", f"{place['pressure']:g} GPa"]
    words += [f"replica {place['replica']}"] if "replica" in place else []
    return Cell(", ".join(word for word in words if word), place, colour)


def phase_curves(
    analysis: xr.DataTree, names: tuple[str, ...], observable: str
) -> tuple[xr.Dataset, PhaseCells] | Nothing:
    """Give holds averaged over replicas and the cells of both phases, or why there are none.

    Parameters
    ----------
    analysis : DataTree
        One material's part.
    names : tuple of str
        The quantities wanted.
    observable : str
        Which gives them.
    """
    if "/replicas/hold" not in analysis.groups:
        return Nothing("the results have no holds")
    dataset = analysis["replicas/hold"].to_dataset()
    if not all(name in dataset for name in names):
        return Nothing(f"holds without the observable '{observable}'")
    if not known(dataset[names[0]].values):
        return Nothing("no hold is finished and equilibrated")
    cells = find_phase_cells(dataset, names[0])
    return (dataset, cells) if cells.both else Nothing(cells.why_none)


def draw_phase_curves(axes: Axes, dataset: xr.Dataset, name: str, cells: PhaseCells) -> None:
    """Draw a curve of each phase with its error band; β is dashed, too."""
    for cell in cells.both:
        here = dataset.sel(cell.place)
        (along,) = here[name].dims
        x, value = here[along].values, here[name].values
        error = np.nan_to_num(here[stderr_name(name)].values)
        style = "--" if cell is cells.beta else "-"
        axes.plot(x, value, color=cell.colour, linestyle=style, label=cell.name)
        axes.fill_between(
            x, value - error, value + error, color=cell.colour, alpha=0.25, linewidth=0
        )
