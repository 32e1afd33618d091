import numpy as np
import pytest

from lbhsweep.analysis.transition.polynomial import evaluate, fit_polynomial, slope

T = np.arange(300.0, 500.0, 12.5)


def runs(t, number=1):
    return np.repeat(np.arange(number), t.size // number)


def test_a_line_is_recovered_with_its_slope_and_range():
    line = fit_polynomial(T, 250 + 0.03 * (T - 500), np.full(T.size, 0.1), runs(T))
    assert line is not None
    np.testing.assert_allclose(line(T), 250 + 0.03 * (T - 500))
    assert slope(line.coefficients, 400.0) == pytest.approx(0.03)
    assert (line.t_min, line.t_max, line.n_points) == (300.0, T[-1], T.size)


def test_curvature_is_kept_only_where_it_is_beyond_the_noise():
    curved = 250 + 0.03 * T + 2e-4 * (T - 400) ** 2
    noise = np.random.default_rng(0).normal(size=T.size) * 0.05
    found = fit_polynomial(T, curved + noise, np.full(T.size, 0.05), runs(T))
    assert found is not None
    assert found.coefficients[2] == pytest.approx(2.0, rel=0.1)
    straight = fit_polynomial(T, 0.03 * T + noise, np.full(T.size, 0.05), runs(T))
    assert straight is not None
    assert straight.coefficients[2] == 0


@pytest.mark.parametrize("errors_known", [True, False])
@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_errors_of_the_line_cover_the_truth(errors_known, correlation):
    deviations = []
    t = np.concatenate([T, T])
    errors = np.full(t.size, 0.5 if errors_known else np.nan)
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(size=(2, T.size))
        for i in range(1, T.size):
            noise[:, i] = correlation * noise[:, i - 1] + np.sqrt(1 - correlation**2) * noise[:, i]
        line = fit_polynomial(t, 0.03 * t + 0.5 * noise.ravel(), errors, runs(t, 2))
        assert line is not None
        weights = np.array([1.0, -1.0, 1.0])  # the powers of x at 400 K
        error = np.sqrt(weights @ line.covariance @ weights)
        deviations.append((float(line(400.0)) - 12.0) / error)
    # Sixteen points of a run know their own correlation only roughly.
    assert 0.54 < np.mean(np.abs(deviations) < 1) < 0.84
    assert np.mean(np.abs(deviations) < 2) > 0.85


def test_draws_have_the_covariance_of_the_fit():
    noise = np.random.default_rng(0).normal(size=T.size)
    line = fit_polynomial(T, 0.03 * T + noise, np.ones(T.size), runs(T))
    assert line is not None
    draws = line.draw(np.random.default_rng(1), 20000)
    np.testing.assert_array_equal(draws[0], line.coefficients)
    np.testing.assert_allclose(np.cov(draws[1:, :2].T), line.covariance[:2, :2], rtol=0.05)


def test_two_points_make_no_line():
    assert fit_polynomial(T[:2], T[:2], np.ones(2), runs(T[:2])) is None
    assert fit_polynomial(T, np.full(T.size, np.nan), np.ones(T.size), runs(T)) is None


def test_evaluate_broadcasts_over_draws():
    coefficients = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]])
    np.testing.assert_allclose(
        evaluate(coefficients[:, None, :], np.array([500.0, 600.0])), [[1.0, 3.0], [0.0, 3.0]]
    )


@pytest.mark.parametrize("between", [0.0, 0.5])
def test_what_runs_differ_in_is_in_the_error_of_the_height(between):
    """Six runs whose lines lie high or low: heights are covered, and without it no more than so."""
    t = np.linspace(300.0, 500.0, 20)
    z = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        offsets = between * rng.normal(size=6)
        y = (250.0 + 0.03 * (t - 400.0) + offsets[:, None] + 0.3 * rng.normal(size=(6, 20))).ravel()
        runs = np.repeat(np.arange(6), 20)
        line = fit_polynomial(np.tile(t, 6), y, np.full(y.size, 0.3), runs)
        design = np.array([1.0, -1.0, 1.0])
        error = np.sqrt(design @ line.covariance @ design)
        z.append((float(line(400.0)) - 250.0) / error)
    within = (np.abs(z) < 1.0).mean()
    assert 0.56 < within < 0.80
