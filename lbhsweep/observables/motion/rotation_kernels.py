"""Kernels of the anions' orientations: B–H directions, rigid-body fits, products over lags."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from lbhsweep.arrays import Float32Array, FloatArray, IntArray
from lbhsweep.observables.frame.spherical_harmonics import ORDERS, add_harmonics
from lbhsweep.quantities.lags import KEPT

N_BONDS = 12
"""B–H bonds of an anion."""
N_DIRECTIONS = 3 * N_BONDS
N_FEATURES = N_DIRECTIONS + ORDERS
"""Numbers that describe an anion's orientation: its directions, then its harmonics of degree 6."""
FIT_TOLERANCE = 1e-24
"""Squared change of a unit quaternion below which a fit has converged."""
FIT_ITERATIONS = 200

_HALF = KEPT // 2


@nb.njit(cache=True, nogil=True, error_model="numpy")
def bond_directions(
    positions: FloatArray, bonds: IntArray, turn: FloatArray, directions: FloatArray
) -> None:
    """Find the unit vectors along bonds.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å, anions whole.
    bonds : (n_anions, 12, 2) int64
        B and H of each bond.
    turn : (3, 3) float64
        Rotation of the cell that is undone: v becomes turn·v.
    directions : (n_anions, 12, 3) float64
        Filled.
    """
    for anion in range(len(bonds)):
        for bond in range(N_BONDS):
            b, h = bonds[anion, bond]
            x = positions[h, 0] - positions[b, 0]
            y = positions[h, 1] - positions[b, 1]
            z = positions[h, 2] - positions[b, 2]
            scale = 1.0 / math.sqrt(x * x + y * y + z * z)
            for axis in range(3):
                along = turn[axis, 0] * x + turn[axis, 1] * y + turn[axis, 2] * z
                directions[anion, bond, axis] = scale * along


@nb.njit(cache=True, nogil=True, error_model="numpy")
def fit_rotations(directions: FloatArray, reference: FloatArray, rotations: FloatArray) -> None:
    """Fit to each anion the rotation of a rigid body, as a quaternion that changes continuously.

    The unit quaternion (w, x, y, z) that turns the reference nearest to the directions is the
    eigenvector of the largest eigenvalue of a 4×4 matrix: Horn, J. Opt. Soc. Am. A 4, 629 (1987),
    https://doi.org/10.1364/JOSAA.4.000629.  Twelve directions of an icosahedron give eigenvalues
    12, -4, -4, -4.  In the matrix plus 4 the wanted one is therefore almost the only one left, and
    power iteration from the last quaternion takes a few steps.  As the matrix plus 4 is positive,
    the new quaternion lies on the last one's side.  A rotation has two quaternions, q and -q;
    this one continues the anion's path without a jump.

    Parameters
    ----------
    directions, reference : (n_anions, 12, 3) float64
        Unit vectors now, and of the unturned anion.
    rotations : (n_anions, 4) float64
        The last quaternions; changed.
    """
    s = np.empty((3, 3))
    matrix = np.empty((4, 4))
    for anion in range(len(directions)):
        s[:] = 0.0
        for bond in range(N_BONDS):
            for i in range(3):
                for j in range(3):
                    s[i, j] += reference[anion, bond, i] * directions[anion, bond, j]
        for k in range(4):
            matrix[k, k] = 4.0
        for k in range(3):
            i, j = (k + 1) % 3, (k + 2) % 3
            matrix[0, 0] += s[k, k]
            matrix[k + 1, k + 1] += s[k, k] - s[i, i] - s[j, j]
            matrix[0, k + 1] = matrix[k + 1, 0] = s[i, j] - s[j, i]
            matrix[i + 1, j + 1] = matrix[j + 1, i + 1] = s[i, j] + s[j, i]
        _iterate(matrix, rotations[anion])


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _iterate(matrix: FloatArray, q: FloatArray) -> None:
    following = np.empty(4)
    for _ in range(FIT_ITERATIONS):
        square = 0.0
        for i in range(4):
            total = 0.0
            for j in range(4):
                total += matrix[i, j] * q[j]
            following[i] = total
            square += total * total
        scale = 1.0 / math.sqrt(square)
        change = 0.0
        for i in range(4):
            change += (following[i] * scale - q[i]) ** 2
            q[i] = following[i] * scale
        if change < FIT_TOLERANCE:
            return


@nb.njit(cache=True, nogil=True, error_model="numpy")
def count_turns(
    rotations: FloatArray, start: FloatArray, near: float, side: IntArray, turns: IntArray
) -> None:
    """Count passages from near the start to near it again by a full turn.

    Parameters
    ----------
    rotations, start : (n_anions, 4) float64
        Continuous quaternions now and at the start.
    near : float
        Cosine of half the angle from the start within which an anion counts as near.
    side : (n_anions,) int64
        1 where the anion was last near the start's q, -1 where near -q, a turn apart; changed.
    turns : (n_anions,) int64
        Full turns so far; changed.
    """
    for anion in range(len(rotations)):
        cosine = 0.0
        for k in range(4):
            cosine += rotations[anion, k] * start[anion, k]
        if cosine * side[anion] < -near:
            side[anion] = -side[anion]
            turns[anion] += 1


@nb.njit(cache=True, nogil=True, error_model="numpy")
def orientation_features(directions: FloatArray, features: Float32Array) -> None:
    """Compute features whose products at two times are correlations of degree 1 and 6.

    Degree 1: the directions u over √12, so that products sum up to the mean of u(0)·u(t).  Degree
    6: Q_m = Σ_bonds C_6m(u), with Racah's normalisation Σ_m C_6m(u) C_6m(v) = P_6(u·v), scaled
    to unit length; they stay the same when the icosahedron is turned into itself.

    Parameters
    ----------
    directions : (n_anions, 12, 3) float64
    features : (n_anions, N_FEATURES) float32
        Filled.
    """
    harmonics = np.empty(ORDERS)
    for anion in range(len(directions)):
        harmonics[:] = 0.0
        for bond in range(N_BONDS):
            for axis in range(3):
                value = directions[anion, bond, axis]
                features[anion, 3 * bond + axis] = value * (1.0 / math.sqrt(N_BONDS))
            add_harmonics(
                directions[anion, bond, 0],
                directions[anion, bond, 1],
                directions[anion, bond, 2],
                1.0,
                harmonics,
            )
        square = 0.0
        for k in range(ORDERS):
            square += harmonics[k] ** 2
        scale = 1.0 / math.sqrt(square)
        for k in range(ORDERS):
            features[anion, N_DIRECTIONS + k] = harmonics[k] * scale


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def add_products(
    sample: int, now: Float32Array, kept: Float32Array, sums: FloatArray, counts: IntArray
) -> None:
    """Add the products of all pairs of samples that end at this one, and keep it as an origin.

    Level b sees every 2^b-th sample and keeps the last `KEPT`; Frenkel and Smit, Understanding
    Molecular Simulation (2nd ed. 2002), § 4.4.2, but without averages over blocks, so that every
    product is exact.

    Parameters
    ----------
    sample : int
        Number of this sample, from 0.
    now : (n_anions, N_FEATURES) float32
    kept : (n_levels, KEPT, n_anions, N_FEATURES) float32
        Earlier samples; changed.
    sums : (2, n_lags, n_anions) float64
        Of the products of degree 1 and 6; added to.
    counts : (n_lags,) int64
        Pairs of samples at each lag; added to.
    """
    for level in range(len(kept)):
        for back in range(1 if level == 0 else _HALF + 1, KEPT + 1):
            lag = back - 1 + _HALF * level
            if back > sample or lag >= len(counts):
                break
            counts[lag] += 1
            before = kept[level, (sample - back) % KEPT]
            for anion in range(len(now)):
                total = 0.0
                for k in range(N_DIRECTIONS):
                    total += np.float64(now[anion, k]) * np.float64(before[anion, k])
                sums[0, lag, anion] += total
                total = 0.0
                for k in range(N_DIRECTIONS, N_FEATURES):
                    total += np.float64(now[anion, k]) * np.float64(before[anion, k])
                sums[1, lag, anion] += total
        kept[level, sample % KEPT] = now
        if sample % 2 == 1:
            return
        sample //= 2
