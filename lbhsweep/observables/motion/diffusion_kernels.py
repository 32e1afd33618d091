"""Kernels of displacements over multiple time origins."""

from __future__ import annotations

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray, IntArray

TRACER, COLLECTIVE = 0, 1
"""Rows of `second`: sum over ions of each one's displacement squared, and the sum's square."""


@nb.njit(cache=True, nogil=True, error_model="numpy")
def ion_positions(
    positions: FloatArray,
    ions: IntArray,
    matrix: FloatArray,
    origin: FloatArray,
    repeats: FloatArray,
    reference: FloatArray,
    now: FloatArray,
) -> None:
    """Compute positions of ions in the frame of the anions' lattice, in a constant cell.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å.
    ions : (n_ions,) int64
    matrix, origin : (3, 3), (3,) float64
        The frame of the anions' lattice, such that positions @ matrix − origin are in it.
    repeats : (3,) float64
        Conventional cells along each axis.
    reference : (3, 3) float64
        Cell in which positions are given, Å.
    now : (n_ions, 3) float64
        Å, overwritten.
    """
    s = np.empty(3)
    for k in range(len(ions)):
        x, y, z = positions[ions[k], 0], positions[ions[k], 1], positions[ions[k], 2]
        for m in range(3):
            s[m] = x * matrix[0, m] + y * matrix[1, m] + z * matrix[2, m] - origin[m]
            s[m] /= repeats[m]
        for m in range(3):
            now[k, m] = s[0] * reference[0, m] + s[1] * reference[1, m] + s[2] * reference[2, m]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_displacements(
    sample: int,
    now: FloatArray,
    kept: FloatArray,
    n_origins: IntArray,
    second: FloatArray,
    fourth: FloatArray,
) -> None:
    """Add all displacements that end at this sample, and keep it as an origin.

    Level b sees every 2^b-th sample and keeps the last few, so a sample costs two levels on
    average; Frenkel and Smit, Understanding Molecular Simulation (2nd ed. 2002), § 4.4.2, but
    with positions instead of block averages, so that every displacement is exact.

    Parameters
    ----------
    sample : int
        Number of this sample, from 0.
    now : (n_ions, 3) float64
        Å.
    kept : (n_levels, n_kept, n_ions, 3) float64
        Å, earlier samples; changed.
    n_origins : (n_lags,) int64
        Origins that each lag will have had at the end of the run.
    second : (2, n_lags, n_blocks, 6) float64
        Sums of xx, yy, zz, yz, zx, xy in Å² by blocks of origins; added to.
    fourth : (n_lags,) float64
        Sums over ions of the fourth power in Å⁴; added to.
    """
    n_blocks, n_kept = second.shape[2], kept.shape[1]
    half = n_kept // 2
    for level in range(len(kept)):
        for back in range(1 if level == 0 else half + 1, n_kept + 1):
            lag = back - 1 + half * level
            if back > sample or lag >= len(n_origins):
                break
            origin = sample - back
            block = origin * n_blocks // n_origins[lag]
            fourth[lag] += _add_squares(
                now,
                kept[level, origin % n_kept],
                second[TRACER, lag, block],
                second[COLLECTIVE, lag, block],
            )
        kept[level, sample % n_kept] = now
        if sample % 2 == 1:
            return
        sample //= 2


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _add_squares(
    now: FloatArray, before: FloatArray, tracer: FloatArray, collective: FloatArray
) -> float:
    total_x = total_y = total_z = fourth = 0.0
    xx = yy = zz = yz = zx = xy = 0.0
    for k in range(len(now)):
        x = now[k, 0] - before[k, 0]
        y = now[k, 1] - before[k, 1]
        z = now[k, 2] - before[k, 2]
        total_x += x
        total_y += y
        total_z += z
        xx += x * x
        yy += y * y
        zz += z * z
        yz += y * z
        zx += z * x
        xy += x * y
        fourth += (x * x + y * y + z * z) ** 2
    for k, term in enumerate((xx, yy, zz, yz, zx, xy)):
        tracer[k] += term
    collective[0] += total_x * total_x
    collective[1] += total_y * total_y
    collective[2] += total_z * total_z
    collective[3] += total_y * total_z
    collective[4] += total_z * total_x
    collective[5] += total_x * total_y
    return fourth
