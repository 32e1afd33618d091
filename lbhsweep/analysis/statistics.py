"""Means over replicas and the noise of series of bins."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from lbhsweep.arrays import FloatArray, IntArray

MAXIMUM_CORRELATION = 0.8
"""Largest lag-1 correlation that is used; beyond it a series holds no noise estimate."""
JOINED = "within runs, and what the scatter between them exceeds it by with Student's factor"
"""How errors of means over replicas are made, in attributes of variables."""
_ONE_SIGMA = (0.158655, 0.841345)
SEED = 20210517
"""Seed of every Monte Carlo estimate, so that the same results give the same analysis."""


def combine_replicas(
    values: FloatArray, stderrs: FloatArray, axis: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Average over replicas, all of the same weight; NaN replicas don't count.

    Its standard error is that of `combine_weighted`.  With one replica only the error within the
    run exists, and what differs from run to run is then not in the error.

    Parameters
    ----------
    values, stderrs : array
        Values and their standard errors within a run (NaN where unknown).
    axis : int
        Axis of the replicas.

    Returns
    -------
    mean, stderr : array
        Without `axis`; NaN where nothing is known.
    count : array of int
        Replicas averaged.
    """
    return combine_weighted(values, stderrs, np.ones_like(values), axis)


def combine_weighted(
    values: FloatArray, stderrs: FloatArray, weights: FloatArray, axis: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Average over replicas with weights; NaN replicas don't count.

    Of the mean Σ wᵢ xᵢ/Σ wᵢ there are two errors: √(Σ wᵢ² sᵢ²)/Σ wᵢ within runs, and
    √(n/(n−1) Σ wᵢ² (xᵢ − x̄)²)/Σ wᵢ between them; `join_errors` makes one of them.

    Parameters
    ----------
    values, stderrs : array
        Values and their standard errors within a run (NaN where unknown).
    weights : array
        Replicas with an unknown weight, or one that is not positive, don't count.
    axis : int
        Axis of the replicas.

    Returns
    -------
    mean, stderr : array
        Without `axis`; NaN where nothing is known.
    count : array of int
        Replicas averaged.
    """
    valid = np.isfinite(values) & (weights > 0.0)
    share = np.where(valid, weights, 0.0)
    count = valid.sum(axis=axis)
    total = np.where(count > 0, share.sum(axis=axis), 1.0)
    mean = (share * np.where(valid, values, 0.0)).sum(axis=axis) / total
    mean = np.where(count > 0, mean, np.nan)
    known = valid & np.isfinite(stderrs)
    within = np.sqrt(((share * np.where(known, stderrs, 0.0)) ** 2).sum(axis=axis)) / total
    within = np.where(known.sum(axis=axis) == count, within, np.nan)
    deviation = share * np.where(valid, values - np.expand_dims(mean, axis), 0.0)
    bessel = count / np.maximum(count - 1, 1)
    between = np.sqrt(bessel * (deviation**2).sum(axis=axis)) / total
    between = np.where(count > 1, between, np.nan)
    stderr = join_errors(within, between, count)
    return mean, np.where(count > 0, stderr, np.nan), count


def combine_rates(
    values: FloatArray, stderrs: FloatArray, events: FloatArray, axis: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Average over replicas what is proportional to the number of events in a run.

    Runs of few events give no value, so that the mean of those that do would be too large; their
    events are known and count:

        x̄ = (Σ xᵢ / Σ Nᵢ) N̄,  sums over runs with a value, N̄ the mean over all.

    The errors within runs and between runs are made one by `join_errors`.  Within runs it is
    √(Σ sᵢ²)/Σ xᵢ of the value, less by the root of the share of all events that are in these runs.
    Between runs, the scatters of Nᵢ about N̄ and of xᵢ about its expectation for Nᵢ events add up
    in squares.

    Parameters
    ----------
    values, stderrs : array
        Values and their standard errors within a run (NaN where unknown).
    events : array
        Number of events in each run; NaN where unknown, and the run then doesn't count.
    axis : int
        Axis of the replicas.

    Returns
    -------
    mean, stderr : array
        Without `axis`; NaN where no run has a value.
    count : array of int
        Replicas whose events are known.
    """
    counted = np.isfinite(events)
    valued = counted & np.isfinite(values)
    count, n_valued = counted.sum(axis=axis), valued.sum(axis=axis)
    x, s, n = (np.where(valued, array, 0.0) for array in (values, stderrs, events))
    with np.errstate(divide="ignore", invalid="ignore"):
        each = x.sum(axis=axis) / n.sum(axis=axis)
        mean_events = np.where(counted, events, 0.0).sum(axis=axis) / count
        share = n.sum(axis=axis) / (mean_events * count)
        within = np.sqrt((s**2).sum(axis=axis) * share) / x.sum(axis=axis)
        apart = np.where(counted, events - np.expand_dims(mean_events, axis), 0.0)
        of_events = np.sqrt((apart**2).sum(axis=axis) / (count * (count - 1))) / mean_events
        apart = np.where(valued, x - np.expand_dims(each, axis) * n, 0.0)
        bessel = n_valued / np.maximum(n_valued - 1, 1)
        of_values = np.sqrt(bessel * (apart**2).sum(axis=axis)) / x.sum(axis=axis)
        between = np.where(count > 1, np.hypot(of_events, of_values), np.nan)
        mean = np.where(n_valued > 0, each * mean_events, np.nan)
        return mean, join_errors(within, between, count) * np.abs(mean), count


def join_errors(within: FloatArray, between: FloatArray, count: IntArray) -> FloatArray:
    """Make one standard error of a mean of the errors within runs and the scatter between them.

    What the scatter between n runs exceeds the errors within them by is the variance of what
    differs from run to run.  It is known from n values only, hence Student's factor t, the
    quantile of his distribution with n − 1 degrees of freedom at one σ (84.13 %):

        s² = s_within² + t² max(0, s_between² − s_within²),

    t = 1.84, 1.32, 1.20 for 2, 3, 4 runs.  Where one of the errors is unknown, it is s_within or
    t s_between.  Of synthetic replicas the true mean lies within one error in 73 to 76 % where
    the errors within runs are all there is, in 66 to 69 % where they are a half, a third or nothing
    of it, for 2, 3, 4 and 6 replicas.  The larger of both errors held it in 50 to 65 % then.

    Parameters
    ----------
    within, between : array
        Standard errors of the mean; NaN where unknown.
    count : array of int
        Replicas.
    """
    student = stdtrit(np.maximum(count - 1, 1), _ONE_SIGMA[1])
    excess = np.maximum(between**2 - np.nan_to_num(within) ** 2, 0.0)
    return np.asarray(
        np.where(
            np.isnan(between), within, np.hypot(np.nan_to_num(within), student * np.sqrt(excess))
        )
    )


def smooth_errors(stderrs: FloatArray) -> FloatArray | None:
    """Smooth the errors of bins half way to their median.

    A bin's own error comes from few samples and is itself uncertain; used as it is, bins that
    are quiet by chance would dominate a fit.  Bins without an error get the largest known one.
    Returns None where no error is known.
    """
    finite = np.isfinite(stderrs) & (stderrs > 0)
    if not finite.any():
        return None
    median = float(np.median(stderrs[finite]))
    return np.sqrt((np.where(finite, stderrs, stderrs[finite].max()) ** 2 + median**2) / 2)


def variance_inflation(
    residuals: FloatArray, runs: IntArray, n_parameters: int, *, errors_known: bool
) -> float:
    """Compute by which factor a fit's variance exceeds that of independent, known errors.

    The product of χ²/(n − p), not below 1 where errors are known, and of (1 + ρ)/(1 − ρ) with
    ρ the lag-1 correlation of the residuals within each run.  Neighbouring bins of a fast ramp
    share the slow fluctuations of the cell's volume.

    Parameters
    ----------
    residuals : (n,) array
        Residuals over errors, in the order of temperature within each run.
    runs : (n,) array of int
        Run of each residual.
    n_parameters : int
        Parameters fitted.
    errors_known : bool
        Whether the errors are estimates and not just 1.

    Returns
    -------
    float
        Factor for variances; NaN where there are no degrees of freedom and errors are unknown.
    """
    n_dof = residuals.size - n_parameters
    if n_dof < 1:
        return 1.0 if errors_known else float("nan")
    square = float(residuals @ residuals)
    scale = square / n_dof
    neighbours = runs[1:] == runs[:-1]
    lagged = float((residuals[1:] * residuals[:-1])[neighbours].sum())
    # Below about ten degrees of freedom the lag-1 correlation is mostly noise.
    correlation = 0.0
    if n_dof >= 10 and square > 0:
        # Fitting p parameters makes residuals of independent points anticorrelated by p/n.
        correlation = lagged / square + n_parameters / residuals.size
    correlation = min(max(correlation, 0.0), MAXIMUM_CORRELATION)
    scale = max(scale, 1.0) if errors_known else scale
    return scale * (1 + correlation) / (1 - correlation)


def value_and_error(draws: FloatArray, *, quantiles: bool = False) -> tuple[FloatArray, FloatArray]:
    """Split Monte Carlo draws into value and standard error.

    Parameters
    ----------
    draws : (1 + n, ...) array
        The best estimate, then n draws; draws that are NaN don't count.
    quantiles : bool
        Take half the distance of the 16 % and 84 % quantiles instead of the standard
        deviation, for ratios whose tails have no variance.

    Returns
    -------
    value, stderr : array
        Shape of one draw; the error is NaN where the value is, or where fewer than half of
        the draws exist.
    """
    value, sample = draws[0], draws[1:]
    finite = np.isfinite(sample)
    enough = (finite.sum(axis=0) * 2 >= len(sample)) & np.isfinite(value)
    usable = np.where(finite & enough, sample, np.where(enough, np.nan, 0.0))
    if quantiles:
        bounds = np.atleast_1d(np.quantile(usable, _ONE_SIGMA, axis=0))
        # NumPy takes one column after another where any may be NaN.
        holes = np.isnan(bounds[0])
        if holes.any():
            bounds[:, holes] = np.nanquantile(usable[:, holes], _ONE_SIGMA, axis=0)
        error = (bounds[1] - bounds[0]) / 2
    else:
        error = np.nanstd(usable, axis=0, ddof=1)
    return value, np.where(enough, error, np.nan)
