"""Structures: species, positions, cell, and the anion of each atom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.errors import StructureError

SMALLEST_CELL_VOLUME = 1e-6
"""Volume over the product of the edges below which a cell counts as flat."""


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A periodic configuration of ions.

    Parameters
    ----------
    symbols : tuple of str
        Chemical symbol of each atom.
    positions : (n_atoms, 3) float64
        Å; anions whole, that is not cut by the periodic boundary.
    cell : (3, 3) float64
        Å; rows are the lattice vectors.
    molecule : (n_atoms,) int32
        0 for single ions (Li), otherwise the anion's number, from 1.

    Raises
    ------
    StructureError
        If the arrays don't fit each other, hold NaN or infinity, or the cell has no volume.
    """

    symbols: tuple[str, ...]
    positions: FloatArray
    cell: FloatArray
    molecule: Int32Array

    def __post_init__(self) -> None:
        n = len(self.symbols)
        object.__setattr__(self, "symbols", tuple(str(symbol) for symbol in self.symbols))
        object.__setattr__(self, "positions", checked_positions(self.positions, n))
        object.__setattr__(self, "cell", checked_cell(self.cell))
        molecule = np.asarray(self.molecule)
        if molecule.shape != (n,):
            raise StructureError(f"molecule has shape {molecule.shape}, wanted ({n},)")
        object.__setattr__(self, "molecule", np.array(molecule, dtype=np.int32))

    @property
    def n_atoms(self) -> int:
        """Count the atoms."""
        return len(self.symbols)

    @property
    def formula_units(self) -> int:
        """Count the formula units: one anion each."""
        return len(np.unique(self.molecule[self.molecule > 0]))

    @property
    def volume(self) -> float:
        """Volume of the cell, Å³."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def formula(self) -> str:
        """Name the composition, for messages: ``B96H96Li16``."""
        return composition(self.symbols)


def composition(symbols: tuple[str, ...] | list[str]) -> str:
    """Write how many atoms of each species there are: ``B12H12``."""
    counts = sorted(Counter(symbols).items())
    return "".join(f"{symbol}{count if count > 1 else ''}" for symbol, count in counts)


def checked_cell(cell: npt.ArrayLike) -> FloatArray:
    """Return the cell as a (3, 3) array in Å.

    Raises
    ------
    StructureError
        If it is no 3×3 matrix of finite numbers, or its lattice vectors lie in a plane.
    """
    checked = _array(cell, (3, 3), "cell")
    edges = np.linalg.norm(checked, axis=1)
    if abs(np.linalg.det(checked)) <= SMALLEST_CELL_VOLUME * np.prod(edges):
        raise StructureError(
            f"the cell {checked.tolist()} has no volume; give three lattice vectors in Å that "
            "span the periodic box"
        )
    return checked


def checked_positions(positions: npt.ArrayLike, n_atoms: int) -> FloatArray:
    """Return the positions as an (n_atoms, 3) array in Å.

    Raises
    ------
    StructureError
        If their number is another, or one is NaN or infinite.
    """
    return _array(positions, (n_atoms, 3), "positions")


def _array(values: npt.ArrayLike, shape: tuple[int, ...], name: str) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if array.shape != shape:
        raise StructureError(f"{name} has shape {array.shape}, wanted {shape}")
    if not np.isfinite(array).all():
        first = np.argwhere(~np.isfinite(array))[0].tolist()
        raise StructureError(f"{name}{first} is {array[tuple(first)]}, wanted finite numbers in Å")
    return array
