"""Integrals of curves by trapezes."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import FloatArray


def cumulative_trapezes(y: FloatArray, x: FloatArray) -> FloatArray:
    """Compute ∫ y dx from the first point to each, by trapezes.

    The same as `scipy.integrate.cumulative_trapezoid`, whose import takes a third of a second.

    Parameters
    ----------
    y : (..., n) array
        Values.
    x : (n,) array
        Where they are, ascending.

    Returns
    -------
    (..., n) array
        0 at the first point.
    """
    pieces = np.diff(x) * (y[..., 1:] + y[..., :-1]) / 2.0
    start = np.zeros((*y.shape[:-1], 1))
    return np.concatenate([start, np.cumsum(pieces, axis=-1)], axis=-1)
