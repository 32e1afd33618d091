"""Interfaces in profiles of known phases, and the speeds of random walks with a drift."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.quantities.interfaces import (
    FIRST_PS,
    LAYERS_OF,
    LEAST_BLOCKS,
    LEAST_SHARE,
    followed,
    growth,
    interfaces,
    nearest_phase,
    padded,
    read_profiles,
    share_of_second,
    shares_of,
    winner_of,
)
from lbhsweep.quantities.profile import PHASES, Growth, Winner

A = 10.0


def sharp(n_layers, lower, upper):
    """Share of the second phase in layers of width 1, of which it fills [lower, upper]."""
    edges = np.arange(n_layers)[:, None] + n_layers * np.arange(-3, 4) - 0.5
    inside = np.minimum(edges + 1.0, upper) - np.maximum(edges, lower)
    return np.clip(inside, 0.0, 1.0).sum(axis=1)


def as_layers(second, phases=("alpha", "beta")):
    low, high = (np.array(LAYERS_OF[phase]) for phase in phases)
    return (low + (high - low) * np.asarray(second)[..., None]).transpose(2, 0, 1)


@settings(max_examples=60, deadline=None)
@given(
    lower=st.floats(-20.0, 20.0),
    share=st.floats(0.25, 0.75),
    n_layers=st.sampled_from([8, 12, 20]),
)
def test_sharp_interfaces_are_found_where_they_are(lower, share, n_layers):
    upper = lower + share * n_layers
    first, second = interfaces(sharp(n_layers, lower, upper)[None])[:, 0]
    for found, true in ((first, lower), (second, upper)):
        assert (found - true + n_layers / 2) % n_layers == pytest.approx(n_layers / 2, abs=1e-9)


def test_paths_are_continuous_across_the_ends_of_the_cell():
    lower = np.linspace(5.0, -20.0, 60)
    found = interfaces(np.array([sharp(12, at, at + 6.0) for at in lower]))
    np.testing.assert_allclose(found - found[:, :1], lower - lower[0] + np.zeros((2, 1)), atol=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.03, 0.97, 1.0])
def test_no_interface_where_one_phase_nearly_fills_the_cell(share):
    assert np.isnan(interfaces(sharp(12, 0.0, 12 * share)[None])).all()


@pytest.mark.parametrize("phase", PHASES)
def test_a_layer_of_each_phase_is_known_as_such(phase):
    order, lithium = (np.full((4, 8), value) for value in LAYERS_OF[phase])
    assert (nearest_phase(order, lithium) == PHASES.index(phase)).all()
    shares = shares_of(order, lithium)
    assert winner_of(shares) == Winner[phase.upper()]
    assert winner_of(shares[:2]) == Winner.NONE


def test_a_layer_without_lithium_is_told_by_its_order():
    order, lithium = np.array([[0.85, 0.1]]), np.full((1, 2), np.nan)
    assert PHASES[nearest_phase(order, lithium)[0, 1]] == "beta"
    second = share_of_second(order, lithium, ("alpha", "beta"))
    assert second[0, 0] < 0.4 < 0.6 < second[0, 1]


def test_a_passing_layer_does_not_win():
    shares = np.tile([0.0, 0.0, 1.0], (5, 1))
    shares[3] = [1 / 12, 0.0, 11 / 12]
    assert winner_of(shares[:3]) == Winner.BETA
    assert winner_of(shares) == Winner.NONE


def test_both_interfaces_and_their_mean_grow_with_the_second_phase():
    times = np.arange(40) + 0.5
    lower, upper = 6.5 - 0.05 * times, 11.5 + 0.03 * times
    second = np.array([sharp(12, *ends) for ends in zip(lower, upper, strict=True)])
    order, lithium = as_layers(second)
    found = read_profiles(order, lithium, np.full(40, A), times, ("alpha", "beta"))
    np.testing.assert_allclose(found["interface_speed"], [0.05 * A / 2, 0.03 * A / 2], rtol=1e-6)
    assert found["growth_speed"] == pytest.approx(0.04 * A / 2, rel=1e-6)
    assert found["growth_speed_stderr"] < 1e-6
    assert found["growth_status"] == Growth.MEASURED
    swapped = read_profiles(
        *as_layers(1.0 - second, ("beta", "alpha")), np.full(40, A), times, ("beta", "alpha")
    )
    assert swapped["growth_speed"] == pytest.approx(-0.04 * A / 2, rel=1e-6)


def test_why_there_is_no_speed():
    times = np.arange(10) + 0.5
    fast = np.array([sharp(12, 6.0 - t, 12.0 + t) for t in times])
    never = np.ones((10, 12))
    for second, status in ((fast, Growth.TOO_FAST), (never, Growth.NO_INTERFACE)):
        order, lithium = as_layers(second)
        found = read_profiles(order, lithium, np.full(10, A), times, ("alpha", "beta"))
        assert found["growth_status"] == status
        assert np.isnan(found["growth_speed"])


@pytest.mark.parametrize(("n", "drift"), [(20, 0.0), (58, 0.4)])
def test_errors_of_speeds_cover_a_random_walk(n, drift):
    """True drift within one error in 60 to 76 % of walks, whatever noise lies on the positions."""
    rng = np.random.default_rng(n)
    times = np.arange(n) + 0.5
    walks = np.cumsum(drift + rng.standard_normal((600, n)), axis=1)
    noisy = walks + 0.3 * rng.standard_normal(walks.shape)
    found = np.array([growth(path, times) for path in noisy])
    inside = np.abs(found[:, 0] - drift) < found[:, 1]
    assert 0.60 < inside.mean() < 0.76
    assert found[:, 0].mean() == pytest.approx(drift, abs=4.0 * found[:, 0].std() / np.sqrt(600))


def test_too_few_blocks_give_no_speed():
    times = np.arange(LEAST_BLOCKS - 1) + 0.5
    assert np.isnan(growth(times, times)).all()


def test_series_of_a_run_that_ended_early_are_filled_up():
    arrays = {"share": np.ones((3, 3)), "growth_speed": np.array(1.0)}
    found = padded(arrays, 5)
    np.testing.assert_array_equal(np.isnan(found["share"]).all(axis=1), [False] * 3 + [True] * 2)
    assert found["growth_speed"] == 1.0


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
