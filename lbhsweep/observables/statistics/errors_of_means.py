"""Standard errors of means over correlated samples."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.late_pymbar import import_pymbar

ROUNDING = 1e-28
"""Variance, as a share of the mean square, below which a series is constant but for rounding."""
LEAST_RESIDUAL_SHARE = 0.3
"""Smallest share of variance and correlation that residuals are taken to show."""


def statistical_inefficiency(series: FloatArray) -> float:
    """Compute how many samples of a series hold as much information as one independent sample.

    g = 1 + 2 Σ_t (1 - t/n) C(t)/C(0), summed up to where the autocorrelation C first falls
    to zero; Chodera et al., J. Chem. Theory Comput. 3, 26 (2007),
    https://doi.org/10.1021/ct0502864, as pymbar computes it.  By default pymbar sums three
    samples beyond that zero.  Over 8 samples of an AR(1) process with coefficient ½ the error's
    coverage is then 44 % and not 49 %; over 64 and more it is the same.

    Parameters
    ----------
    series : (n,) float64
        Equally spaced samples.

    Returns
    -------
    float
        g ≥ 1; 1 for a constant or very short series.
    """
    if len(series) < 4 or is_constant(series):
        return 1.0
    return float(import_pymbar().timeseries.statistical_inefficiency(series, mintime=0))


def is_constant(series: FloatArray) -> bool:
    """Check whether a series varies by no more than rounding."""
    return bool(series.var() * len(series) <= ROUNDING * float(series @ series))


def mean_error(series: FloatArray) -> float:
    """Compute the standard error of a correlated series' mean; NaN for fewer than four samples.

    √(s² g/n)/(1 - g/n), because the mean over few effective samples lies nearer to them than the
    truth does, and hides part of their correlation, too.  Coverage was measured on AR(1)
    processes of 32 to 512 samples.  The true mean lies within one error in 66 to 71 % of series
    of at least 20 independent samples, in 61 to 65 % of 10, in 54 to 59 % of 5, in 46 % of 2.
    Root mean square errors are 1.0 to 1.1, 1.0, 0.9 and 0.7 times the scatter of means.  No
    series can show correlations slower than itself.

    Parameters
    ----------
    series : (n,) float64
        Equally spaced samples, or means of equal blocks.
    """
    if len(series) < 4:
        return float("nan")
    if is_constant(series):
        return 0.0
    g = statistical_inefficiency(series)
    remaining = residual_share(series, g, 1)
    return float(np.sqrt(series.var() * g / len(series)) / remaining)


def residual_share(series: FloatArray, g: float, n_parameters: int) -> float:
    """Compute the share of a series' variance and correlation that residuals of a fit still show.

    1 - p g/n for p parameters, the mean being one, and at least `LEAST_RESIDUAL_SHARE`.  The fit
    follows part of the slow fluctuations, which the residuals then lack.
    """
    return max(1.0 - n_parameters * g / len(series), LEAST_RESIDUAL_SHARE)


def trend_error(series: FloatArray, n_averaged: int) -> tuple[float, float]:
    """Compute the standard error of a mean over part of a series that changes smoothly.

    For a bin of a ramp, where the change is the physics: scatter and correlation are those of
    the series about its parabola.  Where the series bends more sharply, as at a transition, the
    error is overestimated.  Coverage was measured on AR(1) processes, 8 blocks in the bin of 56.
    If the bin is as long as an independent sample takes, the true mean lies within one error in
    59 to 70 %.  The root mean square error is then 1.0 to 1.1 times the scatter.  If the bin is a
    fifth of that, they are 40 % and 0.6 times, because the parabola follows what is that slow.

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
    if is_constant(series):
        return 0.0, 0.0
    residual = about_polynomial(series, 2)
    g = statistical_inefficiency(residual)
    remaining = residual_share(series, g, 3)
    variance = float(residual @ residual) / n / remaining
    # A bin shorter than the correlation time has one independent sample, not less.
    share = min(g / remaining / n_averaged, 1.0)
    return float(np.sqrt(variance * share)), variance


def about_polynomial(series: FloatArray, degree: int) -> FloatArray:
    """Compute the residuals of a series about the polynomial that fits it best."""
    basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, len(series)), degree)
    orthonormal, _ = np.linalg.qr(basis)
    deviation = series - series.mean()
    return np.asarray(deviation - orthonormal @ (orthonormal.T @ deviation))
