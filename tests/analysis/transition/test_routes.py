import numpy as np
import pytest

from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.routes import (
    ROUTES,
    boundary_slopes,
    choose_route,
    fit_boundary,
    route_caveat,
)

P = np.array([0.0, 0.1, 0.2, 0.4])


def test_two_pressures_propagate_their_errors():
    slope, intercept = fit_boundary(P[:2], np.array([480.0, 515.0]), np.array([3.0, 4.0]))
    assert slope.value == pytest.approx(350.0)
    assert slope.stderr == pytest.approx(5.0 / 0.1)
    assert (intercept.value, intercept.stderr) == (pytest.approx(480.0), pytest.approx(3.0))


def test_one_pressure_gives_a_reason():
    slope, _ = fit_boundary(P[:2], np.array([480.0, np.nan]), np.array([3.0, np.nan]))
    assert not slope.known
    assert slope.reason == "dT/dP needs 2 pressures with T_t and its error, has 1"


def test_slopes_cover_the_truth_at_the_right_rate():
    errors = np.array([2.0, 5.0, 3.0, 4.0])
    deviations = []
    for seed in range(400):
        noise = np.random.default_rng(seed).normal(size=4) * errors
        slope, _ = fit_boundary(P, 480 + 340 * P + noise, errors)
        deviations.append((slope.value - 340) / slope.stderr)
    # max(1, χ²/ν) makes the error a little too large with so few pressures.
    assert 0.68 < np.mean(np.abs(deviations) < 1) < 0.82
    assert np.mean(np.abs(deviations) < 2) > 0.93


def test_scatter_beyond_the_errors_widens_the_error():
    bent = 480 + 340 * P + np.array([0.0, 20.0, -20.0, 0.0])
    slope, _ = fit_boundary(P, bent, np.full(4, 1.0))
    straight, _ = fit_boundary(P, 480 + 340 * P, np.full(4, 1.0))
    assert slope.stderr > 10 * straight.stderr


def test_slopes_of_draws_agree_with_the_fit():
    errors = np.array([2.0, 5.0, 3.0, 4.0])
    temperature = np.array([480.0, 510.0, 556.0, 612.0])
    slope, _ = fit_boundary(P, temperature, errors)
    draws = temperature + np.vstack(
        [np.zeros(4), np.random.default_rng(0).normal(size=(5000, 4)) * errors]
    )
    slopes = boundary_slopes(P, draws, errors)
    assert slopes[0] == pytest.approx(slope.value)
    expected, _ = fit_boundary(P, 480 + 340 * P, errors)
    assert slopes[1:].std() == pytest.approx(expected.stderr, rel=0.05)


def table(**known):
    found = {route: [Estimate(reason="none")] * 3 for route in ROUTES}
    for route, pressures in known.items():
        found[route] = [
            Estimate(480.0, 1.0) if i in pressures else Estimate(reason="none") for i in range(3)
        ]
    return found


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"hold": {0, 1}, "ramp_midpoint": {0, 1}}, "hold"),
        ({"hold": {0}, "ramp_heating": {0, 1, 2}}, "ramp_heating"),
        ({"ramp_midpoint": {0, 1}, "ramp_heating": {0, 1, 2}}, "ramp_heating"),
        ({"ramp_midpoint": {0, 1}, "ramp_heating": {0, 1}}, "ramp_midpoint"),
        ({}, None),
    ],
)
def test_the_route_known_at_most_pressures_is_used(known, expected):
    assert choose_route(table(**known)) == expected


def test_one_side_of_the_loop_is_a_bound_and_says_where_the_loop_closes():
    pressure = np.array([0.0, 0.1, 0.2])
    heating = table(ramp_heating={0, 1, 2})
    assert "no cooling branch transforms" in route_caveat("ramp_heating", heating, pressure)
    heating["ramp_cooling"][2] = Estimate(400.0, 1.0)
    heating["ramp_midpoint"][2] = Estimate(440.0, 1.0)
    said = route_caveat("ramp_heating", heating, pressure)
    assert "at 1 of 3 pressures only (midpoint 440 K at 0.2 GPa)" in said
    assert route_caveat("hold", heating, pressure) == ""


@pytest.mark.parametrize("exact", [0, 1, 2])
def test_a_bracket_of_no_width_leaves_the_slope_its_error(exact):
    pressure, line = np.array([0.0, 0.1, 0.2]), np.array([425.0, 457.5, 490.0])
    stderr = np.full(3, 7.2)
    stderr[exact] = 0.0
    slope, _ = fit_boundary(pressure, line, stderr)
    run = np.delete(pressure - pressure[exact], exact)
    assert slope.value == pytest.approx(325.0)
    assert slope.stderr == pytest.approx(7.2 / np.sqrt(run @ run), rel=1e-6)
    draws = line + stderr * np.random.default_rng(5).normal(size=(4000, 3))
    slopes = boundary_slopes(pressure, draws, stderr)
    assert slopes.mean() == pytest.approx(325.0, abs=4.0)
    assert slopes.std() == pytest.approx(slope.stderr, rel=0.05)
