"""One run's curves against temperature with the phase at each, whatever its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import Phase, assign_phases
from lbhsweep.analysis.runs import CURVES, curve, mean_over_replicas
from lbhsweep.arrays import FloatArray, IntArray

HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Run:
    """One replica's curves at one pressure, or the mean over replicas of holds.

    Holds of unknown phase are averaged before anything else: they share their
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
    def has_phases(self) -> bool:
        """Whether order parameters show any phase."""
        return bool((self.phases != Phase.UNDECIDED).any())


def read_runs(dataset: xr.Dataset) -> Iterator[Run]:
    """Iterate over the runs of one material's group (`hold` or `ramp`) that have any value.

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
    """Cut curves by (dims, temperature) into runs; `count` is the number of replicas in each."""
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
