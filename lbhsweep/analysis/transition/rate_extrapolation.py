"""Half-height temperatures and the width of the loop against heating rate, extrapolated to rest.

T(r) = T_0 + c rⁿ.  Near the end of a metastable phase a mean field gives n = 2/3; thermal noise
lowers it, experiments and models lie between 0.2 and 2/3 (S. Kundu et al., arXiv:2308.09787), and a
lag that does not depend on how far the phase is metastable gives n = 1.  Two or three rates don't
determine n, so it is assumed, and its effect on T_0 is reported separately.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lbhsweep.analysis.least_squares import LinearFit, fit_line
from lbhsweep.analysis.transition.bounds import (
    Bound,
    bound_name,
    bound_variable,
    direction_bound,
)
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.hysteresis import Branches
from lbhsweep.analysis.transition.phase_lines import UNLIKELY
from lbhsweep.analysis.transition.routes import NOT_SIMULATED
from lbhsweep.analysis.variables import text, variable, with_error
from lbhsweep.arrays import FloatArray

EXPONENTS = (1 / 2, 2 / 3, 1.0)
ASSUMED = 1
"""Index of the exponent whose value is reported; the others give the systematic error."""
TESTED = 3
"""Rates from which on the power law is tested and not only assumed."""
_SOURCE = "n = 2/3 in mean field: S. Kundu et al., arXiv:2308.09787"
_FORMULA = "T(r) = T_0 + c r^(2/3)"
_SYSTEMATIC = "largest change when n = 1/2 or 1 in place of 2/3"
_DIRECTIONS = ("heating", "cooling")


@dataclass(frozen=True, slots=True)
class ZeroRate:
    """A temperature extrapolated to zero rate.

    Attributes
    ----------
    values, stderrs : (3,) array
        T_0 in K and its standard error for each of `EXPONENTS`.
    coefficients, coefficient_stderrs : (3,) array
        c, K/(K/ps)ⁿ.
    n_rates : int
        Rates that were used.
    reason : str
        Why there is nothing, or a caveat.
    """

    values: FloatArray
    stderrs: FloatArray
    coefficients: FloatArray
    coefficient_stderrs: FloatArray
    n_rates: int
    reason: str

    @property
    def estimate(self) -> Estimate:
        """T_0 for n = 2/3."""
        return Estimate(float(self.values[ASSUMED]), float(self.stderrs[ASSUMED]), self.reason)


def extrapolate_rate(rates: Sequence[float], estimates: Sequence[Estimate]) -> ZeroRate:
    """Fit T(r) = T_0 + c rⁿ by weighted least squares, for each of `EXPONENTS`.

    Bounds, and values without an error, are left out and named.  The error is propagated from
    those of the half heights; where χ² has a probability below 5 % it is multiplied by √(χ²/ν).

    Parameters
    ----------
    rates : sequence of float
        Heating rates, K/ps.
    estimates : sequence of Estimate
        Half-height temperatures at them, K.
    """
    pairs = sorted(zip(rates, estimates, strict=True), key=lambda pair: pair[0])
    used = [(r, e) for r, e in pairs if _counts(e)]
    notes = _left_out(pairs)
    if len(used) < 2:
        nothing = np.full(len(EXPONENTS), np.nan)
        reason = "; ".join([_too_few([r for r, _ in used], rates), *notes])
        return ZeroRate(nothing, nothing, nothing, nothing, len(used), reason)
    r = np.array([rate for rate, _ in used])
    t = np.array([estimate.value for _, estimate in used])
    s = np.array([estimate.stderr for _, estimate in used])
    fits = [fit_line(r**n, t, s) for n in EXPONENTS]
    value, slope = np.array([fit.parameters for fit in fits]).T
    error, slope_error = np.array([_errors(fit) for fit in fits]).T
    probability = [fit.probability for fit in fits]
    if len(used) < TESTED:
        notes = [f"{len(used)} rates: T(r) = T_0 + c r^(2/3) is assumed, not tested", *notes]
    elif probability[ASSUMED] < UNLIKELY:
        better = [n for n, p in zip(EXPONENTS, probability, strict=True) if p > UNLIKELY]
        fitting = f"n = {better[0]:.2g} would fit" if better else "no power tried fits"
        notes = [f"r^(2/3) does not fit the rates (p = {probability[ASSUMED]:.1g}): {fitting}"]
    return ZeroRate(value, error, slope, slope_error, len(used), "; ".join(notes))


def analyze_rates(branches: Branches, ramp: xr.Dataset) -> xr.Dataset:
    """Extrapolate the loops of one material to zero heating rate.

    Parameters
    ----------
    branches : array of BranchTransition
        By (pressure, heating_rate, direction), from `branch_transitions`.
    ramp : Dataset
        The material's part of the group `ramp`, for the coordinates.

    Returns
    -------
    Dataset
        By (pressure, direction): zero_rate_temperature with its bound flag (of T_t: upper on
        heating, lower on cooling), rate_coefficient, n_rates, reason; by
        pressure: zero_rate_midpoint, zero_rate_width, loop_reason.  Temperatures have three
        companions: ``_stderr`` (statistical), ``_systematic`` (of the exponent), and
        ``_by_exponent`` for n = 1/2, 2/3, 1.
    """
    rates = [float(rate) for rate in ramp["heating_rate"].values]
    directions = [str(name) for name in ramp["direction"].values]
    zero = {
        (i, name): extrapolate_rate(rates, [branch.half_height for branch in branches[i, :, k]])
        for k, name in enumerate(directions)
        for i in range(branches.shape[0])
    }
    pressures = range(branches.shape[0])
    table = [[zero[i, name] for name in directions] for i in pressures]
    dims = ("pressure", "direction")
    variables = _with_systematic(
        "zero_rate_temperature",
        dims,
        np.array([[z.values for z in row] for row in table]),
        np.array([[z.stderrs for z in row] for row in table]),
        "half-height temperature at zero rate",
        _FORMULA,
    )
    variables[bound_name("zero_rate_temperature")] = bound_variable(
        dims,
        [
            [
                direction_bound(name) if z.estimate.known else Bound.ABSENT
                for name, z in zip(directions, row, strict=True)
            ]
            for row in table
        ],
        "T_t",
    )
    variables |= with_error(
        "rate_coefficient",
        dims,
        [[z.coefficients[ASSUMED] for z in row] for row in table],
        [[z.coefficient_stderrs[ASSUMED] for z in row] for row in table],
        "K (ps/K)**(2/3)",
        "rise of the half-height temperature with rate",
        formula=_FORMULA,
        source=_SOURCE,
    )
    variables["n_rates"] = variable(
        dims, [[z.n_rates for z in row] for row in table], "1", "rates used"
    )
    reasons = np.array([[z.reason for z in row] for row in table], dtype=object)
    variables["reason"] = text(dims, reasons, "why there is no zero-rate temperature, or a caveat")
    variables |= _loops([tuple(zero.get((i, name)) for name in _DIRECTIONS) for i in pressures])
    coords = {name: ramp[name].variable for name in dims}
    coords["exponent"] = variable(("exponent",), EXPONENTS, "1", "exponent n of the rate")
    return xr.Dataset(variables, coords=coords)


def _counts(estimate: Estimate) -> bool:
    return estimate.known and not estimate.censored and estimate.stderr > 0


def _left_out(pairs: Sequence[tuple[float, Estimate]]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for rate, estimate in pairs:
        if estimate.known and estimate.censored:
            why = "only a bound, not all replicas transform"
        elif estimate.known and not _counts(estimate):
            why = "no error"
        elif not estimate.known and estimate.reason != NOT_SIMULATED:
            why = estimate.reason
        else:
            continue
        groups.setdefault(why, []).append(f"{rate:g}")
    return [f"without {', '.join(rates)} K/ps: {why}" for why, rates in groups.items()]


def _too_few(used: Sequence[float], rates: Sequence[float]) -> str:
    """Describe how many rates there are, and which would allow an extrapolation."""
    slowest = min(used) if used else min(rates)
    wanted = " and ".join(f"{slowest / factor:g}" for factor in (2, 4))
    if not used:
        return f"no usable rate: slower runs, at {wanted} K/ps, or a wider range may provide one"
    have = f"one usable rate ({used[0]:g} K/ps)"
    return f"{have}, extrapolation needs three: runs at {wanted} K/ps would provide them"


def _errors(fit: LinearFit) -> FloatArray:
    """Compute the errors of T_0 and c, scaled by the scatter only where the line is unlikely."""
    scale = fit.reduced_chi_squared if fit.probability < UNLIKELY else 1.0
    return np.asarray(np.sqrt(np.diag(fit.covariance) * scale))


def _loops(pairs: Sequence[tuple[ZeroRate | None, ...]]) -> dict[str, xr.Variable]:
    """Combine both branches; both exponents are one, so that their systematic errors cancel."""
    n = len(EXPONENTS)
    middle, width, error = (np.full((len(pairs), n), np.nan) for _ in range(3))
    reasons = []
    for i, (heating, cooling) in enumerate(pairs):
        parts = [
            f"{name}: {one.reason if one else NOT_SIMULATED}"
            for name, one in zip(_DIRECTIONS, (heating, cooling), strict=True)
            if one is None or one.reason
        ]
        if heating is not None and cooling is not None:
            middle[i] = (heating.values + cooling.values) / 2
            width[i] = heating.values - cooling.values
            error[i] = np.hypot(heating.stderrs, cooling.stderrs)
            if width[i, ASSUMED] < 0:
                parts.append("the loop closes before zero rate: r^(2/3) is too steep at slow rates")
        reasons.append("; ".join(parts))
    variables = _with_systematic(
        "zero_rate_midpoint", ("pressure",), middle, error / 2,
        "midpoint of the loop at zero rate", f"(T_heating + T_cooling)/2, each {_FORMULA}",
    ) | _with_systematic(
        "zero_rate_width", ("pressure",), width, error,
        "thermal hysteresis at zero rate", f"T_heating - T_cooling, each {_FORMULA}",
    )  # fmt: skip
    variables["loop_reason"] = text(
        ("pressure",), np.array(reasons, dtype=object), "why there is no loop, or a caveat"
    )
    return variables


def _with_systematic(
    name: str,
    dims: tuple[str, ...],
    values: FloatArray,
    stderrs: FloatArray,
    long_name: str,
    formula: str,
) -> dict[str, xr.Variable]:
    """Build a temperature, its error, its systematic error, and both by exponent (last axis)."""
    systematic = np.abs(values - values[..., ASSUMED : ASSUMED + 1]).max(axis=-1)
    variables = with_error(
        name, dims, values[..., ASSUMED], stderrs[..., ASSUMED], "K", long_name,
        formula=formula, source=_SOURCE,
    )  # fmt: skip
    variables[f"{name}_systematic"] = variable(
        dims, systematic, "K", f"systematic error of {long_name}",
        formula=_SYSTEMATIC, source=_SOURCE,
    )  # fmt: skip
    by_exponent = f"{name}_by_exponent"
    return variables | with_error(
        by_exponent, (*dims, "exponent"), values, stderrs, "K", f"{long_name} by exponent",
        formula="T(r) = T_0 + c r^n", source=_SOURCE,
    )  # fmt: skip
