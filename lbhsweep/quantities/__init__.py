"""Every observable and every stored quantity, each declared in one place.

An observable has one file here: its quantities with dimensions, units and long names, the
coordinates inside a run, and the names of the code that measures and rehearses it.  Sweep files,
their JSON Schema, the dataset's layout, analysis, plots and the documentation follow from these
declarations.  Extensive quantities are stored per formula unit (per anion), so that runs of
different size compare.
"""

from types import MappingProxyType

from lbhsweep.quantities.anion_position import ANION_POSITION
from lbhsweep.quantities.declaration import ObservableDeclaration, load_code
from lbhsweep.quantities.density import DENSITY
from lbhsweep.quantities.diffusion import DIFFUSION
from lbhsweep.quantities.production import InnerAxes, Production
from lbhsweep.quantities.profile import PROFILE
from lbhsweep.quantities.quantity import Dimension, Group, Quantity, stderr_name
from lbhsweep.quantities.radial import RADIAL
from lbhsweep.quantities.rotation import ROTATION
from lbhsweep.quantities.sites import SITES
from lbhsweep.quantities.spectra import SPECTRA
from lbhsweep.quantities.thermo import THERMO

DECLARATIONS = MappingProxyType(
    {
        one.name: one
        for one in (
            THERMO,
            ROTATION,
            ANION_POSITION,
            DIFFUSION,
            DENSITY,
            SITES,
            RADIAL,
            SPECTRA,
            PROFILE,
        )
    }
)
"""Every observable by its name in sweep files.  Their order is that of the variables in datasets,
on which the digest of the results depends: new ones come last."""

CATALOGUE = MappingProxyType(
    {one.name: one for declared in DECLARATIONS.values() for one in declared.quantities}
)
"""Every quantity by name."""

DIMENSIONS = MappingProxyType(
    {one.name: one for declared in DECLARATIONS.values() for one in declared.dimensions}
)
"""Every dimension inside a run by name."""


def measured_in(group: Group) -> frozenset[str]:
    """Name the observables that measure something in a group."""
    return frozenset(one.observable for one in CATALOGUE.values() if group in one.groups)


__all__ = [
    "CATALOGUE",
    "DECLARATIONS",
    "DIMENSIONS",
    "Dimension",
    "Group",
    "InnerAxes",
    "ObservableDeclaration",
    "Production",
    "Quantity",
    "load_code",
    "measured_in",
    "stderr_name",
]
