"""The screened part of the Coulomb sum, erf(αr)/r, as polynomials in r².

It is an entire function of r², so that one polynomial covers the whole range of a cutoff
(expansion in Chebyshev polynomials, e.g. L. N. Trefethen, Approximation Theory and Approximation
Practice, SIAM (2013), chapter 8).  With the Boys functions F_m(x) = ∫₀¹ t^(2m) exp(-x t²) dt,

erf(αr)/r = (2α/√π) F₀(α²r²),  -(1/r) d/dr erf(αr)/r = (4α³/√π) F₁(α²r²).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from scipy.special import hyp1f1

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.vectors.functions import Coefficients

MOST_TERMS = 48
ENOUGH = 6.0
"""Beyond this αr, erf(αr) is 1 in float64, and a polynomial would only gather rounding errors."""


class ErfPolynomial(NamedTuple):
    """erf(αr)/r and its derivative by u = r², in t = u·scale - 1.

    Attributes
    ----------
    scale : float
        2/reach² in 1/Å².
    limit2 : float
        reach² in Å²; beyond it erf(αr)/r is 1/r.
    value : tuple of float
        Coefficients of erf(αr)/r, 1/Å, lowest order first.
    slope : tuple of float
        Coefficients of -2 d/du, 1/Å³: the force over the distance.
    """

    scale: float
    limit2: float
    value: Coefficients
    slope: Coefficients


def erf_polynomial(alpha: float, reach: float, tolerance: float) -> ErfPolynomial:
    """Fit erf(αr)/r and its slope over [0, reach], or [0, 6/α] if that is shorter.

    Parameters
    ----------
    alpha : float
        Ewald splitting, 1/Å.
    reach : float
        Å.
    tolerance : float
        Of the slope, relative to its largest value, which is at r = 0; at least 1e-12.

    Returns
    -------
    ErfPolynomial
        With as many terms as the tolerance wants.
    """
    reach = min(reach, ENOUGH / alpha)
    value = _fit_boys(0, alpha * reach) * (2.0 * alpha / math.sqrt(math.pi))
    slope = _fit_boys(1, alpha * reach) * (4.0 * alpha**3 / math.sqrt(math.pi))
    tail = np.cumsum(np.abs(slope.coef[::-1]))[::-1]
    n_terms = max(int(np.sum(tail > tolerance * slope(-1.0))), 4)
    return ErfPolynomial(
        2.0 / reach**2,
        reach**2,
        _coefficients(value.truncate(n_terms + 1)),
        _coefficients(slope.truncate(n_terms)),
    )


def _fit_boys(m: int, largest: float) -> Chebyshev:
    """Interpolate F_m(x) on 0 ≤ x ≤ largest², with t = 2x/largest² - 1."""

    def boys(t: FloatArray) -> FloatArray:
        x = 0.5 * (np.asarray(t) + 1.0) * largest**2
        return np.asarray(hyp1f1(m + 0.5, m + 1.5, -x) / (2 * m + 1))

    return Chebyshev.interpolate(boys, MOST_TERMS - 1)


def _coefficients(series: Chebyshev) -> Coefficients:
    return tuple(float(c) for c in series.convert(kind=Polynomial).coef)
