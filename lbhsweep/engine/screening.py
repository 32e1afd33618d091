"""The screened part of the Coulomb sum, erf(αr)/r, as polynomials in r².

It is an entire function of r², so that one polynomial serves the whole range of a cutoff, and
its derivative gives the force (expansion in Chebyshev polynomials, e.g. L. N. Trefethen,
Approximation Theory and Approximation Practice, SIAM (2013), chapter 8).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from scipy.special import erf

from lbhsweep.engine.functions import Coefficients
from lbhsweep.engine.potential import FloatArray

MOST_TERMS = 64


class ErfPolynomial(NamedTuple):
    """erf(αr)/r and its derivative by u = r², in t = u·scale - 1.

    Attributes
    ----------
    scale : float
        2/reach² in 1/Å².
    value : tuple of float
        Coefficients of erf(αr)/r, 1/Å, lowest order first.
    slope : tuple of float
        Coefficients of -2 d/du, 1/Å³: the force over the distance.
    """

    scale: float
    value: Coefficients
    slope: Coefficients


def erf_polynomial(alpha: float, reach: float, tolerance: float) -> ErfPolynomial:
    """Fit erf(αr)/r and its slope over [0, reach].

    Parameters
    ----------
    alpha : float
        Ewald splitting, 1/Å.
    reach : float
        Å.
    tolerance : float
        Of the slope, relative to its largest value, which is at r = 0.

    Returns
    -------
    ErfPolynomial
        With as many terms as the tolerance wants.
    """

    def value(t: FloatArray) -> FloatArray:
        r = np.sqrt(0.5 * (np.asarray(t) + 1.0)) * reach
        small = r < 1e-8
        safe = np.where(small, 1.0, r)
        return np.where(small, 2.0 * alpha / math.sqrt(math.pi), erf(alpha * safe) / safe)

    scale = 2.0 / reach**2
    series = Chebyshev.interpolate(value, MOST_TERMS - 1)
    slope = series.deriv() * (-2.0 * scale)
    tail = np.cumsum(np.abs(slope.coef[::-1]))[::-1]
    largest = float(np.abs(slope(-1.0)))
    n_terms = max(int(np.searchsorted(-tail, -tolerance * largest)), 4)
    return ErfPolynomial(
        scale, _coefficients(series.truncate(n_terms + 1)), _coefficients(slope.truncate(n_terms))
    )


def _coefficients(series: Chebyshev) -> Coefficients:
    return tuple(float(c) for c in series.convert(kind=Polynomial).coef)
