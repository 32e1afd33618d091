"""The entry of this room: products of holds in each phase."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from lbhsweep.analysis.groups import MaterialPart
from lbhsweep.analysis.material import Material, join_products
from lbhsweep.analysis.phases.assignment import CODE, ORDER, REASON
from lbhsweep.analysis.phases.holds import analyze_holds
from lbhsweep.analysis.phases.properties import READ as REWEIGHTED
from lbhsweep.analysis.phases.properties import analyze_phase_properties
from lbhsweep.analysis.sweep_file import formula_units
from lbhsweep.quantities import stderr_name

READ = (*ORDER, *(stderr_name(name) for name in ORDER), *REWEIGHTED, CODE, REASON)
"""What is read beside the curves of runs: quantities, and what `with_phases` adds."""


def phase_products(parts: Mapping[Material, MaterialPart]) -> dict[str, xr.Dataset]:
    """Compute the properties of each phase from the holds in it.

    Returns
    -------
    dict
        ``holds``, ``phase_properties``; empty without holds.
    """
    return join_products({material: _analyze_material(part) for material, part in parts.items()})


def _analyze_material(part: MaterialPart) -> dict[str, xr.Dataset]:
    if part.hold is None:
        return {}
    return {
        "holds": analyze_holds(part.hold),
        "phase_properties": analyze_phase_properties(
            part.hold, formula_units(part.sweep), part.molar_mass
        ),
    }
