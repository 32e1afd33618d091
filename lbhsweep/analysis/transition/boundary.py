"""The phase boundary: T_t(P) by every route, dT/dP, and the entropy of transition both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import xarray as xr

from lbhsweep.analysis.statistics import value_and_error
from lbhsweep.analysis.transition.bounds import Bound, bound_name, bound_variable, combine
from lbhsweep.analysis.transition.caveats import fit_errors, legs_caveats, near_zero, slope_caveat
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import LOW, PHASES, QUANTITIES, PhaseLines
from lbhsweep.analysis.transition.polynomial import evaluate
from lbhsweep.analysis.transition.routes import ROUTES, boundary_slopes, fit_boundary, route_caveat
from lbhsweep.analysis.transition.two_phase import TwoPhase
from lbhsweep.analysis.variables import (
    BAROCALORIC_STUDY,
    ENTROPY_UNITS,
    kilogram_factor,
    text,
    variable,
    with_error,
)
from lbhsweep.arrays import FloatArray
from lbhsweep.units import GPA

_BOTH = ("route", "pressure")


def analyze_boundary(
    table: Mapping[str, Sequence[Estimate]],
    route: str | None,
    model: TwoPhase,
    lines: Sequence[Mapping[str, PhaseLines]],
    notes: Sequence[str],
    molar_mass: float,
    published: Sequence[str] = (),
) -> xr.Dataset:
    """Describe the phase boundary of one material.

    Parameters
    ----------
    table : mapping of route to Estimates by pressure
        From `estimate_routes`.
    route : str or None
        The route used for everything derived, from `choose_route`.
    model : TwoPhase
        Lines and T_t at the simulated pressures.
    lines : sequence of mapping of phase to PhaseLines
        Its lines by pressure, with the other fits to the same data.
    notes : sequence of str
        By pressure, what was assumed about phases, from `fit_phases`.
    molar_mass : float
        g/mol per formula unit.
    published : sequence of str
        By pressure, where T_t contradicts what is published, from `published_caveats`.

    Returns
    -------
    Dataset
        By (route, pressure): transition_temperature, its bound flag, its lower and upper limit
        where it has one, reason; by route: boundary_slope, boundary_intercept; by pressure, at T_t
        of the used route, which used_bound flags: volume_step, enthalpy_step,
        entropy_step_enthalpy (ΔH/T_t), entropy_step_clapeyron (ΔV·dP/dT; NaN where dT/dP is
        zero within its error), entropy_closure (their difference), each entropy also per mole;
        clapeyron_slope, what dT/dP should be by ΔV and ΔH; legs_reason where both disagree.
        Steps and what follows from them also have ``_systematic``, by which they depend on range
        and order of the fits; by (side, pressure): the order and range that were used.
    """
    pressure = model.pressure
    variables = _routes(table, pressure)
    systematic = _systematic_steps(model, lines)
    derived = _steps(model, systematic)
    derived |= _entropies(model, table[route or ROUTES[0]], systematic, molar_mass)
    for one in derived.values():
        one.attrs["route"] = "used_route"
    variables |= derived
    variables |= _fits(lines)
    kinds = [e.kind for e in table[route]] if route else [Bound.ABSENT] * len(pressure)
    variables["used_bound"] = bound_variable(("pressure",), kinds, "T_t, which ΔV, ΔH, ΔS are at")
    variables["used_route"] = text((), route or "", "route used for derived quantities")
    variables["used_reason"] = text(
        (),
        route_caveat(route, table, pressure) if route else "no transition seen",
        "caveat of the used route",
    )
    variables["phase_reason"] = text(("pressure",), list(notes), "what was assumed about phases")
    variables["published_reason"] = text(
        ("pressure",), list(published) or [""] * len(pressure), "where T_t contradicts publications"
    )
    coords = {
        "route": text(("route",), list(ROUTES), "route to the transition temperature"),
        "pressure": variable(("pressure",), pressure, "GPa", "pressure"),
        "side": text(("side",), list(PHASES), "phase by its side of the transition"),
    }
    return xr.Dataset(variables, coords=coords)


def _routes(
    table: Mapping[str, Sequence[Estimate]], pressure: FloatArray
) -> dict[str, xr.Variable]:
    value = np.array([[e.value for e in table[route]] for route in ROUTES])
    stderr = np.array([[e.stderr for e in table[route]] for route in ROUTES])
    reasons = np.array([[e.reason for e in table[route]] for route in ROUTES], dtype=object)
    fits = [
        fit_boundary(pressure, v, fit_errors(table[route]))
        for route, v in zip(ROUTES, value, strict=True)
    ]
    slopes, intercepts = zip(*fits, strict=True)
    notes = [
        slope_caveat(pressure, table[route], slope)
        for route, slope in zip(ROUTES, slopes, strict=True)
    ]
    variables = with_error(
        "transition_temperature",
        _BOTH,
        value,
        stderr,
        "K",
        "transition temperature",
        formula="hold: step of V(T) over holds; ramp: half-height temperatures",
        source="half heights and their mean: Maltsev et al. 2023, fig. 2",
    )
    variables[bound_name("transition_temperature")] = bound_variable(
        _BOTH, [[e.kind for e in table[route]] for route in ROUTES], "T_t"
    )
    limits = np.array([[e.limits for e in table[route]] for route in ROUTES])
    for i, side in enumerate(("lower", "upper")):
        variables[f"transition_temperature_{side}"] = variable(
            _BOTH, limits[..., i], "K", f"{side} limit of T_t by holds that changed their phase"
        )
    variables["reason"] = text(_BOTH, reasons, "why T_t is absent, or a caveat")
    for name, fitted, units, long_name in (
        ("boundary_slope", slopes, "K/GPa", "slope of the phase boundary dT/dP"),
        ("boundary_intercept", intercepts, "K", "transition temperature at zero pressure"),
    ):
        variables |= with_error(
            name,
            ("route",),
            [e.value for e in fitted],
            [e.stderr for e in fitted],
            units,
            long_name,
            formula="weighted straight line through T_t(P)",
        )
    variables[bound_name("boundary_intercept")] = bound_variable(
        ("route",),
        [
            combine(e.bound for e in table[route] if e.known and not e.censored)
            if intercept.known
            else Bound.ABSENT
            for route, intercept in zip(ROUTES, intercepts, strict=True)
        ],
        "T_t",
    )
    variables["slope_reason"] = text(("route",), notes, "why dT/dP is absent, or a caveat")
    return variables


def _systematic_steps(
    model: TwoPhase, lines: Sequence[Mapping[str, PhaseLines]]
) -> dict[str, FloatArray]:
    """Compute the systematic errors of ΔV and ΔH, (p,), by name of the quantity.

    Those of both phases' lines at T_t add up in squares; NaN where there is no step.
    """
    found = {name: np.full(model.pressure.size, np.nan) for name in QUANTITIES}
    for i in map(int, np.flatnonzero(model.complete)):
        at = float(model.transition[0, i])
        for name in QUANTITIES:
            parts = [
                fits.systematic_error(getattr(lines[i][phase], name), at)
                for phase in PHASES
                if (fits := getattr(lines[i][phase], f"{name}_fits")) is not None
            ]
            found[name][i] = float(np.hypot.reduce(parts)) if parts else np.nan
    return found


def _with_systematic(name: str, value: FloatArray, units: str, of: str) -> dict[str, xr.Variable]:
    """Build the systematic error of a variable."""
    return {
        f"{name}_systematic": variable(
            ("pressure",), value, units, f"systematic error of {of}",
            formula="largest change by range and order of the phases' fits, beyond noise",
        )
    }  # fmt: skip


def _fits(lines: Sequence[Mapping[str, PhaseLines]]) -> dict[str, xr.Variable]:
    """Say by which order and over which temperatures each phase's lines were fitted."""
    shape = (len(PHASES), len(lines))
    dims = ("side", "pressure")
    variables = {}
    for name in QUANTITIES:
        degree, t_min, t_max = np.zeros(shape, dtype=np.int8), *np.full((2, *shape), np.nan)
        for (k, phase), (i, here) in product(enumerate(PHASES), enumerate(lines)):
            if phase in here:
                fit = getattr(here[phase], name)
                degree[k, i], t_min[k, i], t_max[k, i] = fit.degree, fit.t_min, fit.t_max
        of = f"the fitted {name} of a phase"
        variables[f"{name}_fit_order"] = variable(
            dims, degree, "1", f"order of {of}: 1 straight, 2 parabola, 0 none",
            formula="smaller sum of Akaike's criterion (AICc) over all pressures",
        )  # fmt: skip
        for end, values in (("min", t_min), ("max", t_max)):
            variables[f"{name}_fit_t_{end}"] = variable(dims, values, "K", f"{end}imum T of {of}")
    return variables


def _steps(model: TwoPhase, systematic: Mapping[str, FloatArray]) -> dict[str, xr.Variable]:
    volume, volume_error = value_and_error(model.step(model.volume))
    enthalpy, enthalpy_error = value_and_error(model.step(model.enthalpy))
    low = _volume_at_transition(model)
    relative, relative_error = value_and_error(model.step(model.volume) / low)
    formula = "difference of the phases' fitted lines at T_t"
    of = {
        "volume_step": "volume of transition",
        "relative_volume_step": "relative volume of transition",
        "enthalpy_step": "enthalpy of transition",
    }
    return (
        with_error(
            "volume_step", ("pressure",), volume, volume_error, "angstrom**3",
            f"{of['volume_step']} per formula unit", formula=formula,
        )
        | with_error(
            "relative_volume_step", ("pressure",), relative, relative_error, "1",
            of["relative_volume_step"], formula="ΔV/V of the low-temperature phase at T_t",
        )
        | with_error(
            "enthalpy_step", ("pressure",), enthalpy, enthalpy_error, "kJ/mol",
            f"{of['enthalpy_step']} per formula unit", formula=formula,
        )
        | _with_systematic("volume_step", systematic["volume"], "angstrom**3", of["volume_step"])
        | _with_systematic(
            "relative_volume_step", systematic["volume"] / low[0], "1", of["relative_volume_step"]
        )
        | _with_systematic("enthalpy_step", systematic["enthalpy"], "kJ/mol", of["enthalpy_step"])
    )  # fmt: skip


def _volume_at_transition(model: TwoPhase) -> FloatArray:
    """Compute the low-temperature phase's volume at T_t, (d, p), Å³ per formula unit."""
    at = np.where(np.isfinite(model.transition), model.transition, np.nan)
    return evaluate(model.volume[LOW], at)


def _entropies(
    model: TwoPhase,
    used: Sequence[Estimate],
    systematic: Mapping[str, FloatArray],
    molar_mass: float,
) -> dict[str, xr.Variable]:
    transition = np.where(np.isfinite(model.transition), model.transition, np.nan)
    calorimetric = model.step(model.enthalpy) / transition
    errors = fit_errors(used)
    slopes = boundary_slopes(model.pressure, transition, errors)
    if near_zero(fit_boundary(model.pressure, np.array([e.value for e in used]), errors)[0]):
        slopes = np.full_like(slopes, np.nan)
    clapeyron = GPA * model.step(model.volume) / slopes[:, None]
    of_enthalpy = systematic["enthalpy"] / transition[0]
    of_volume = GPA * systematic["volume"] / np.abs(slopes[0])
    variables: dict[str, xr.Variable] = {}
    legs = []
    factor = kilogram_factor(molar_mass)
    for name, draws, of_fit, long_name, formula in (
        (
            "entropy_step_enthalpy",
            calorimetric,
            of_enthalpy,
            "entropy of transition from enthalpy",
            "ΔH/T_t",
        ),
        (
            "entropy_step_clapeyron",
            clapeyron,
            of_volume,
            "entropy of transition from volume",
            "ΔV·(dP/dT)",
        ),
        (
            "entropy_closure",
            calorimetric - clapeyron,
            np.hypot(of_enthalpy, of_volume),
            "closure of the entropy of transition",
            "ΔH/T_t − ΔV·(dP/dT)",
        ),
    ):
        # Quantiles: where dT/dP is uncertain its inverse has tails without a variance.
        value, error = value_and_error(draws, quantiles=True)
        legs.append((value * factor, np.hypot(error, np.nan_to_num(of_fit)) * factor))
        variables |= with_error(
            name,
            ("pressure",),
            value * factor,
            error * factor,
            ENTROPY_UNITS,
            long_name,
            formula=formula,
            source=BAROCALORIC_STUDY,
        )
        variables |= with_error(
            f"{name}_molar", ("pressure",), value, error, "kJ/mol/K",
            f"{long_name}, per formula unit", formula=formula, source=BAROCALORIC_STUDY,
        )  # fmt: skip
        variables |= _with_systematic(name, of_fit * factor, ENTROPY_UNITS, long_name)
    steepness, steepness_error = value_and_error(
        GPA * model.step(model.volume) / calorimetric, quantiles=True
    )
    variables |= with_error(
        "clapeyron_slope", ("pressure",), steepness, steepness_error, "K/GPa",
        "slope of the phase boundary from the steps at T_t",
        formula="dT/dP = T_t ΔV/ΔH (Clausius and Clapeyron)", source=BAROCALORIC_STUDY,
    )  # fmt: skip
    relative = np.hypot(
        systematic["volume"] / model.step(model.volume)[0],
        systematic["enthalpy"] / model.step(model.enthalpy)[0],
    )
    variables |= _with_systematic(
        "clapeyron_slope", np.abs(steepness) * relative, "K/GPa", "slope by ΔV and ΔH"
    )
    variables["legs_reason"] = text(
        ("pressure",),
        legs_caveats(model.pressure, *legs),
        "where both entropies of transition disagree",
    )
    return variables
