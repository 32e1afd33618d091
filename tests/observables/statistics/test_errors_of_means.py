import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.processes import autoregressive
from observables.processes import independent as independent_samples

from lbhsweep.observables.statistics.errors_of_means import (
    mean_error,
    statistical_inefficiency,
    trend_error,
)


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.9])
def test_inefficiency_and_error_of_a_process_with_known_correlation(coefficient):
    series = autoregressive(np.random.default_rng(3), (300, 512), coefficient)
    known = (1 + coefficient) / (1 - coefficient)
    found = np.mean([statistical_inefficiency(one) for one in series])
    assert found == pytest.approx(known, rel=0.15)
    # What the error is for: the spread of means over repetitions.
    claimed = np.sqrt(np.mean([mean_error(one) ** 2 for one in series]))
    assert claimed == pytest.approx(series.mean(axis=1).std(), rel=0.15)


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.8])
def test_trend_error_is_the_spread_of_means_about_the_trend(coefficient):
    series = autoregressive(np.random.default_rng(4), (1000, 56), coefficient)
    middles = series[:, 24:32].mean(axis=1)
    trend = np.linspace(0.0, 50.0, 56) + np.linspace(-3.0, 3.0, 56) ** 2
    claimed = np.sqrt(np.mean([trend_error(one + trend, 8)[0] ** 2 for one in series]))
    # A parabola follows some of the slow fluctuations of a short series.
    assert 0.9 < claimed / middles.std() < 1.2


@given(
    offset=st.floats(-1e6, 1e6),
    slope=st.floats(-1e3, 1e3),
    bend=st.floats(-1e2, 1e2),
    n=st.integers(5, 40),
)
def test_a_parabola_has_no_scatter(offset, slope, bend, n):
    x = np.arange(n)
    size = abs(offset) + abs(slope) * n + abs(bend) * n**2 + 1.0
    assert trend_error(offset + slope * x + bend * x**2, 4)[0] <= 1e-12 * size


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.floats(-1e4, 1e4))
def test_errors_scale_with_the_unit_and_ignore_the_origin(seed, scale, origin):
    series = np.random.default_rng(seed).normal(size=64)
    for error in (mean_error, lambda x: trend_error(x, 8)[0]):
        assert error(scale * series + origin) == pytest.approx(scale * error(series), rel=1e-4)


def test_too_few_samples_have_no_error():
    assert np.isnan(mean_error(np.array([1.0, 2.0, 3.0])))
    assert np.isnan(trend_error(np.array([1.0, 2.0, 3.0, 4.0]), 1)).all()


def test_a_constant_series_has_no_error():
    assert mean_error(np.full(100, 90.0)) == 0.0


@pytest.mark.parametrize(
    ("n", "independent", "lowest"),
    [(512, 512, 0.65), (512, 100, 0.63), (512, 20, 0.61), (64, 64, 0.64), (64, 20, 0.61),
     (64, 10, 0.57), (32, 10, 0.57), (8, 8, 0.63)],
)  # fmt: skip
def test_the_mean_lies_within_one_error_as_often_as_it_should(n, independent, lowest):
    """68 % of series; fewer where a series is short, by no more than was measured and is stated."""
    series = independent_samples(np.random.default_rng(n + independent), (800, n), independent)
    inside = np.mean([abs(one.mean()) < mean_error(one) for one in series])
    assert lowest < inside < 0.76


def brute_force(series):
    """Straight from the definition."""
    n, deviation, g = len(series), series - series.mean(), 1.0
    for t in range(1, n - 1):
        products = sum(deviation[k] * deviation[k + t] for k in range(n - t))
        correlation = products / (n - t) / np.mean(deviation**2)
        if correlation <= 0.0:
            break
        g += 2.0 * (1.0 - t / n) * correlation
    return g


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(4, 60), st.floats(0.0, 0.99))
def test_inefficiency_is_its_definition(seed, n, coefficient):
    series = autoregressive(np.random.default_rng(seed), (n,), coefficient)
    assert statistical_inefficiency(series) == pytest.approx(brute_force(series), rel=1e-9)


@pytest.mark.parametrize("n", [0, 1, 3, 100])
def test_constant_and_short_series_are_uncorrelated(n):
    assert statistical_inefficiency(np.full(n, 90.0)) == 1.0
    assert statistical_inefficiency(0.1 * np.ones(n) + 1e-17) == 1.0


def test_pymbar_is_imported_late_and_says_nothing():
    script = (
        "import sys, numpy, logging; import lbhsweep.observables.statistics.errors_of_means as e;"
        "early = 'pymbar' in sys.modules; e.mean_error(numpy.arange(9.0) % 4);"
        "sys.exit(early or 'pymbar' not in sys.modules or logging.getLogger('pymbar').level != 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")
