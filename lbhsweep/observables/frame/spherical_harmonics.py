"""Real spherical harmonics of degree 6, the lowest that an icosahedron shows."""

from __future__ import annotations

import math

import numba as nb

from lbhsweep.arrays import FloatArray

ORDERS = 13
"""Spherical harmonics of degree 6."""

# sqrt(2 (6-m)!/(6+m)!) times the leading factors of the Legendre functions' derivatives.
_F0 = 1.0 / 16.0
_F1 = math.sqrt(21.0) / 8.0
_F2 = math.sqrt(105.0 / 512.0)
_F3 = math.sqrt(105.0 / 128.0)
_F4 = math.sqrt(63.0 / 256.0)
_F5 = math.sqrt(693.0 / 128.0)
_F6 = math.sqrt(231.0 / 512.0)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_harmonics(x: float, y: float, z: float, weight: float, out: FloatArray) -> None:
    """Add the real spherical harmonics of degree 6 of a direction, times a weight, to (13,).

    Normalised so that the sum of products of two directions' harmonics is P₆ of the cosine
    between them (addition theorem; Varshalovich et al., Quantum Theory of Angular Momentum,
    § 5.17).  The direction need not have unit length.
    """
    norm = 1.0 / math.sqrt(x * x + y * y + z * z)
    x *= norm
    y *= norm
    z *= norm
    z2 = z * z
    c2 = x * x - y * y
    s2 = 2.0 * x * y
    c3 = c2 * x - s2 * y
    s3 = c2 * y + s2 * x
    c4 = c2 * c2 - s2 * s2
    s4 = 2.0 * c2 * s2
    p1 = weight * _F1 * z * ((33.0 * z2 - 30.0) * z2 + 5.0)
    p2 = weight * _F2 * ((33.0 * z2 - 18.0) * z2 + 1.0)
    p3 = weight * _F3 * z * (11.0 * z2 - 3.0)
    p4 = weight * _F4 * (11.0 * z2 - 1.0)
    p5 = weight * _F5 * z
    p6 = weight * _F6
    out[0] += weight * _F0 * (((231.0 * z2 - 315.0) * z2 + 105.0) * z2 - 5.0)
    out[1] += p1 * x
    out[2] += p1 * y
    out[3] += p2 * c2
    out[4] += p2 * s2
    out[5] += p3 * c3
    out[6] += p3 * s3
    out[7] += p4 * c4
    out[8] += p4 * s4
    out[9] += p5 * (c4 * x - s4 * y)
    out[10] += p5 * (c4 * y + s4 * x)
    out[11] += p6 * (c3 * c3 - s3 * s3)
    out[12] += p6 * 2.0 * c3 * s3
