"""Entropy of both phases as functions of T at every pressure, and their inverse.

S(T,P) = S(T₀,P₀) − ∫(∂V/∂T)_P dP at T₀ + ∫ C_P/T dT + ΔS_t Θ(T − T_t), with T₀ in the
low-temperature phase and ΔS_t = ΔH(T_t)/T_t.  H is at most quadratic in T, so that
C_P = α + βT and each phase has S = σ + α ln T + βT exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.integrate import cumulative_trapezoid

from lbhsweep.analysis.transition.phase_lines import HIGH, LOW
from lbhsweep.analysis.transition.polynomial import REFERENCE_K, SCALE_K, slope
from lbhsweep.analysis.transition.two_phase import TwoPhase
from lbhsweep.arrays import FloatArray
from lbhsweep.units import GPA

_NEWTON_STEPS = 4
_LOG_RANGE = (np.log(1.0), np.log(1e4))
"""Bounds of ln T, for draws whose heat capacity is unphysical."""


@dataclass(frozen=True, slots=True)
class EntropyLines:
    """S relative to S(T₀,P₀), kJ/mol/K per formula unit.

    Attributes
    ----------
    model : TwoPhase
        Where the lines come from.
    reference_temperature : float
        T₀, K.
    offset, alpha, beta : mapping of phase to (d, p) array
        S = offset + alpha ln T + beta T.
    """

    model: TwoPhase
    reference_temperature: float
    offset: Mapping[str, FloatArray]
    alpha: Mapping[str, FloatArray]
    beta: Mapping[str, FloatArray]

    def phase(self, phase: str, temperature: FloatArray) -> FloatArray:
        """Evaluate one phase's S at temperatures that broadcast with (d, p, t), K."""
        alpha, beta = self.alpha[phase][..., None], self.beta[phase][..., None]
        offset = self.offset[phase][..., None]
        return np.asarray(offset + alpha * np.log(temperature) + beta * temperature)

    def __call__(self, temperature: FloatArray) -> FloatArray:
        """Evaluate S at (t,) temperatures: (d, p, t); NaN where T_t is."""
        transition = self.model.transition[..., None]
        high = temperature >= transition
        stable = np.where(high, self.phase(HIGH, temperature), self.phase(LOW, temperature))
        return np.where(np.isnan(transition), np.nan, stable)

    def invert(self, entropy: FloatArray, transition: FloatArray | None = None) -> FloatArray:
        """Find the temperature at which S is `entropy`, (d, p, t) both, K.

        In the jump at T_t the answer is T_t; `transition`, (d, p), puts the jump elsewhere, as on
        a branch of the hysteresis loop.
        """
        transition = (self.model.transition if transition is None else transition)[..., None]
        low = self.invert_phase(LOW, entropy)
        high = np.maximum(self.invert_phase(HIGH, entropy), transition)
        # Without a high-temperature line T_t is infinite and the low-temperature one decides.
        return np.where(low < transition, low, high)

    def invert_phase(self, phase: str, entropy: FloatArray) -> FloatArray:
        """Find the temperature at which one phase's S is `entropy`, (d, p, t) both, K.

        S = offset + α ln T + βT is solved by Newton's method in ln T, in which it is nearly linear;
        the start takes βT at 500 K, which is exact for a constant heat capacity.
        """
        alpha, beta = self.alpha[phase][..., None], self.beta[phase][..., None]
        target = entropy - self.offset[phase][..., None]
        log = np.clip((target - beta * REFERENCE_K) / alpha, *_LOG_RANGE)
        for _ in range(_NEWTON_STEPS if np.any(beta) else 0):
            temperature = np.exp(log)
            step = (alpha * log + beta * temperature - target) / (alpha + beta * temperature)
            log = np.clip(log - step, *_LOG_RANGE)
        return np.asarray(np.exp(log))


def heat_capacity_terms(enthalpy: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute α and β of C_P = α + βT from (..., 3) coefficients of H(T)."""
    beta = 2 * enthalpy[..., 2] / SCALE_K**2
    alpha = enthalpy[..., 1] / SCALE_K - beta * REFERENCE_K
    return alpha, beta


def entropy_lines(model: TwoPhase, reference_temperature: float) -> EntropyLines:
    """Integrate the model's lines to entropies; P₀ is its lowest usable pressure."""
    t0 = reference_temperature
    transition = np.where(np.isfinite(model.transition), model.transition, np.nan)
    alpha, beta = {}, {}
    for phase in (LOW, HIGH):
        alpha[phase], beta[phase] = heat_capacity_terms(model.enthalpy[phase])
    expansion = slope(model.volume[LOW], t0)
    at_t0 = -GPA * _cumulative(expansion, model.pressure, model.usable)
    low = at_t0 - alpha[LOW] * np.log(t0) - beta[LOW] * t0
    jump = model.step(model.enthalpy) / transition
    difference_alpha, difference_beta = alpha[LOW] - alpha[HIGH], beta[LOW] - beta[HIGH]
    high = low + jump + difference_alpha * np.log(transition) + difference_beta * transition
    return EntropyLines(model, t0, {LOW: low, HIGH: high}, alpha, beta)


def _cumulative(values: FloatArray, pressure: FloatArray, usable: np.ndarray) -> FloatArray:
    """Integrate (d, p) values over pressure by trapezes, over usable pressures only."""
    result = np.full(values.shape, np.nan)
    if usable.any():
        y = values[:, usable]
        result[:, usable] = cumulative_trapezoid(y, pressure[usable], axis=-1, initial=0.0)
    return result
