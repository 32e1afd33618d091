"""The small interface behind which any potential can take the force field's place."""

from __future__ import annotations

from typing import Protocol

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.force_buffers import ForceBuffers
from lbhsweep.engine.molecules.bonded import BondedTables


class Potential(Protocol):
    """Forces in two speeds: bonds and angles every inner step, `slow` every outer step.

    A potential with one speed has no bonds (see `bonded.no_bonds`).  Positions are unwrapped; a
    potential must not care in which periodic image an atom or a whole anion is.
    """

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        ...

    @property
    def masses(self) -> FloatArray:
        """Masses (n_atoms,) in g/mol."""
        ...

    @property
    def bonded(self) -> BondedTables:
        """Bonds and angles: the stiff, cheap forces."""
        ...

    @property
    def slow_terms(self) -> tuple[str, ...]:
        """Names of the energies of `slow`."""
        ...

    def update(self, positions: FloatArray, cell: FloatArray, step: int) -> None:
        """Bring the neighbour list up to date; once per outer step, before `slow`.

        Raises
        ------
        CutoffError
            If the cutoff exceeds half the smallest height of the cell.
        """
        ...

    def slow(
        self, positions: FloatArray, cell: FloatArray, out: ForceBuffers, *, energies: bool = True
    ) -> None:
        """Evaluate the soft, expensive forces (pairs, reciprocal sum).

        Without `energies`, those may be left NaN; forces and virial must not depend on it by a
        single bit.
        """
        ...

    def list_state(self) -> tuple[FloatArray, FloatArray] | None:
        """Return positions and cell at which the list was last built; kept in checkpoints."""
        ...

    def restore_list(self, positions: FloatArray, cell: FloatArray) -> None:
        """Rebuild the list as it was, so that sums run in the same order."""
        ...
