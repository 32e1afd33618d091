"""Maps of the density of Li and H in the conventional cell."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.production import InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension, Quantity

DENSITY_GRID = 24
"""Voxels along each axis of the conventional cell, 0.42 Å: about the amplitude of vibrations.
Divisible by 2, 3 and 4, so that ideal sites are centres of voxels.  A run's two maps take 0.2 MB,
some 20 kB when compressed; 32 voxels would take 0.5 MB."""


def density_axes(production: Production) -> InnerAxes:
    """Return the voxels' fractional coordinates in a hold; ramps have no maps."""
    if production.group == "ramp":
        return {}
    fractions = tuple(k / DENSITY_GRID for k in range(DENSITY_GRID))
    return {f"fraction_{axis}": fractions for axis in "abc"}


DENSITY = ObservableDeclaration(
    name="density",
    summary="density maps of Li and H",
    quantities=(
        Quantity(
            "li_density",
            "1/angstrom**3",
            "number density of Li",
            groups=("hold",),
            dims=("fraction_a", "fraction_b", "fraction_c"),
            averaged=False,
        ),
        Quantity(
            "h_density",
            "1/angstrom**3",
            "number density of H",
            groups=("hold",),
            dims=("fraction_a", "fraction_b", "fraction_c"),
            averaged=False,
        ),
    ),
    dimensions=tuple(
        Dimension(f"fraction_{axis}", "1", f"fraction of the conventional cell along {axis}")
        for axis in "abc"
    ),
    axes=density_axes,
    measured_by="lbhsweep.observables.structure.density:Density",
    rehearsed_by="lbhsweep.simulation.rehearsal.structure:rehearse_density",
)
