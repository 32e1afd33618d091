"""The one catalogue of every stored quantity: name, dimensions, unit, long name.

Observables declare what they produce by these names, the store lays out its arrays from them,
and analysis and plots take units and labels from here.  Extensive quantities are stored per
formula unit (per anion), so that runs of different size compare.
"""

from types import MappingProxyType

from lbhsweep.quantities.motion import MOTION
from lbhsweep.quantities.quantity import DIMENSIONS, Dimension, Quantity, stderr_name
from lbhsweep.quantities.spectra import SPECTRA
from lbhsweep.quantities.structure import STRUCTURE
from lbhsweep.quantities.thermodynamics import THERMODYNAMICS

CATALOGUE = MappingProxyType(
    {one.name: one for one in (*THERMODYNAMICS, *MOTION, *STRUCTURE, *SPECTRA)}
)
"""Every quantity by name."""


def measured_in(group: str) -> frozenset[str]:
    """Name the observables that give something in a group, `hold` or `ramp`."""
    return frozenset(one.observable for one in CATALOGUE.values() if group in one.groups)


__all__ = ["CATALOGUE", "DIMENSIONS", "Dimension", "Quantity", "measured_in", "stderr_name"]
