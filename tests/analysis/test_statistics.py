import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lbhsweep.analysis.statistics import (
    combine_replicas,
    smooth_errors,
    value_and_error,
    variance_inflation,
)

finite = st.floats(-1e3, 1e3)


@given(arrays(float, (5,), elements=finite), arrays(float, (5,), elements=st.floats(0.1, 10)))
def test_order_of_replicas_and_missing_ones_do_not_matter(values, stderrs):
    mean, stderr, count = combine_replicas(values, stderrs, 0)
    padded_values = np.concatenate([values[::-1], [np.nan, np.nan]])
    padded_stderrs = np.concatenate([stderrs[::-1], [np.nan, 1.0]])
    again = combine_replicas(padded_values, padded_stderrs, 0)
    assert again[0] == pytest.approx(mean, abs=1e-9)
    assert again[1] == pytest.approx(stderr, abs=1e-9)
    assert count == again[2] == 5


STUDENT = {2: 1.8372, 3: 1.3213, 4: 1.1969}
"""Quantile of Student's distribution with n - 1 degrees of freedom at 84.13 %."""


def test_scatter_counts_as_far_as_it_exceeds_the_errors_within_runs():
    _, quiet, _ = combine_replicas(np.array([1.0, 1.0]), np.array([0.2, 0.2]), 0)
    assert quiet == pytest.approx(0.2 / np.sqrt(2))
    _, loud, _ = combine_replicas(np.array([1.0, 3.0]), np.array([0.2, 0.2]), 0)
    within, between = 0.2 / np.sqrt(2), 1.0
    expected = np.sqrt(within**2 + STUDENT[2] ** 2 * (between**2 - within**2))
    assert loud == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("share", [0.0, 1 / 3, 1 / 2, 1.0])
def test_the_true_mean_lies_within_one_error_of_few_replicas(n, share):
    """Whatever share of the error is known within the runs."""
    rng = np.random.default_rng(n)
    values = rng.normal(size=(40_000, n))
    stderrs = np.full_like(values, share if share else np.nan)
    mean, stderr, _ = combine_replicas(values, stderrs, 1)
    assert 0.65 < np.mean(np.abs(mean) < stderr) < 0.77


def test_one_replica_keeps_its_own_error_and_none_gives_nan():
    values = np.array([[5.0, np.nan], [np.nan, np.nan]])
    mean, stderr, count = combine_replicas(values, np.full((2, 2), 0.3), 0)
    assert (mean[0], stderr[0]) == (5.0, 0.3)
    assert np.isnan([mean[1], stderr[1]]).all()
    np.testing.assert_array_equal(count, [1, 0])


def test_without_any_error_only_replicas_give_one():
    unknown = np.full(3, np.nan)
    _, stderr, _ = combine_replicas(np.array([1.0, 2.0, 3.0]), unknown, 0)
    assert stderr == pytest.approx(STUDENT[3] / np.sqrt(3), rel=1e-4)
    assert np.isnan(combine_replicas(np.array([1.0]), unknown[:1], 0)[1])


def test_errors_are_brought_towards_their_median():
    smooth = smooth_errors(np.array([0.01, 1.0, 1.0, np.nan]))
    assert smooth is not None
    np.testing.assert_allclose(smooth, [np.sqrt(0.50005), 1.0, 1.0, 1.0])
    assert smooth_errors(np.full(3, np.nan)) is None


@pytest.mark.parametrize("correlation", [0.0, 0.4, 0.7])
def test_noise_scale_is_the_variance_of_a_mean_of_correlated_points(correlation):
    generator = np.random.default_rng(3)
    noise = generator.normal(size=(400, 60))
    for i in range(1, 60):
        noise[:, i] = correlation * noise[:, i - 1] + np.sqrt(1 - correlation**2) * noise[:, i]
    expected = noise.mean(axis=1).var() * 60
    run = np.zeros(60, dtype=np.int64)
    residuals = noise - noise.mean(axis=1, keepdims=True)
    scales = [variance_inflation(row, run, 1, errors_known=False) for row in residuals]
    assert np.mean(scales) == pytest.approx(expected, rel=0.25)


def test_spread_ignores_draws_that_failed_but_not_most_of_them():
    generator = np.random.default_rng(0)
    draws = generator.normal(10.0, 2.0, (2001, 2))
    draws[0] = 10.0
    draws[1:500, 0] = np.nan
    draws[1:1500, 1] = np.nan
    for quantiles in (False, True):
        value, error = value_and_error(draws, quantiles=quantiles)
        np.testing.assert_array_equal(value, [10.0, 10.0])
        assert error[0] == pytest.approx(2.0, rel=0.06)
        assert np.isnan(error[1])
