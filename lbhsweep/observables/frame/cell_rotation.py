"""The rotation that is part of a cell's deformation."""

from __future__ import annotations

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray

ITERATIONS = 50
"""A dozen suffice for any cell of a crystal."""


@nb.njit(cache=True, nogil=True, error_model="numpy")
def cell_rotation(deformation: FloatArray) -> FloatArray:
    """Compute the rotation that undoes the one in a cell's deformation.

    Newton's iteration R ← (R + R⁻ᵀ)/2 for the polar factor: Higham, SIAM J. Sci. Stat. Comput. 7,
    1160 (1986), https://doi.org/10.1137/0907079.

    Parameters
    ----------
    deformation : (3, 3) float64
        h₀⁻¹ h of the present cell h and the first one h₀, rows being lattice vectors.  Its polar
        decomposition is P R with symmetric P, so a direction v (a row) has turned to v R.

    Returns
    -------
    (3, 3) float64
        R, which as a matrix before a column turns v R back to v.
    """
    rotation = deformation.copy()
    cofactors = np.empty((3, 3))
    for _ in range(ITERATIONS):
        for a in range(3):
            b, c = (a + 1) % 3, (a + 2) % 3
            for k in range(3):
                m, n = (k + 1) % 3, (k + 2) % 3
                cofactors[a, k] = rotation[b, m] * rotation[c, n] - rotation[b, n] * rotation[c, m]
        volume = 0.0
        for k in range(3):
            volume += rotation[0, k] * cofactors[0, k]
        change = 0.0
        for a in range(3):
            for k in range(3):
                better = 0.5 * (rotation[a, k] + cofactors[a, k] / volume)
                change = max(change, abs(better - rotation[a, k]))
                rotation[a, k] = better
        # Convergence is quadratic, so the next change would be lost in rounding.
        if change < 1e-8:
            break
    return rotation
