"""Standard errors of means over correlated samples."""

from __future__ import annotations

import importlib
import logging
from functools import cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

ROUNDING = 1e-28
"""Variance, as a share of the mean square, below which a series is constant but for rounding."""


@cache
def pymbar_timeseries() -> ModuleType:
    """Import pymbar's module of time series: late, for it takes as long as numpy, and quietly.

    pymbar logs advice on JAX and on long correlations while it is imported; the latter is what
    `lbhsweep.observables.equilibration` looks after.
    """
    logger = logging.getLogger("pymbar")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return importlib.import_module("pymbar.timeseries")
    finally:
        logger.setLevel(level)


def statistical_inefficiency(series: FloatArray) -> float:
    """Count how many samples of a series are worth one independent sample.

    g = 1 + 2 Σ_t (1 - t/n) C(t)/C(0), summed up to where the autocorrelation C first falls
    to zero; Chodera et al., J. Chem. Theory Comput. 3, 26 (2007),
    https://doi.org/10.1021/ct0502864, as pymbar computes it.  pymbar would by default go on for
    three samples beyond that zero: over 8 samples of an AR(1) process with coefficient ½ the
    error's coverage is then 44 % and not 49 %, over 64 and more it is the same.

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
    return float(pymbar_timeseries().statistical_inefficiency(series, mintime=0))


def is_constant(series: FloatArray) -> bool:
    """Tell whether a series varies by no more than rounding."""
    return bool(series.var() * len(series) <= ROUNDING * float(series @ series))


def mean_error(series: FloatArray) -> float:
    """Give the standard error of a correlated series' mean; NaN for fewer than four samples.

    Measured on AR(1) processes of 32 to 512 samples: the true mean lies within one error in
    65 to 73 % of series of at least 20 independent samples, in 59 to 67 % of 10 to 15, in 52 to
    55 % of 5, in 41 to 44 % of 2 and in 18 % of series of a third of their correlation; no
    estimate from a series alone knows what it is too short to show.

    Parameters
    ----------
    series : (n,) float64
        Equally spaced samples, or means of equal blocks.
    """
    n = len(series)
    if n < 4:
        return float("nan")
    if is_constant(series):
        return 0.0
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
    if is_constant(series):
        return 0.0, 0.0
    residual = about_polynomial(series, 2)
    variance = float(residual @ residual) / (n - 3)
    # Blocks that remember longer than the bin lasts are worth one, not less.
    share = min(statistical_inefficiency(residual) / n_averaged, 1.0)
    return float(np.sqrt(variance * share)), variance


def about_polynomial(series: FloatArray, degree: int) -> FloatArray:
    """Give what a series leaves when the polynomial that fits it best is taken away."""
    basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, len(series)), degree)
    orthonormal, _ = np.linalg.qr(basis)
    deviation = series - series.mean()
    return np.asarray(deviation - orthonormal @ (orthonormal.T @ deviation))
