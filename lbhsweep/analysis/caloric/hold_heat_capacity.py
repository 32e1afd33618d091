"""C_P of holds, each phase by itself: derivative, fluctuation, and quantum correction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from lbhsweep.analysis.caloric.heat_capacity import LATENT, NAME, derivative
from lbhsweep.analysis.phases.assignment import LONG_NAMES, Phase, assign_phases
from lbhsweep.analysis.runs import mean_over_replicas, too_short
from lbhsweep.analysis.statistics import SEED
from lbhsweep.analysis.transition.half_heights import RunStep
from lbhsweep.analysis.transition.step import Step
from lbhsweep.analysis.transition.two_phase import N_DRAWS
from lbhsweep.analysis.variables import ENTROPY_UNITS, mask, stack, text, variable, with_error
from lbhsweep.arrays import BoolArray, FloatArray
from lbhsweep.quantities import stderr_name

FLUCTUATION = "heat_capacity_fluctuation"
CORRECTION = "heat_capacity_quantum_correction"
QUANTUM = "heat_capacity_quantum"
_PHASES = (Phase.ALPHA, Phase.ALPHA_CAP, Phase.BETA, Phase.UNDECIDED)
_DIMS = ("pressure", "temperature")
_HARMONIC = "quantum less classical heat capacity of harmonic oscillators of the velocity spectrum"


def analyze_hold_heat_capacity(
    hold: xr.Dataset, steps: Sequence[RunStep], molar_mass: float
) -> xr.Dataset:
    """Compute C_P of holds by (phase, pressure, temperature).

    Only cells of one phase are taken together, so that no slope spans the transition, and a hold
    in which both phases were seen has no fluctuation C_P.  Without order parameters all are
    ``undecided``; slopes are then taken on either side of the step of V(T), and points in it have
    none (`latent_heat`).

    Parameters
    ----------
    hold : Dataset
        One material's holds, from `join_starts`.
    steps : sequence of RunStep
        Its holds and their steps.
    molar_mass : float
        g/mol per formula unit.

    Returns
    -------
    Dataset
        heat_capacity (dH/dT), heat_capacity_fluctuation (Var(H)/k_BT²), their disagreement in
        standard errors, heat_capacity_quantum_correction, and heat_capacity_quantum, dH/dT with
        that correction.
    """
    phases = assign_phases(hold)
    has_phases = bool(phases.any())
    sides = None if has_phases else _sides(hold, steps)
    between = np.zeros((hold.sizes["pressure"], hold.sizes["temperature"]), dtype=bool)
    if sides:
        between = ~(sides[0] | sides[1])
    seen = [phase for phase in _PHASES[:-1] if has_phases and (phases == phase).any()]
    seen = seen or [Phase.UNDECIDED]
    made = {phase: _analyze_phase(hold, phases == phase, sides, molar_mass) for phase in seen}
    nothing = made[seen[0]].map(lambda array: xr.full_like(array, np.nan), keep_attrs=True)
    parts = []
    for phase in _PHASES:
        latent = mask(_DIMS, between & (phase == Phase.UNDECIDED), LATENT)
        parts.append(made.get(phase, nothing).assign(latent_heat=latent))
    joined = stack(parts, "phase")
    names = np.array([LONG_NAMES[phase] for phase in _PHASES], dtype=object)
    return joined.assign_coords(phase=text(("phase",), names, "phase by orientational order"))


def draw_quantum_correction(
    capacity: xr.Dataset, pressure: float, temperature: FloatArray
) -> FloatArray | None:
    """Draw the correction of C_P at one pressure, (d, t), J/kg/K; None where it is unknown.

    Straight between the holds' temperatures and over phases averaged, which hardly differ in it;
    NaN beyond.  Its errors at all temperatures are drawn alike, as if fully correlated.
    """
    if CORRECTION not in capacity or pressure not in capacity["pressure"].values:
        return None
    here = capacity.sel(pressure=pressure)
    t = here["temperature"].values.astype(np.float64)
    values, errors = (
        here[name].transpose("phase", "temperature").values
        for name in (CORRECTION, stderr_name(CORRECTION))
    )
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    error = np.sqrt((np.where(known, errors, 0.0) ** 2).sum(axis=0)) / count
    at = known.any(axis=0)
    if not at.any():
        return None
    lines = [np.interp(temperature, t[at], y[at], left=np.nan, right=np.nan) for y in (mean, error)]
    noise = np.random.default_rng(SEED + 2).normal(size=(N_DRAWS, 1))
    return np.vstack([lines[0], lines[0] + noise * lines[1]])


def _sides(hold: xr.Dataset, steps: Sequence[RunStep]) -> tuple[BoolArray, BoolArray]:
    """Return the (pressure, temperature) cells below and above the step of V(T)."""
    temperature = hold["temperature"].values.astype(np.float64)
    below = np.ones((hold.sizes["pressure"], temperature.size), dtype=bool)
    above = ~below
    for i, pressure in enumerate(hold["pressure"].values):
        for item in steps:
            step = item.step if isinstance(item.step, Step) else item.step.incomplete
            if item.run.pressure == pressure and step is not None:
                below[i], above[i] = step.sides(temperature)
    return below, above


def _analyze_phase(
    hold: xr.Dataset,
    inside: xr.DataArray,
    sides: tuple[BoolArray, BoolArray] | None,
    molar_mass: float,
) -> xr.Dataset:
    names = [
        name
        for base in ("enthalpy", FLUCTUATION, CORRECTION)
        for name in (base, stderr_name(base))
        if name in hold
    ]
    kept = hold.assign({name: hold[name].where(inside) for name in names})
    variables = _slopes(kept, sides, molar_mass)
    if FLUCTUATION in hold:
        # Variances of holds too short for their correlation time are too small in all replicas.
        long_enough = kept.assign({FLUCTUATION: kept[FLUCTUATION].where(~too_short(kept))})
        variables |= _mean(
            long_enough, FLUCTUATION, f"{NAME} from enthalpy fluctuations",
            "Var(H)/(k_B T²), of holds long enough for their correlation time",
        )  # fmt: skip
        variables["fluctuation_disagreement"] = _disagreement(variables)
    if CORRECTION in hold:
        variables |= _mean(kept, CORRECTION, f"quantum correction of the {NAME}", _HARMONIC)
        variables |= with_error(
            QUANTUM, _DIMS,
            variables["heat_capacity"].values + variables[CORRECTION].values,
            np.hypot(*(variables[stderr_name(n)].values for n in ("heat_capacity", CORRECTION))),
            ENTROPY_UNITS, f"{NAME} with quantum correction",
            formula=f"dH/dT + {_HARMONIC}",
        )  # fmt: skip
    return xr.Dataset(variables, coords={dim: hold[dim].variable for dim in _DIMS})


def _slopes(
    hold: xr.Dataset, sides: tuple[BoolArray, BoolArray] | None, molar_mass: float
) -> dict[str, xr.Variable]:
    """Compute dH/dT, on either side of a step by itself."""
    if sides is None:
        return derivative(hold, _DIMS, molar_mass)
    dims = {dim: hold[dim] for dim in _DIMS}
    parts = [
        derivative(
            hold.assign(enthalpy=hold["enthalpy"].where(xr.DataArray(side, dims, _DIMS))),
            _DIMS,
            molar_mass,
        )
        for side in sides
    ]
    return {
        name: low.copy(
            data=np.where(
                np.isfinite(parts[0]["heat_capacity"].values), low.values, parts[1][name].values
            )
        )
        for name, low in parts[0].items()
    }


def _mean(hold: xr.Dataset, name: str, long_name: str, formula: str) -> dict[str, xr.Variable]:
    mean, stderr, _ = mean_over_replicas(hold, name)
    value, error = (array.transpose(*_DIMS).values for array in (mean, stderr))
    return with_error(name, _DIMS, value, error, ENTROPY_UNITS, long_name, formula=formula)


def _disagreement(variables: dict[str, xr.Variable]) -> xr.Variable:
    names = (FLUCTUATION, "heat_capacity")
    first, second = (variables[name].values for name in names)
    errors = (variables[stderr_name(name)].values for name in names)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (first - second) / np.hypot(*errors)
    return variable(
        _DIMS, np.where(np.isfinite(apart), apart, np.nan), "1",
        "distance of both heat capacities in standard errors",
        formula="(Var(H)/(k_B T²) − dH/dT)/√(σ² + σ²)",
    )  # fmt: skip
