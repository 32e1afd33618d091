"""Rate of an exponential decay from one curve of each of many molecules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from lbhsweep.arrays import FloatArray

FEWEST_LAGS = 4
FEWEST_MOLECULES = 3
LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, slots=True)
class Decay:
    """The fit A exp(-λ t).

    Attributes
    ----------
    amplitude, amplitude_error : float
        A and its standard error.
    rate, rate_error : float
        λ and its standard error, 1/ps; NaN if there is too little to fit.
    resolved : bool
        Whether a decay was seen: λ and A are each more than three standard errors from zero, and
        the curve extends to at least the correlation time 1/λ.
    """

    amplitude: float
    amplitude_error: float
    rate: float
    rate_error: float
    resolved: bool


NOTHING = Decay(np.nan, np.nan, np.nan, np.nan, resolved=False)


def fit_decay(lags: FloatArray, curves: FloatArray) -> Decay:
    """Fit A exp(-λ t) to the mean of the molecules' curves.

    Least squares without weights: values at short lags fix A and the decay fixes λ; where the
    curve has decayed to noise, the fit no longer depends on it.  Errors are the jackknife's
    over molecules (Efron and Stein, Ann. Stat. 9, 586 (1981),
    https://doi.org/10.1214/aos/1176345462): values at different lags come from the same motion
    and err together, but the molecules are taken to turn independently.  Synthetic curves of 24
    molecules lay within one error of the truth in 68 % of cases, of 4 molecules in 58 %.

    Parameters
    ----------
    lags : (n_lags,) float64
        ps, after any faster decay.
    curves : (n_lags, n_molecules) float64
        Averages over time origins; rows of NaN where there are none.
    """
    known = np.isfinite(curves).all(axis=1)
    lags, curves = lags[known], curves[known]
    n = curves.shape[1]
    if len(lags) < FEWEST_LAGS or n < FEWEST_MOLECULES:
        return NOTHING
    mean = curves.mean(axis=1)
    best = _exponential(lags, mean, _guess(lags, mean))
    without = (n * mean[:, None] - curves) / (n - 1)
    fits = np.array([_exponential(lags, curve, best) for curve in without.T])
    errors = np.sqrt((n - 1) * fits.var(axis=0))
    significant = bool(np.all(best > 3.0 * errors))
    resolved = significant and bool(best[1] * lags[-1] >= 1.0)
    return Decay(
        float(best[0]), float(errors[0]), float(best[1]), float(errors[1]), resolved=resolved
    )


def _guess(lags: FloatArray, curve: FloatArray) -> FloatArray:
    if curve[0] <= 0.0:
        return np.array([curve[0], 0.0])
    halved = np.flatnonzero(curve < 0.5 * curve[0])
    at = halved[0] if len(halved) else len(curve) - 1
    ratio = max(float(curve[at] / curve[0]), 1e-3)
    return np.array([curve[0], -np.log(ratio) / (lags[at] - lags[0])])


def _exponential(lags: FloatArray, curve: FloatArray, start: FloatArray) -> FloatArray:
    scale = np.array([1.0, 1.0 / lags[-1]])

    def factor(rate: float) -> FloatArray:
        return np.asarray(np.exp(np.clip(-rate * lags, -LARGEST_EXPONENT, LARGEST_EXPONENT)))

    def residual(scaled: FloatArray) -> FloatArray:
        amplitude, rate = scaled * scale
        return np.asarray(amplitude * factor(rate) - curve)

    def slope(scaled: FloatArray) -> FloatArray:
        amplitude, rate = scaled * scale
        decay = factor(rate)
        return np.stack([decay, -amplitude * lags * decay * scale[1]], axis=1)

    fitted = least_squares(residual, start / scale, jac=slope, method="lm")
    return np.asarray(fitted.x * scale)
