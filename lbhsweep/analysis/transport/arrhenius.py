"""Arrhenius laws: activation energy and prefactor from a rate at several temperatures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lbhsweep.analysis.least_squares import fit_linear
from lbhsweep.arrays import FloatArray
from lbhsweep.units import BOLTZMANN, EV

BOLTZMANN_EV = BOLTZMANN / EV
"""eV/K."""
LARGEST_RELATIVE_ERROR = 1.0
"""Beyond it ln y has no error s/y: y may be anything from nothing to twice itself."""
UNLIKELY = 0.05
"""Probability of χ² below which points are not one straight line within their errors."""


@dataclass(frozen=True, slots=True)
class ArrheniusFit:
    """The law ln y = ln A − E_a/(k_B T) and its covariance.

    Attributes
    ----------
    log_prefactor : float
        ln A, with A in the unit of y.
    activation_energy : float
        E_a, eV.
    covariance : (2, 2) array
        Of ln A and E_a.
    reduced_chi_squared : float
        χ²/(n − 2); NaN with two points.
    n_points : int
        Points fitted.
    t_min, t_max : float
        Their lowest and highest temperature, K.
    reason : str
        Why there is no law, or a caveat, or empty.
    """

    log_prefactor: float
    activation_energy: float
    covariance: FloatArray
    reduced_chi_squared: float
    n_points: int
    t_min: float
    t_max: float
    reason: str

    @property
    def prefactor(self) -> float:
        """A, in the unit of y."""
        return float(np.exp(self.log_prefactor))

    @property
    def prefactor_stderr(self) -> float:
        """Standard error of A to first order, that is of ln A times A."""
        return self.prefactor * self.log_prefactor_stderr

    @property
    def log_prefactor_stderr(self) -> float:
        """Standard error of ln A."""
        return float(np.sqrt(self.covariance[0, 0]))

    @property
    def activation_energy_stderr(self) -> float:
        """Standard error of E_a, eV."""
        return float(np.sqrt(self.covariance[1, 1]))


def no_fit(reason: str, n_points: int = 0) -> ArrheniusFit:
    """Return the absent law."""
    nan = float("nan")
    return ArrheniusFit(nan, nan, np.full((2, 2), nan), nan, n_points, nan, nan, reason)


def fit_arrhenius(temperature: FloatArray, values: FloatArray, stderrs: FloatArray) -> ArrheniusFit:
    """Fit ln y = ln A − E_a/(k_B T) by weighted least squares.

    The error of ln y is s/y.  Points whose error is larger than themselves are left out, as are
    those without an error; they would weigh next to nothing.  With two points the errors are
    propagated from theirs; with more the covariance is multiplied by max(1, χ²/(n − 2)).

    Of synthetic points, the rarest known to 10 to 30 %, the true E_a lies within one error in 68
    to 74 %.  It comes out low by up to 0.2 errors, and by 0.4 at 30 % if errors don't shrink with
    the value, because values that are too large by chance weigh more.

    Parameters
    ----------
    temperature : (n,) array
        K.
    values, stderrs : (n,) array
        y and its standard error s, in any unit; NaN values are left out.

    Returns
    -------
    ArrheniusFit
        NaN with a reason where fewer than two temperatures are left.
    """
    known = np.isfinite(values)
    sized = known & np.isfinite(stderrs) & (stderrs > 0)
    used = sized & (values > 0) & (stderrs <= LARGEST_RELATIVE_ERROR * values)
    notes = []
    if n_vague := int((sized & ~used).sum()):
        notes.append(f"left out for an error larger than the value: {n_vague}")
    if n_bare := int((known & ~sized).sum()):
        notes.append(f"left out for want of an error: {n_bare}")
    t, y = temperature[used], values[used]
    if np.unique(t).size < 2:
        has = t.size or "none"
        notes.insert(0, f"a line needs 2 temperatures with a value and its error, has {has}")
        return no_fit("; ".join(notes), t.size)
    errors = stderrs[used] / y
    design = np.stack([np.ones_like(t), -1.0 / (BOLTZMANN_EV * t)], axis=1)
    # Columns of one size, since 1/(k_B T) hardly varies and both parameters go together.
    unit = np.sqrt(((design / errors[:, None]) ** 2).sum(axis=0))
    fit = fit_linear(design / unit, np.log(y), errors)
    log_prefactor, activation_energy = fit.parameters / unit
    if not fit.n_dof:
        notes.append("two points: errors propagated, no scatter to test the straight line")
    elif fit.probability < UNLIKELY:
        reduced = fit.reduced_chi_squared
        notes.append(f"not one straight line within its errors, χ²/ν = {reduced:.1f}")
    return ArrheniusFit(
        log_prefactor=float(log_prefactor),
        activation_energy=float(activation_energy),
        covariance=fit.covariance / np.outer(unit, unit) * fit.scatter_factor,
        reduced_chi_squared=fit.reduced_chi_squared,
        n_points=int(t.size),
        t_min=float(t.min()),
        t_max=float(t.max()),
        reason="; ".join(notes),
    )
