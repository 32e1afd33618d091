"""The entry of this room: heat capacities, entropies and the barocaloric effect."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from lbhsweep.analysis.caloric.barocaloric import analyze_entropy, entropy_maps, map_temperatures
from lbhsweep.analysis.caloric.ensemble import at_constant_pressure
from lbhsweep.analysis.caloric.heat_capacity import analyze_baseline, analyze_ramp_heat_capacity
from lbhsweep.analysis.caloric.hold_heat_capacity import (
    CORRECTION,
    FLUCTUATION,
    analyze_hold_heat_capacity,
    draw_quantum_correction,
)
from lbhsweep.analysis.caloric.maxwell import check_maxwell
from lbhsweep.analysis.caloric.partial_entropy import analyze_partial_entropies
from lbhsweep.analysis.caloric.reversible import analyze_reversible
from lbhsweep.analysis.caloric.reversible_lines import loops_of_ramps
from lbhsweep.analysis.groups import MaterialPart
from lbhsweep.analysis.material import Material, join_products
from lbhsweep.analysis.phases.curves import HOLD
from lbhsweep.analysis.sweep_file import string_at
from lbhsweep.analysis.transition import Transition
from lbhsweep.analysis.transition.bounds import bound_variable, interpolate_bounds
from lbhsweep.quantities import stderr_name

READ = (FLUCTUATION, stderr_name(FLUCTUATION), CORRECTION, stderr_name(CORRECTION))
"""What is read beside the curves of runs."""


def caloric_products(
    parts: Mapping[Material, MaterialPart],
    transitions: Mapping[Material, Transition],
    combined_holds: xr.Dataset | None,
) -> dict[str, xr.Dataset]:
    """Compute heat capacities, entropies and the barocaloric effect of every material.

    Parameters
    ----------
    parts : mapping of material to MaterialPart
        What the results hold of each.
    transitions : mapping of material to Transition
        From `transition_products`.
    combined_holds : Dataset or None
        Holds of all materials, combined over replicas by `combine_group`.

    Returns
    -------
    dict
        ``heat_capacity/{ramp,hold,baseline}``, ``entropy``, ``barocaloric``, ``reversible``, and,
        where there are velocity spectra, ``partial_entropy``.
    """
    products = join_products(
        {
            material: _analyze_material(part, transitions[material])
            for material, part in parts.items()
        }
    )
    if (partial := analyze_partial_entropies(combined_holds)) is not None:
        products["partial_entropy"] = partial
    return products


def _analyze_material(part: MaterialPart, transition: Transition) -> dict[str, xr.Dataset]:
    molar_mass, model = part.molar_mass, transition.model
    temperature = map_temperatures(part.temperatures)
    maps = entropy_maps(model, temperature)
    capacities = {"baseline": analyze_baseline(transition.own_lines, temperature, molar_mass)}
    correction = None
    if part.ramp is not None:
        capacities["ramp"] = analyze_ramp_heat_capacity(part.ramp, transition.steps, molar_mass)
    if part.hold is not None:
        steps = [item for item in transition.steps if item.run.direction == HOLD]
        capacities["hold"] = analyze_hold_heat_capacity(part.hold, steps, molar_mass)
    ensemble = string_at(part.sweep, ("dynamics", "ensemble"), "npt")
    products = {
        f"heat_capacity/{name}": at_constant_pressure(capacity, ensemble)
        for name, capacity in capacities.items()
    }
    if part.hold is not None:
        lowest = float(model.pressure[int(model.usable.argmax())])
        correction = draw_quantum_correction(products["heat_capacity/hold"], lowest, temperature)
    products["entropy"], products["barocaloric"] = analyze_entropy(
        model, temperature, molar_mass, transition.notes, maps=maps, correction=correction
    )
    for name, along in (("entropy", "pressure"), ("barocaloric", "final_pressure")):
        kinds = interpolate_bounds(products[name][along].values, model.pressure, transition.bounds)
        products[name]["transition_bound"] = bound_variable((along,), kinds, "T_t, which S is at")
    own = entropy_maps(transition.own_lines, temperature)
    checked = check_maxwell(maps, own, molar_mass)
    products["barocaloric"] = products["barocaloric"].assign(checked)
    loops = {}
    if transition.rates is not None:
        loops = loops_of_ramps(transition.routes, transition.rates, part.pressures)
    products["reversible"] = analyze_reversible(maps, model, loops, molar_mass)
    return products
