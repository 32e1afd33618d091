"""Properties of every phase between the holds: reweighting on a fine grid of (P, T)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from scipy.sparse.csgraph import connected_components

from lbhsweep.analysis.phases.assignment import LONG_NAMES, SHORT_NAMES, Phase, assign_phases
from lbhsweep.analysis.phases.reweighting import (
    LEAST_OVERLAP,
    QUANTITIES,
    Properties,
    Reweighting,
    SampledState,
)
from lbhsweep.analysis.runs import counted, too_short
from lbhsweep.analysis.variables import kilogram_factor, mask, text, variable, with_error
from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.quantities import stderr_name

PHASES = (Phase.ALPHA, Phase.ALPHA_CAP, Phase.BETA)
PITCH_K = 5.0
BETWEEN = 4
"""Steps from one simulated pressure to the next."""
LEAST_EFFECTIVE = 30.0
"""Independent samples without which a variance, such as C_P, is known to no better than a third."""
READ = ("potential_energy_sample", "volume_sample", "correlation_time", "kinetic_energy",
        "kinetic_temperature")  # fmt: skip
"""Quantities that are read beside the order parameters."""
_DIMS = ("phase", "pressure", "temperature")
_MBAR = "J. Chem. Phys. 129, 124105 (2008)"
_META = {
    "volume": ("angstrom**3", "volume per formula unit", "⟨V⟩ reweighted"),
    "enthalpy": ("kJ/mol", "enthalpy per formula unit", "⟨U + P V⟩ reweighted + N_f k_B T/2"),
    "heat_capacity": (
        "J/kg/K",
        "heat capacity at constant pressure",
        "Var(U + P V)/(k_B T²) reweighted + N_f k_B/2",
    ),
    "expansivity": ("1/K", "volume expansivity", "Cov(U + P V, V)/(k_B T² V) reweighted"),
    "compressibility": ("1/GPa", "isothermal compressibility", "Var(V)/(k_B T V) reweighted"),
}


def analyze_phase_properties(
    hold: xr.Dataset, n_formula: int | None, molar_mass: float
) -> xr.Dataset:
    """Reweight the holds of each phase of one material (`Reweighting`).

    Parameters
    ----------
    hold : Dataset
        From `join_starts`.
    n_formula : int or None
        Formula units of the supercell.
    molar_mass : float
        g/mol per formula unit.

    Returns
    -------
    Dataset
        By (phase, pressure, temperature), every 5 K and a quarter of the way from one simulated
        pressure to the next, among the phase's holds: `QUANTITIES` with errors,
        ``n_effective``, ``refused`` where too few independent samples count; by phase ``reason``.
    """
    temperature = _grid_of_temperatures(hold["temperature"].values)
    pressure = _grid_of_pressures(hold["pressure"].values)
    shape = (len(PHASES), pressure.size, temperature.size)
    names = (*QUANTITIES, *(stderr_name(name) for name in QUANTITIES), "n_effective")
    found = {name: np.full(shape, np.nan) for name in names}
    reasons = []
    for number, phase in enumerate(PHASES):
        models, reason = _models(hold, phase, n_formula)
        reasons.append(reason)
        for (i, j), best in _best(models, pressure, temperature).items():
            found["n_effective"][number, i, j] = best.n_effective
            if best.n_effective < LEAST_EFFECTIVE:
                continue
            for name in QUANTITIES:
                found[name][number, i, j] = best.values[name]
                found[stderr_name(name)][number, i, j] = best.stderrs[name]
    return _dataset(found, reasons, pressure, temperature, kilogram_factor(molar_mass))


def _models(hold: xr.Dataset, phase: Phase, n_formula: int | None) -> tuple[list[Reweighting], str]:
    """Build one model for each set of states that overlap, and the reason or a caveat."""
    absent = [name for name in READ if name not in hold]
    if absent or n_formula is None:
        return [], f"not measured: {', '.join(absent) or 'size of the supercell'}"
    states = _states(hold, phase)
    if not states:
        return [], f"no settled hold in {SHORT_NAMES[phase]} that is long enough"
    kinetic = _kinetic_heat_capacity(hold)
    together = Reweighting(states, n_formula, kinetic)
    linked = np.minimum(together.overlap, together.overlap.T) >= LEAST_OVERLAP
    count, part = connected_components(linked, directed=False)
    if count == 1:
        return _solved([together])
    # Free energies between parts are noise, so each part is solved by itself.
    parts = [[s for s, of in zip(states, part, strict=True) if of == k] for k in range(count)]
    where = "; ".join(_span(one) for one in parts)
    reason = (
        f"holds in {SHORT_NAMES[phase]} overlap within {count} groups only ({where}): "
        "between them nothing is reported; holds in between would link them"
    )
    models, unsolved = _solved([Reweighting(one, n_formula, kinetic) for one in parts])
    return models, "; ".join(part for part in (reason, unsolved) if part)


def _solved(models: list[Reweighting]) -> tuple[list[Reweighting], str]:
    """Remove models whose free energies did not converge, and name them."""
    unsolved = [_span(model.states) for model in models if not model.converged]
    reason = f"MBAR did not converge for {', '.join(unsolved)}" if unsolved else ""
    return [model for model in models if model.converged], reason


def _best(
    models: list[Reweighting], pressure: FloatArray, temperature: FloatArray
) -> dict[tuple[int, int], Properties]:
    """Compute properties at each pressure and temperature by the model with most samples there."""
    best: dict[tuple[int, int], Properties] = {}
    for model in models:
        across, along = _among(model, pressure, temperature)
        for i in across:
            found = model.along(temperature[along], float(pressure[i]))
            for j, one in zip(along, found, strict=True):
                at = (int(i), int(j))
                if at not in best or one.n_effective > best[at].n_effective:
                    best[at] = one
    return best


def _among(
    model: Reweighting, pressure: FloatArray, temperature: FloatArray
) -> tuple[IntArray, IntArray]:
    """Select pressures and temperatures among the states: beyond them variances are too small."""
    t = [state.temperature for state in model.states]
    p = [state.pressure for state in model.states]
    return (
        np.flatnonzero((min(p) <= pressure) & (pressure <= max(p))),
        np.flatnonzero((min(t) <= temperature) & (temperature <= max(t))),
    )


def _states(hold: xr.Dataset, phase: Phase) -> list[SampledState]:
    """Gather independent samples of one phase by pressure and temperature."""
    usable = counted(hold) & ~too_short(hold) & (assign_phases(hold) == phase)
    order = ("pressure", "temperature", "replica")
    inside = usable.transpose(*order).values
    arrays = {
        name: hold[name].transpose(*order, ...).values
        for name in ("potential_energy_sample", "volume_sample", "correlation_time")
    }
    interval = float(np.median(np.diff(hold["time"].values)))
    states = []
    for i, p in enumerate(hold["pressure"].values):
        for j, t in enumerate(hold["temperature"].values):
            parts = [
                _independent({name: array[i, j, k] for name, array in arrays.items()}, interval)
                for k in np.flatnonzero(inside[i, j])
            ]
            energy, volume = np.concatenate([np.empty((2, 0)), *parts], axis=1)
            if volume.size:
                states.append(SampledState(float(t), float(p), energy, volume))
    return states


def _independent(run: Mapping[str, FloatArray], interval: float) -> FloatArray:
    """Select samples of one run (2, n) that lie two correlation times apart."""
    both = np.stack([run["potential_energy_sample"], run["volume_sample"]])
    both = both[:, np.isfinite(both).all(axis=0)]
    if both.shape[1] == 0 or np.ptp(both[1]) == 0.0:
        return np.empty((2, 0))  # nothing sampled, or a crystal of constant volume
    # Less a little, so that rounding doesn't take every second of independent samples.
    every = max(int(np.ceil(2.0 * float(run["correlation_time"]) / interval - 1e-6)), 1)
    return np.asarray(both[:, ::every], dtype=np.float64)


def _kinetic_heat_capacity(hold: xr.Dataset) -> float:
    """Compute N_f k_B/2 per formula unit, K over T, which is the same number in every run."""
    return float(np.nanmedian((hold["kinetic_energy"] / hold["kinetic_temperature"]).values))


def _span(states: list[SampledState]) -> str:
    t, p = [s.temperature for s in states], [s.pressure for s in states]
    return f"{min(t):g} to {max(t):g} K, {min(p):g} to {max(p):g} GPa"


def _grid_of_temperatures(simulated: FloatArray) -> FloatArray:
    low, high = float(simulated.min()), float(simulated.max())
    count = int((high - low) / PITCH_K + 1e-9) + 1
    return np.asarray(low + PITCH_K * np.arange(count), dtype=np.float64)


def _grid_of_pressures(simulated: FloatArray) -> FloatArray:
    steps = np.arange(BETWEEN) / BETWEEN
    between = simulated[:-1, None] + np.diff(simulated)[:, None] * steps
    return np.asarray(np.append(between.ravel(), simulated[-1]), dtype=np.float64)


def _dataset(
    found: Mapping[str, FloatArray],
    reasons: list[str],
    pressure: FloatArray,
    temperature: FloatArray,
    per_kilogram: float,
) -> xr.Dataset:
    variables: dict[str, xr.Variable] = {}
    for name, (units, long_name, formula) in _META.items():
        factor = per_kilogram if name == "heat_capacity" else 1.0
        variables |= with_error(
            name, _DIMS, found[name] * factor, found[stderr_name(name)] * factor, units,
            f"{long_name}, reweighted", formula=formula, source=_MBAR,
        )  # fmt: skip
    variables["n_effective"] = variable(
        _DIMS, found["n_effective"], "1", "effective number of independent samples",
        formula="1/Σ w²",
    )  # fmt: skip
    refused = np.isfinite(found["n_effective"]) & ~(found["n_effective"] >= LEAST_EFFECTIVE)
    variables["refused"] = mask(
        _DIMS, refused, f"fewer than {LEAST_EFFECTIVE:g} independent samples"
    )
    variables["reason"] = text(("phase",), reasons, "why there is nothing, or a caveat")
    names = np.array([LONG_NAMES[phase] for phase in PHASES], dtype=object)
    coords = {
        "phase": text(("phase",), names, "phase by orientational order"),
        "pressure": variable(("pressure",), pressure, "GPa", "pressure"),
        "temperature": variable(("temperature",), temperature, "K", "temperature"),
    }
    return xr.Dataset(variables, coords=coords)
