"""Counting pairs by distance."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_pairs(
    fractions: FloatArray,
    first: int,
    middle: int,
    second: int,
    last: int,
    group: int,
    cell: FloatArray,
    width: float,
    weight: float,
    histogram: FloatArray,
) -> None:
    """Add a weight for each pair of two ranges of points to the bin of its distance, in place.

    Points ``first:middle`` are paired with those of ``second:last``.  The image of each pair is
    that whose differences of fractions are below a half.  It is the nearest one if it is nearer
    than half the smallest height of the cell, whatever the cell's shape.

    Parameters
    ----------
    fractions : (n_points, 3) float64
        Of the cell.
    first, middle, second, last : int
        Ends of the ranges; of two points of the same range only one order is counted.
    group : int
        Points of the same range come in groups of this number, within which none are paired.
    cell : (3, 3) float64
        Å.
    width : float
        Å, of a bin.
    weight : float
        What each pair counts.
    histogram : (n_bins,) float64
        From distance 0.
    """
    reach = (width * len(histogram)) ** 2
    same = first == second
    for i in range(first, middle):
        start = i + group - (i - first) % group if same else second
        for j in range(start, last):
            x = fractions[i, 0] - fractions[j, 0]
            y = fractions[i, 1] - fractions[j, 1]
            z = fractions[i, 2] - fractions[j, 2]
            x -= np.rint(x)
            y -= np.rint(y)
            z -= np.rint(z)
            dx = x * cell[0, 0] + y * cell[1, 0] + z * cell[2, 0]
            dy = x * cell[0, 1] + y * cell[1, 1] + z * cell[2, 1]
            dz = x * cell[0, 2] + y * cell[1, 2] + z * cell[2, 2]
            r2 = dx * dx + dy * dy + dz * dz
            if r2 < reach:
                histogram[min(int(math.sqrt(r2) / width), len(histogram) - 1)] += weight
