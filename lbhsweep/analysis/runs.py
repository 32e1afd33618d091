"""Reading the results: one run's curves against temperature, whatever its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import xarray as xr

from lbhsweep.analysis.material import Material, has_material, select_material
from lbhsweep.analysis.phases.assignment import Phase, assign_phases
from lbhsweep.analysis.statistics import combine_replicas
from lbhsweep.arrays import BoolArray, FloatArray, IntArray
from lbhsweep.quantities import stderr_name
from lbhsweep.store.schema import Equilibrated, Status

HOLD = "hold"
CURVES = ("volume", "enthalpy", "lattice_a")


@dataclass(frozen=True, slots=True)
class Run:
    """One replica's curves at one pressure, or the mean over replicas of holds.

    Holds whose phases aren't told are averaged before anything else: they share their
    temperatures, and the gap between two of them bounds T_t no better for being measured twice.

    Attributes
    ----------
    pressure : float
        GPa.
    direction : str
        ``heating`` or ``cooling``; ``hold`` for holds.
    heating_rate : float
        K/ps; 0 for holds.
    n_replicas : int
        Replicas averaged: 1 but for holds.
    temperature : (n,) array
        Ascending, K.
    values, stderrs : mapping of str to (n,) array
        By catalogue name (`CURVES`); NaN where there is nothing.
    phases : (n,) array of int
        Codes of `Phase`; all undecided where order was not measured.
    """

    pressure: float
    direction: str
    heating_rate: float
    n_replicas: int
    temperature: FloatArray
    values: MappingProxyType[str, FloatArray]
    stderrs: MappingProxyType[str, FloatArray]
    phases: IntArray

    @property
    def told(self) -> bool:
        """Whether order parameters tell phases."""
        return bool((self.phases != Phase.UNDECIDED).any())


def group(tree: xr.DataTree, name: str) -> xr.Dataset | None:
    """Give a group's dataset, or None where the results have no such group or it is empty."""
    if name not in tree.children:
        return None
    dataset = tree[name].to_dataset()
    return dataset if "volume" in dataset and dataset.sizes.get("temperature", 0) else None


def material_part(dataset: xr.Dataset, material: Material) -> xr.Dataset | None:
    """Load one material's part of a group, or give None where the group hasn't got it."""
    if not has_material(dataset, material):
        return None
    return select_material(dataset, material).load().sortby(["pressure", "temperature"])


def done(dataset: xr.Dataset) -> xr.DataArray:
    """Tell which runs are done."""
    usable = xr.ones_like(dataset["volume"], dtype=bool)
    return usable & (dataset["status"] == Status.DONE) if "status" in dataset else usable


def counted(dataset: xr.Dataset) -> xr.DataArray:
    """Tell which runs count: those that are done and, of holds, have not been seen to drift."""
    usable = done(dataset)
    if _is_flagged(dataset):
        usable = usable & (dataset["equilibrated"] != Equilibrated.NO)
    return usable


def too_short(dataset: xr.Dataset) -> xr.DataArray:
    """Tell which runs are too short for their own correlation time; only holds say so.

    They count, and their own errors, which are too small, are the least that the mean's may be:
    over two replicas of 3 independent samples each, the true mean lies within the larger of own
    errors and scatter in 67 %, within the scatter alone in 49 %.  A single one has no error.
    """
    if _is_flagged(dataset):
        return dataset["equilibrated"] == Equilibrated.TOO_SHORT
    return xr.zeros_like(dataset["volume"], dtype=bool)


def _is_flagged(dataset: xr.Dataset) -> bool:
    return "heating_rate" not in dataset.dims and "equilibrated" in dataset


def curve(dataset: xr.Dataset, name: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Give a quantity and its error.

    Both are NaN where a run is not done or a hold has not settled.
    """
    if name not in dataset:
        empty = xr.full_like(dataset["volume"], np.nan)
        return empty, empty
    usable = counted(dataset)
    values = dataset[name].where(usable)
    error = stderr_name(name)
    if error not in dataset:
        return values, xr.full_like(values, np.nan)
    return values, dataset[error].where(usable)


def short_and_alone(dataset: xr.Dataset, values: xr.DataArray) -> BoolArray:
    """Tell, in the order of the values' dimensions, where all that is known is one short hold."""
    known = values.notnull()
    short = (known & too_short(dataset)).any("replica") & (known.sum("replica") == 1)
    dims = [dim for dim in values.dims if dim != "replica"]
    return np.asarray(short.transpose(*dims).values, dtype=bool)


def runs(dataset: xr.Dataset) -> Iterator[Run]:
    """Go through the runs of one material's group (`hold` or `ramp`) that have any value.

    Holds come as one curve for each phase and replica, or, where order was not measured, as the
    mean over replicas.
    """
    phases = assign_phases(dataset)
    if "heating_rate" in dataset.dims:
        dims: tuple[str, ...] = ("pressure", "heating_rate", "direction", "replica")
        yield from _each_run(dataset, dims, _curves(dataset), phases)
        return
    if not phases.any():
        means = {name: mean_over_replicas(dataset, name) for name in CURVES}
        pairs = {name: (mean, stderr) for name, (mean, stderr, _) in means.items()}
        codes = xr.zeros_like(means["volume"][0], dtype=np.int8)
        yield from _each_run(dataset, ("pressure",), pairs, codes, means["volume"][2])
        return
    for phase in (Phase.ALPHA, Phase.ALPHA_CAP, Phase.BETA):
        inside = in_phase(dataset, phases, phase)
        codes = xr.full_like(phases, phase)
        yield from _each_run(inside, ("pressure", "replica"), _curves(inside), codes)


def _curves(dataset: xr.Dataset) -> dict[str, tuple[xr.DataArray, xr.DataArray]]:
    return {name: curve(dataset, name) for name in CURVES}


def in_phase(dataset: xr.Dataset, phases: xr.DataArray, phase: Phase) -> xr.Dataset:
    """Keep the values of all cells that are in one phase, and NaN in the others."""
    inside = phases == phase
    return dataset.assign({name: dataset[name].where(inside) for name in CURVES if name in dataset})


def _each_run(
    dataset: xr.Dataset,
    dims: tuple[str, ...],
    curves: Mapping[str, tuple[xr.DataArray, xr.DataArray]],
    phases: xr.DataArray,
    count: xr.DataArray | None = None,
) -> Iterator[Run]:
    """Cut curves by (dims, temperature) into runs; `count` says how many replicas are in each."""
    order = (*dims, "temperature")
    arrays = {
        name: tuple(array.transpose(*order).values for array in pair)
        for name, pair in curves.items()
    }
    codes = phases.transpose(*order).values
    counts = None if count is None else count.transpose(*order).values
    labels = [dataset[dim].values for dim in dims]
    for index in np.ndindex(*(len(label) for label in labels)):
        if not np.isfinite(arrays["volume"][0][index]).any():
            continue
        where = {dim: label[i] for dim, label, i in zip(dims, labels, index, strict=True)}
        yield Run(
            pressure=float(where["pressure"]),
            direction=str(where.get("direction", HOLD)),
            heating_rate=float(where.get("heating_rate", 0.0)),
            n_replicas=1 if counts is None else int(counts[index].max()),
            temperature=dataset["temperature"].values.astype(np.float64),
            values=MappingProxyType({name: pair[0][index] for name, pair in arrays.items()}),
            stderrs=MappingProxyType({name: pair[1][index] for name, pair in arrays.items()}),
            phases=codes[index],
        )


def mean_over_replicas(
    dataset: xr.Dataset, name: str
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Average a quantity over replicas: mean, standard error, and replicas counted."""
    values, stderrs = curve(dataset, name)
    axis = values.get_axis_num("replica")
    assert isinstance(axis, int)  # noqa: S101 - one dimension name gives one axis
    mean, stderr, count = combine_replicas(values.values, stderrs.values, axis)
    template = values.isel(replica=0, drop=True)
    stderr = np.where(short_and_alone(dataset, values), np.nan, stderr)
    return template.copy(data=mean), template.copy(data=stderr), template.copy(data=count)
