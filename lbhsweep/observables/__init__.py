"""What is measured while a run goes on: accumulated on the fly, kept exactly in checkpoints."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lbhsweep.observables.anion_position import AnionPosition
from lbhsweep.observables.base import Observable, Plan
from lbhsweep.observables.density import Density
from lbhsweep.observables.diffusion import Diffusion
from lbhsweep.observables.radial import Radial
from lbhsweep.observables.rotation import Rotation
from lbhsweep.observables.sites import Sites
from lbhsweep.observables.spectra import Spectra
from lbhsweep.observables.thermo import Thermo

OBSERVABLES: Mapping[str, Callable[[Plan], Observable]] = MappingProxyType(
    {
        "thermo": Thermo,
        "density": Density,
        "sites": Sites,
        "radial": Radial,
        "spectra": Spectra,
        "rotation": Rotation,
        "anion_position": AnionPosition,
        "diffusion": Diffusion,
    }
)
"""Every observable by the name that a sweep uses."""

__all__ = ["OBSERVABLES", "Observable", "Plan"]
