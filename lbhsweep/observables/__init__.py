"""What is measured while a run goes on: accumulated on the fly, kept exactly in checkpoints."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lbhsweep.observables.base import Observable, Plan
from lbhsweep.observables.motion.anion_position import AnionPosition
from lbhsweep.observables.motion.diffusion import Diffusion
from lbhsweep.observables.motion.rotation import Rotation
from lbhsweep.observables.structure.density import Density
from lbhsweep.observables.structure.radial import Radial
from lbhsweep.observables.structure.sites import Sites
from lbhsweep.observables.thermo import Thermo
from lbhsweep.observables.vibration.spectra import Spectra

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
