"""The kernel of orientations, lithium and planes by layer in one configuration."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.observables.frame.spherical_harmonics import ORDERS, add_harmonics

N_PATTERNS = 2
"""Ordered phases that anions are compared with: α and α-b."""


class Layered(NamedTuple):
    """Atoms by layer.

    Attributes
    ----------
    diameters : (n_anions, 6, 2) int64
        Opposite hydrogens of each anion.
    layers : (n_anions,) int64
        Its layer.
    weights : (n_layers,) float64
        One over the number of anions in each layer.
    patterns : (n_anions, N_PATTERNS, 13) float64
        Moments of a perfect anion in its place, divided by their square.
    lithium : (n_lithium,) int64
        Indices of Li.
    steps : (8, 3) float64
        By tetrahedral site: the direction in which Li moves with growing x.
    """

    diameters: npt.NDArray[np.int64]
    layers: IntArray
    weights: FloatArray
    patterns: FloatArray
    lithium: IntArray
    steps: FloatArray


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_layers(
    positions: FloatArray,
    rotation: FloatArray,
    matrix: FloatArray,
    origin: FloatArray,
    atoms: Layered,
    orders: FloatArray,
    heights: FloatArray,
    lithium: FloatArray,
) -> None:
    """Add one configuration to sums by layer.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å, anions whole.
    rotation : (3, 3) float64
        Of the cell since it was built.
    matrix, origin : (3, 3), (3,) float64
        The frame of the anions' lattice.
    atoms : Layered
        Atoms by layer.
    orders : (n_layers, N_PATTERNS) float64
        Mean products of the anions' moments with those of perfect ones; added to in place.
    heights : (n_layers,) float64
        Mean distance of the anions from their ideal plane along c, in conventional cells; added to
        in place.
    lithium : (n_layers, 2) float64
        Sums of 3 (x − ¼) of the Li that are in a layer, and their number; added to in place.
    """
    n_layers = orders.shape[0]
    moments = np.empty(ORDERS)
    d = np.empty(3)
    for a in range(atoms.diameters.shape[0]):
        layer = atoms.layers[a]
        moments[:] = 0.0
        height = 0.0
        for k in range(6):
            i = atoms.diameters[a, k, 0]
            j = atoms.diameters[a, k, 1]
            for m in range(3):
                d[m] = positions[i, m] - positions[j, m]
                height += (positions[i, m] + positions[j, m]) * matrix[m, 2] / 12.0
            x = d[0] * rotation[0, 0] + d[1] * rotation[0, 1] + d[2] * rotation[0, 2]
            y = d[0] * rotation[1, 0] + d[1] * rotation[1, 1] + d[2] * rotation[1, 2]
            z = d[0] * rotation[2, 0] + d[1] * rotation[2, 1] + d[2] * rotation[2, 2]
            add_harmonics(x, y, z, 1.0 / 6.0, moments)
        for pattern in range(N_PATTERNS):
            product = 0.0
            for m in range(ORDERS):
                product += moments[m] * atoms.patterns[a, pattern, m]
            orders[layer, pattern] += atoms.weights[layer] * product
        away = height - origin[2] - 0.5 * layer
        away -= 0.5 * n_layers * math.floor(away / (0.5 * n_layers) + 0.5)
        heights[layer] += atoms.weights[layer] * away
    for i in atoms.lithium:
        site = 0
        layer = 0
        along = 0.0
        for k in range(3):
            s = -origin[k]
            for m in range(3):
                s += positions[i, m] * matrix[m, k]
            if k == 2:
                layer = math.floor(2.0 * s) % n_layers
            s -= math.floor(s)
            octant = 1 if s >= 0.5 else 0
            d[k] = s - 0.25 - 0.5 * octant
            site = 2 * site + octant
        for k in range(3):
            along += d[k] * atoms.steps[site, k]
        lithium[layer, 0] += along
        lithium[layer, 1] += 1.0
