"""Every averaged quantity, combined over replicas."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import LONG_NAMES, Phase, assign_phases
from lbhsweep.analysis.runs import counted, done, too_short
from lbhsweep.analysis.statistics import (
    JOINED,
    combine_rates,
    combine_replicas,
    combine_weighted,
)
from lbhsweep.analysis.variables import stack, text, variable, with_error
from lbhsweep.arrays import BoolArray, FloatArray
from lbhsweep.quantities import CATALOGUE, Quantity, stderr_name
from lbhsweep.store.one_phase import Equilibrated

EVENTS = "li_hop_count"
"""By which diffusion is averaged: runs of fewer than ten hops have no coefficient."""
PROPORTIONAL = ("diffusion_coefficient", "conductivity", "conductivity_tracer")
"""Proportional to the number of hops."""
WEIGHTED = ("haven_ratio",)
"""Ratios, the better known the more hops there are."""
OWN_ERRORS = ("thermo", "sites", "radial", "anion_position")
"""Observables whose errors come from the correlation time of series, too small in runs too short
for it.  The others compare ions, anions or windows, or test themselves whether a run is long
enough."""
SYSTEMATIC = "diffusion_window_error"
"""Part of the errors of `SYSTEMATIC_IN`, in proportion, that more replicas don't make smaller."""
SYSTEMATIC_IN = (*PROPORTIONAL, *WEIGHTED)
_ALIKE = f"mean over replicas; error: {JOINED}"
_BY_HOPS = f"mean over replicas by number of hops; error: {JOINED}"


def names_read(dataset: xr.Dataset) -> list[str]:
    """List the variables that `combine_group` reads, in the order of the catalogue."""
    names = [name for quantity in _averaged(dataset) for name in _with_error(quantity, dataset)]
    others = ("n_effective", EVENTS, SYSTEMATIC, "status", "equilibrated")
    return [*names, *(name for name in others if name in dataset)]


def combine_group(dataset: xr.Dataset) -> xr.Dataset:
    """Combine the replicas of a group of the results, `hold` or `ramp`.

    Runs that are not done and holds that drift don't count.  Holds too short for their own
    correlation time count; where there is one of them only, it has no error (`OWN_ERRORS`).
    Quantities proportional to the number of hops are averaged with the hops of all replicas
    (`combine_rates`), Haven ratios are weighted by hops, all others are averaged alike.

    Parameters
    ----------
    dataset : Dataset
        Holds from `join_starts`, or ramps.

    Returns
    -------
    Dataset
        By the grid without ``replica``, and in holds by ``phase``, those that were seen: replicas
        of one temperature may be in different ones.  Every averaged quantity with its standard
        error and ``<name>_replicas``, the replicas averaged; ``n_effective``, the sum of the
        replicas' numbers of effectively independent samples; ``n_replicas``, those that count;
        ``n_too_short``, how many of them are too short; ``n_drifting``, holds that don't count
        because they are not equilibrated.
    """
    if "heating_rate" in dataset.dims:
        return _combine(dataset, np.ones(dataset["volume"].shape, dtype=bool))
    phases = assign_phases(dataset)
    seen = np.unique(phases.values[done(dataset).transpose(*phases.dims).values])
    codes = [Phase(int(code)) for code in seen] or [Phase.UNDECIDED]
    parts = [_combine(dataset, phases.values == code) for code in codes]
    names = np.array([LONG_NAMES[code] for code in codes], dtype=object)
    joined = stack(parts, "phase")
    return joined.assign_coords(phase=text(("phase",), names, "phase by orientational order"))


class _Cells(NamedTuple):
    """Which runs are combined, by the dimensions of the volume.

    Plain arrays: aligning labelled ones for each of some hundred variables took two thirds of the
    whole analysis.
    """

    dims: tuple[Hashable, ...]
    usable: BoolArray
    short: BoolArray

    def values(self, array: xr.Variable) -> FloatArray:
        """Return an array's values, its own dimensions last, and NaN where a run doesn't count."""
        values = np.asarray(array.transpose(*self.dims, ...).values, dtype=np.float64)
        return np.where(self._like(self.usable, values), values, np.nan)

    def alone(self, values: FloatArray) -> BoolArray:
        """Select cells whose only value is one short hold; without the replicas' axis."""
        known, axis = np.isfinite(values), self.axis
        short = (known & self._like(self.short, values)).any(axis=axis)
        return np.asarray(short & (known.sum(axis=axis) == 1), dtype=bool)

    @property
    def axis(self) -> int:
        """The replicas' axis."""
        return self.dims.index("replica")

    def over(self, array: xr.Variable) -> list[str]:
        """Name the dimensions that are left of an array."""
        dims = array.transpose(*self.dims, ...).dims
        return [str(dim) for dim in dims if dim != "replica"]

    @staticmethod
    def _like(mask: BoolArray, values: FloatArray) -> BoolArray:
        return mask.reshape(*mask.shape, *(1,) * (values.ndim - mask.ndim))


def _combine(dataset: xr.Dataset, inside: BoolArray) -> xr.Dataset:
    dims = dataset["volume"].dims
    usable = counted(dataset).transpose(*dims).values & inside
    cells = _Cells(dims, usable, too_short(dataset).transpose(*dims).values)
    variables: dict[str, xr.Variable] = {}
    for quantity in _averaged(dataset):
        variables |= _combined(dataset, quantity, cells)
    if "n_effective" in dataset:
        each = cells.values(dataset.variables["n_effective"])
        known = np.isfinite(each).any(axis=cells.axis)
        total = np.where(known, np.nansum(each, axis=cells.axis), np.nan)
        long_name = f"{CATALOGUE['n_effective'].long_name}, in all replicas"
        variables["n_effective"] = variable(
            cells.over(dataset.variables["volume"]), total, "1", long_name
        )
    variables |= _counts(dataset, cells, inside)
    return xr.Dataset(variables, coords=_coordinates(dataset))


def _averaged(dataset: xr.Dataset) -> Iterator[Quantity]:
    for quantity in CATALOGUE.values():
        if quantity.averaged and quantity.name in dataset:
            yield quantity


def _with_error(quantity: Quantity, dataset: xr.Dataset) -> list[str]:
    return [name for name in (quantity.name, stderr_name(quantity.name)) if name in dataset]


def _combined(dataset: xr.Dataset, quantity: Quantity, cells: _Cells) -> dict[str, xr.Variable]:
    name, error = quantity.name, stderr_name(quantity.name)
    array = dataset.variables[name]
    values = cells.values(array)
    stderrs = (
        cells.values(dataset.variables[error]) if error in dataset else np.full_like(values, np.nan)
    )
    common = _systematic(dataset, name, cells)
    if common is not None:
        stderrs = np.sqrt(np.maximum(stderrs**2 - (common * values) ** 2, 0.0))
    formula = _ALIKE
    if name in (*PROPORTIONAL, *WEIGHTED) and EVENTS in dataset:
        events = cells.values(dataset.variables[EVENTS])
        combine = combine_rates if name in PROPORTIONAL else combine_weighted
        mean, stderr, count = combine(values, stderrs, events, cells.axis)
        formula = _BY_HOPS
    else:
        mean, stderr, count = combine_replicas(values, stderrs, cells.axis)
    if common is not None:
        known = np.isfinite(values)
        n_known = np.maximum(known.sum(axis=cells.axis), 1)
        shared = np.where(known, common, 0.0).sum(axis=cells.axis) / n_known
        stderr = np.hypot(stderr, shared * mean)
    if quantity.observable in OWN_ERRORS:
        stderr = np.where(cells.alone(values), np.nan, stderr)
    dims = cells.over(array)
    formula = "; ".join(filter(None, (formula, quantity.comment)))
    combined = with_error(
        name, dims, mean, stderr, quantity.units, quantity.long_name, formula=formula
    )
    text = f"replicas averaged in the {quantity.long_name}"
    return combined | {f"{name}_replicas": variable(dims, count.astype(np.int32), "1", text)}


def _systematic(dataset: xr.Dataset, name: str, cells: _Cells) -> FloatArray | None:
    """Compute the systematic part of errors, relative to the values; None where it is unknown."""
    if name not in SYSTEMATIC_IN or SYSTEMATIC not in dataset:
        return None
    coefficient = cells.values(dataset.variables[PROPORTIONAL[0]])
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = cells.values(dataset.variables[SYSTEMATIC]) / coefficient
    return np.where(np.isfinite(relative), relative, 0.0)


def _counts(dataset: xr.Dataset, cells: _Cells, inside: BoolArray) -> dict[str, xr.Variable]:
    """Count runs on the grid; a ramp's have the same status in all of their bins."""
    of_ramps = "heating_rate" in dataset.dims
    counts = {"n_replicas": (cells.usable, "replicas that count")}
    if not of_ramps:
        drifting = np.zeros_like(inside)
        if "equilibrated" in dataset:
            flag = dataset["equilibrated"].transpose(*cells.dims).values
            drifting = (flag == Equilibrated.NO) & inside
        counts |= {
            "n_too_short": (
                cells.usable & cells.short,
                "replicas that count and are too short for their own correlation time",
            ),
            "n_drifting": (drifting, "replicas that have not settled and don't count"),
        }
    found = {}
    for name, (of, long_name) in counts.items():
        count = xr.Variable(cells.dims, of).sum("replica")
        count = count.isel(temperature=0) if of_ramps else count
        dims = [str(dim) for dim in count.dims]
        found[name] = variable(dims, count.values.astype(np.int32), "1", long_name)
    return found


def _coordinates(dataset: xr.Dataset) -> dict[str, xr.Variable]:
    coordinates = {}
    for name, coordinate in dataset.coords.items():
        if "replica" not in coordinate.dims:
            values = coordinate.values
            data = values if values.dtype.kind in "fiub" else values.astype(object)
            coordinates[str(name)] = xr.Variable(coordinate.dims, data, coordinate.attrs)
    return coordinates
