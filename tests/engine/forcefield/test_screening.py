"""The polynomials of erf(αr)/r against the error function itself."""

import math

import numpy as np
import pytest
from scipy.special import erf

from lbhsweep.engine.forcefield.screening import erf_polynomial


def exact(alpha, r):
    """erf(αr)/r and -(1/r) d/dr of it, by series where the quotients lose digits."""
    x = alpha * r
    value, slope = np.empty_like(r), np.empty_like(r)
    small = x < 1.0
    k = np.arange(25)[:, None]
    powers = (-(x[small] ** 2)) ** k / np.array([math.factorial(n) for n in range(25)])[:, None]
    value[small] = 2 * alpha / math.sqrt(math.pi) * np.sum(powers / (2 * k + 1), axis=0)
    slope[small] = 4 * alpha**3 / math.sqrt(math.pi) * np.sum(powers / (2 * k + 3), axis=0)
    r, x = r[~small], x[~small]
    value[~small] = erf(x) / r
    slope[~small] = (erf(x) / r - 2 * alpha / math.sqrt(math.pi) * np.exp(-(x**2))) / r**2
    return value, slope


@pytest.mark.parametrize("tolerance", [3e-7, 1e-12])
@pytest.mark.parametrize("product", [0.01, 0.3, 1.0, 2.0, 3.123, 4.57, 5.99, 8.0, 20.0])
@pytest.mark.parametrize("reach", [1.0, 9.0, 30.0])
def test_error_stays_below_the_tolerance_for_any_reach(tolerance, product, reach):
    alpha = product / reach
    fitted = erf_polynomial(alpha, reach, tolerance)
    # Beyond the limit, callers take 1/r.
    assert fitted.limit2 == pytest.approx(min(reach, 6.0 / alpha) ** 2)
    assert erf(alpha * math.sqrt(fitted.limit2)) == 1.0 or fitted.limit2 == reach**2
    r = np.linspace(0.0, math.sqrt(fitted.limit2), 3000)
    t = r * r * fitted.scale - 1.0
    value, slope = exact(alpha, r)
    horner = np.polynomial.polynomial.polyval
    largest_slope = 4 * alpha**3 / (3 * math.sqrt(math.pi))
    assert abs(horner(t, fitted.slope) - slope).max() < tolerance * largest_slope
    assert abs(horner(t, fitted.value) - value).max() < tolerance * 2 * alpha / math.sqrt(math.pi)


@pytest.mark.parametrize("tolerance", [3e-7, 1e-12])
def test_force_is_the_derivative_of_the_energy(tolerance):
    fitted = erf_polynomial(0.347, 9.0, tolerance)
    derivative = np.polynomial.Polynomial(fitted.value).deriv() * (-2.0 * fitted.scale)
    t = np.linspace(-1.0, 1.0, 100)
    slope = np.polynomial.polynomial.polyval(t, fitted.slope)
    np.testing.assert_allclose(derivative(t), slope, atol=20 * tolerance * slope[0])


def test_no_more_terms_than_the_tolerance_wants():
    # Each term costs an instruction a pair.
    assert len(erf_polynomial(0.347, 9.0, 3e-7).slope) <= 14
    assert len(erf_polynomial(0.508, 9.0, 1e-12).slope) <= 26
