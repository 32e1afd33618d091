"""Reversible effects of a pressure cycle with hysteresis, and the figures of merit of both.

Reversible is the overlap of the effects of compression and of decompression, as barocaloric
experiments take it (P. Lloveras et al., Nat. Commun. 10, 1803, 2019): S is read on the heating line
at P₀ and on the cooling line at P₁.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from lbhsweep.analysis.caloric.barocaloric import (
    EXTRAPOLATION_LIMIT_K,
    EntropyMaps,
)
from lbhsweep.analysis.caloric.refrigerant_capacity import HalfMaximum, half_maximum
from lbhsweep.analysis.caloric.reversible_lines import HalfHeights, build_cycle
from lbhsweep.analysis.statistics import value_and_error
from lbhsweep.analysis.transition.caveats import near_zero
from lbhsweep.analysis.transition.routes import NOT_SIMULATED, boundary_slopes, fit_boundary
from lbhsweep.analysis.transition.two_phase import TwoPhase
from lbhsweep.analysis.variables import (
    ENTROPY_UNITS,
    kilogram_factor,
    mask,
    text,
    variable,
    with_error,
)
from lbhsweep.arrays import FloatArray
from lbhsweep.units import GPA

LOOPS = ("slowest_rate", "zero_rate")
"""Which loop is meant: that at the slowest heating rate, or the one extrapolated to zero rate."""
NO_RAMPS = "no ramps: heating and cooling ramps would show the hysteresis"
_NO_ENTROPY = "S(T) is not known here: a phase's line or T_t is missing"
_LEAST = "least reversible pressure: J. Mater. Chem. A (2020), doi:10.1039/C9TA10947A"
_SOURCE = "P. Lloveras et al., Nat. Commun. 10, 1803 (2019)"
_GRID = ("final_pressure", "temperature")
_WORK = "ΔV(T_t) P_rev: isothermal loop between two phases of constant volume"
_MISSED = (
    "hysteresis of an ideal two-phase loop only; compression of the phases, the width of the "
    "transformation, losses of a machine, and the reversible work ΔS ΔT are left out"
)


def analyze_reversible(
    maps: EntropyMaps,
    model: TwoPhase,
    loops: Mapping[str, HalfHeights],
    molar_mass: float,
) -> xr.Dataset:
    """Compute reversible effects and figures of merit of one material.

    Parameters
    ----------
    maps : EntropyMaps
        Lines and temperatures of the barocaloric maps.
    model : TwoPhase
        At the simulated pressures.
    loops : mapping of str to HalfHeights
        By the names of `LOOPS`, at the simulated pressures; absent ones have no values.
    molar_mass : float
        g/mol per formula unit.

    Returns
    -------
    Dataset
        By (loop, final_pressure, temperature): reversible_entropy_change,
        reversible_temperature_change; by (loop, final_pressure): their refrigerant capacity,
        full width, entropy change per pressure, and coefficient of refrigerant performance;
        by loop: reversible_pressure P_rev, loop_work; by final_pressure: refrigerant_capacity,
        full_width and entropy_change_per_pressure of ΔS_iso.  A reason beside each.
    """
    factor = kilogram_factor(molar_mass)
    isothermal = maps.entropy_change * factor
    merits = half_maximum(maps.temperature, isothermal)
    span = maps.lines.model.pressure - maps.lines.model.pressure[maps.first]
    variables = _merits("", ("final_pressure",), merits, span)
    variables["capacity_reason"] = text(
        ("final_pressure",), _why_open(merits), "why there is no refrigerant capacity"
    )
    by_loop = [
        xr.Dataset(_analyze_loop(maps, model, loops.get(name), span, factor)) for name in LOOPS
    ]
    dataset = xr.concat(by_loop, dim="loop", combine_attrs="override").assign(variables)
    far = np.maximum(maps.distance, maps.distance_at_start)
    dataset["extrapolated"] = mask(
        _GRID,
        ~(far <= EXTRAPOLATION_LIMIT_K),
        f"needs a phase's line more than {EXTRAPOLATION_LIMIT_K:g} K beyond its data",
    )
    dataset["interpolated"] = mask(
        ("final_pressure",), ~maps.lines.model.simulated, "between simulated pressures"
    )
    dataset["initial_pressure"] = variable((), maps.lines.model.pressure[maps.first], "GPa", "P₀")
    return dataset.assign_coords(
        loop=text(("loop",), list(LOOPS), "hysteresis loop that is meant"),
        final_pressure=variable(
            ("final_pressure",), maps.lines.model.pressure, "GPa", "final pressure"
        ),
        temperature=variable(("temperature",), maps.temperature, "K", "temperature"),
    )


def _analyze_loop(
    maps: EntropyMaps, model: TwoPhase, loop: HalfHeights | None, span: FloatArray, factor: float
) -> dict[str, xr.Variable]:
    """Compute what depends on the loop; without one all is NaN."""
    if loop is None:
        nothing = np.full(model.transition.shape, np.nan)
        why = (NO_RAMPS,) * model.pressure.size
        loop = HalfHeights(nothing, nothing, why, why)
    first = int(model.usable.argmax())
    dense = loop.interpolate(model.pressure, maps.lines.model.pressure)
    cycle = build_cycle(maps.lines, dense, maps.first)
    change = cycle.entropy_change(maps.temperature) * factor
    warming = cycle.temperature_change(maps.temperature)
    beyond = warming[0] > maps.temperature.max() - maps.temperature + EXTRAPOLATION_LIMIT_K
    warming = np.where(beyond, np.nan, warming)
    variables = with_error(
        "reversible_entropy_change", _GRID, *value_and_error(change), ENTROPY_UNITS,
        "reversible isothermal entropy change",
        formula="S(T,P₁) on the cooling branch − S(T,P₀) on the heating branch (dT/dP > 0)",
        source=_SOURCE,
    )  # fmt: skip
    variables |= with_error(
        "reversible_temperature_change", _GRID, *value_and_error(warming), "K",
        "reversible adiabatic temperature change",
        formula="S(T + ΔT, P₁) on the cooling branch = S(T, P₀) on the heating branch",
        source=_SOURCE,
    )  # fmt: skip
    merits = half_maximum(maps.temperature, change)
    at = ("final_pressure",)
    # A change that is unknown throughout comes with fewer draws.
    overcome = cycle.overcome[: len(change)]
    within = replace(merits, is_open=merits.is_open | ~overcome)
    variables |= _merits("reversible_", at, within, span)
    notes = _why_open(merits)
    for i in np.flatnonzero(cycle.known & ~overcome[0] & (np.abs(span) > 0)):
        notes[i] = f"{span[i]:g} GPa does not overcome the hysteresis: effects within a phase only"
    unknown = ~np.isfinite(change[0]).any(axis=-1)
    reasons = [
        reason or (_NO_ENTROPY if missing else "")
        for reason, missing in zip(_reasons(dense, maps.first, notes), unknown, strict=True)
    ]
    pressure, pressure_reason = _reversible_pressure(model, loop, first)
    volume = model.step(model.volume)[:, first]
    work = np.abs(volume) * GPA * factor * pressure
    variables |= with_error(
        "reversible_pressure", (), *value_and_error(pressure, quantiles=True), "GPa",
        "least pressure of a reversible transition",
        formula="(T_heating − T_cooling at P₀)/|dT/dP|, dT/dP of the loops' midpoints",
        source=_LEAST,
    )  # fmt: skip
    variables["pressure_reason"] = text((), pressure_reason, "why there is no P_rev, or a caveat")
    variables |= with_error(
        "loop_work", (), *value_and_error(work, quantiles=True), "J/kg", "work ∮P dV of a cycle",
        formula=f"{_WORK}; {_MISSED}",
    )  # fmt: skip
    product = np.abs(change) * np.abs(warming)
    best = np.where(np.isfinite(product), product, 0.0).max(axis=-1)
    # Draws without hysteresis have no loop and no bound.
    lost = np.where(work > 0, work, np.nan)[: len(change), None]
    performance = np.where(overcome[0] & (best > 0), best, np.nan) / lost
    variables |= with_error(
        "refrigerant_performance", at, *value_and_error(performance, quantiles=True), "1",
        "coefficient of refrigerant performance",
        formula=f"largest |ΔS_rev| |ΔT_rev| at one T, over ∮P dV = {_WORK}; {_MISSED}",
    )  # fmt: skip
    variables["reason"] = text(at, reasons, "why nothing is known to be reversible, or a caveat")
    return variables


def _merits(
    prefix: str, dims: tuple[str, ...], merits: HalfMaximum, span: FloatArray
) -> dict[str, xr.Variable]:
    closed = ~merits.is_open[0] & (np.abs(span) > 0)
    kind = "reversible isothermal" if prefix else "isothermal"
    area, width = (np.where(closed, each, np.nan) for each in (merits.area, merits.width))
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = np.where(np.abs(span) > 0, merits.peak / np.abs(span), np.nan)
    variables: dict[str, xr.Variable] = {}
    for name, draws, units, long_name, formula in (
        (
            "refrigerant_capacity", area, "J/kg", f"refrigerant capacity of the {kind} effect",
            "∫|ΔS| dT over the full width at half maximum",
        ),
        (
            "full_width", width, "K", f"full width at half maximum of the {kind} entropy change",
            "temperatures around the largest |ΔS| with half of it or more",
        ),
        (
            "entropy_change_per_pressure", rise, "J/kg/K/GPa",
            f"largest {kind} entropy change per pressure", "max |ΔS|/(P₁ − P₀)",
        ),
    ):  # fmt: skip
        variables |= with_error(
            f"{prefix}{name}", dims, *value_and_error(draws), units, long_name, formula=formula
        )
    return variables


def _why_open(merits: HalfMaximum) -> list[str]:
    return [
        "its half maximum lies beyond the temperatures that were simulated" if is_open else ""
        for is_open in merits.is_open[0]
    ]


def _reasons(loop: HalfHeights, first: int, notes: list[str]) -> list[str]:
    """Build by final pressure the reasons of branches without a half height."""
    pairs = (
        ("heating", loop.heating, loop.heating_reason),
        ("cooling", loop.cooling, loop.cooling_reason),
    )
    missing = []
    for i in range(len(notes)):
        whys = [
            (name, why[i] or NOT_SIMULATED)
            for name, values, why in pairs
            if not np.isfinite(values[0, i])
        ]
        alike = len({why for _, why in whys}) < len(whys)
        missing.append([whys[0][1]] if alike else [f"{name}: {why}" for name, why in whys])
    begin = missing[first]
    if not np.isfinite(loop.hysteresis[0, first]) and begin[0] != NO_RAMPS:
        begin = [f"at P₀, {why}" for why in begin]
    reasons = []
    for i, own in enumerate(missing):
        parts = [*begin, *(own if i != first else []), notes[i]]
        reasons.append("; ".join(dict.fromkeys(part for part in parts if part)))
    return reasons


def _reversible_pressure(model: TwoPhase, loop: HalfHeights, first: int) -> tuple[FloatArray, str]:
    """Compute draws of P_rev in GPa, and the reason why it is absent, or a caveat."""
    nothing = np.full(len(model.transition), np.nan)
    middle = (loop.heating + loop.cooling) / 2
    value, error = value_and_error(middle)
    if not np.isfinite(loop.hysteresis[0, first]):
        why = loop.heating_reason[first] or loop.cooling_reason[first]
        return nothing, f"no loop at {model.pressure[first]:g} GPa: {why or NOT_SIMULATED}"
    slope, _ = fit_boundary(model.pressure, value, error)
    if not slope.known:
        return nothing, slope.reason
    if near_zero(slope):
        return nothing, (
            f"dT/dP = {slope.value:.0f} ± {slope.stderr:.0f} K/GPa is within 2σ of zero: "
            "P_rev is unbounded and not reported"
        )
    slopes = boundary_slopes(model.pressure, middle, error)
    pressure = np.maximum(loop.hysteresis[:, first], 0.0) / np.abs(slopes)
    simulated = float(np.ptp(model.pressure))
    if pressure[0] > simulated:
        return pressure, f"beyond the {simulated:g} GPa that were simulated: T_t(P) is extrapolated"
    return pressure, ""
