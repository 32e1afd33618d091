"""Relaxation to the nearest mechanical equilibrium by the fast inertial relaxation engine.

Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006),
https://doi.org/10.1103/PhysRevLett.97.170201, with its published constants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.cell import cell_volume
from lbhsweep.engine.force_buffers import ForceBuffers
from lbhsweep.engine.molecules.bonded import atom_forces
from lbhsweep.engine.potential import Potential
from lbhsweep.errors import NotFiniteError

_PATIENCE = 5
_GROWTH = 1.1
_CUT = 0.5
_MIXING = 0.1
_MIXING_DECAY = 0.99
_SLOWEST_TO_FASTEST = 10.0
_LONGEST_MOVE = 0.1


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where a relaxation ended.

    Attributes
    ----------
    positions : (n_atoms, 3) float64
        Å.
    cell : (3, 3) float64
        Å.
    energy : float
        Potential energy plus P V (if the cell was relaxed), kJ/mol.
    largest_force : float
        Largest component of the generalised force, kJ/mol/Å.
    steps : int
        Evaluations used.
    converged : bool
        Whether `largest_force` is within the tolerance.
    """

    positions: FloatArray
    cell: FloatArray
    energy: float
    largest_force: float
    steps: int
    converged: bool


class _Landscape:
    """Enthalpy over generalised coordinates: positions at the first cell's scale, and strain.

    The last row's first element is N ε, ε being the logarithm of the cell's linear stretch, so
    that its force is of the order of an atom's.
    """

    def __init__(
        self,
        potential: Potential,
        positions: FloatArray,
        cell: FloatArray,
        pressure: float,
        relax_cell: bool,
        frozen: npt.NDArray[np.bool_],
    ) -> None:
        self.potential = potential
        self.first_cell = np.array(cell, dtype=np.float64)
        self.pressure = pressure
        self.relax_cell = relax_cell
        self.frozen = frozen
        self.start = np.vstack([positions, np.zeros(3)])
        self._slow = ForceBuffers.empty(len(positions), len(potential.slow_terms))

    def place(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return positions and cell at coordinates `x`."""
        stretch = math.exp(x[-1, 0] / (len(x) - 1))
        return x[:-1] * stretch, self.first_cell * stretch

    def descend(self, x: FloatArray) -> tuple[float, FloatArray]:
        """Compute the enthalpy at `x` and the generalised force, minus its gradient."""
        positions, cell = self.place(x)
        self.potential.update(positions, cell, 0)
        self.potential.slow(positions, cell, self._slow)
        fast = atom_forces(positions, self.potential.bonded)
        energy = float(fast.energies.sum() + self._slow.energies.sum())
        force = np.zeros_like(x)
        force[:-1] = (fast.forces + self._slow.forces) * math.exp(x[-1, 0] / (len(x) - 1))
        force[:-1][self.frozen] = 0.0
        if self.relax_cell:
            pv = self.pressure * float(cell_volume(cell))
            virial = float(np.trace(fast.virial) + np.trace(self._slow.virial))
            force[-1, 0] = (virial - 3.0 * pv) / (len(x) - 1)
            energy += pv
        if not (math.isfinite(energy) and np.isfinite(force).all()):
            raise NotFiniteError(
                f"the energy is {energy} kJ/mol during relaxation: atoms overlap in the start"
            )
        return energy, force


def minimize(
    potential: Potential,
    positions: FloatArray,
    cell: FloatArray,
    *,
    relax_cell: bool = False,
    pressure: float = 0.0,
    frozen: npt.NDArray[np.bool_] | None = None,
    tolerance: float = 1.0,
    max_steps: int = 500,
    timestep: float = 0.02,
) -> Minimum:
    """Relax positions, and with `relax_cell` the volume too, at fixed cell shape.

    Parameters
    ----------
    potential : Potential
        Where forces come from.
    positions : (n_atoms, 3) float64
        Start, Å.
    cell : (3, 3) float64
        Å.
    relax_cell : bool
        Whether the cell may stretch isotropically, against `pressure`.
    pressure : float
        kJ/mol/Å³.
    frozen : (n_atoms,) bool, optional
        Atoms that only follow the cell.
    tolerance : float
        Largest component of the force that counts as equilibrium, kJ/mol/Å.
    max_steps : int
        Evaluations after which to give up; the result then says ``converged=False``.
    timestep : float
        Longest step for atoms of unit mass; below 2/sqrt(largest force constant).

    Returns
    -------
    Minimum
        The same to the last bit for the same start.

    Raises
    ------
    NotFiniteError
        If the energy or a force is not a number.
    """
    mask = np.zeros(len(positions), np.bool_) if frozen is None else frozen
    landscape = _Landscape(potential, positions, cell, pressure, relax_cell, mask)
    x, v = landscape.start, np.zeros_like(landscape.start)
    dt, mixing, downhill, steps = timestep / _SLOWEST_TO_FASTEST, _MIXING, 0, 1
    energy, force = landscape.descend(x)
    while np.abs(force).max() > tolerance and steps < max_steps:
        if float((force * v).sum()) > 0.0:
            v = (1.0 - mixing) * v + mixing * force * np.linalg.norm(v) / np.linalg.norm(force)
            downhill += 1
            if downhill > _PATIENCE:
                dt, mixing = min(dt * _GROWTH, timestep), mixing * _MIXING_DECAY
        else:
            v, dt, mixing, downhill = np.zeros_like(v), dt * _CUT, _MIXING, 0
        v = v + dt * force
        move = dt * v
        x = x + move * min(1.0, _LONGEST_MOVE / max(float(np.abs(move).max()), _LONGEST_MOVE))
        energy, force = landscape.descend(x)
        steps += 1
    largest = float(np.abs(force).max())
    return Minimum(*landscape.place(x), energy, largest, steps, largest <= tolerance)
