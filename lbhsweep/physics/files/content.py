"""What a structure file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lbhsweep.arrays import FloatArray, Int32Array


@dataclass(frozen=True, slots=True, eq=False)
class FileContent:
    """The crystal of a structure file, as it stands there.

    Attributes
    ----------
    symbols : tuple of str
        Element of each atom.
    positions : (n_atoms, 3) float64
        Å.
    cell : (3, 3) float64
        Å; rows are the lattice vectors.
    masses : mapping of str to float
        g/mol by species, of those for which the file gives masses.
    molecule : (n_atoms,) int32 or None
        Molecule numbers as in `Structure`, if the file has them.
    is_last : bool
        Whether no further crystal follows in the file.
    """

    symbols: tuple[str, ...]
    positions: FloatArray
    cell: FloatArray
    masses: Mapping[str, float]
    molecule: Int32Array | None = None
    is_last: bool = True
