"""What is measured while a run goes on: accumulated on the fly, kept exactly in checkpoints."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lbhsweep.observables.base import Observable, Plan
from lbhsweep.observables.thermo import Thermo

OBSERVABLES: Mapping[str, Callable[[Plan], Observable]] = MappingProxyType({"thermo": Thermo})
"""Every observable by the name that a sweep uses."""

__all__ = ["OBSERVABLES", "Observable", "Plan"]
