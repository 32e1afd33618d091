"""The law of growth: its likelihood, its greatest one, and the interval of its zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from lbhsweep.analysis.equilibrium.growth_law import Law, Speeds, fit_law, interval
from lbhsweep.analysis.equilibrium.scatter import scatter_of

T = np.arange(480.0, 601.0, 20.0)


def speeds(seed=0, *, slope=0.01, zero=525.0, error=0.1, temperature=T):
    rng = np.random.default_rng(seed)
    variance = (error * rng.uniform(0.5, 2.0, temperature.size)) ** 2
    speed = slope * (temperature - zero) + np.sqrt(variance) * rng.standard_normal(temperature.size)
    return Speeds(temperature, speed, variance, np.zeros(temperature.size, dtype=np.int64))


def with_bounds(found, temperature, bound, side, deviation):
    return Speeds(
        np.append(found.temperature, temperature),
        np.append(found.speed, bound),
        np.append(found.variance, deviation**2),
        np.append(found.side, side),
    )


def fieller(found):
    """Return the 68 % interval of the zero of a straight line in closed form (E. C. Fieller)."""
    x = found.temperature - found.temperature.mean()
    design = np.stack([np.ones_like(x), x], axis=1)
    covariance = np.linalg.inv((design.T / found.variance) @ design)
    a, b = covariance @ ((design.T / found.variance) @ found.speed)
    vaa, vab, vbb = covariance[0, 0], covariance[0, 1], covariance[1, 1]
    # (a + b z)² = vaa + 2 vab z + vbb z²
    roots = np.roots([b * b - vbb, 2 * (a * b - vab), a * a - vaa])
    return sorted(np.real(roots) + found.temperature.mean())


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_of_a_straight_line_is_fiellers(seed):
    found = speeds(seed)
    low, high = interval(found, fit_law(found), 1.0)
    assert (low, high) == pytest.approx(fieller(found), abs=1e-2)


def test_a_slope_that_may_be_zero_leaves_an_end_open():
    found = speeds(3, slope=0.0002, error=0.2)
    assert np.isnan(interval(found, fit_law(found), 1.0)).any()


@pytest.mark.parametrize("seed", range(4))
def test_bounds_enter_by_the_probability_that_the_speed_exceeds_them(seed):
    found = with_bounds(speeds(seed), [640.0, 660.0, 420.0], [1.3, 1.2, 0.9], [1, 1, -1],
                        np.array([0.2, 0.3, 0.2]))  # fmt: skip

    def minus_log_likelihood(parameters):
        zero, slope = parameters[0] * 100.0, parameters[1] * 1e-2
        v = slope * (found.temperature - zero)
        deviation = np.sqrt(found.variance)
        measured = found.side == 0
        known = norm.logpdf(found.speed, v, deviation)[measured].sum()
        # P(side · v̂ > bound) for v̂ about v.
        beyond = norm.logsf(found.speed, found.side * v, deviation)[~measured].sum()
        return -(known + beyond)

    best = minimize(minus_log_likelihood, [5.2, 1.0], method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000})  # fmt: skip
    law = fit_law(found).law
    assert law.zero == pytest.approx(best.x[0] * 100.0, abs=1e-3)
    assert law.slope == pytest.approx(best.x[1] * 1e-2, rel=1e-5)


def test_a_bound_that_the_law_fulfils_by_far_changes_nothing():
    alone = speeds(1)
    found = with_bounds(alone, [700.0], [0.1], [1], np.array([0.1]))
    assert fit_law(found).law.zero == pytest.approx(fit_law(alone).law.zero, abs=1e-6)


laws = st.builds(
    Law,
    zero=st.floats(400.0, 700.0),
    slope=st.floats(-0.1, 0.1).filter(lambda c: abs(c) > 1e-4),
    energy=st.floats(-1.0, 1.0),
    reference=st.floats(450.0, 650.0),
)


@given(laws, st.floats(350.0, 800.0))
def test_the_gradient_is_that_of_the_law(law, temperature):
    at = np.array([temperature])
    gradient = law.gradient(at)[0]
    for number, (name, step) in enumerate((("zero", 1e-4), ("slope", 1e-7), ("energy", 1e-6))):
        up, down = (law._replace(**{name: getattr(law, name) + s}) for s in (step, -step))
        slope = (up(at) - down(at))[0] / (2 * step)
        scale = abs(slope) + 1e-3 * np.abs(gradient).max()
        assert gradient[number] == pytest.approx(slope, abs=1e-4 * scale + 1e-9)


@given(st.integers(0, 2**31), st.floats(-80.0, 80.0), st.floats(0.1, 10.0))
def test_the_zero_moves_with_the_temperatures_and_not_with_the_unit_of_speed(seed, shift, factor):
    one = speeds(seed, error=0.05)
    other = Speeds(one.temperature + shift, factor * one.speed, factor**2 * one.variance, one.side)
    there, moved = fit_law(one), fit_law(other)
    assert moved.law.zero == pytest.approx(there.law.zero + shift, abs=1e-4)
    assert moved.law.slope == pytest.approx(factor * there.law.slope, rel=1e-6)
    assert interval(other, moved, 1.0) == pytest.approx(
        np.array(interval(one, there, 1.0)) + shift, abs=0.05
    )


def test_a_curve_is_found():
    at = np.arange(440.0, 721.0, 20.0)
    law = Law(525.0, 0.01, 0.3, 560.0)
    found = Speeds(at, law(at), np.full(at.size, 1e-6), np.zeros(at.size, dtype=np.int64))
    fit = fit_law(found, curved=True)
    assert fit.is_curved
    assert fit.law.zero == pytest.approx(525.0, abs=1e-3)
    assert fit.law.energy == pytest.approx(0.3, abs=1e-3)


def test_too_few_temperatures_make_no_law():
    found = speeds(0, temperature=np.array([500.0, 500.0, 500.0]))
    assert fit_law(found) is None
    four = speeds(0, temperature=T[:4])
    assert fit_law(four) is not None
    assert fit_law(four, curved=True) is None
    only_bounds = Speeds(T, np.ones(T.size), np.ones(T.size), np.ones(T.size, dtype=np.int64))
    assert fit_law(only_bounds) is None


@given(st.integers(0, 2**31), st.floats(0.3, 3.0), st.integers(5, 40))
def test_the_scatter_explains_the_residuals(seed, size, n):
    rng = np.random.default_rng(seed)
    within = rng.uniform(0.5, 2.0, n)
    residuals = size * np.sqrt(within) * rng.standard_normal(n)
    scale, between = scatter_of([residuals[: n // 2], residuals[n // 2 :]],
                                [within[: n // 2], within[n // 2 :]], n)  # fmt: skip
    assert 0.1 <= scale <= 1.0
    assert between >= 0.0
    assert scale == 1.0 or between == 0.0
    expected = (residuals**2 / (scale * within + between)).sum()
    assert expected == pytest.approx(n, rel=1e-6) or scale == 0.1


def test_few_speeds_that_scatter_little_are_not_believed():
    assert scatter_of([np.zeros(4)], [np.ones(4)], 4) == (1.0, 0.0)
    assert scatter_of([], [], 0) == (1.0, 0.0)
