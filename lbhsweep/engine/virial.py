"""The virial as kernels sum it: six components of a symmetric matrix."""

from __future__ import annotations

import numba as nb

from lbhsweep.arrays import FloatArray


@nb.njit(cache=True, nogil=True, inline="always")
def add_symmetric(
    virial: FloatArray,
    wxx: float,
    wyy: float,
    wzz: float,
    wxy: float,
    wxz: float,
    wyz: float,
) -> None:
    """Add a symmetric matrix, given by its six components, to a virial (3, 3)."""
    virial[0, 0] += wxx
    virial[1, 1] += wyy
    virial[2, 2] += wzz
    virial[0, 1] += wxy
    virial[1, 0] += wxy
    virial[0, 2] += wxz
    virial[2, 0] += wxz
    virial[1, 2] += wyz
    virial[2, 1] += wyz
