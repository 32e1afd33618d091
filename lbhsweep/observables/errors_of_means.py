"""Standard errors of means over correlated samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def statistical_inefficiency(series: FloatArray) -> float:
    """Count how many samples of a series are worth one independent sample.

    g = 1 + 2 Σ_t (1 - t/n) C(t)/C(0), summed up to where the autocorrelation C first falls
    to zero; Chodera et al., J. Chem. Theory Comput. 3, 26 (2007),
    https://doi.org/10.1021/ct0502864.

    Parameters
    ----------
    series : (n,) float64
        Equally spaced samples.

    Returns
    -------
    float
        g ≥ 1; 1 for a constant or very short series.
    """
    n = len(series)
    deviation = series - series.mean()
    variance = float(deviation @ deviation) / n
    if n < 4 or variance <= 1e-28 * float(series @ series) / n:
        return 1.0
    products = np.correlate(deviation, deviation, mode="full")[n:]
    lags = np.arange(1, n)
    correlation = products / (n - lags) / variance
    negative = np.flatnonzero(correlation <= 0.0)
    end = negative[0] if len(negative) else n - 1
    g = 1.0 + 2.0 * float(((1.0 - lags / n) * correlation)[:end].sum())
    return max(1.0, g)


def mean_error(series: FloatArray) -> float:
    """Give the standard error of a correlated series' mean; NaN for fewer than four samples.

    Parameters
    ----------
    series : (n,) float64
        Equally spaced samples, or means of equal blocks.
    """
    n = len(series)
    if n < 4:
        return float("nan")
    # n - g, not n - 1: a mean over few effective samples lies nearer to them than the truth does.
    g = statistical_inefficiency(series)
    return float(np.sqrt(series.var() * g / max(n - g, 1.0)))


def trend_error(series: FloatArray, n_averaged: int) -> tuple[float, float]:
    """Give the error of the mean of a few neighbours in a series that changes smoothly.

    For a bin of a ramp, where the change is the physics: scatter and memory are those of the
    series about its parabola.  Where the series bends more sharply, as at a transition, the
    error is overestimated.

    Parameters
    ----------
    series : (n,) float64
        Means of equal blocks in the bin and some bins around it.
    n_averaged : int
        Blocks in the bin.

    Returns
    -------
    error, variance : float
        Of the bin's mean, and of a block about the parabola; NaN for fewer than five blocks.
    """
    n = len(series)
    if n < 5:
        return float("nan"), float("nan")
    residual = _about_polynomial(series, 2)
    variance = float(residual @ residual) / (n - 3)
    # Blocks that remember longer than the bin lasts are worth one, not less.
    share = min(statistical_inefficiency(residual) / n_averaged, 1.0)
    return float(np.sqrt(variance * share)), variance


def is_stationary(series: FloatArray) -> bool:
    """Judge whether the halves of a series have the same mean within three standard errors.

    The errors are those of the series about its line, so that a drift can't hide in them;
    fewer than eight samples are never stationary.
    """
    half = len(series) // 2
    if half < 4:
        return False
    residual = _about_polynomial(series, 1)
    error = np.hypot(mean_error(residual[:half]), mean_error(residual[-half:]))
    return bool(abs(series[:half].mean() - series[-half:].mean()) <= 3.0 * error)


def _about_polynomial(series: FloatArray, degree: int) -> FloatArray:
    basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, len(series)), degree)
    orthonormal, _ = np.linalg.qr(basis)
    deviation = series - series.mean()
    return np.asarray(deviation - orthonormal @ (orthonormal.T @ deviation))
