import numpy as np
import pytest

from lbhsweep.analysis.caloric.heat_capacity import local_slope

T = np.arange(300.0, 700.0, 12.5)


def test_slope_of_a_line_is_exact_with_holes_and_at_the_ends():
    y = 0.65 * T - 900
    y[[7, 20]] = np.nan
    slope, error = local_slope(T, y, np.full(T.size, 0.5))
    assert np.isnan(slope[[7, 20]]).all()
    known = np.isfinite(y)
    np.testing.assert_allclose(slope[known], 0.65)
    assert np.all(error[known] > 0)


def test_isolated_points_have_no_slope():
    y = np.full(T.size, np.nan)
    y[5] = 1.0
    y[15:17] = 2.0
    slope, _ = local_slope(T, y, np.ones(T.size))
    assert np.isnan(slope).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_errors_cover_the_truth_at_the_right_rate(seed):
    noise = np.random.default_rng(seed).normal(size=(150, T.size))
    slope, error = local_slope(T, 0.65 * T + 2.0 * noise, np.full((150, T.size), 2.0))
    deviation = np.abs(slope - 0.65) / error
    assert 0.6 < (deviation < 1).mean() < 0.8
    assert (deviation < 2).mean() > 0.92


def test_errors_that_are_too_small_are_noticed():
    noise = np.random.default_rng(0).normal(size=(150, T.size))
    slope, error = local_slope(T, 0.65 * T + 2.0 * noise, np.full((150, T.size), 0.5))
    assert (np.abs(slope - 0.65) / error < 2).mean() > 0.85
