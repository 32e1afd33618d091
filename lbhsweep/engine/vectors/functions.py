"""Elementary functions of vectors, which PyPI's numba leaves to scalar library calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.vectors.simd import (
    fma,
    inverse_sqrt,
    lanes,
    maximum,
    select,
    times_power_of_two,
)

Coefficients = tuple[float, ...]
"""Of a polynomial, lowest order first; a tuple, so that compiled loops over it are unrolled."""

SINGLE_LANES = 16
MAGIC_SINGLE = 1.5 * 2.0**23
MAGIC_DOUBLE = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest integer in the mantissa's lowest bits."""
LARGEST_EXPONENT_SINGLE = 80.0
LARGEST_EXPONENT_DOUBLE = 700.0
"""Where exp(-x) stops, eight powers of two before its exponent would wrap round."""
LOG2_E = 1.0 / math.log(2.0)


def chebyshev(function: Callable[[FloatArray], FloatArray], n_terms: int) -> Coefficients:
    """Interpolate a function on [-1, 1] by a polynomial of `n_terms` coefficients."""
    series = Chebyshev.interpolate(function, n_terms - 1)
    return tuple(float(c) for c in series.convert(kind=Polynomial).coef)


def _rescaled(coefficients: Coefficients, factor: float) -> Coefficients:
    """Coefficients of p(factor·x)."""
    return tuple(c * factor**n for n, c in enumerate(coefficients))


def _exp2_half(t: FloatArray) -> FloatArray:
    return np.asarray(2.0 ** (0.5 * np.asarray(t)))


def _asin_remainder(t: FloatArray) -> FloatArray:
    """(asin √z - √z)/z^(3/2) for z = (t + 1)/8, that is √z up to 1/2."""
    z = np.maximum((np.asarray(t) + 1.0) / 8.0, 1e-300)
    s = np.sqrt(z)
    series = 1.0 / 6.0 + z * (3.0 / 40.0 + z * (15.0 / 336.0 + z * 105.0 / 3456.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        direct = (np.arcsin(s) - s) / (z * s)
    return np.where(z < 1e-3, series, direct)


EXP2_SINGLE = _rescaled(chebyshev(_exp2_half, 7), 2.0)
EXP2_DOUBLE = _rescaled(chebyshev(_exp2_half, 13), 2.0)
"""2^f for f from -1/2 to 1/2."""
ASIN = chebyshev(_asin_remainder, 13)


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def polynomial(t: Any, coefficients: Coefficients) -> Any:
    """Evaluate a polynomial in a vector by Horner's rule."""
    n = len(coefficients)
    p = fma(t, coefficients[n - 1], coefficients[n - 2])
    for k in range(n - 2):
        p = fma(p, t, coefficients[n - 3 - k])
    return p


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def exp_negative(x: Any) -> Any:
    """exp(-x) for 0 ≤ x ≤ 80 (float64: 700) in the lanes' precision; up to 10³ below 1e-18.

    exp(-x) = 2^k 2^f with k the nearest integer to -x/ln 2, held at the last exponent.  Beyond, f
    leaves [-1/2, 1/2], but polynomials of even order for 2^f stay above 1/128, so that the
    exponent can't wrap.
    """
    if lanes(x) == SINGLE_LANES:
        shifted = maximum(
            fma(x, -LOG2_E, MAGIC_SINGLE), MAGIC_SINGLE - LARGEST_EXPONENT_SINGLE * LOG2_E
        )
        f = fma(x, -LOG2_E, MAGIC_SINGLE - shifted)
        p = polynomial(f, EXP2_SINGLE)
    else:
        shifted = maximum(
            fma(x, -LOG2_E, MAGIC_DOUBLE), MAGIC_DOUBLE - LARGEST_EXPONENT_DOUBLE * LOG2_E
        )
        f = fma(x, -LOG2_E, MAGIC_DOUBLE - shifted)
        p = polynomial(f, EXP2_DOUBLE)
    return times_power_of_two(p, shifted)


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def arccos(x: Any) -> Any:
    """Angle in rad whose cosine is x, for -1 ≤ x ≤ 1; to 1e-14 where sin is not small.

    asin s = s + s³ P(s²) for s up to 1/2; beyond, acos x = 2 asin √((1 - x)/2).
    """
    size = maximum(x, x * -1.0)
    small = size < 0.5
    half = maximum(fma(size, -0.5, 0.5), 1e-30)
    z = select(small, x * x, half)
    s = select(small, size, half * inverse_sqrt(half))
    a = fma(s * z, polynomial(fma(z, 8.0, -1.0), ASIN), s)
    negative = x < 0.0
    near = select(negative, a + 0.5 * math.pi, a * -1.0 + 0.5 * math.pi)
    far = select(negative, fma(a, -2.0, math.pi), a * 2.0)
    return select(small, near, far)
