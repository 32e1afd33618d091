"""What has settled passes, what relaxes or drifts doesn't, and what is too short is called so."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.processes import autoregressive, independent

from lbhsweep.observables.statistics.equilibration import (
    FEWEST_SAMPLES,
    drifts,
    early_outliers,
    settling,
)
from lbhsweep.observables.statistics.errors_of_means import mean_error, statistical_inefficiency

N = 256
REPEATS = 100
ORDER = ("settled", "too_short", "unsettled")


def verdicts(series):
    return Counter(settling(one).verdict for one in series)


@pytest.mark.parametrize(
    ("n_samples", "settled"),
    [(256, (95, 100)), (100, (92, 100)), (30, (80, 97)), (7, (10, 40))],
)
def test_stationary_series_pass_if_they_are_long(n_samples, settled):
    counts = verdicts(independent(np.random.default_rng(n_samples), (REPEATS, N), n_samples))
    assert settled[0] <= counts["settled"] <= settled[1]


@pytest.mark.parametrize("n_samples", [0.3, 1.0, 2.0])
def test_series_within_their_own_correlation_time_never_count_as_settled(n_samples):
    """They look like slow drifts, and some are taken for such."""
    series = independent(np.random.default_rng(int(10 * n_samples)), (REPEATS, N), n_samples)
    counts = verdicts(series)
    assert counts["settled"] <= 6
    assert counts["too_short"] >= 50
    # Why it matters: their errors are far too small.
    inside = np.mean([abs(one.mean()) < mean_error(one) for one in series])
    assert inside < 0.5


@pytest.mark.parametrize(("n_samples", "size", "time", "seen"), [
    (100, 6.0, 0.1, 95), (30, 6.0, 0.1, 85), (100, 2.0, 0.3, 75), (30, 6.0, 0.3, 95),
])  # fmt: skip
def test_a_relaxation_is_seen(n_samples, size, time, seen):
    relaxation = size * np.exp(-np.arange(N) / (time * N))
    series = independent(np.random.default_rng(n_samples), (REPEATS, N), n_samples) + relaxation
    assert verdicts(series)["unsettled"] >= seen


def test_the_mean_of_what_passes_is_not_far_from_the_truth():
    """A small relaxation that passes shifts the mean by about an error at most."""
    rng = np.random.default_rng(8)
    for time in (0.03, 0.1):
        relaxation = 2.0 * np.exp(-np.arange(N) / (time * N))
        series = independent(rng, (REPEATS, N), 30) + relaxation
        passed = [one for one in series if settling(one).verdict == "settled"]
        assert len(passed) > 50
        assert np.mean([one.mean() / mean_error(one) for one in passed]) < 1.3


def test_a_step_is_found_where_it_is():
    rng = np.random.default_rng(9)
    series = rng.normal(size=N)
    series[:100] += 5.0
    found = settling(series)
    assert found.verdict == "unsettled"
    assert found.start == pytest.approx(100 / N, abs=0.03)


def test_drift_is_told_from_noise():
    noise = autoregressive(np.random.default_rng(5), (200, N), 0.8)
    assert np.mean([drifts(one) for one in noise]) < 0.05
    assert all(drifts(one + np.linspace(0.0, 8.0, N)) for one in noise)
    assert all(settling(one + np.linspace(0.0, 8.0, N)).verdict == "unsettled" for one in noise)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.0, 0.99),
    st.floats(0.0, 6.0),
    st.lists(st.floats(8.0, 60.0), min_size=1, max_size=3),
    st.booleans(),
)
def test_outliers_at_the_beginning_never_make_a_series_settled(
    seed, coefficient, drift, outliers, below
):
    series = autoregressive(np.random.default_rng(seed), (100,), coefficient)
    series += drift * np.linspace(0.0, 1.0, 100)
    sign = -1.0 if below else 1.0
    early = series.mean() + sign * series.std() * np.array(outliers)
    before = settling(series).verdict
    after = settling(np.concatenate([early, series])).verdict
    assert ORDER.index(after) >= ORDER.index(before)


def test_outliers_that_shift_the_mean_are_seen_and_small_ones_forgiven():
    series = np.random.default_rng(10).normal(size=N)
    assert settling(series).verdict == "settled"
    small, large = np.concatenate([[4.5], series]), np.concatenate([[60.0, -60.0], series])
    assert early_outliers(small) == 1
    assert settling(small).verdict == "settled"
    assert settling(large).verdict == "unsettled"
    assert settling(large).start >= 2 / (N + 2)


@pytest.mark.parametrize("n", range(FEWEST_SAMPLES + 3))
def test_few_samples_are_too_short(n):
    found = settling(np.random.default_rng(n).normal(size=n))
    assert found.verdict == "too_short"
    assert np.isnan(found.start) == (n < FEWEST_SAMPLES)


@pytest.mark.parametrize("n", [FEWEST_SAMPLES, 512])
def test_a_constant_has_settled(n):
    found = settling(np.full(n, 90.0))
    assert (found.verdict, found.start, found.correlation_time) == ("settled", 0.0, 0.5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.98), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_unit_and_origin_change_nothing(seed, coefficient, scale, origin):
    series = autoregressive(np.random.default_rng(seed), (64,), coefficient)
    first, second = settling(series), settling(scale * series + origin)
    rest = series[early_outliers(series) :]
    assert first.correlation_time == pytest.approx(0.5 * statistical_inefficiency(rest))
    assert second.correlation_time == pytest.approx(first.correlation_time, rel=1e-3)
    assert 0.0 <= second.start < 1.0
