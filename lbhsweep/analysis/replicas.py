"""Every averaged quantity, combined over replicas."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lbhsweep.analysis.phase_assignment import LONG_NAMES, Phase, assign_phases
from lbhsweep.analysis.runs import counted, done, short_and_alone, too_short
from lbhsweep.analysis.statistics import combine_rates, combine_replicas, combine_weighted
from lbhsweep.analysis.variables import text, variable, with_error
from lbhsweep.quantities import CATALOGUE, Quantity, stderr_name
from lbhsweep.store.schema import Equilibrated

EVENTS = "li_hop_count"
"""By which diffusion is averaged: runs of fewer than ten hops have no coefficient."""
PROPORTIONAL = ("diffusion_coefficient", "conductivity", "conductivity_tracer")
"""Proportional to the number of hops."""
WEIGHTED = ("haven_ratio",)
"""Ratios, the better known the more hops there are."""
OWN_ERRORS = ("thermo", "sites", "radial", "anion_position")
"""Observables whose errors come from the memory of series, and are too small in runs too short
for it; the others compare ions, anions or windows, or look themselves whether a run is long
enough."""
_ALIKE = "mean over replicas; error: larger of within-run and between-run"
_BY_HOPS = "mean over replicas by number of hops; error: larger of within-run and between-run"


def names_read(dataset: xr.Dataset) -> list[str]:
    """List the variables that `combine_group` reads, in the order of the catalogue."""
    names = [name for quantity in _averaged(dataset) for name in _with_error(quantity, dataset)]
    others = ("n_effective", EVENTS, "status", "equilibrated")
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
        because they have not settled.
    """
    if "heating_rate" in dataset.dims:
        return _combine(dataset, xr.ones_like(dataset["volume"], dtype=bool))
    phases = assign_phases(dataset)
    seen = np.unique(phases.values[done(dataset).transpose(*phases.dims).values])
    codes = [Phase(int(code)) for code in seen] or [Phase.UNDECIDED]
    parts = [_combine(dataset, phases == code) for code in codes]
    names = np.array([LONG_NAMES[code] for code in codes], dtype=object)
    joined = xr.concat(parts, "phase", data_vars="all", combine_attrs="override")
    return joined.assign_coords(phase=text(("phase",), names, "phase by orientational order"))


def _combine(dataset: xr.Dataset, inside: xr.DataArray) -> xr.Dataset:
    usable, short = (counted(dataset) & inside).compute(), too_short(dataset).compute()
    variables: dict[str, xr.Variable] = {}
    for quantity in _averaged(dataset):
        variables |= _combined(dataset, quantity, usable)
    if "n_effective" in dataset:
        total = dataset["n_effective"].where(usable).sum("replica", min_count=1)
        long_name = f"{CATALOGUE['n_effective'].long_name}, in all replicas"
        dims = [str(dim) for dim in total.dims]
        variables["n_effective"] = variable(dims, total.values, "1", long_name)
    variables |= _counts(dataset, usable, short, inside)
    return xr.Dataset(variables, coords=_coordinates(dataset))


def _averaged(dataset: xr.Dataset) -> Iterator[Quantity]:
    for quantity in CATALOGUE.values():
        if quantity.averaged and quantity.name in dataset:
            yield quantity


def _with_error(quantity: Quantity, dataset: xr.Dataset) -> list[str]:
    return [name for name in (quantity.name, stderr_name(quantity.name)) if name in dataset]


def _combined(
    dataset: xr.Dataset, quantity: Quantity, usable: xr.DataArray
) -> dict[str, xr.Variable]:
    name, error = quantity.name, stderr_name(quantity.name)
    values = dataset[name].where(usable)
    stderrs = dataset[error].where(usable) if error in dataset else xr.full_like(values, np.nan)
    pair, axis = (values.values, stderrs.values), values.dims.index("replica")
    formula = _ALIKE
    if name in (*PROPORTIONAL, *WEIGHTED) and EVENTS in dataset:
        events = dataset[EVENTS].where(usable).transpose(*values.dims).values
        combine = combine_rates if name in PROPORTIONAL else combine_weighted
        mean, stderr, count = combine(*pair, events, axis)
        formula = _BY_HOPS
    else:
        mean, stderr, count = combine_replicas(*pair, axis)
    if quantity.observable in OWN_ERRORS:
        stderr = np.where(short_and_alone(dataset, values), np.nan, stderr)
    dims = tuple(str(dim) for dim in values.dims if dim != "replica")
    combined = with_error(
        name, dims, mean, stderr, quantity.units, quantity.long_name, formula=formula
    )
    text = f"replicas averaged in the {quantity.long_name}"
    return combined | {f"{name}_replicas": variable(dims, count.astype(np.int32), "1", text)}


def _counts(
    dataset: xr.Dataset, usable: xr.DataArray, short: xr.DataArray, inside: xr.DataArray
) -> dict[str, xr.Variable]:
    """Count runs on the grid; a ramp's have the same status in all of their bins."""
    runs = usable.isel(temperature=0) if "heating_rate" in dataset.dims else usable
    counts = {"n_replicas": (runs, "replicas that count")}
    if "heating_rate" not in dataset.dims:
        drifting = xr.zeros_like(usable)
        if "equilibrated" in dataset:
            drifting = (dataset["equilibrated"] == Equilibrated.NO) & inside
        counts |= {
            "n_too_short": (
                usable & short,
                "replicas that count and are too short for their own correlation time",
            ),
            "n_drifting": (drifting, "replicas that have not settled and don't count"),
        }
    summed = {name: (of.sum("replica"), text) for name, (of, text) in counts.items()}
    return {
        name: variable([str(d) for d in of.dims], of.values.astype(np.int32), "1", text)
        for name, (of, text) in summed.items()
    }


def _coordinates(dataset: xr.Dataset) -> dict[str, xr.Variable]:
    coordinates = {}
    for name, coordinate in dataset.coords.items():
        if "replica" not in coordinate.dims:
            values = coordinate.values
            data = values if values.dtype.kind in "fiub" else values.astype(object)
            coordinates[str(name)] = xr.Variable(coordinate.dims, data, coordinate.attrs)
    return coordinates
