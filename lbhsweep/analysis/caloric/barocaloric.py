"""S(T,P), and what compression does: ΔS at constant T, ΔT at constant S.

Signs: ΔS_iso = S(T,P₁) − S(T,P₀), negative where pressure orders; ΔT_ad solves
S(T + ΔT_ad, P₁) = S(T, P₀), positive where compression heats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lbhsweep.analysis.caloric.entropy_lines import EntropyLines, entropy_lines, heat_capacity_terms
from lbhsweep.analysis.statistics import value_and_error
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW
from lbhsweep.analysis.transition.two_phase import TwoPhase, interpolate
from lbhsweep.analysis.variables import (
    BAROCALORIC_STUDY,
    ENTROPY_UNITS,
    kilogram_factor,
    mask,
    text,
    variable,
    with_error,
)
from lbhsweep.arrays import FloatArray

PITCH_K = 2.0
N_PRESSURES = 41
EXTRAPOLATION_LIMIT_K = 75.0
"""How far a phase's line may be drawn beyond its data before the value is flagged: about what
the step itself takes away on each side."""
_FLAG = f"needs a phase's line more than {EXTRAPOLATION_LIMIT_K:g} K beyond its data"
_S = "S(T₀,P₀) − ∫(∂V/∂T)_P dP at T₀ + ∫ C_P/T dT + (ΔH/T_t) Θ(T − T_t)"


def map_temperatures(temperature: FloatArray) -> FloatArray:
    """Return the temperatures of the maps: every 2 K over the range of the data."""
    return np.arange(temperature.min(), temperature.max() + PITCH_K / 2, PITCH_K)


@dataclass(frozen=True, slots=True)
class EntropyMaps:
    """What the maps over (final pressure, temperature) are computed from.

    Attributes
    ----------
    lines : EntropyLines
        S at the final pressures, between simulated ones interpolated.
    temperature : (t,) array
        K.
    first : int
        Index of P₀, the lowest pressure at which S is known.
    entropy_change : (d, p, t) array
        ΔS_iso, kJ/mol/K.
    distance, distance_at_start : (p, t) array
        How far lines are drawn beyond their data for S(T,P₁) and for S(T,P₀), K.
    """

    lines: EntropyLines
    temperature: FloatArray
    first: int
    entropy_change: FloatArray
    distance: FloatArray
    distance_at_start: FloatArray


def entropy_maps(model: TwoPhase, temperature: FloatArray) -> EntropyMaps:
    """Interpolate the model between its pressures and take differences of S at constant T."""
    span = np.linspace(model.pressure.min(), model.pressure.max(), N_PRESSURES)
    extra = span[~np.isclose(span[:, None], model.pressure, rtol=0, atol=1e-9).any(axis=1)]
    dense = interpolate(model, np.sort(np.concatenate([model.pressure, extra])))
    lines = entropy_lines(dense, _reference(model)[0])
    first = int(dense.usable.argmax())
    entropy = lines(temperature)
    grid = np.broadcast_to(temperature, entropy.shape[1:])
    distance = extrapolation_distance(dense, grid)
    change = entropy - entropy[:, first : first + 1]
    return EntropyMaps(
        lines, temperature, first, change, distance, np.broadcast_to(distance[first], grid.shape)
    )


def analyze_entropy(
    model: TwoPhase,
    temperature: FloatArray,
    molar_mass: float,
    notes: Sequence[str] = (),
    *,
    maps: EntropyMaps | None = None,
    correction: FloatArray | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Compute S(T,P) at the simulated pressures and the barocaloric maps.

    Parameters
    ----------
    model : TwoPhase
        At the simulated pressures.
    temperature : (t,) array
        Temperatures of the maps, K.
    molar_mass : float
        g/mol per formula unit.
    notes : sequence of str
        By pressure, what was assumed about phases; the reason where nothing is known.
    maps : EntropyMaps, optional
        From `entropy_maps`, if they have been computed.
    correction : (d, t) array, optional
        Draws of the quantum correction of C_P at P₀, J/kg/K.

    Returns
    -------
    entropy, barocaloric : Dataset
        entropy by (pressure, temperature); isothermal_entropy_change,
        adiabatic_temperature_change and its estimates by (final_pressure, temperature), P₀
        being the lowest pressure at which S is known.  Between simulated pressures the phases'
        lines and T_t are interpolated linearly (`interpolated`).
    """
    reference, reason = _reference(model)
    reason = "; ".join(dict.fromkeys(note for note in (reason, *notes) if note)) if reason else ""
    lines = entropy_lines(model, reference)
    factor = kilogram_factor(molar_mass)
    entropy = _entropy(lines, temperature, factor, reason)
    if maps is None:
        maps = entropy_maps(model, temperature)
    return entropy, _barocaloric(maps, factor, reason, correction)


def _reference(model: TwoPhase) -> tuple[float, str]:
    """Choose T₀: the lowest temperature with low-temperature data at every usable pressure."""
    usable = model.usable
    if not usable.any():
        return float("nan"), "no pressure with a line of the low-temperature phase and T_t"
    t0 = float(np.max(model.t_min[LOW][usable]))
    return t0, "" if usable.sum() > 1 else "one pressure only: nothing to compare S with"


def _entropy(
    lines: EntropyLines, temperature: FloatArray, factor: float, reason: str
) -> xr.Dataset:
    value, error = value_and_error(lines(temperature) * factor)
    dims = ("pressure", "temperature")
    variables = with_error(
        "entropy", dims, value, error, ENTROPY_UNITS, "entropy relative to S(T₀,P₀)",
        formula=_S, source=BAROCALORIC_STUDY,
    )  # fmt: skip
    distance = extrapolation_distance(lines.model, np.broadcast_to(temperature, value.shape))
    variables |= _masks(dims, distance)
    variables |= _reference_variables(lines, reason)
    return xr.Dataset(variables, coords=_coordinates("pressure", lines.model, temperature))


def _barocaloric(
    maps: EntropyMaps, factor: float, reason: str, correction: FloatArray | None
) -> xr.Dataset:
    lines, temperature, first = maps.lines, maps.temperature, maps.first
    model = lines.model
    entropy = lines(temperature)
    start = entropy[:, first : first + 1]
    change = maps.entropy_change * factor
    target = lines.invert(np.broadcast_to(start, entropy.shape))
    capacity = _capacity(lines, temperature, first, factor)
    beyond = target[0] > temperature.max() + EXTRAPOLATION_LIMIT_K
    warming = np.where(beyond, np.nan, target - temperature)
    dims = ("final_pressure", "temperature")
    variables = with_error(
        "isothermal_entropy_change",
        dims,
        *value_and_error(change),
        ENTROPY_UNITS,
        "isothermal entropy change",
        formula="ΔS_iso = S(T,P₁) − S(T,P₀)",
        source=BAROCALORIC_STUDY,
    )
    variables |= with_error(
        "adiabatic_temperature_change",
        dims,
        *value_and_error(warming),
        "K",
        "adiabatic temperature change",
        formula="S(T + ΔT_ad, P₁) = S(T, P₀)",
        source=BAROCALORIC_STUDY,
    )
    classical = value_and_error(_estimate(change, temperature, capacity))
    variables |= with_error(
        "adiabatic_temperature_change_estimate", dims, *classical, "K",
        "estimate of the adiabatic temperature change", formula="T |ΔS_iso| / C_P(T,P₀)",
        source=BAROCALORIC_STUDY,
    )  # fmt: skip
    variables |= _quantum_estimate(dims, change, temperature, capacity, correction)
    distance = np.maximum(maps.distance, maps.distance_at_start)
    variables |= _masks(dims, distance)
    adiabatic_distance = np.maximum(
        maps.distance_at_start, extrapolation_distance(model, target[0])
    )
    variables["adiabatic_extrapolated"] = mask(
        dims, ~(adiabatic_distance <= EXTRAPOLATION_LIMIT_K), _FLAG
    )
    variables["interpolated"] = mask(
        ("final_pressure",), ~model.simulated, "between simulated pressures"
    )
    variables["initial_pressure"] = variable((), model.pressure[first], "GPa", "P₀")
    variables |= _reference_variables(lines, reason)
    return xr.Dataset(variables, coords=_coordinates("final_pressure", model, temperature))


def extrapolation_distance(model: TwoPhase, temperature: FloatArray) -> FloatArray:
    """Compute how far lines are drawn beyond their data for S at (p, t) temperatures, K.

    Above T_t the path also needs both lines at T_t.
    """
    high = temperature >= model.transition[0][:, None]
    at = model.transition[0][:, None]

    def distance(phase: str, t: FloatArray) -> FloatArray:
        below = model.t_min[phase][:, None] - t
        above = t - model.t_max[phase][:, None]
        return np.maximum(np.maximum(below, above), 0.0)

    with np.errstate(invalid="ignore"):
        crossing = np.maximum(distance(LOW, at), distance(HIGH, at))
    through_high = np.maximum(distance(HIGH, temperature), crossing)
    return np.where(high, through_high, distance(LOW, temperature))


def _quantum_estimate(
    dims: tuple[str, ...],
    change: FloatArray,
    temperature: FloatArray,
    capacity: FloatArray,
    correction: FloatArray | None,
) -> dict[str, xr.Variable]:
    """Estimate ΔT_ad with the quantum C_P: the classical one is too large, ΔT_ad too small."""
    if correction is None:
        correction = np.full_like(capacity, np.nan)
    quantum = capacity + correction
    # Where errors are as large as C_P itself there is no estimate.
    quantum = np.where(quantum > 0, quantum, np.nan)
    name = "adiabatic_temperature_change_quantum_estimate"
    variables = with_error(
        name, dims, *value_and_error(_estimate(change, temperature, quantum)), "K",
        "estimate of the adiabatic temperature change with the quantum heat capacity",
        formula="T |ΔS_iso| / C_P(T,P₀), C_P = dH/dT + harmonic quantum correction",
    )  # fmt: skip
    known = np.isfinite(variables[name].values).any()
    why = "" if known else "no holds with velocity spectra (observable spectra) at P₀"
    variables["quantum_reason"] = text((), why, "why there is no estimate with the quantum C_P")
    return variables


def _capacity(
    lines: EntropyLines, temperature: FloatArray, first: int, factor: float
) -> FloatArray:
    """Compute C_P of the stable phase at P₀, (d, t), J/kg/K."""
    terms = {phase: heat_capacity_terms(lines.model.enthalpy[phase]) for phase in (LOW, HIGH)}
    slopes = {
        phase: alpha[:, first, None] + beta[:, first, None] * temperature
        for phase, (alpha, beta) in terms.items()
    }
    high = temperature >= lines.model.transition[:, first, None]
    return np.where(high, slopes[HIGH], slopes[LOW]) * factor


def _estimate(change: FloatArray, temperature: FloatArray, capacity: FloatArray) -> FloatArray:
    return temperature * np.abs(change) / capacity[:, None, :]


def _masks(dims: tuple[str, ...], distance: FloatArray) -> dict[str, xr.Variable]:
    return {
        "extrapolation": variable(dims, distance, "K", "distance beyond the data of a phase"),
        "extrapolated": mask(dims, ~(distance <= EXTRAPOLATION_LIMIT_K), _FLAG),
    }


def _reference_variables(lines: EntropyLines, reason: str) -> dict[str, xr.Variable]:
    return {
        "reference_temperature": variable((), lines.reference_temperature, "K", "T₀"),
        "reason": text((), reason, "why there is nothing, or a caveat"),
    }


def _coordinates(name: str, model: TwoPhase, temperature: FloatArray) -> dict[str, xr.Variable]:
    return {
        name: variable((name,), model.pressure, "GPa", name.replace("_", " ")),
        "temperature": variable(("temperature",), temperature, "K", "temperature"),
    }
