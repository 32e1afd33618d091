"""The frame in which the anions' lattice is at rest, in conventional cells."""

from __future__ import annotations

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.physics.structure import Structure


class LatticeFrame:
    """Scaled coordinates that follow the cell's strain and the anions' mean displacement.

    An atom at r (a row, in Å) has s = (r − r₀) h⁻¹ n, with the cell h (rows are lattice
    vectors) and n conventional cells along each axis.  r₀ keeps the mean over all atoms of
    anions where it was in the crystal as built.  The anions of that lie on the face-centred
    lattice with one at the origin.  Lithium may diffuse and the whole crystal may drift; the
    anions stay on their sites.  Turning an anion about its centre changes nothing.

    Parameters
    ----------
    structure : Structure
        The crystal as built.
    supercell : tuple of int
        Conventional cells along each axis.
    """

    def __init__(self, structure: Structure, supercell: tuple[int, int, int]) -> None:
        repeats = np.array(supercell, dtype=np.float64)
        atoms = np.flatnonzero(structure.molecule > 0)
        cell, zero = structure.cell, np.zeros(3)
        built = lattice_frame(structure.positions, cell, repeats, atoms, zero)[1]
        self._crystal = repeats, atoms, built

    def at(self, positions: FloatArray, cell: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute the frame of a configuration, so that s = positions @ matrix − origin.

        Parameters
        ----------
        positions : (n_atoms, 3) float64
            Å, unwrapped.
        cell : (3, 3) float64
            Å.

        Returns
        -------
        matrix : (3, 3) float64
            Conventional cells per Å.
        origin : (3,) float64
            In conventional cells.
        """
        matrix, origin = lattice_frame(positions, cell, *self._crystal)
        return matrix, origin


@nb.njit(cache=True, nogil=True, error_model="numpy")
def cell_inverse(cell: FloatArray) -> FloatArray:
    """Invert a cell (3, 3): what turns positions, as rows, into scaled coordinates."""
    inverse = np.empty((3, 3))
    volume = 0.0
    for k in range(3):
        a = (k + 1) % 3
        b = (k + 2) % 3
        for m in range(3):
            p = (m + 1) % 3
            q = (m + 2) % 3
            inverse[m, k] = cell[a, p] * cell[b, q] - cell[a, q] * cell[b, p]
    for m in range(3):
        volume += cell[0, m] * inverse[m, 0]
    for m in range(3):
        for k in range(3):
            inverse[m, k] /= volume
    return inverse


@nb.njit(cache=True, nogil=True, error_model="numpy")
def lattice_frame(
    positions: FloatArray,
    cell: FloatArray,
    repeats: FloatArray,
    atoms: IntArray,
    built: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Compute matrix and origin; the latter is the mean over `atoms` less where it was built."""
    matrix = cell_inverse(cell)
    mean = np.zeros(3)
    for i in atoms:
        for m in range(3):
            mean[m] += positions[i, m]
    origin = np.empty(3)
    for k in range(3):
        for m in range(3):
            matrix[m, k] *= repeats[k]
        s = 0.0
        for m in range(3):
            s += mean[m] * matrix[m, k]
        origin[k] = s / len(atoms) - built[k]
    return matrix, origin
