"""The phase boundary: T_t(P) by every route, dT/dP, and the entropy of transition both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from lbhsweep.analysis.statistics import value_and_error
from lbhsweep.analysis.transition.bounds import Bound, bound_name, bound_variable, combine
from lbhsweep.analysis.transition.caveats import fit_errors, legs_caveats, near_zero, slope_caveat
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import LOW
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
    """
    pressure = model.pressure
    variables = _routes(table, pressure)
    derived = _steps(model)
    derived |= _entropies(model, table[route or ROUTES[0]], molar_mass)
    for one in derived.values():
        one.attrs["route"] = "used_route"
    variables |= derived
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


def _steps(model: TwoPhase) -> dict[str, xr.Variable]:
    volume, volume_error = value_and_error(model.step(model.volume))
    enthalpy, enthalpy_error = value_and_error(model.step(model.enthalpy))
    low = _volume_at_transition(model)
    relative, relative_error = value_and_error(model.step(model.volume) / low)
    formula = "difference of the phases' fitted lines at T_t"
    return (
        with_error(
            "volume_step", ("pressure",), volume, volume_error, "angstrom**3",
            "volume of transition per formula unit", formula=formula,
        )
        | with_error(
            "relative_volume_step", ("pressure",), relative, relative_error, "1",
            "relative volume of transition", formula="ΔV/V of the low-temperature phase at T_t",
        )
        | with_error(
            "enthalpy_step", ("pressure",), enthalpy, enthalpy_error, "kJ/mol",
            "enthalpy of transition per formula unit", formula=formula,
        )
    )  # fmt: skip


def _volume_at_transition(model: TwoPhase) -> FloatArray:
    """Compute the low-temperature phase's volume at T_t, (d, p), Å³ per formula unit."""
    at = np.where(np.isfinite(model.transition), model.transition, np.nan)
    return evaluate(model.volume[LOW], at)


def _entropies(
    model: TwoPhase, used: Sequence[Estimate], molar_mass: float
) -> dict[str, xr.Variable]:
    transition = np.where(np.isfinite(model.transition), model.transition, np.nan)
    calorimetric = model.step(model.enthalpy) / transition
    errors = fit_errors(used)
    slopes = boundary_slopes(model.pressure, transition, errors)
    if near_zero(fit_boundary(model.pressure, np.array([e.value for e in used]), errors)[0]):
        slopes = np.full_like(slopes, np.nan)
    clapeyron = GPA * model.step(model.volume) / slopes[:, None]
    variables: dict[str, xr.Variable] = {}
    legs = []
    factor = kilogram_factor(molar_mass)
    for name, draws, long_name, formula in (
        ("entropy_step_enthalpy", calorimetric, "entropy of transition from enthalpy", "ΔH/T_t"),
        ("entropy_step_clapeyron", clapeyron, "entropy of transition from volume", "ΔV·(dP/dT)"),
        (
            "entropy_closure",
            calorimetric - clapeyron,
            "closure of the entropy of transition",
            "ΔH/T_t − ΔV·(dP/dT)",
        ),
    ):
        # Quantiles: where dT/dP is uncertain its inverse has tails without a variance.
        value, error = value_and_error(draws, quantiles=True)
        legs.append((value * factor, error * factor))
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
    steepness, steepness_error = value_and_error(
        GPA * model.step(model.volume) / calorimetric, quantiles=True
    )
    variables |= with_error(
        "clapeyron_slope", ("pressure",), steepness, steepness_error, "K/GPa",
        "slope of the phase boundary from the steps at T_t",
        formula="dT/dP = T_t ΔV/ΔH (Clausius and Clapeyron)", source=BAROCALORIC_STUDY,
    )  # fmt: skip
    variables["legs_reason"] = text(
        ("pressure",),
        legs_caveats(model.pressure, *legs),
        "where both entropies of transition disagree",
    )
    return variables
