"""Cells that represent α and β: the coldest hold of the one, the hottest of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from lbhsweep.analysis.phases.assignment import (
    LONG_NAMES,
    Phase,
    assign_phases,
)
from lbhsweep.plots.shared.absence import (
    NO_HOLDS,
    has_drifted,
    is_done,
    why_no_average,
    why_no_hold,
    without,
)
from lbhsweep.plots.shared.declaration import Needs
from lbhsweep.plots.shared.phase_look import LOOKS
from lbhsweep.plots.shared.style import BLUE, ORANGE, Nothing, known
from lbhsweep.quantities import stderr_name
from lbhsweep.store.one_phase import DISORDERED, ORDERED

_DIMS: tuple[str, ...] = ("phase", "pressure", "temperature", "replica")
_ORDERED = (Phase.ALPHA, Phase.ALPHA_CAP)
_CODES = {name: int(phase) for phase, name in LONG_NAMES.items()}
RULE = f"α: order parameter S > {ORDERED:g}, β: S < {DISORDERED:g}"
NO_SITES = "phases unknown without the observable 'sites': coldest and hottest hold instead"


@dataclass(frozen=True, slots=True)
class PhaseCell:
    """One cell of the grid that represents a phase.

    Attributes
    ----------
    name : str
        Phase, temperature and pressure, and the run if cells are single runs.
    place : dict
        Coordinates, for ``Dataset.sel``.
    colour : str
        Of its curve.
    """

    name: str
    place: dict[str, Any]
    colour: str


@dataclass(frozen=True, slots=True)
class PhaseCells:
    """A cell of each phase.

    Attributes
    ----------
    alpha, beta : PhaseCell or None
        None where no cell is in that phase.
    note : str
        How phases were distinguished.
    """

    alpha: PhaseCell | None
    beta: PhaseCell | None
    note: str

    @property
    def missing(self) -> list[str]:
        """Caveats: the phase that is absent, or that phases are unknown."""
        if self.note == NO_SITES:
            return [self.note]
        of = (("α", self.alpha), ("β", self.beta))
        return [f"no finished hold is {name}" for name, cell in of if cell is None]

    @property
    def rule(self) -> list[str]:
        """A remark on how phases were distinguished."""
        return [] if self.note == NO_SITES else [self.note]

    @property
    def both(self) -> tuple[PhaseCell, ...]:
        """The cells that exist, α first."""
        return tuple(cell for cell in (self.alpha, self.beta) if cell is not None)


def find_phase_cells(dataset: xr.Dataset, name: str) -> PhaseCells:
    """Choose the coldest cell of α and the hottest of β in which a quantity is known.

    Both at the lowest pressure that has both phases, if any has.

    Parameters
    ----------
    dataset : Dataset
        Holds of one material: single ones from `joined_holds`, or averages over replicas by
        phase.
    name : str
        The quantity.
    """
    dims = [dim for dim in _DIMS if dim in dataset[name].dims]
    codes = _codes(dataset, dims)
    filled = _filled(dataset, name, dims)
    if not (filled & (codes != Phase.UNDECIDED)).any():
        return _by_temperature(filled)
    codes = codes.where(filled, Phase.UNDECIDED)
    by_pressure = [
        (_extreme(here, _ORDERED, coldest=True), _extreme(here, (Phase.BETA,), coldest=False))
        for here in (codes.sel(pressure=[p]) for p in np.sort(codes["pressure"].values))
    ]
    whole = next((pair for pair in by_pressure if all(pair)), None)
    alpha, beta = whole or tuple(
        next((pair[i] for pair in by_pressure if pair[i]), None) for i in (0, 1)
    )
    return PhaseCells(alpha, beta, RULE)


def phase_curves(analysis: xr.DataTree, name: str) -> tuple[xr.Dataset, PhaseCells] | Nothing:
    """Return holds averaged over replicas and the cells of both phases, or why there are none.

    Parameters
    ----------
    analysis : DataTree
        One material's part.
    name : str
        The quantity that must be known in the cells.
    """
    dataset = averaged_holds(analysis, name)
    if isinstance(dataset, Nothing):
        return dataset
    cells = find_phase_cells(dataset, name)
    return (dataset, cells) if cells.both else why_no_cell(cells, dataset, name)


def needs_averages(names: tuple[str, ...], observable: str) -> tuple[Needs, Needs]:
    """Declare that a figure needs averages of holds with some variables of an observable."""
    return (
        Needs("analysis", "replicas/hold", NO_HOLDS),
        Needs("analysis", "replicas/hold", without(observable), variables=names),
    )


def averaged_holds(analysis: xr.DataTree, name: str) -> xr.Dataset | Nothing:
    """Return one material's holds averaged over replicas by phase, if `name` is known there."""
    dataset = analysis["replicas/hold"].to_dataset()
    if not known(dataset[name].values):
        return Nothing(why_no_average(dataset, _words(dataset, name)))
    return dataset


def why_no_cell(cells: PhaseCells, dataset: xr.Dataset, name: str) -> Nothing:
    """Say why no cell represents a phase: no hold gives the quantity, or none is in one phase."""
    if cells.note == NO_SITES:
        of = why_no_average if "n_replicas" in dataset else why_no_hold
        return Nothing(of(dataset, _words(dataset, name)))
    return Nothing(f"no finished hold is clearly in one phase ({RULE})")


def _words(dataset: xr.Dataset, name: str) -> str:
    return str(dataset[name].attrs.get("long_name", name))


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


def _codes(dataset: xr.Dataset, dims: list[str]) -> xr.DataArray:
    """Return the phase's code in each cell."""
    if "phase" not in dataset.dims:
        return assign_phases(dataset).transpose(*dims)
    labels = [_CODES[str(name)] for name in dataset["phase"].values]
    codes = xr.DataArray(labels, {"phase": dataset["phase"]}, "phase")
    others = {dim: dataset[dim] for dim in dims}
    return codes.broadcast_like(xr.Dataset(coords=others)).transpose(*dims)


def _filled(dataset: xr.Dataset, name: str, dims: list[str]) -> xr.DataArray:
    """Find where a quantity is known; of maps and curves the first number is checked."""
    array = dataset[name]
    first = array.isel({dim: 0 for dim in array.dims if dim not in dims})
    filled = first.notnull() & is_done(dataset) & ~has_drifted(dataset)
    return filled.transpose(*dims).compute()


def _extreme(codes: xr.DataArray, phases: tuple[Phase, ...], *, coldest: bool) -> PhaseCell | None:
    """Find the coldest or hottest cell in one of the phases."""
    places = np.argwhere(np.isin(codes.values, phases))
    if not places.size:
        return None
    temperature = codes["temperature"].values[places[:, codes.dims.index("temperature")]]
    chosen = places[temperature.argmin() if coldest else temperature.argmax()]
    at = codes.isel(dict(zip(codes.dims, map(int, chosen), strict=True)))
    word = LOOKS[LONG_NAMES[Phase(int(at))]].name
    return _cell(at, word, BLUE if coldest else ORANGE)


def _by_temperature(filled: xr.DataArray) -> PhaseCells:
    """Choose the coldest and the hottest cell at the lowest pressure, whatever their phase."""
    if not filled.any():
        return PhaseCells(None, None, NO_SITES)
    others = [dim for dim in filled.dims if dim != "pressure"]
    lowest = float(filled["pressure"].values[filled.any(others).values].min())
    codes = filled.sel(pressure=[lowest]).astype(np.int8) * int(Phase.BETA)
    ends = (_extreme(codes, (Phase.BETA,), coldest=coldest) for coldest in (True, False))
    cold, hot = (
        None if cell is None else PhaseCell(cell.name.partition(", ")[2], cell.place, cell.colour)
        for cell in ends
    )
    same = cold is not None and hot is not None and hot.place == cold.place
    return PhaseCells(cold, None if same else hot, NO_SITES)


def _cell(at: xr.DataArray, word: str, colour: str) -> PhaseCell:
    place = {dim: at[dim].item() for dim in _DIMS if dim in at.coords}
    words = [word, f"{place['temperature']:g} K", f"{place['pressure']:g} GPa"]
    words += [str(at["run"].item())] if "run" in at.coords else []
    return PhaseCell(", ".join(words), place, colour)
