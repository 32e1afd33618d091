"""Kernels of lithium's sites and the anions' orientations in one configuration."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.observables.frame.spherical_harmonics import ORDERS, add_harmonics

N_SUBLATTICES = 4
N_TETRAHEDRA = 8
STEPS_FROM = N_SUBLATTICES * ORDERS
SHARES_FROM = STEPS_FROM + 3 * N_TETRAHEDRA
N_VALUES = SHARES_FROM + 4
"""Values of a sample: moments by sublattice, displacements by tetrahedral site, and shares of
lithium on tetrahedral, octahedral and window sites and elsewhere."""

ELSEWHERE_BEYOND = math.sqrt(3.0) / 12.0
"""In lattice parameters: from a window to its tetrahedral site, half way to its octahedral one."""


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_orientations(
    positions: FloatArray,
    rotation: FloatArray,
    diameters: npt.NDArray[np.int64],
    sublattices: IntArray,
    anion_weight: FloatArray,
    values: FloatArray,
) -> None:
    """Add the anions' moments to the values (N_VALUES,) of a sample.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å, anions whole.
    rotation : (3, 3) float64
        Of the cell since it was built.
    diameters : (n_anions, 6, 2) int64
        Opposite hydrogens of each anion.  Harmonics of even degree see no more than these.
    sublattices : (n_anions,) int64
        Number of each anion's sublattice.
    anion_weight : (N_SUBLATTICES,) float64
        One over the number of anions on each sublattice.
    values : (N_VALUES,) float64
        Added to in place.
    """
    d = np.empty(3)
    for a in range(diameters.shape[0]):
        lattice = sublattices[a]
        row = values[lattice * ORDERS : (lattice + 1) * ORDERS]
        weight = anion_weight[lattice] / diameters.shape[1]
        for k in range(diameters.shape[1]):
            i = diameters[a, k, 0]
            j = diameters[a, k, 1]
            for m in range(3):
                d[m] = positions[i, m] - positions[j, m]
            x = d[0] * rotation[0, 0] + d[1] * rotation[0, 1] + d[2] * rotation[0, 2]
            y = d[0] * rotation[1, 0] + d[1] * rotation[1, 1] + d[2] * rotation[1, 2]
            z = d[0] * rotation[2, 0] + d[1] * rotation[2, 1] + d[2] * rotation[2, 2]
            add_harmonics(x, y, z, weight, row)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def nearest_site(d0: float, d1: float, d2: float, odd: int) -> int:
    """Return the kind of site nearest to a point: 0 tetrahedral, 1 octahedral, 2 window, 3 none.

    Around a tetrahedral site is a cube of half a lattice parameter.  Four of its corners are
    anions and four are octahedral sites.  A window, the middle of three anions, is a third of
    the way from the tetrahedral to an octahedral site.  The planes between such cubes are
    mirrors, so the nearest site is always in the point's own cube.

    Parameters
    ----------
    d0, d1, d2 : float
        From the tetrahedral site, in lattice parameters.
    odd : int
        Whether the product of the signs that lead to an octahedral site is −1.
    """
    if odd:
        d0 = -d0
        d1 = -d1
        d2 = -d2
    along = max(max(d0 + d1 + d2, d0 - d1 - d2), max(d1 - d2 - d0, d2 - d0 - d1))
    tetrahedral = d0 * d0 + d1 * d1 + d2 * d2
    octahedral = tetrahedral - along / 2.0 + 3.0 / 16.0
    window = tetrahedral - along / 6.0 + 3.0 / 144.0
    nearest = min(tetrahedral, octahedral, window)
    if nearest > ELSEWHERE_BEYOND * ELSEWHERE_BEYOND:
        return 3
    if nearest == tetrahedral:
        return 0
    return 1 if nearest == octahedral else 2


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_lithium(
    positions: FloatArray,
    matrix: FloatArray,
    origin: FloatArray,
    lithium: IntArray,
    values: FloatArray,
) -> None:
    """Add where the lithium atoms are to the values (N_VALUES,) of a sample.

    Each counts with one over their number: its displacement from the nearest tetrahedral site,
    in lattice parameters, to that site's mean, and to the share of its kind of site.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å.
    matrix, origin : (3, 3), (3,) float64
        The frame of the anions' lattice.
    lithium : (n_lithium,) int64
        Their indices.
    values : (N_VALUES,) float64
        Added to in place.
    """
    weight = 1.0 / len(lithium)
    d = np.empty(3)
    for i in lithium:
        site = 0
        parity = 0
        for k in range(3):
            s = -origin[k]
            for m in range(3):
                s += positions[i, m] * matrix[m, k]
            s -= math.floor(s)
            octant = 1 if s >= 0.5 else 0
            d[k] = s - 0.25 - 0.5 * octant
            site = 2 * site + octant
            parity ^= octant
        for k in range(3):
            values[STEPS_FROM + 3 * site + k] += weight * d[k]
        values[SHARES_FROM + nearest_site(d[0], d[1], d[2], parity)] += weight
