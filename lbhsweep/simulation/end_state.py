"""The end state of a run, from which another run may continue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays, FloatArray

_PREFIX = "end."
"""Prefix of their names in a record, none of which is in the catalogue."""


@dataclass(frozen=True, slots=True)
class EndState:
    """Atoms and cell at the end of a run, without its accounts of energy and random numbers.

    Attributes
    ----------
    positions : (n_atoms, 3) float64
        Å, unwrapped.
    velocities : (n_atoms, 3) float64
        Å/ps.
    cell : (3, 3) float64
        Å, rows are lattice vectors.
    strain_rate : (3, 3) float64
        1/ps.
    """

    positions: FloatArray
    velocities: FloatArray
    cell: FloatArray
    strain_rate: FloatArray

    @classmethod
    def from_record(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self | None:
        """Read it from a record's arrays; None if they have none."""
        names = [f"{_PREFIX}{one.name}" for one in fields(cls)]
        if not all(name in arrays for name in names):
            return None
        return cls(*(np.array(arrays[name], dtype=np.float64) for name in names))

    def to_record(self) -> Arrays:
        """Return the arrays by their names in a record."""
        return {f"{_PREFIX}{one.name}": getattr(self, one.name) for one in fields(self)}


FindEnd = Callable[[], EndState | None]
"""Finds the start of a run that follows another; called only if there is no checkpoint."""


def nowhere() -> EndState | None:
    """Find nothing."""
    return None
