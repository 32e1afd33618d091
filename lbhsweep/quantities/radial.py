"""Radial distribution functions."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.production import InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension, Quantity

RADIAL_REACH_A = 10.0
"""Half of the usual box; the same for all boxes, so that runs compare."""
RADIAL_BIN_A = 0.05


def radial_axes(production: Production) -> InnerAxes:
    """Return the middles of a hold's bins in Å; ramps have no radial distributions."""
    if production.group == "ramp":
        return {}
    n_bins = round(RADIAL_REACH_A / RADIAL_BIN_A)
    return {"radius": tuple((k + 0.5) * RADIAL_BIN_A for k in range(n_bins))}


RADIAL = ObservableDeclaration(
    name="radial",
    summary="radial distribution functions",
    quantities=(
        Quantity(
            "rdf_li_li", "1", "radial distribution of Li-Li", groups=("hold",), dims=("radius",)
        ),
        Quantity(
            "rdf_li_b", "1", "radial distribution of Li-B", groups=("hold",), dims=("radius",)
        ),
        Quantity(
            "rdf_li_h", "1", "radial distribution of Li-H", groups=("hold",), dims=("radius",)
        ),
        Quantity(
            "rdf_h_h",
            "1",
            "radial distribution of H-H between anions",
            groups=("hold",),
            dims=("radius",),
        ),
        Quantity(
            "rdf_anion_anion",
            "1",
            "radial distribution of anions' centres",
            groups=("hold",),
            dims=("radius",),
        ),
        Quantity(
            "rdf_li_anion",
            "1",
            "radial distribution of Li and anions' centres",
            groups=("hold",),
            dims=("radius",),
        ),
    ),
    dimensions=(Dimension("radius", "angstrom", "distance"),),
    axes=radial_axes,
    measured_by="lbhsweep.observables.structure.radial:Radial",
    rehearsed_by="lbhsweep.simulation.rehearsal.structure:rehearse_radial",
)
