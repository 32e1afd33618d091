"""Motion in a cell that is strained at a constant rate: functions of a symmetric 3×3 matrix.

With g the strain rate, dr/dt = v + g r, dv/dt = -g v and da/dt = g a for each lattice vector a
have the exact solution, after the time t::

    r ← exp(g t) r + g⁻¹ sinh(g t) v        v ← exp(-g t) v        a ← exp(g t) a
"""

from __future__ import annotations

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray

_TERMS = 9
"""Powers of (g t)² kept: the first one left out is below 1e-16 for |g t| ≤ 1."""


@nb.njit(cache=True, nogil=True, error_model="numpy")
def flow(
    rate: FloatArray, time: float, stretch: FloatArray, reach: FloatArray, shrink: FloatArray
) -> None:
    """Overwrite exp(g t), g⁻¹ sinh(g t) and exp(-g t), all (3, 3), of a symmetric `rate` g.

    From cosh x = Σ x²ᵏ/(2k)! and sinh(x)/x = Σ x²ᵏ/(2k+1)!, so that reversing the rate swaps
    `stretch` and `shrink` to the last bit, and a multiple of the unit matrix stays one.
    """
    square = np.empty((3, 3))
    cosh, sinhc, powers = np.eye(3), np.eye(3), np.empty((3, 3))
    _product(rate, rate, square)
    for k in range(_TERMS, 0, -1):
        _product(square, cosh, powers)
        _one_plus(powers, time * time / ((2 * k - 1) * (2 * k)), cosh)
        _product(square, sinhc, powers)
        _one_plus(powers, time * time / ((2 * k) * (2 * k + 1)), sinhc)
    _product(rate, sinhc, powers)
    for a in range(3):
        for b in range(3):
            sinh = time * powers[a, b]
            stretch[a, b] = cosh[a, b] + sinh
            shrink[a, b] = cosh[a, b] - sinh
            reach[a, b] = time * sinhc[a, b]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def strain_cell(cell: FloatArray, stretch: FloatArray) -> None:
    """Apply a symmetric stretch (3, 3) to the lattice vectors, the rows of `cell`."""
    # By element: assigning a whole array takes numba 5 s to compile.
    for row in range(3):
        x, y, z = cell[row, 0], cell[row, 1], cell[row, 2]
        for k in range(3):
            cell[row, k] = x * stretch[0, k] + y * stretch[1, k] + z * stretch[2, k]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _product(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _one_plus(matrix: FloatArray, scale: float, out: FloatArray) -> None:
    for i in range(3):
        for j in range(3):
            out[i, j] = scale * matrix[i, j]
        out[i, i] += 1.0
