"""Interfaces in profiles, and speeds of growth along their paths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.observables.structure.interfaces import (
    FIRST_PS,
    LEAST_SHARE,
    followed,
    growth,
    interfaces,
)

LAYERS = 12


def profile(middle, ends):
    """Return the share of the second phase in each layer, between two sharp interfaces."""
    edges = np.arange(LAYERS)
    lower = np.clip(edges + 0.5 - middle, 0.0, 1.0)
    upper = np.clip(ends - (edges - 0.5), 0.0, 1.0)
    return np.minimum(lower, upper)


@given(st.floats(2.0, 6.0), st.floats(8.0, 11.4))
def test_interfaces_lie_where_the_phases_end(middle, ends):
    found = interfaces(profile(middle, ends)[None])
    assert found[0, 0] == pytest.approx(middle, abs=1e-9)
    assert found[1, 0] % LAYERS == pytest.approx(ends % LAYERS, abs=1e-9)


def test_a_phase_that_is_all_but_lost_has_no_interfaces():
    nearly = np.zeros((1, LAYERS))
    nearly[0, 3] = 0.4
    assert np.isnan(interfaces(nearly)).all()
    assert np.isnan(interfaces(1.0 - nearly)).all()


def path_of(rng, drift, *, n=60, length=60.0):
    """Draw the mean of two interfaces, and the share of the second phase in the cell, with it."""
    path = np.cumsum(rng.normal(drift, np.sqrt(0.5), n))
    return path, 0.5 + 2.0 * path / length


def test_a_path_ends_with_the_time_at_which_a_phase_is_nearly_lost():
    times = np.arange(10) + 0.5
    share = np.array([0.5, 0.5, 0.4, 0.3, 0.2, 0.1, 0.2, 0.3, 0.3, 0.3])
    used = followed(np.zeros((2, 10)), share, times)
    np.testing.assert_array_equal(np.flatnonzero(used), [2, 3, 4, 5])
    assert share[5] < LEAST_SHARE
    assert times[used].min() >= FIRST_PS
    lost = np.zeros((2, 10))
    lost[:, 5:] = np.nan
    assert np.flatnonzero(followed(lost, share, times)).tolist() == [2, 3, 4]


@pytest.mark.parametrize("drift", [0.2, 0.4, 0.8])
def test_distance_over_time_of_paths_that_end_by_what_they_reach_is_their_drift(drift):
    """Without the crossing itself it is 9 % less."""
    rng = np.random.default_rng(1)
    times = np.arange(60) + 0.5
    distance, time = 0.0, 0.0
    for _ in range(600):
        path, share = path_of(rng, drift)
        used = followed(np.zeros((2, 60)), share, times)
        if used.sum() < 6:
            continue
        found = growth(path[used], times[used])
        distance += found.value * np.ptp(times[used])
        time += np.ptp(times[used])
    error = np.sqrt(0.5 / time) / drift
    assert distance / time / drift == pytest.approx(1.0, abs=0.02 + 2.0 * error)


@pytest.mark.parametrize("n", [6, 8, 12, 20, 58])
def test_the_speed_of_a_random_walk_lies_within_its_error(n):
    rng = np.random.default_rng(n)
    paths = np.cumsum(rng.normal(0.1, 0.7, (1500, n)), axis=1)
    found = [growth(path, np.arange(n) * 1.0) for path in paths]
    inside = np.mean([abs(one.value - 0.1) < one.error for one in found])
    assert inside == pytest.approx(0.683, abs=0.04)


def test_short_paths_have_no_speed():
    assert np.isnan(growth(np.arange(5.0), np.arange(5.0))).all()
