import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.analysis.transition.step import NoStep, Step, fit_step, read_step

T = np.arange(306.25, 700.0, 12.5)


def two_lines(t, centre, width, height):
    share = 1 / (1 + np.exp(-(t - centre) / width))
    return 245 + 0.03 * (t - 450) + share * (height + 0.01 * (t - centre))


def correlated(generator, size, correlation):
    noise = generator.normal(size=size)
    for i in range(1, size):
        noise[i] = correlation * noise[i - 1] + np.sqrt(1 - correlation**2) * noise[i]
    return noise


@pytest.mark.parametrize(("width", "correlation"), [(8.0, 0.0), (8.0, 0.5), (3.0, 0.0)])
def test_errors_cover_the_truth_at_the_right_rate(width, correlation):
    deviations = []
    for seed in range(120):
        generator = np.random.default_rng(seed)
        centre = generator.uniform(430, 560)
        y = two_lines(T, centre, width, 18.0) + correlated(generator, T.size, correlation)
        step = fit_step(T, y, np.ones(T.size))
        if isinstance(step, NoStep):
            continue
        deviations.append(
            [(step.centre - centre) / step.centre_stderr, (step.height - 18) / step.height_stderr]
        )
    assert len(deviations) >= 118
    size = np.abs(deviations)
    # 120 draws of a true 68 % (95 %) coverage leave these ranges once in some thousand times.
    assert np.all((size < 1).mean(axis=0) > 0.54)
    assert np.all((size < 1).mean(axis=0) < 0.84)
    assert np.all((size < 2).mean(axis=0) > 0.87)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize("errors_known", [True, False])
def test_no_step_is_seen_in_noise(correlation, errors_known):
    errors = np.full(T.size, 1.0 if errors_known else np.nan)
    seen = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        y = 245 + 0.04 * (T - 450) + correlated(generator, T.size, correlation)
        seen += isinstance(fit_step(T, y, errors), Step)
    assert seen <= 2


@settings(max_examples=25, deadline=None)
@given(
    shift=st.floats(-100, 100),
    scale=st.floats(0.1, 10),
    seed=st.integers(0, 1000),
)
def test_shifting_temperature_and_scaling_values_carry_over(shift, scale, seed):
    y = two_lines(T, 500.0, 8.0, 18.0) + np.random.default_rng(seed).normal(size=T.size) * 0.5
    plain = fit_step(T, y, np.full(T.size, 0.5))
    moved = fit_step(T + shift, scale * y, np.full(T.size, 0.5 * scale))
    assert isinstance(plain, Step)
    assert isinstance(moved, Step)
    assert moved.centre - shift == pytest.approx(plain.centre, abs=0.02)
    assert moved.height / scale == pytest.approx(plain.height, rel=1e-3)
    assert moved.centre_stderr == pytest.approx(plain.centre_stderr, rel=1e-2)


def test_a_sharp_step_is_equally_likely_anywhere_in_its_gap():
    t = np.arange(300.0, 701.0, 25.0)
    y = np.where(t < 487.0, 250.0, 268.0) + np.random.default_rng(0).normal(size=t.size) * 0.1
    step = fit_step(t, y, np.full(t.size, 0.1), sharp=True)
    assert isinstance(step, Step)
    assert step.centre == pytest.approx(487.5, abs=0.5)
    assert step.centre_stderr == pytest.approx(25 / np.sqrt(12), rel=0.05)


def test_a_step_at_the_end_of_the_range_is_not_complete():
    y = two_lines(T, 675.0, 6.0, 18.0)
    found = fit_step(T, y, np.full(T.size, 0.3))
    assert isinstance(found, NoStep)
    assert "not complete" in found.reason
    assert "high side" in found.reason


def test_a_step_below_one_percent_is_not_a_transition():
    y = two_lines(T, 500.0, 6.0, 1.0) + np.random.default_rng(1).normal(size=T.size) * 0.02
    found = fit_step(T, y, np.full(T.size, 0.02))
    assert isinstance(found, NoStep)
    assert "% of the value" in found.reason


def test_few_points_are_refused_with_their_number():
    found = fit_step(T[:5], np.ones(5), np.ones(5))
    assert found == NoStep("5 points, a step needs 7")


def test_holes_do_not_move_the_step():
    y = two_lines(T, 500.0, 8.0, 18.0)
    y[[3, 10, 25]] = np.nan
    step = fit_step(T, y, np.full(T.size, 0.3))
    assert isinstance(step, Step)
    assert step.centre == pytest.approx(500.0, abs=1.0)


def test_enthalpy_is_read_at_the_place_of_the_volume_step():
    deviations = []
    for seed in range(100):
        generator = np.random.default_rng(seed)
        volume = two_lines(T, 500.0, 8.0, 18.0) + generator.normal(size=T.size)
        step = fit_step(T, volume, np.ones(T.size))
        assert isinstance(step, Step)
        share = 1 / (1 + np.exp(-(T - 500.0) / 8.0))
        enthalpy = 0.63 * (T - 500) + 9.0 * share + 4.0 * generator.normal(size=T.size)
        height, error = read_step(step, T, enthalpy, np.full(T.size, 4.0))
        deviations.append((height - 9.0) / error)
    assert 0.54 < np.mean(np.abs(deviations) < 1) < 0.84
    assert np.mean(np.abs(deviations) < 2) > 0.87
