"""Weighted linear least squares: against numpy's own, and the coverage of its errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.analysis.least_squares import fit_line, fit_linear

X = np.array([0.0, 0.1, 0.25, 0.4, 0.7, 1.0])
SIGMA = np.array([1.0, 2.0, 0.5, 1.5, 1.0, 3.0])


def values(seed):
    return 420.0 + 35.0 * X + SIGMA * np.random.default_rng(seed).normal(size=X.size)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), degree=st.integers(0, 3))
def test_parameters_and_covariance_are_those_of_polyfit(seed, degree):
    y = values(seed)
    design = np.vander(X, degree + 1, increasing=True)
    fit = fit_linear(design, y, SIGMA)
    expected, covariance = np.polyfit(X, y, degree, w=1 / SIGMA, cov="unscaled")
    np.testing.assert_allclose(fit.parameters, expected[::-1], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fit.covariance, covariance[::-1, ::-1], rtol=1e-8)
    np.testing.assert_allclose(fit.residuals, (y - design @ fit.parameters) / SIGMA, atol=1e-10)
    np.testing.assert_allclose(fit.estimator @ y, fit.parameters, rtol=1e-8)


def test_errors_are_those_of_known_variances_and_cover_the_truth():
    fits = [fit_line(X, values(seed), SIGMA) for seed in range(2000)]
    slopes = np.array([fit.parameters[1] for fit in fits])
    error = np.sqrt(fits[0].covariance[1, 1])
    assert slopes.std() == pytest.approx(error, rel=0.05)
    assert (np.abs(slopes - 35.0) < error).mean() == pytest.approx(0.683, abs=0.03)
    # χ² of right errors: its mean is n − p, its probabilities are uniform.
    assert np.mean([fit.reduced_chi_squared for fit in fits]) == pytest.approx(1.0, abs=0.05)
    assert np.mean([fit.probability < 0.05 for fit in fits]) == pytest.approx(0.05, abs=0.02)


def test_scatter_beyond_the_errors_scales_variances_and_never_below_one():
    noisy = fit_line(X, values(0), SIGMA / 5)
    assert noisy.scatter_factor == noisy.reduced_chi_squared > 1
    exact = fit_line(X, 420.0 + 35.0 * X, SIGMA)
    assert exact.scatter_factor == 1.0
    assert exact.probability == pytest.approx(1.0)


def test_two_points_on_a_line_leave_nothing_to_judge_it_by():
    fit = fit_line(X[:2], values(0)[:2], SIGMA[:2])
    assert fit.n_dof == 0
    assert np.isnan(fit.reduced_chi_squared)
    assert fit.probability == fit.scatter_factor == 1.0
    # The errors of both points propagated to the slope.
    assert fit.covariance[1, 1] == pytest.approx((SIGMA[0] ** 2 + SIGMA[1] ** 2) / 0.1**2)


@pytest.mark.parametrize("exact", [0, 1, 2])
def test_a_point_that_is_known_exactly_fixes_the_line_there_and_no_more(exact):
    x, y, sigma = np.array([0.0, 0.1, 0.2]), np.array([425.0, 460.0, 489.0]), np.full(3, 7.2)
    sigma[exact] = 1e-6
    fit = fit_line(x, y, sigma)
    others = np.arange(3) != exact
    run, rise = x[others] - x[exact], y[others] - y[exact]
    assert fit.parameters[1] == pytest.approx(run @ rise / (run @ run))
    assert np.sqrt(fit.covariance[1, 1]) == pytest.approx(7.2 / np.sqrt(run @ run))
    assert fit.estimator @ y == pytest.approx(fit.parameters)
