"""Holds that are no single phase: they changed during the run, or hold both phases side by side.

The mean order alone does not show it: a hold that is half α has S of about 0.5, as α's own S may
come near it at high temperature.  Four signs are read from what every hold stores.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lbhsweep.analysis.least_squares import fit_linear
from lbhsweep.analysis.runs import counted
from lbhsweep.arrays import BoolArray, FloatArray
from lbhsweep.quantities import stderr_name
from lbhsweep.store.one_phase import ORDER_ERROR, two_levels

LEAST_ORDER = 0.75
"""Share of the order of α at this temperature below which a hold is a mixture."""
DISORDERED_ORDER = 0.1
"""S of β where no hold is β."""
VOLUME_SHARE = 0.15
"""Share of ΔV by which a hold lies above its phase's line when it is a mixture."""
SIGNIFICANT = 3.0
"""Standard errors by which it must lie above."""
TYPICAL_STEP = 0.07
"""ΔV/V where no hold is β: that of this force field."""
FEWEST = 4
"""Colder temperatures without which no line of the phase is drawn."""
CURVED = 6
"""Colder temperatures with which it is a parabola."""
FURTHEST_K = 60.0
"""Distance from the colder holds up to which it is drawn; a parabola up to half their range."""

_REPEATED = ("replica", "start")
_Texts = np.ndarray[tuple[int, ...], np.dtype[np.object_]]


def find_mixtures(
    dataset: xr.Dataset, ordered: Sequence[BoolArray], disordered: BoolArray
) -> _Texts:
    """Say of each hold why it is no single phase; an empty text where it may be one.

    - *Changed*: the volume in time has two levels further apart than 3 %, which explain 70 % of
      its variance; or the error of S, which grows with the length of time in either phase, exceeds
      0.1.
    - *Order*: librations grow in proportion to T (equipartition), so that the ordered phase has
      S(T) = 1 − (1 − S₀) T/T₀ with S₀ that of the coldest ordered holds at the same pressure.  The
      share of order (S − S_β)/(S(T) − S_β) is below ¾.
    - *Volume*: an ordered hold lies above the line through colder ordered ones at the same pressure
      by 15 % of ΔV and three standard errors.

    Parameters
    ----------
    dataset : Dataset
        Holds; of one material or of several, which are looked at by themselves.
    ordered : sequence of arrays of bool
        By the dimensions of the volume, one for each ordered phase: cells in it by mean order.
    disordered : array of bool
        The same of β.

    Returns
    -------
    array of str
        By the dimensions of the volume.
    """
    layout = _layout(dataset)
    cells = _Cells(
        order=_values(dataset, "alpha_order", layout),
        volume=_values(dataset, "volume", layout),
        volume_error=np.nan_to_num(_values(dataset, stderr_name("volume"), layout)),
        temperature=_temperatures(dataset),
        usable=_flat(counted(dataset).transpose(*layout).values, dataset, layout),
    )
    like = dataset["volume"].dims
    in_layout = [like.index(dim) for dim in layout]
    *alphas, beta = (
        _flat(np.transpose(array, in_layout), dataset, layout) for array in (*ordered, disordered)
    )
    reasons = _changed(dataset, layout, np.logical_or.reduce(alphas), beta)
    for number, alpha in product(range(len(reasons)), alphas):
        here, known = reasons[number], beta[number] & cells.usable[number]
        _by_order(here, cells, number, alpha[number], known)
        _by_volume(here, cells, number, alpha[number], known)
    shape = [dataset.sizes[dim] for dim in layout]
    return np.asarray(np.transpose(reasons.reshape(shape), np.argsort(in_layout)))


class _Cells(NamedTuple):
    """Cells by (material and pressure, temperature, run)."""

    order: FloatArray
    volume: FloatArray
    volume_error: FloatArray
    temperature: FloatArray
    usable: BoolArray


def _layout(dataset: xr.Dataset) -> list[Hashable]:
    """Put temperature behind what tells materials and pressures apart, and replicas last."""
    dims = dataset["volume"].dims
    inner = [dim for dim in dims if dim in _REPEATED]
    outer = [dim for dim in dims if dim not in (*inner, "temperature")]
    return [*outer, *(dim for dim in dims if dim == "temperature"), *inner]


def _flat(values: Any, dataset: xr.Dataset, layout: Sequence[Hashable]) -> Any:
    """Bring an array of this layout to (group, temperature, run, ...)."""
    runs = math.prod(dataset.sizes[dim] for dim in layout if dim in _REPEATED)
    return values.reshape(-1, _temperatures(dataset).size, runs, *values.shape[len(layout) :])


def _temperatures(dataset: xr.Dataset) -> FloatArray:
    known = "temperature" in dataset["volume"].dims
    return dataset["temperature"].values.astype(np.float64) if known else np.full(1, np.nan)


def _values(dataset: xr.Dataset, name: str, layout: Sequence[Hashable]) -> FloatArray:
    if name not in dataset:
        array = np.full([dataset.sizes[dim] for dim in layout], np.nan)
    else:
        array = dataset[name].transpose(*layout, ...).values
    return np.asarray(_flat(array, dataset, layout), dtype=np.float64)


def _changed(
    dataset: xr.Dataset, layout: Sequence[Hashable], alpha: BoolArray, beta: BoolArray
) -> _Texts:
    """Name the holds whose volume has two levels in time, or whose order changed."""
    reasons = np.full(alpha.shape, "", dtype=object)
    error = _values(dataset, stderr_name("alpha_order"), layout)
    order = _values(dataset, "alpha_order", layout)
    for at in zip(*np.nonzero((error > ORDER_ERROR) & ~beta), strict=True):
        reasons[at] = f"order changed during the run: S {order[at]:.2f} ± {error[at]:.2f}"
    if "volume_series" not in dataset:
        return reasons
    volumes = _values(dataset, "volume_series", layout)
    for at in zip(*np.nonzero(alpha | beta), strict=True):
        series = volumes[at]
        levels = two_levels(series[np.isfinite(series)])
        if levels is not None:
            reasons[at] = f"volume changed during the run: {levels[0]:.1f} → {levels[1]:.1f} Å³"
    return reasons


def _by_order(
    reasons: _Texts, cells: _Cells, group: int, alpha: BoolArray, beta: BoolArray
) -> None:
    """Name ordered holds of which part is not."""
    order, t = cells.order[group], cells.temperature
    pure = alpha & cells.usable[group] & (reasons == "")
    rows = np.flatnonzero(pure.any(axis=1))
    if rows.size < 2:
        return
    coldest = rows[0]
    reference = float(order[coldest][pure[coldest]].max())
    least = float(order[beta].mean()) if beta.any() else DISORDERED_ORDER
    for i, k in zip(*np.nonzero(alpha & (reasons == "")), strict=True):
        expected = 1.0 - (1.0 - reference) * t[i] / t[coldest]
        if i > coldest and (order[i, k] - least) < LEAST_ORDER * (expected - least):
            reasons[i, k] = f"S {order[i, k]:.2f} where α has {expected:.2f}"


def _by_volume(
    reasons: _Texts, cells: _Cells, group: int, alpha: BoolArray, beta: BoolArray
) -> None:
    """Name ordered holds that are larger than their phase, from cold to hot."""
    t, volume, error = cells.temperature, cells.volume[group], cells.volume_error[group]
    step_line = _line_of(t, volume, beta)
    for i in range(t.size):
        pure = alpha & cells.usable[group] & (reasons == "")
        pure[i:] = False
        rows, columns = np.nonzero(pure)
        known = np.unique(rows)
        if known.size < FEWEST or not alpha[i].any():
            continue
        degree = 2 if known.size >= CURVED else 1
        reach = np.ptp(t[known]) / 2 if degree == 2 else 0.0
        if t[i] - t[known[-1]] > max(FURTHEST_K, reach):
            continue
        x = (t[rows] - t[i]) / 100.0
        design = np.stack([x**power for power in range(degree + 1)], axis=1)
        typical = float(np.median(error[rows, columns]))
        sigma = np.hypot(error[rows, columns], typical)
        sigma = np.where(sigma > 0, sigma, 1.0)
        fit = fit_linear(design, volume[rows, columns], sigma)
        expected = float(fit.parameters[0])
        variance = float(fit.covariance[0, 0]) * fit.scatter_factor
        step = step_line(t[i]) - expected if step_line else TYPICAL_STEP * expected
        for k in np.flatnonzero(alpha[i] & (reasons[i] == "")):
            above = volume[i, k] - expected
            noise = math.sqrt(variance + (error[i, k] ** 2 + typical**2) * fit.scatter_factor)
            if (
                above > VOLUME_SHARE * max(step, TYPICAL_STEP * expected / 2)
                and above > SIGNIFICANT * noise
            ):
                reasons[i, k] = f"volume {above:.1f} Å³ above the line of colder holds"


def _line_of(t: FloatArray, volume: FloatArray, inside: BoolArray) -> np.poly1d | None:
    """Fit a straight line of volumes, or a constant at one temperature; None without any."""
    rows, columns = np.nonzero(inside & np.isfinite(volume))
    if rows.size == 0:
        return None
    degree = 1 if np.unique(rows).size > 1 else 0
    return np.poly1d(np.polyfit(t[rows], volume[rows, columns], degree))
