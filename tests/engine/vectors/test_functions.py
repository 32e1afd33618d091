"""Elementary functions of vectors against the library's, over their whole range."""

import math

import numba as nb
import numpy as np
import pytest

from lbhsweep.engine.vectors.functions import arccos, chebyshev, exp_negative, polynomial
from lbhsweep.engine.vectors.simd import lanes, load, store


@nb.njit(error_model="numpy")
def exponentials(x, out):
    for k in range(0, x.shape[0], lanes(x)):
        store(out, k, exp_negative(load(x, k)))


@nb.njit(error_model="numpy")
def angles(x, out):
    for k in range(0, x.shape[0], lanes(x)):
        store(out, k, arccos(load(x, k)))


@nb.njit(error_model="numpy")
def polynomials(x, coefficients, out):
    for k in range(0, x.shape[0], lanes(x)):
        store(out, k, polynomial(load(x, k), coefficients))


def applied(function, x):
    """Apply a kernel to any number of values."""
    padded = np.concatenate([x, np.repeat(x[-1:], -len(x) % 16)])
    out = np.empty_like(padded)
    function(padded, out)
    return out[: len(x)]


@pytest.mark.parametrize(
    ("dtype", "last", "tolerance"), [(np.float32, 80.0, 2.5e-7), (np.float64, 700.0, 2e-15)]
)
def test_exponential_in_the_lanes_precision(dtype, last, tolerance):
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [[0.0, 1e-30], np.logspace(-8, np.log10(last), 4000), rng.uniform(0, last, 40000)]
    )
    x = np.minimum(x.astype(dtype), dtype(last))
    found = applied(exponentials, x)
    exact = np.exp(-x.astype(np.longdouble))
    # x log₂e is rounded to the lanes' precision, the more so where products aren't fused.
    assert (abs(found / exact - 1.0) < tolerance * (1.0 + 0.4 * x)).all()
    assert found[0] == pytest.approx(1.0, abs=tolerance)


@pytest.mark.parametrize(("dtype", "last"), [(np.float32, 80.0), (np.float64, 700.0)])
def test_exponential_stays_nothing_beyond_its_range(dtype, last):
    # A pair at the cutoff whose repulsion is short.
    x = np.linspace(last, 1e3, 100000).astype(dtype)
    found = applied(exponentials, x)
    assert found.min() > 0.0
    assert found.max() < 1e-18


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_angle_of_a_cosine(dtype, tolerance):
    x = np.concatenate([np.linspace(-1, 1, 20001), [0.5, -0.5, np.nextafter(0.5, 1), 0.0]])
    x = x.astype(dtype)
    found = applied(angles, x)
    exact = np.arccos(x.astype(np.longdouble))
    sine = np.sin(exact)
    # Where the sine is small, the angle is the root of a small number, exact as such.
    assert (abs(found - exact) < tolerance * (1 + 0.05 / np.maximum(sine, 0.05))).all()


def test_angles_near_a_straight_line_keep_their_digits():
    for step in 10.0 ** np.arange(-15.0, -1.0):
        x = np.array([1.0 - step, -(1.0 - step)] * 8)
        found = applied(angles, x)
        exact = np.arccos(x.astype(np.longdouble))
        assert found[0] == pytest.approx(float(exact[0]), rel=1e-14)
        assert found[1] == pytest.approx(float(exact[1]), rel=1e-14)
    ends = applied(angles, np.array([1.0, -1.0] * 8))
    assert ends[0] == pytest.approx(0.0, abs=1e-14)
    assert ends[1] == pytest.approx(math.pi, abs=1e-14)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 2e-15)])
@pytest.mark.parametrize("n_terms", [2, 3, 7, 14])
def test_polynomials_by_horners_rule(dtype, tolerance, n_terms):
    coefficients = tuple(np.random.default_rng(n_terms).normal(size=n_terms).tolist())
    x = np.linspace(-1, 1, 320).astype(dtype)
    out = np.empty_like(x)
    polynomials(x, coefficients, out)
    exact = np.polynomial.polynomial.polyval(x.astype(np.longdouble), coefficients)
    assert abs(out - exact).max() < tolerance * sum(abs(c) for c in coefficients)


def test_interpolation_converges_as_chebyshevs_does():
    x = np.linspace(-1, 1, 500)
    errors = [
        abs(np.polynomial.polynomial.polyval(x, chebyshev(np.exp, n)) - np.exp(x)).max()
        for n in (4, 8, 12)
    ]
    assert errors[0] < 1e-2
    assert errors[1] < 1e-6
    assert errors[2] < 1e-11
