"""Parameters of every pair of kinds: what a force field and charges make of two atoms."""

from __future__ import annotations

import math

import numpy as np

from lbhsweep.engine.forcefield.groups import Kind
from lbhsweep.engine.forcefield.pair import PairTerms
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.units import COULOMB

WELL_DEPTH = 50.0
"""kJ/mol: a pair that only attracts is too close where it binds more strongly than this."""


class PairTable:
    """Look-up of pair parameters.

    Parameters
    ----------
    force_field : ForceField
    cutoff_A : float
    shift : bool
        Whether Buckingham energies are shifted to zero at the cutoff.
    """

    def __init__(self, force_field: ForceField, cutoff_A: float, *, shift: bool) -> None:
        self.cutoff_A = cutoff_A
        self._shift = shift
        self._buckingham = {frozenset((b.a, b.b)): b for b in force_field.buckingham}

    def _parameters(self, first: Kind, second: Kind) -> tuple[float, float, float, float]:
        """Look up A, ρ, C and the charge product with the Coulomb constant; kJ/mol, Å."""
        found = self._buckingham.get(frozenset((first[0], second[0])))
        a, rho, c = (found.A, found.rho, found.C) if found else (0.0, 1.0, 0.0)
        return a, rho, c, COULOMB * first[1] * second[1]

    def terms(self, first: Kind, second: Kind) -> PairTerms | None:
        """Tell which terms two kinds have; None if they don't interact."""
        a, _, c, qq = self._parameters(first, second)
        if a == c == qq == 0.0:
            return None
        return PairTerms(a != 0.0 or None, c != 0.0 or None, qq != 0.0 or None)

    def parameters(self, first: Kind, second: Kind) -> tuple[float, float, float, float, float]:
        """Return A, 1/ρ, C, charge product and shift of two kinds, as kernels read them."""
        a, rho, c, qq = self._parameters(first, second)
        offset = a * math.exp(-self.cutoff_A / rho) - c / self.cutoff_A**6
        return a, 1.0 / rho, c, qq, offset if self._shift else 0.0

    def row(self, first: Kind, second: Kind, *, excluded: bool) -> tuple[float, ...] | None:
        """Return a pair inside a molecule, as in `IntramolecularTables`; None if it is nothing."""
        a, inverse_rho, c, qq, shift = self.parameters(first, second)
        if excluded:
            return (0.0, 0.0, 0.0, 0.0, 0.0, qq, math.inf) if qq else None
        if self.terms(first, second) is None:
            return None
        return a, inverse_rho, c, shift, qq, qq, self.cutoff_A**2

    def closest(self, first: Kind, second: Kind) -> float:
        """Find where the force of a pair turns attractive on the way in from 2 Å; 0 if nowhere."""
        a, rho, c, qq = self._parameters(first, second)
        if c == 0.0 and qq >= 0.0:
            return 0.0
        if a == 0.0:
            return float((c / WELL_DEPTH) ** (1.0 / 6.0))
        r = np.arange(2.0, 0.05, -0.001)
        force = a / rho * np.exp(-r / rho) - 6.0 * c / r**7 + qq / r**2
        repelled = np.flatnonzero(force > 0.0)
        if len(repelled) == 0:
            return 0.0
        inner = np.flatnonzero(force[repelled[0] :] < 0.0)
        return float(r[repelled[0] + inner[0]]) if len(inner) else 0.0
