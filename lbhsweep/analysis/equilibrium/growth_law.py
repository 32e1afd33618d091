"""The law of growth: v(T) through speeds and bounds of speeds, and its zero, T_t.

An interface makes a random walk with a drift v, followed until one phase is nearly gone.  The
likelihood of v given such a path depends on distance x and time τ alone, whatever ended it:
L ∝ exp(v x/σ² − v² τ/2σ²), which is that of v̂ = x/τ with variance σ²/τ.  So runs are weighted by
their time, and that fast ones end early is no bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfcx, log_ndtr

from lbhsweep.arrays import BoolArray, FloatArray, IntArray
from lbhsweep.units import BOLTZMANN, EV

BOLTZMANN_EV = BOLTZMANN / EV
"""eV/K."""
LARGEST_ENERGY = 2.0
"""Activation energies of the curved law are within ± this, eV."""
FEWEST_FOR_CURVE = 5
"""Measured temperatures without which E is not free."""
_MOST_STEPS = 60
_CONVERGED = 1e-9
"""Change of the log likelihood below which a fit has converged."""
_BEYOND = 1.0
"""Share of the range of temperatures, on either side of it, in which T_t is sought."""


@dataclass(frozen=True, slots=True, eq=False)
class Speeds:
    """What runs at one pressure say of the speed at which the second phase grows.

    Attributes
    ----------
    temperature : (n,) array
        K.
    speed : (n,) array
        Å/ps; of a censored run its bound: the least size of its speed.
    variance : (n,) array
        Å²/ps²: of each speed about v(T).
    side : (n,) array of int
        0 where the speed is measured; 1 or −1 where only its sign and a bound are known.
    """

    temperature: FloatArray
    speed: FloatArray
    variance: FloatArray
    side: IntArray

    @property
    def measured(self) -> BoolArray:
        """Which speeds are measured."""
        return np.asarray(self.side == 0)

    def select(self, chosen: BoolArray) -> Speeds:
        """Return some of them."""
        return Speeds(
            self.temperature[chosen], self.speed[chosen], self.variance[chosen], self.side[chosen]
        )


class Law(NamedTuple):
    """Parameters of v(T) = c (T − T_t) exp(−(E/k)(1/T − 1/T_ref)); E = 0 is a straight line."""

    zero: float
    """T_t, K."""
    slope: float
    """c, Å/ps/K: the growth coefficient at T_ref."""
    energy: float = 0.0
    """E, eV."""
    reference: float = 0.0
    """T_ref, K."""

    def kinetic(self, temperature: FloatArray) -> FloatArray:
        """Return the factor exp(−(E/k)(1/T − 1/T_ref))."""
        if not self.energy:
            return np.ones_like(temperature)
        return np.exp(-self.energy * _inverse(temperature, self.reference))

    def __call__(self, temperature: FloatArray) -> FloatArray:
        """Compute v, Å/ps."""
        return np.asarray(self.slope * (temperature - self.zero) * self.kinetic(temperature))

    def gradient(self, temperature: FloatArray) -> FloatArray:
        """Return the derivatives (n, 3) by T_t, c and E."""
        kinetic, away = self.kinetic(temperature), temperature - self.zero
        growth = away * kinetic
        inverse = _inverse(temperature, self.reference)
        return np.stack([-self.slope * kinetic, growth, -self.slope * inverse * growth], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class LawFit:
    """A law of greatest likelihood.

    Attributes
    ----------
    law : Law
        The law.
    log_likelihood : float
        Its logarithm of the likelihood.
    covariance : (p, p) array
        Of T_t, c and, where it is free, E, by the information at the maximum.
    """

    law: Law
    log_likelihood: float
    covariance: FloatArray

    @property
    def is_curved(self) -> bool:
        """Whether E is free."""
        return len(self.covariance) == 3

    @property
    def variance(self) -> float:
        """Of T_t to first order, K²."""
        return float(self.covariance[0, 0])


def fit_law(speeds: Speeds, *, curved: bool = False) -> LawFit | None:
    """Fit v(T) by greatest likelihood.

    A measured speed has a normal likelihood; a run that was too fast to be followed has the
    probability that its speed exceeds the bound.

    Parameters
    ----------
    speeds : Speeds
        Of one pressure.
    curved : bool
        Whether E is free.

    Returns
    -------
    LawFit or None
        None where the speeds determine no law: too few measured temperatures, or no maximum.
    """
    known = speeds.temperature[speeds.measured]
    if np.unique(known).size < (FEWEST_FOR_CURVE if curved else 2):
        return None
    reference = float(known.mean())
    weight = 1.0 / speeds.variance[speeds.measured]
    design = np.stack([np.ones_like(known), known - reference], axis=1)
    normal = (design.T * weight) @ design
    at, slope = np.linalg.solve(normal, (design.T * weight) @ speeds.speed[speeds.measured])
    if not slope:
        return None
    start = Law(reference - at / slope, slope, 0.0, reference)
    free = np.array([True, True, False])
    if curved:
        straight = _climb(speeds, start, free)
        start = start if straight is None else straight.law
        free[2] = True
    return _climb(speeds, start, free)


def interval(speeds: Speeds, fit: LawFit, threshold: float) -> tuple[float, float]:
    """Find the temperatures around T_t at which −2 ln(profile likelihood ratio) is a threshold.

    For a straight line through measured speeds this is Fieller's interval, which need not be
    symmetric.

    Parameters
    ----------
    speeds : Speeds
        Of one pressure.
    fit : LawFit
        From `fit_law`.
    threshold : float
        1 for one standard error.

    Returns
    -------
    lower, upper : float
        K; NaN on a side without a limit near the range of temperatures.
    """
    low, high = float(speeds.temperature.min()), float(speeds.temperature.max())
    reach = _BEYOND * (high - low)
    zero = fit.law.zero
    step = max(float(np.sqrt(fit.variance * threshold)), 1e-6)
    return (
        _limit(speeds, fit, threshold, zero, -step, min(low, zero) - reach),
        _limit(speeds, fit, threshold, zero, step, max(high, zero) + reach),
    )


def _limit(
    speeds: Speeds, fit: LawFit, threshold: float, zero: float, step: float, end: float
) -> float:
    free = np.array([False, True, fit.is_curved])

    def excess(temperature: float) -> float:
        found = _climb(speeds, fit.law._replace(zero=temperature), free)
        if found is None:
            return np.inf
        return 2.0 * (fit.log_likelihood - found.log_likelihood) - threshold

    inner, outer = zero, zero + step
    while (beyond := excess(outer)) < 0.0:
        if abs(outer - zero) >= abs(end - zero):
            return float("nan")
        inner, step = outer, 1.5 * step
        outer = outer + step
    if not np.isfinite(beyond) or excess(inner) >= 0.0:
        return float("nan")
    return float(brentq(excess, inner, outer, xtol=1e-3 * abs(outer - zero)))


def _climb(speeds: Speeds, law: Law, free: BoolArray) -> LawFit | None:
    """Climb to the greatest likelihood in the free parameters by Fisher's scoring.

    Steps that lead nowhere, or too far for numbers, are halved.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _scored(speeds, law, free)


def _scored(speeds: Speeds, law: Law, free: BoolArray) -> LawFit | None:
    value, score, weight = _likelihood(speeds, law(speeds.temperature))
    for _ in range(_MOST_STEPS):
        gradient = law.gradient(speeds.temperature)[:, free]
        information = (gradient.T * weight) @ gradient
        try:
            step = np.asarray(np.linalg.solve(information, gradient.T @ score), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        gain = -1.0
        for _ in range(30):
            new = _moved(law, step, free)
            found = _likelihood(speeds, new(speeds.temperature))
            gain = found[0] - value
            if gain >= -_CONVERGED and abs(new.energy) <= LARGEST_ENERGY:
                break
            step = 0.5 * step
        else:
            return None
        law, (value, score, weight) = new, found
        if gain < _CONVERGED:
            break
    gradient = law.gradient(speeds.temperature)[:, free]
    try:
        inverse = np.linalg.inv((gradient.T * weight) @ gradient)
    except np.linalg.LinAlgError:
        return None
    covariance = np.asarray(inverse, dtype=np.float64)
    if not np.isfinite(covariance).all() or not np.isfinite(value):
        return None
    return LawFit(law, value, covariance)


def _moved(law: Law, step: FloatArray, free: BoolArray) -> Law:
    values = np.array([law.zero, law.slope, law.energy])
    values[free] += step
    return law._replace(zero=float(values[0]), slope=float(values[1]), energy=float(values[2]))


def _likelihood(speeds: Speeds, law: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return ln L without its constant, its derivative by each v, and minus the second one."""
    deviation = np.sqrt(speeds.variance)
    measured = speeds.measured
    away = (speeds.speed - law) / deviation
    if measured.all():
        value = -0.5 * (away @ away) - np.log(deviation).sum()
        return float(value), away / deviation, 1.0 / speeds.variance
    z = np.where(measured, 0.0, (speeds.side * law - speeds.speed) / deviation)
    log_share = log_ndtr(z)
    # φ/Φ by the scaled complementary error function, which neither vanishes nor overflows.
    hazard = np.sqrt(2.0 / np.pi) / erfcx(-z / np.sqrt(2.0))
    each = np.where(measured, -0.5 * away**2 - np.log(deviation), log_share)
    score = np.where(measured, away, speeds.side * hazard) / deviation
    weight = np.where(measured, 1.0, np.clip(hazard * (z + hazard), 0.0, 1.0)) / speeds.variance
    return float(each.sum()), score, weight


def _inverse(temperature: FloatArray, reference: float) -> FloatArray:
    """Return (1/T − 1/T_ref)/k, 1/eV."""
    return np.asarray((1.0 / temperature - 1.0 / reference) / BOLTZMANN_EV)
