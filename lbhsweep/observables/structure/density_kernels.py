"""Counting atoms in voxels."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, IntArray


@nb.njit(cache=True, nogil=True, error_model="numpy")
def count_in_voxels(
    positions: FloatArray,
    matrix: FloatArray,
    origin: FloatArray,
    atoms: IntArray,
    species: IntArray,
    counts: npt.NDArray[np.int64],
) -> None:
    """Add each of some atoms to its voxel of its species' cell (n_species, n, n, n), in place.

    Voxel k along an axis is centred on the fraction k/n.
    """
    n = counts.shape[1]
    place = np.empty(3, np.int64)
    for i, number in zip(atoms, species):  # noqa: B905 - numba does not support strict
        for k in range(3):
            s = -origin[k]
            for m in range(3):
                s += positions[i, m] * matrix[m, k]
            place[k] = int((s - math.floor(s)) * n + 0.5)
            # Within half a voxel of the end it is the first one's.
            if place[k] == n:
                place[k] = 0
        counts[number, place[0], place[1], place[2]] += 1
