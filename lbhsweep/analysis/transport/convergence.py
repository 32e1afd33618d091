"""How results of holds depend on the length of the run."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import CODE, LONG_NAMES, Phase, assign_phases
from lbhsweep.analysis.runs import done, short_and_alone
from lbhsweep.analysis.statistics import combine_replicas
from lbhsweep.analysis.variables import BAROCALORIC_STUDY, stack, text, variable, with_error
from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.store.one_phase import Equilibrated

MEANS = ("volume", "enthalpy")
"""Quantities with a course in time, ``<name>_series``."""
N_LENGTHS = 64
"""Lengths of run at which a running mean is kept, logarithmic."""
CM2_PER_S = 1e-4
"""cm²/s per Å²/ps."""
TOO_NOISY = 2.0
"""Standard errors above zero which a correlation must have for its logarithm."""
LIBRATION_PS = 1.0
"""Lag from which librations are decorrelated and A exp(−λt) is fitted."""
_OTHERS = (
    "li_msd",
    "bh_correlation",
    "reorientation_amplitude",
    "reorientation_resolved",
    "status",
    "equilibrated",
    "alpha_order",
    "alpha_lithium",
)


def convergence_names(dataset: xr.Dataset) -> list[str]:
    """List the variables of the holds that `analyze_convergence` reads."""
    names = [n for name in MEANS for n in (name, stderr_name(name), f"{name}_series")]
    names += [n for name in _OTHERS for n in (name, stderr_name(name))]
    names.append(CODE)
    return [name for name in names if name in dataset]


def analyze_convergence(hold: xr.Dataset) -> xr.Dataset | None:
    """Follow means, diffusion and reorientation of holds with the length of the run.

    All holds that are done count, also those that are not equilibrated: whether they are is the
    question.  They are in the phase in which they are on average.

    Parameters
    ----------
    hold : Dataset
        The group `hold` of the results, from `join_starts`.

    Returns
    -------
    Dataset or None
        By ``phase`` and the grid without ``replica``: for volume and enthalpy
        ``<name>_running`` with its error and ``<name>_deviation`` by ``run_length``, and
        ``<name>_convergence_time``; by ``lag`` ``diffusion_coefficient_running`` and
        ``reorientation_rate_running``; ``n_done``, ``n_drifting``, ``reason``.  None where no
        course in time was kept.
    """
    if not any(f"{name}_series" in hold for name in MEANS):
        return None
    dataset = hold[convergence_names(hold)].load().sortby(["pressure", "temperature"])
    phases, finished = assign_phases(dataset), done(dataset)
    codes = np.unique(phases.values[finished.transpose(*phases.dims).values])
    seen = [Phase(int(code)) for code in codes] or [Phase.UNDECIDED]
    parts = [_analyze_phase(dataset, finished & (phases == phase)) for phase in seen]
    names = np.array([LONG_NAMES[phase] for phase in seen], dtype=object)
    joined = stack(parts, "phase")
    return joined.assign_coords(phase=text(("phase",), names, "phase by orientational order"))


def _analyze_phase(dataset: xr.Dataset, use: xr.DataArray) -> xr.Dataset:
    dims = tuple(str(dim) for dim in use.dims if dim != "replica")
    variables: dict[str, xr.Variable] = {}
    length = _lengths(dataset["time"].values)
    for name in MEANS:
        if f"{name}_series" in dataset:
            variables |= _running_means(dataset, name, use, dims, length)
    if "li_msd" in dataset:
        variables |= _running_diffusion(dataset, use, dims)
    if "bh_correlation" in dataset:
        variables |= _running_rate(dataset, use, dims)
    variables |= _counts(dataset, use, dims)
    coords = {
        str(name): coordinate.variable
        for name, coordinate in dataset.coords.items()
        if not {"replica", "time", "bond"}.intersection(map(str, coordinate.dims))
    }
    coords["run_length"] = variable(
        ("run_length",), length[_kept(length.size)], "ps", "length of production"
    )
    return xr.Dataset(variables, coords=coords)


def running_mean(series: FloatArray) -> FloatArray:
    """Compute the mean of all blocks up to each, along the last axis."""
    return np.cumsum(series, axis=-1) / np.arange(1, series.shape[-1] + 1)


def convergence_time(length: FloatArray, deviation: FloatArray) -> FloatArray:
    """Compute the length from which a running mean stays within one error of its end value.

    Parameters
    ----------
    length : (n,) array
        Lengths of run, ascending.
    deviation : (..., n) array
        Deviations in units of the error of the end value.

    Returns
    -------
    (...) array
        In the unit of `length`; NaN where there is no deviation.  The means of independent
        numbers stay within it from a bit more than half of the run on, on average.
    """
    outside = ~(np.abs(deviation) <= 1.0)
    last = length.size - 1 - np.argmax(outside[..., ::-1], axis=-1)
    first = np.where(outside.any(axis=-1), last + 1, 0)
    known = np.isfinite(deviation[..., -1])
    return np.where(known, length[np.minimum(first, length.size - 1)], np.nan)


def _lengths(time: FloatArray) -> FloatArray:
    """Compute the ends of the blocks whose middles are `time`."""
    return np.asarray(time + time[0], dtype=np.float64)


def _kept(n: int) -> IntArray:
    """Pick blocks, logarithmically spaced, the last always among them."""
    return np.unique(np.round(np.geomspace(1, n, N_LENGTHS)).astype(np.int64)) - 1


def _running_means(
    dataset: xr.Dataset, name: str, use: xr.DataArray, dims: tuple[str, ...], length: FloatArray
) -> dict[str, xr.Variable]:
    ordered = (*dims, "replica", "time")
    series = dataset[f"{name}_series"].where(use).transpose(*ordered).values
    running = running_mean(series)
    own = dataset[stderr_name(name)].where(use).transpose(*ordered[:-1]).values
    # Errors of means of a stationary series fall with the root of its length.
    errors = own[..., None] * np.sqrt(length[-1] / length)
    mean, stderr, _ = combine_replicas(running, errors, len(dims))
    alone = short_and_alone(dataset, dataset[name].where(use).transpose(*ordered[:-1]))
    stderr = np.where(alone[..., None], np.nan, stderr)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = (mean - mean[..., -1:]) / stderr[..., -1:]
    kept, one = _kept(length.size), CATALOGUE[name]
    by_length = (*dims, "run_length")
    variables = with_error(
        f"{name}_running",
        by_length,
        mean[..., kept],
        stderr[..., kept],
        one.units,
        f"running mean of the {one.long_name}",
        formula="mean of the first t of the production and over replicas; "
        "error: s√(L/t) within runs, with s that of the run's mean over L, and between them",
        source=f"{BAROCALORIC_STUDY}, fig. 7",
    )
    variables[f"{name}_deviation"] = variable(
        by_length,
        deviation[..., kept],
        "1",
        f"deviation of the running mean of the {one.long_name} from its end, in errors of the end",
        formula="(x(t) − x(L))/s(L); √(L/t − 1) is expected of a stationary series",
    )
    variables[f"{name}_convergence_time"] = variable(
        dims,
        convergence_time(length, deviation),
        "ps",
        f"time from which the running mean of the {one.long_name} stays within one error "
        "of its end",
    )
    return variables


def _combined(
    dataset: xr.Dataset, name: str, use: xr.DataArray, dims: tuple[str, ...]
) -> tuple[FloatArray, FloatArray]:
    inner = [str(dim) for dim in dataset[name].dims if dim not in (*dims, "replica")]
    ordered = (*dims, "replica", *inner)
    values, stderrs = (
        dataset[n].where(use).transpose(*ordered).values for n in (name, stderr_name(name))
    )
    mean, stderr, _ = combine_replicas(values, stderrs, len(dims))
    return mean, stderr


def _running_diffusion(
    dataset: xr.Dataset, use: xr.DataArray, dims: tuple[str, ...]
) -> dict[str, xr.Variable]:
    mean, stderr = _combined(dataset, "li_msd", use, dims)
    factor = CM2_PER_S / (6.0 * dataset["lag"].values)
    return with_error(
        "diffusion_coefficient_running",
        (*dims, "lag"),
        factor * mean,
        factor * stderr,
        "cm**2/s",
        "mean-squared displacement of Li over six times the lag",
        formula="<|Δr(t)|²>/(6t); above D by the vibrations' share, which falls with 1/t",
        source=f"{BAROCALORIC_STUDY}, fig. 7",
    )


def _running_rate(
    dataset: xr.Dataset, use: xr.DataArray, dims: tuple[str, ...]
) -> dict[str, xr.Variable]:
    """Compute λ by lag, from the mean correlation and the mean amplitude of resolved decays."""
    resolved = use & (dataset["reorientation_resolved"] == 1)
    curve, curve_error = _combined(dataset, "bh_correlation", resolved, dims)
    amplitude, amplitude_error = (
        array[..., None] for array in _combined(dataset, "reorientation_amplitude", resolved, dims)
    )
    lag = dataset["lag"].values
    with np.errstate(divide="ignore", invalid="ignore"):
        clear = (curve > TOO_NOISY * curve_error) & (amplitude > 0) & (lag >= LIBRATION_PS)
        rate = np.where(clear, -np.log(np.where(clear, curve / amplitude, 1.0)) / lag, np.nan)
        error = np.hypot(curve_error / curve, amplitude_error / amplitude) / lag
    return with_error(
        "reorientation_rate_running",
        (*dims, "lag"),
        rate,
        np.where(clear, error, np.nan),
        "1/ps",
        "decay rate of the autocorrelation of B-H directions up to a lag",
        formula="−ln(ξ(t)/A)/t with the fitted amplitude A",
        source=f"{BAROCALORIC_STUDY}, fig. 7",
    )


def _counts(
    dataset: xr.Dataset, use: xr.DataArray, dims: tuple[str, ...]
) -> dict[str, xr.Variable]:
    count = use.sum("replica").transpose(*dims).values.astype(np.int32)
    drifting = xr.zeros_like(use)
    if "equilibrated" in dataset:
        drifting = use & (dataset["equilibrated"] == Equilibrated.NO)
    left = drifting.sum("replica").transpose(*dims).values.astype(np.int32)
    reasons = np.full(count.shape, "", dtype=object)
    for index in np.argwhere(left > 0):
        at = tuple(index)
        reasons[at] = f"not settled: {left[at]} of {count[at]} holds"
    reasons[count == 0] = "no hold in this phase is done"
    return {
        "n_done": variable(dims, count, "1", "holds that are done"),
        "n_drifting": variable(dims, left, "1", "holds that have not settled"),
        "reason": text(dims, reasons, "why there is no value, or a caveat"),
    }
