import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.observables.errors_of_means import (
    is_stationary,
    mean_error,
    statistical_inefficiency,
    trend_error,
)


def autoregressive(rng, shape, memory):
    """AR(1) series of unit variance along the last axis: g = (1 + memory)/(1 - memory)."""
    x = np.empty(shape)
    x[..., 0] = rng.normal(size=shape[:-1])
    for k in range(1, shape[-1]):
        noise = rng.normal(size=shape[:-1])
        x[..., k] = memory * x[..., k - 1] + np.sqrt(1 - memory**2) * noise
    return x


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_inefficiency_and_error_of_a_process_with_known_memory(memory):
    series = autoregressive(np.random.default_rng(3), (300, 512), memory)
    known = (1 + memory) / (1 - memory)
    found = np.mean([statistical_inefficiency(one) for one in series])
    assert found == pytest.approx(known, rel=0.15)
    # What the error is for: the spread of means over repetitions.
    claimed = np.sqrt(np.mean([mean_error(one) ** 2 for one in series]))
    assert claimed == pytest.approx(series.mean(axis=1).std(), rel=0.15)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_trend_error_is_the_spread_of_means_about_the_trend(memory):
    series = autoregressive(np.random.default_rng(4), (1000, 56), memory)
    middles = series[:, 24:32].mean(axis=1)
    trend = np.linspace(0.0, 50.0, 56) + np.linspace(-3.0, 3.0, 56) ** 2
    claimed = np.sqrt(np.mean([trend_error(one + trend, 8)[0] ** 2 for one in series]))
    # A parabola swallows some of the slow fluctuations of a short series.
    assert 0.65 < claimed / middles.std() < 1.2


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


def test_drift_is_told_from_noise():
    noise = autoregressive(np.random.default_rng(5), (200, 256), 0.8)
    accepted = np.mean([is_stationary(one) for one in noise])
    assert accepted > 0.95
    assert not any(is_stationary(one + np.linspace(0.0, 8.0, 256)) for one in noise)
