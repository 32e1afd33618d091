"""Weighted polynomials of temperature: the lines of the phases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lbhsweep.analysis.least_squares import fit_linear
from lbhsweep.analysis.statistics import smooth_errors, variance_inflation
from lbhsweep.arrays import FloatArray, IntArray

REFERENCE_K = 500.0
SCALE_K = 100.0
CURVED_SIGMA = 3.0
"""A quadratic term is kept when it differs from zero by this many standard errors."""
CURVED_RANGE_K = 75.0
"""Shortest range of temperature in which a quadratic term is looked for."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """y(T) = Σ cₖ xᵏ with x = (T − 500 K)/100 K and k ≤ 2.

    Attributes
    ----------
    coefficients : (3,) array
        Zero beyond the degree.
    covariance : (3, 3) array
        Zero beyond the degree.
    t_min, t_max : float
        Range of the data, K; outside it the line is an extrapolation.
    n_points : int
        Points fitted.
    """

    coefficients: FloatArray
    covariance: FloatArray
    t_min: float
    t_max: float
    n_points: int

    def __call__(self, temperature: FloatArray | float) -> FloatArray:
        """Evaluate at temperatures in K."""
        return evaluate(self.coefficients, np.asarray(temperature, dtype=np.float64))

    def draw(self, generator: np.random.Generator, size: int) -> FloatArray:
        """Return the best coefficients and `size` normal draws, (1 + size, 3)."""
        noise = generator.multivariate_normal(np.zeros(3), self.covariance, size, method="svd")
        return np.vstack([self.coefficients, self.coefficients + noise])


def basis(temperature: FloatArray, degree: int) -> FloatArray:
    """Compute the powers of x, (n, degree + 1)."""
    x = (np.asarray(temperature) - REFERENCE_K) / SCALE_K
    return np.stack([x**power for power in range(degree + 1)], axis=-1)


def evaluate(coefficients: FloatArray, temperature: FloatArray) -> FloatArray:
    """Evaluate (..., 3) coefficients at temperatures in K that broadcast with (...)."""
    x = (temperature - REFERENCE_K) / SCALE_K
    c = coefficients
    return np.asarray(c[..., 0] + x * (c[..., 1] + x * c[..., 2]))


def slope(coefficients: FloatArray, temperature: FloatArray | float) -> FloatArray:
    """Compute dy/dT of (..., 3) coefficients, per K."""
    x = (np.asarray(temperature) - REFERENCE_K) / SCALE_K
    return np.asarray((coefficients[..., 1] + 2 * x * coefficients[..., 2]) / SCALE_K)


def fit_polynomial(
    temperature: FloatArray, values: FloatArray, stderrs: FloatArray, runs: IntArray
) -> Polynomial | None:
    """Fit a straight line, or a parabola where its curvature is significant.

    Weighted least squares with errors brought half way to their median; the covariance is
    multiplied by `variance_inflation`.  The variance between runs is added to that of the height.
    One replica has the same vacancies and disorder at all temperatures, so its whole line lies
    high or low, and more points of it don't help.

    Parameters
    ----------
    temperature, values, stderrs : (n,) array
        Points in the order of temperature within each run; NaN values are left out.
    runs : (n,) array of int
        Run of each point.

    Returns
    -------
    Polynomial or None
        None with fewer than three points or two temperatures.
    """
    valid = np.isfinite(values)
    t, y, run = temperature[valid], values[valid], runs[valid]
    if t.size < 3 or np.unique(t).size < 2:
        return None
    errors = smooth_errors(stderrs[valid])
    straight = _fit(t, y, errors, run, degree=1)
    if np.ptp(t) < CURVED_RANGE_K or np.unique(t).size < 6:
        return straight
    curved = _fit(t, y, errors, run, degree=2)
    significant = abs(curved.coefficients[2]) > CURVED_SIGMA * np.sqrt(curved.covariance[2, 2])
    return curved if significant else straight


def _fit(
    t: FloatArray, y: FloatArray, errors: FloatArray | None, runs: IntArray, degree: int
) -> Polynomial:
    sigma = np.ones_like(t) if errors is None else errors
    fit = fit_linear(basis(t, degree), y, sigma)
    scale = variance_inflation(fit.residuals, runs, degree + 1, errors_known=errors is not None)
    coefficients, covariance = np.zeros(3), np.zeros((3, 3))
    coefficients[: degree + 1] = fit.parameters
    covariance[: degree + 1, : degree + 1] = fit.covariance * scale
    covariance[0, 0] += _variance_between(fit.residuals, sigma, runs, scale)
    return Polynomial(coefficients, covariance, float(t.min()), float(t.max()), t.size)


def _variance_between(
    residuals: FloatArray, sigma: FloatArray, runs: IntArray, scale: float
) -> float:
    """Estimate the variance of the line's height that comes from differences between runs.

    σ²_between/n of n runs: the scatter of their mean residuals less what their points' errors
    (times `scale`) let expect, and not below zero.
    """
    _, run, counts = np.unique(runs, return_inverse=True, return_counts=True)
    n = counts.size
    if n < 2 or not np.isfinite(scale):
        return 0.0
    means = np.bincount(run, residuals * sigma) / counts
    within = scale * np.bincount(run, sigma**2) / counts**2
    return max(float(np.var(means, ddof=1) - within.mean()), 0.0) / n
