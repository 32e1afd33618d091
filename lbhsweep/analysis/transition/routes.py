"""Transition temperatures by every route, and the line T_t(P) through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lbhsweep.analysis.least_squares import fit_line
from lbhsweep.analysis.transition.bounds import Bound, direction_bound
from lbhsweep.analysis.transition.half_heights import (
    OTHER_PHASE,
    BranchTransition,
    Estimate,
    RunStep,
    average_branch,
    mask_other_transition,
    midpoint,
    spread_between_runs,
)
from lbhsweep.arrays import FloatArray

ROUTES = ("hold", "ramp_midpoint", "ramp_heating", "ramp_cooling")
"""In order of preference: equilibrium, then the middle of the loop, then one side of it."""
NOT_SIMULATED = "not simulated"
_ONE_SIDED = {
    "ramp_heating": ("heating only: an upper bound of T_t", "ramp_cooling", "cooling"),
    "ramp_cooling": ("cooling only: a lower bound of T_t", "ramp_heating", "heating"),
}
_HOLDS_FROM = {
    Bound.UPPER: "all holds begin in α: an upper bound of T_t",
    Bound.LOWER: "all holds begin in β: a lower bound of T_t",
}


def slowest_rate(steps: Sequence[RunStep]) -> float | None:
    """Return the slowest heating rate at which there are runs; it is nearest to equilibrium."""
    rates = [item.run.heating_rate for item in steps if item.run.direction != "hold"]
    return min(rates) if rates else None


def estimate_routes(
    steps: Sequence[RunStep],
    pressures: Sequence[float],
    brackets: Mapping[float, Estimate],
    hold_bound: Bound = Bound.VALUE,
) -> dict[str, list[Estimate]]:
    """Estimate T_t at each pressure by each route of `ROUTES`.

    ``hold``: the bracket of holds of known phases (`brackets`, by pressure); without
    phases the step of V(T) over holds, whose error is that of the gap it falls into; it is to T_t
    what `hold_bound` says.  ``ramp_*``: half-height temperatures at the slowest heating rate, as
    bounds of T_t: each run transforms where its phase is metastable.
    """
    rate = slowest_rate(steps)
    between = spread_between_runs(steps)
    table: dict[str, list[Estimate]] = {route: [] for route in ROUTES}
    for pressure in pressures:
        heating, cooling = (
            _branch(steps, pressure, direction, rate, between)
            for direction in ("heating", "cooling")
        )
        up, down = heating.half_height, mask_other_transition(heating, cooling).half_height
        step = _branch(steps, pressure, "hold", 0.0, between).half_height
        table["hold"].append(brackets.get(pressure) or replace(step, bound=hold_bound))
        table["ramp_midpoint"].append(midpoint(up, down))
        table["ramp_heating"].append(replace(up, bound=direction_bound("heating")))
        table["ramp_cooling"].append(replace(down, bound=direction_bound("cooling")))
    return table


def choose_route(table: Mapping[str, Sequence[Estimate]]) -> str | None:
    """Choose the one route for all pressures of a material.

    The route known at most pressures, and not censored if there is another, the first of `ROUTES`
    among equals.  It is one route for all, so that dT/dP is not a difference between routes.
    """
    counts = {
        route: (
            sum(e.known and not e.censored for e in table[route]),
            sum(e.known for e in table[route]),
        )
        for route in ROUTES
    }
    best = max(counts.values())
    return next((route for route in ROUTES if counts[route] == best), None) if any(best) else None


def route_caveat(route: str, table: Mapping[str, Sequence[Estimate]], pressure: FloatArray) -> str:
    """Return the caveat of T_t by a route that sees one side of the loop only.

    Parameters
    ----------
    route : str
        The used one.
    table : mapping of route to Estimates by pressure
        From `estimate_routes`.
    pressure : (p,) array
        GPa.
    """
    if route == "hold":
        kinds = {e.bound for e in table[route] if e.known and not e.censored}
        return "".join(_HOLDS_FROM.get(kind, "") for kind in kinds)
    if route not in _ONE_SIDED:
        return ""
    what, other, branch = _ONE_SIDED[route]
    closed = [
        f"{middle.value:.0f} K at {p:g} GPa"
        for p, middle, back in zip(pressure, table["ramp_midpoint"], table[other], strict=True)
        if middle.known and back.known
    ]
    elsewhere = [
        f"{p:g} GPa"
        for p, back in zip(pressure, table[other], strict=True)
        if OTHER_PHASE in back.reason
    ]
    if elsewhere:
        return f"{what}; on cooling β orders into {OTHER_PHASE} at {', '.join(elsewhere)}"
    if not closed:
        return f"{what}, no {branch} branch transforms"
    return (
        f"{what}, {branch} branches transform at {len(closed)} of {len(pressure)} pressures only "
        f"(midpoint {', '.join(closed)})"
    )


def fit_boundary(
    pressure: FloatArray, temperature: FloatArray, stderr: FloatArray
) -> tuple[Estimate, Estimate]:
    """Fit T_t(P) = T_0 + (dT/dP) P by weighted least squares.

    Parameters
    ----------
    pressure, temperature, stderr : (n,) array
        GPa, K, K; NaN temperatures are left out.

    Returns
    -------
    slope, intercept : Estimate
        K/GPa and K.  With two pressures the error is propagated from those of T_t; with more it
        is multiplied by max(1, χ²/(n − 2)).
    """
    valid = np.isfinite(temperature) & np.isfinite(stderr)
    p, t, s = pressure[valid], temperature[valid], np.maximum(stderr[valid], 1e-6)
    if p.size < 2:
        has = p.size or "none"
        absent = Estimate(reason=f"dT/dP needs 2 pressures with T_t and its error, has {has}")
        return absent, absent
    fit = fit_line(p, t, s)
    errors = np.sqrt(np.diag(fit.covariance) * fit.scatter_factor)
    intercept, slope = (
        Estimate(float(value), float(error))
        for value, error in zip(fit.parameters, errors, strict=True)
    )
    return slope, intercept


def boundary_slopes(pressure: FloatArray, draws: FloatArray, stderr: FloatArray) -> FloatArray:
    """Refit dT/dP, K/GPa, for every draw of T_t: (n_draws, n_pressures) to (n_draws,)."""
    valid = np.isfinite(draws[0]) & np.isfinite(stderr)
    if valid.sum() < 2:
        return np.full(len(draws), np.nan)
    best = fit_line(pressure[valid], draws[0, valid], np.maximum(stderr[valid], 1e-6))
    return np.asarray(draws[:, valid] @ best.estimator[1])


def _branch(
    steps: Sequence[RunStep],
    pressure: float,
    direction: str,
    rate: float | None,
    between: float,
) -> BranchTransition:
    mine = [
        item
        for item in steps
        if item.run.pressure == pressure
        and item.run.direction == direction
        and item.run.heating_rate == rate
    ]
    if mine:
        return average_branch(mine, between)
    absent = Estimate(reason=NOT_SIMULATED)
    return BranchTransition(absent, absent, absent, absent, 0, 0)
