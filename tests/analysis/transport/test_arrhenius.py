"""Arrhenius laws: exact numbers, an independent fit, coverage, and what is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from lbhsweep.analysis.transport.arrhenius import BOLTZMANN_EV, fit_arrhenius

T = np.array([500.0, 550.0, 600.0, 650.0, 700.0])


def law(t, energy=0.35, prefactor=1.6e-2):
    return prefactor * np.exp(-energy / (BOLTZMANN_EV * t))


def test_the_papers_coefficients_give_what_they_say_and_not_what_is_printed():
    """Three published D; the printed 0.22 eV and 9.54e-4 cm²/s don't follow from them."""
    t, d = np.array([500.0, 600.0, 700.0]), np.array([4.88e-6, 2.33e-5, 4.89e-5])
    fit = fit_arrhenius(t, d, 0.1 * d)
    assert fit.activation_energy == pytest.approx(0.35, abs=0.01)
    assert fit.activation_energy > 0.22 + 3 * fit.activation_energy_stderr


def test_boltzmanns_constant():
    assert pytest.approx(8.617333e-5, rel=1e-6) == BOLTZMANN_EV


@given(st.floats(0.0, 1.5), st.floats(1e-9, 1e9), st.lists(st.floats(0.01, 0.9), min_size=5))
def test_an_exact_law_is_found_whatever_the_errors(energy, prefactor, relative):
    y = law(T, energy, prefactor)
    fit = fit_arrhenius(T, y, y * np.array(relative[:5]))
    assert fit.activation_energy == pytest.approx(energy, abs=1e-9)
    assert fit.log_prefactor == pytest.approx(np.log(prefactor), abs=1e-7)
    assert (fit.n_points, fit.t_min, fit.t_max, fit.reason) == (5, 500.0, 700.0, "")
    assert fit.reduced_chi_squared < 1e-12
    assert np.linalg.eigvalsh(fit.covariance)[0] > 0


def test_an_independent_fit_gives_the_same():
    rng = np.random.default_rng(2)
    relative = np.array([0.3, 0.2, 0.1, 0.05, 0.05])
    y = law(T) * np.exp(relative * rng.standard_normal(5))
    fit = fit_arrhenius(T, y, relative * y)
    best, covariance = curve_fit(
        lambda t, a, e: a - e / (BOLTZMANN_EV * t),
        T,
        np.log(y),
        p0=(0.0, 0.3),
        sigma=relative,
        absolute_sigma=True,
    )
    assert fit.log_prefactor == pytest.approx(best[0], rel=1e-5)
    assert fit.activation_energy == pytest.approx(best[1], rel=1e-5)
    scale = max(1.0, fit.reduced_chi_squared)
    np.testing.assert_allclose(fit.covariance, scale * covariance, rtol=1e-4)
    assert fit.prefactor_stderr / fit.prefactor == pytest.approx(fit.log_prefactor_stderr)


def test_two_points_have_the_propagated_error():
    fit = fit_arrhenius(T[[0, 4]], law(T[[0, 4]]), np.array([0.2, 0.1]) * law(T[[0, 4]]))
    inverse = 1 / (BOLTZMANN_EV * T[[0, 4]])
    expected = np.hypot(0.2, 0.1) / (inverse[0] - inverse[1])
    assert fit.activation_energy_stderr == pytest.approx(expected)
    assert np.isnan(fit.reduced_chi_squared)
    assert "two points" in fit.reason


@pytest.mark.parametrize("rarest", [0.1, 0.3])
def test_errors_cover_the_truth(rarest):
    """Counts of events, so that the lowest temperature is known worst."""
    rng = np.random.default_rng(5)
    expected = law(T) / law(T[0]) / rarest**2
    pulls = []
    for _ in range(1500):
        events = rng.poisson(expected)
        y = law(T) * events / expected
        fit = fit_arrhenius(T, y, y / np.sqrt(np.maximum(events, 1)))
        pulls.append((fit.activation_energy - 0.35) / fit.activation_energy_stderr)
    assert 0.66 < np.mean(np.abs(pulls) < 1) < 0.78
    assert abs(np.mean(pulls)) < 0.25


def test_scatter_beyond_the_errors_widens_them_and_is_named():
    y = law(T) * np.array([1.3, 0.8, 1.2, 0.8, 1.1])
    tight, loose = fit_arrhenius(T, y, 0.01 * y), fit_arrhenius(T, y, 0.02 * y)
    assert "not one straight line within its errors" in tight.reason
    assert tight.activation_energy_stderr == pytest.approx(loose.activation_energy_stderr)
    assert fit_arrhenius(T, y, 0.3 * y).reason == ""


def test_points_without_a_usable_error_are_left_out():
    y = law(T)
    errors = np.array([1.5, 0.1, np.nan, 0.1, 0.1]) * y
    y[4] = -1e-6
    fit = fit_arrhenius(T, y, errors)
    assert (fit.n_points, fit.t_min, fit.t_max) == (2, 550.0, 650.0)
    assert "left out for an error larger than the value: 2" in fit.reason
    assert "left out for want of an error: 1" in fit.reason
    assert fit.activation_energy == pytest.approx(0.35)


@pytest.mark.parametrize("n", [0, 1])
def test_a_law_needs_two_temperatures(n):
    y = np.where(np.arange(5) < n, law(T), np.nan)
    fit = fit_arrhenius(T, y, 0.1 * y)
    assert np.isnan([fit.activation_energy, fit.prefactor, fit.covariance[0, 1]]).all()
    has = n or "none"
    assert fit.reason == f"a line needs 2 temperatures with a value and its error, has {has}"
