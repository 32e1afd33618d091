"""Sums over the anions' centres in scaled coordinates."""

from __future__ import annotations

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.observables.frame.lattice_frame import cell_inverse


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_centres(
    positions: FloatArray,
    cell: FloatArray,
    atoms: IntArray,
    weights: FloatArray,
    block: int,
    count: FloatArray,
    first: FloatArray,
    cells: FloatArray,
    total: FloatArray,
    square: FloatArray,
) -> None:
    """Add one sample of the anions' centres of mass, less their mean, in scaled coordinates.

    Distances from the first sample are summed, so that squares keep their digits.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å, anions whole.
    cell : (3, 3) float64
        Å.
    atoms : (n_anions, n_inside) int64
        Atoms of each anion.
    weights : (n_anions, n_inside) float64
        Each atom's share of its anion's mass.
    block : int
        Into which block of the run the sample falls.
    count : (n_blocks,) float64
        Samples; added to.
    first : (n_anions, 3) float64
        The first sample, which is written here.
    cells : (3, 3) float64
        Sum of cells, Å; added to.
    total : (n_blocks, n_anions, 3) float64
        Sums of distances; added to.
    square : (n_blocks, 3, 3) float64
        Sums over anions of products of distances; added to.
    """
    inverse = cell_inverse(cell)
    scaled, mean, d = np.empty((len(atoms), 3)), np.zeros(3), np.empty(3)
    for a in range(atoms.shape[0]):
        x = y = z = 0.0
        for k in range(atoms.shape[1]):
            atom, weight = atoms[a, k], weights[a, k]
            x += weight * positions[atom, 0]
            y += weight * positions[atom, 1]
            z += weight * positions[atom, 2]
        for m in range(3):
            scaled[a, m] = x * inverse[0, m] + y * inverse[1, m] + z * inverse[2, m]
            mean[m] += scaled[a, m]
    for m in range(3):
        mean[m] /= len(atoms)
    if not count.any():
        for a in range(atoms.shape[0]):
            for m in range(3):
                first[a, m] = scaled[a, m] - mean[m]
    count[block] += 1.0
    for a in range(atoms.shape[0]):
        for m in range(3):
            d[m] = scaled[a, m] - mean[m] - first[a, m]
            total[block, a, m] += d[m]
        for m in range(3):
            for n in range(3):
                square[block, m, n] += d[m] * d[n]
    for m in range(3):
        for n in range(3):
            cells[m, n] += cell[m, n]
