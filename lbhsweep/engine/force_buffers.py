"""Where one evaluation of forces writes its results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lbhsweep.arrays import FloatArray


@dataclass(slots=True)
class ForceBuffers:
    """What one evaluation leaves behind; every call overwrites all of it.

    Attributes
    ----------
    forces : (n_atoms, 3) float64
        kJ/mol/Å.
    virial : (3, 3) float64
        W = Σ r⊗F in kJ/mol, so that P = (2K + tr W)/(3V).
    energies : (n_terms,) float64
        kJ/mol, in the order of the potential's `slow_terms`.
    """

    forces: FloatArray
    virial: FloatArray
    energies: FloatArray

    @classmethod
    def empty(cls, n_atoms: int, n_terms: int) -> Self:
        """Make buffers of zeros."""
        return cls(np.zeros((n_atoms, 3)), np.zeros((3, 3)), np.zeros(n_terms))
