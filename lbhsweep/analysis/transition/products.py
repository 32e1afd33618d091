"""The entry of this room: the transition of every material, and products that describe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lbhsweep.analysis.groups import MaterialPart
from lbhsweep.analysis.material import Material, join_products
from lbhsweep.analysis.phases.curves import HOLD, read_runs
from lbhsweep.analysis.published import PublishedTransition, transitions_of
from lbhsweep.analysis.sweep_file import string_at
from lbhsweep.analysis.transition.boundary import analyze_boundary
from lbhsweep.analysis.transition.bounds import Bound, direction_bound
from lbhsweep.analysis.transition.bracket import bracket_holds
from lbhsweep.analysis.transition.half_heights import Estimate, RunStep, find_steps
from lbhsweep.analysis.transition.hysteresis import analyze_hysteresis, branch_transitions
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW, choose_degrees, fit_phases
from lbhsweep.analysis.transition.published_check import describe_published, published_caveats
from lbhsweep.analysis.transition.rate_extrapolation import analyze_rates
from lbhsweep.analysis.transition.routes import choose_route, estimate_routes, slowest_rate
from lbhsweep.analysis.transition.shared_slope import share_heat_capacity
from lbhsweep.analysis.transition.two_phase import TwoPhase, draw_two_phase

_ROUTE_WORDS = {
    "hold": "holds",
    "ramp_midpoint": "midpoint of the loop",
    "ramp_heating": "heating",
    "ramp_cooling": "cooling",
}
_FOLLOWS = {"rising": "heating", "falling": "cooling"}
"""Holds that follow one another along T are a slow ramp in that direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """What is known of one material's transition, for all that depends on it.

    Attributes
    ----------
    steps : sequence of RunStep
        Every run and the step of its volume.
    routes : mapping of route to Estimates by pressure
        T_t by every route.
    own_lines, model : TwoPhase
        Lines of both phases and T_t by the chosen route: each pressure by itself, and with one
        heat capacity of a phase for all pressures.
    notes : tuple of str
        By pressure, what was assumed about phases.
    bounds : tuple of Bound
        By pressure, whether T_t is a value or a bound.
    rates : Dataset or None
        Half heights extrapolated to zero heating rate; None without ramps.
    """

    steps: Sequence[RunStep]
    routes: Mapping[str, Sequence[Estimate]]
    own_lines: TwoPhase
    model: TwoPhase
    notes: tuple[str, ...]
    bounds: tuple[Bound, ...]
    rates: xr.Dataset | None


def transition_products(
    parts: Mapping[Material, MaterialPart],
    *,
    compare: bool = True,
) -> tuple[dict[str, xr.Dataset], dict[Material, Transition]]:
    """Find the transition of every material.

    Parameters
    ----------
    parts : mapping of Material to MaterialPart
        What the results hold of each.
    compare : bool
        Whether T_t is compared with what is published; a rehearsal's is of no real crystal.

    Returns
    -------
    products : dict
        ``transition``; with ramps ``hysteresis`` and ``hysteresis_rate``; ``published`` for
        materials of which there is anything.
    transitions : dict
        By material.
    """
    found = {
        material: _analyze_material(part, material, compare=compare)
        for material, part in parts.items()
    }
    products = join_products({material: products for material, (products, _) in found.items()})
    return products, {material: transition for material, (_, transition) in found.items()}


def _analyze_material(
    part: MaterialPart, material: Material, *, compare: bool
) -> tuple[dict[str, xr.Dataset], Transition]:
    steps = [item for dataset in part.present for item in find_steps(read_runs(dataset))]
    pressures = part.pressures
    brackets = {} if part.hold is None else bracket_holds(part.hold, part.sweep)
    routes = estimate_routes(steps, pressures, brackets, _hold_bound(part))
    route = choose_route(routes)
    slowest = slowest_rate(steps)
    source = [item for item in steps if _enters_lines(item, route, slowest)]
    start = _start(part)
    at = {p: [item for item in source if item.run.pressure == p] for p in pressures}
    fitted, notes = zip(*(fit_phases(at[p], start) for p in pressures), strict=True)
    lines = choose_degrees(fitted)
    chosen = routes[route] if route else [Estimate()] * len(pressures)
    own_lines = draw_two_phase(pressures, chosen, lines)
    model = share_heat_capacity(own_lines, lines)
    products: dict[str, xr.Dataset] = {}
    rates = None
    if part.ramp is not None:
        branches = branch_transitions(part.ramp, steps)
        rates = analyze_rates(branches, part.ramp)
        products = {
            "hysteresis": analyze_hysteresis(part.ramp, branches),
            "hysteresis_rate": rates,
        }
    published = _published(material, part.molar_mass)
    conflicts = published_caveats(
        pressures, _estimates(routes, rates, pressures), published if compare else ()
    )
    boundary = analyze_boundary(routes, route, model, lines, notes, part.molar_mass, conflicts)
    products = {"transition": boundary, **products}
    if published:
        products["published"] = describe_published(published)
    bounds = tuple(one.kind for one in chosen)
    return products, Transition(steps, routes, own_lines, model, notes, bounds, rates)


def _published(material: Material, molar_mass: float) -> tuple[PublishedTransition, ...]:
    of = dict(material)
    return transitions_of(
        str(of.get("potential", "")),
        int(of.get("n_vacancies", 0)),
        str(of.get("frozen", "none")),
        molar_mass,
    )


def _estimates(
    routes: Mapping[str, Sequence[Estimate]], rates: xr.Dataset | None, pressures: Sequence[float]
) -> list[dict[str, Estimate]]:
    """Collect by pressure all numbers of T_t by the words for where they are from."""
    found = [
        {_ROUTE_WORDS[route]: estimates[i] for route, estimates in routes.items()}
        for i in range(len(pressures))
    ]
    if rates is not None:
        for by_word, p in zip(found, pressures, strict=True):
            if p in rates["pressure"].values:
                by_word |= _at_zero_rate(rates.sel(pressure=p))
    return found


def _at_zero_rate(rates: xr.Dataset) -> dict[str, Estimate]:
    name = "zero_rate_temperature"
    return {
        f"{direction} at zero rate": Estimate(
            float(here[name]),
            float(np.hypot(here[f"{name}_stderr"], here[f"{name}_systematic"])),
            bound=direction_bound(str(direction)),
        )
        for direction in rates["direction"].values
        for here in (rates.sel(direction=direction),)
    }


def _hold_bound(part: MaterialPart) -> Bound:
    """Return what the step of V(T) over holds is to T_t, by the phase in which all begin.

    Without phases nothing is known of how single holds begin and end.  α that disorders does so
    above T_t, β that orders below.
    """
    if part.hold is None or part.sweep is None:
        return Bound.VALUE
    follow = string_at(part.sweep, ("protocol", "hold", "follow"), "none")
    if follow in _FOLLOWS:
        return direction_bound(_FOLLOWS[follow])
    if "start" in part.hold.coords:
        starts = {str(name) for name in np.atleast_1d(part.hold["start"].values)}
    else:
        starts = {string_at(part.sweep, ("system", "start"), "auto")}
    ordered = {name != "beta" for name in starts}
    if len(ordered) > 1:
        return Bound.VALUE
    return direction_bound("heating" if ordered == {True} else "cooling")


def _start(part: MaterialPart) -> str:
    """Return the phase in which a material's runs begin, as far as the results show it."""
    if part.ramp is not None and "start" in part.ramp.coords:
        return HIGH if str(part.ramp["start"].item()) == "beta" else LOW
    return HIGH if string_at(part.sweep, ("system", "start"), "auto") == "beta" else LOW


def _enters_lines(item: RunStep, route: str | None, rate: float | None) -> bool:
    """Whether a run's points enter the phases' lines: runs of the route, ramps at the slowest rate.

    Without any transition all those nearest to equilibrium do.
    """
    is_hold = item.run.direction == HOLD
    if route == "hold":
        return is_hold
    return item.run.heating_rate == rate if route else is_hold or item.run.heating_rate == rate
