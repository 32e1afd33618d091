"""Weighted polynomials of temperature: the lines of the phases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from lbhsweep.analysis.least_squares import LinearFit, fit_linear
from lbhsweep.analysis.statistics import smooth_errors, variance_inflation
from lbhsweep.arrays import FloatArray, IntArray

REFERENCE_K = 500.0
SCALE_K = 100.0
CURVED_RANGE_K = 75.0
"""Shortest range of temperature in which a quadratic term is looked for."""
CURVED_TEMPERATURES = 6
"""Fewest temperatures with which a quadratic term is looked for."""


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
    degree : int
        1 or 2.
    chi_squared : float
        χ² over the variance inflation of the parabola through the same points, so that it may be
        compared between degrees.
    """

    coefficients: FloatArray
    covariance: FloatArray
    t_min: float
    t_max: float
    n_points: int
    degree: int
    chi_squared: float

    @property
    def criterion(self) -> float:
        """Akaike's criterion for small samples, χ² + 2k + 2k(k + 1)/(n − k − 1).

        Hurvich and Tsai, Biometrika 76, 297 (1989); the smaller, the better supported.
        """
        k, n = self.degree + 1, self.n_points
        return self.chi_squared + 2 * k + 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else np.inf

    @property
    def probability(self) -> float:
        """Probability of this χ² or a larger one; 1 without degrees of freedom."""
        n_dof = self.n_points - self.degree - 1
        return float(chdtrc(n_dof, self.chi_squared)) if n_dof > 0 else 1.0

    def variance(self, temperature: float) -> float:
        """Compute the variance of the value at a temperature in K."""
        powers = basis(np.array([temperature]), 2)[0]
        return float(powers @ self.covariance @ powers)

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
    """Fit a straight line, or a parabola where the evidence favours it.

    The evidence is Akaike's criterion for small samples; see `Polynomial.criterion`.
    See `fit_degrees` for the fit.

    Returns
    -------
    Polynomial or None
        None with fewer than three points or two temperatures.
    """
    fits = fit_degrees(temperature, values, stderrs, runs)
    return min(fits, key=lambda fit: fit.criterion) if fits else None


def fit_degrees(
    temperature: FloatArray, values: FloatArray, stderrs: FloatArray, runs: IntArray
) -> tuple[Polynomial, ...]:
    """Fit a straight line and, with enough temperatures over enough kelvin, a parabola.

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
    tuple of Polynomial
        By degree; empty with fewer than three points or two temperatures.
    """
    valid = np.isfinite(values)
    t, y, run = temperature[valid], values[valid], runs[valid]
    if t.size < 3 or np.unique(t).size < 2:
        return ()
    errors = smooth_errors(stderrs[valid])
    curved = np.ptp(t) >= CURVED_RANGE_K and np.unique(t).size >= CURVED_TEMPERATURES
    solved = [_solve(t, y, errors, run, degree) for degree in ((1, 2) if curved else (1,))]
    # Of the most flexible fit, so that a misfit of the line does not count as noise.
    scale = solved[-1][1]
    return tuple(
        _polynomial(t, run, degree + 1, fit, own, errors, scale)
        for degree, (fit, own) in enumerate(solved)
    )


def _solve(
    t: FloatArray, y: FloatArray, errors: FloatArray | None, runs: IntArray, degree: int
) -> tuple[LinearFit, float]:
    """Fit one degree; return the factor of its variance too."""
    fit = fit_linear(basis(t, degree), y, np.ones_like(t) if errors is None else errors)
    known = errors is not None
    return fit, variance_inflation(fit.residuals, runs, degree + 1, errors_known=known)


def _polynomial(
    t: FloatArray,
    runs: IntArray,
    degree: int,
    fit: LinearFit,
    own_scale: float,
    errors: FloatArray | None,
    scale: float,
) -> Polynomial:
    sigma = np.ones_like(t) if errors is None else errors
    coefficients, covariance = np.zeros(3), np.zeros((3, 3))
    coefficients[: degree + 1] = fit.parameters
    covariance[: degree + 1, : degree + 1] = fit.covariance * own_scale
    covariance[0, 0] += _variance_between(fit.residuals, sigma, runs, own_scale)
    chi_squared = fit.chi_squared / scale if scale > 0 else 0.0
    return Polynomial(
        coefficients, covariance, float(t.min()), float(t.max()), t.size, degree, chi_squared
    )


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
