"""ΔS_iso from volumes alone, by Maxwell's relation: a check of ΔS_iso from enthalpies.

(∂S/∂P)_T = −(∂V/∂T)_P, so that at constant T

    ΔS_iso = −∫(∂V/∂T)_P dP − Σ (V_before − V_after) (dP_t/dT),

the sum over transitions on the way, "before" at the lower pressure (Landau and Lifshitz,
Statistical Physics, §§ 16 and 82).  Enthalpies and heat capacities don't enter.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import xarray as xr
from scipy.integrate import cumulative_trapezoid

from lbhsweep.analysis.caloric.barocaloric import EXTRAPOLATION_LIMIT_K, EntropyMaps
from lbhsweep.analysis.statistics import value_and_error
from lbhsweep.analysis.transition.caveats import CURVATURE, SIGNIFICANT
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW
from lbhsweep.analysis.transition.polynomial import evaluate, slope
from lbhsweep.analysis.variables import ENTROPY_UNITS, kilogram_factor, mask, text, with_error
from lbhsweep.arrays import BoolArray, FloatArray, IntArray
from lbhsweep.units import GPA, plain_number

NAME = "isothermal_entropy_change_maxwell"
LEAST = 1.0
"""Difference in J/kg/K below which nothing disagrees: both are integrals over a grid."""
_DIMS = ("final_pressure", "temperature")
_FORMULA = "−∫(∂V/∂T)_P dP − Σ (V_before − V_after) dP_t/dT"


def maxwell_change(maps: EntropyMaps) -> FloatArray:
    """Compute ΔS_iso from volumes, (d, p, t), kJ/mol/K per formula unit."""
    model, t, first = maps.lines.model, maps.temperature, maps.first
    transition = model.transition[..., None]
    high = t >= transition
    coefficients = {phase: model.volume[phase][:, :, None] for phase in (LOW, HIGH)}
    expansion = np.where(high, slope(coefficients[HIGH], t), slope(coefficients[LOW], t))
    expansion = np.where(np.isnan(transition), np.nan, expansion)
    change = np.full(expansion.shape, np.nan)
    usable = np.flatnonzero(model.usable)
    usable = usable[usable >= first]
    if usable.size == 0:
        return change
    pressure = model.pressure[usable]
    smooth = cumulative_trapezoid(expansion[:, usable], pressure, axis=1, initial=0.0)
    change[:, usable] = -GPA * (smooth + np.cumsum(_jumps(maps, usable, high), axis=1))
    return change


def _jumps(maps: EntropyMaps, usable: IntArray, high: BoolArray) -> FloatArray:
    """Compute (V_before − V_after) dP_t/dT of transitions since the pressure before, (d, p, t)."""
    model, t = maps.lines.model, maps.temperature
    at = model.transition[:, usable]
    stable = high[:, usable]
    jumps = np.zeros(stable.shape)
    # Few of all cells: those between two pressures of which T_t is on either side of T.
    d, k, j = np.nonzero(stable[:, :-1] != stable[:, 1:])
    first, second = at[d, k], at[d, k + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        steepness = (second - first) / np.diff(model.pressure[usable])[k]
        share = (t[j] - first) / (second - first)
        volumes = []
        for phase in (HIGH, LOW):
            line = model.volume[phase][:, usable]
            v = [evaluate(line[d, k + after], t[j]) for after in (0, 1)]
            # Where T_t(P) between both pressures is T, lines are those between both.
            volumes.append(v[0] * (1 - share) + v[1] * share)
        step = (volumes[0] - volumes[1]) / steepness
    jumps[d, k + 1, j] = np.where(stable[d, k, j], step, -step)
    return jumps


def check_maxwell(maps: EntropyMaps, own: EntropyMaps, molar_mass: float) -> dict[str, xr.Variable]:
    """Compare ΔS_iso with its value from volumes.

    Where a phase has one C_P up to Maxwell's relation (`share_heat_capacity`), both are the same
    within that phase, because enthalpies agree with volumes by a χ² test.

    Parameters
    ----------
    maps : EntropyMaps
        From `entropy_maps`.
    own : EntropyMaps
        Those with each pressure's own C_P, from its enthalpies alone.
    molar_mass : float
        g/mol per formula unit.

    Returns
    -------
    dict
        By (final_pressure, temperature): ``isothermal_entropy_change_maxwell``;
        ``isothermal_entropy_change_enthalpy``, with each pressure's own C_P;
        ``maxwell_difference`` of both, whose error holds what they share;
        ``maxwell_disagrees``, 1 where it exceeds two standard errors and neither is extrapolated
        far; ``maxwell_reason``, in words; ``pressure_reason``, where |ΔS_iso| falls as P rises.
    """
    factor = kilogram_factor(molar_mass)
    used, other = maps.entropy_change * factor, maxwell_change(maps) * factor
    value, error = value_and_error(other, quantiles=True)
    gap, gap_error = value_and_error(used - other, quantiles=True)
    far = np.maximum(maps.distance, maps.distance_at_start) > EXTRAPOLATION_LIMIT_K
    # Across a transition a bent T_t(P), which is straight between pressures here, counts too.
    high = maps.temperature >= maps.lines.model.transition[0][:, None]
    bent = np.where(high == high[maps.first], 0.0, CURVATURE * np.abs(value))
    apart = (np.abs(gap) > np.maximum(np.maximum(SIGNIFICANT * gap_error, LEAST), bent)) & ~far
    found = with_error(
        NAME, _DIMS, value, error, ENTROPY_UNITS, "isothermal entropy change from volumes",
        formula=_FORMULA,
    )  # fmt: skip
    found |= with_error(
        "isothermal_entropy_change_enthalpy", _DIMS, *value_and_error(own.entropy_change * factor),
        ENTROPY_UNITS, "isothermal entropy change with each pressure's own heat capacity",
        formula="ΔS_iso, C_P = dH/dT of each pressure by itself",
    )  # fmt: skip
    found |= with_error(
        "maxwell_difference", _DIMS, gap, gap_error, ENTROPY_UNITS,
        "isothermal entropy change less that from volumes", formula=f"ΔS_iso + {_FORMULA[1:]}",
    )  # fmt: skip
    found["maxwell_disagrees"] = mask(
        _DIMS, apart, f"both differ by more than {SIGNIFICANT:g} standard errors"
    )
    numbers = (value_and_error(used), (value, error), (gap, gap_error))
    found["maxwell_reason"] = text((), _disagreement(maps, apart, numbers), "where both disagree")
    found["pressure_reason"] = text(
        (), _falls(maps, used, far), "where the isothermal entropy change falls with pressure"
    )
    return found


_Numbers = tuple[tuple[FloatArray, FloatArray], ...]
"""Values and errors, (p, t), of ΔS_iso, of that from volumes, and of their difference."""


def _disagreement(maps: EntropyMaps, apart: BoolArray, numbers: _Numbers) -> str:
    """Describe where both disagree at simulated pressures, with the numbers of the worst place."""
    model = maps.lines.model
    apart = apart & model.simulated[:, None]
    if not apart.any():
        return ""
    (used, used_error), (other, other_error), (gap, gap_error) = numbers
    sigma = np.where(apart, np.abs(gap) / np.maximum(gap_error, 1e-12), -1.0)
    # By size among those that disagree: where errors are least the difference may be small.
    i, j = np.unravel_index(np.where(apart, np.abs(gap), -1.0).argmax(), gap.shape)
    at = maps.temperature[apart.any(axis=0)]
    low, high = at.min(), at.max()
    where = f"at {low:g} K" if low == high else f"between {low:g} and {high:g} K"
    ours, theirs = (
        f"{plain_number(v[i, j])} ± {plain_number(e[i, j], 2)}"
        for v, e in ((used, used_error), (other, other_error))
    )
    return (
        f"ΔS_iso and −∫(∂V/∂T)dP disagree {where}, most at "
        f"{maps.temperature[j]:g} K, {model.pressure[maps.first]:g} → {model.pressure[i]:g} GPa: "
        f"{ours} and {theirs} J/kg/K, by {min(sigma[i, j], 99.0):.1f}σ: quote neither there"
    )


def _falls(maps: EntropyMaps, used: FloatArray, far: BoolArray) -> str:
    """Describe where |ΔS_iso| falls from one simulated pressure to the next, within one phase."""
    model, t = maps.lines.model, maps.temperature
    simulated = np.flatnonzero(model.simulated & model.usable)
    places = []
    for low, high in pairwise(simulated):
        same = (t >= model.transition[0, low]) == (t >= model.transition[0, high])
        rise, error = value_and_error(used[:, high] - used[:, low])
        wrong = same & ~far[low] & ~far[high] & (rise > SIGNIFICANT * error) & (rise > LEAST)
        if wrong.any():
            at = t[wrong]
            k = int(np.where(wrong, rise, -np.inf).argmax())
            places.append(
                f"{model.pressure[low]:g} to {model.pressure[high]:g} GPa at {at.min():g} to "
                f"{at.max():g} K, by {plain_number(rise[k], 2)} ± {plain_number(error[k], 2)} "
                f"J/kg/K at {t[k]:g} K"
            )
    if not places:
        return ""
    return (
        f"|ΔS_iso| falls as P rises: {'; '.join(places)}: volumes or enthalpies there are not "
        "those of one phase, or too noisy"
    )
