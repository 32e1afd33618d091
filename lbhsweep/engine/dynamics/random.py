"""Counter-based random numbers: a draw is a pure function of (seed, step, stream, index).

Nothing is carried from one step to the next, so a run that goes on from a checkpoint draws what
the undisturbed run would have drawn.  Generator: Philox4x32-10, Salmon et al., SC '11 (2011),
https://doi.org/10.1145/2063384.2063405.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray

STREAM_VELOCITIES = 0
STREAM_THERMOSTAT_FIRST = 1
STREAM_THERMOSTAT_LAST = 2
STREAM_BAROSTAT_FIRST = 3
STREAM_BAROSTAT_LAST = 4

_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_MANTISSA_SHIFT = np.uint64(11)
_TO_UNIT = 2.0**-53


@nb.njit(cache=True, nogil=True)
def philox(
    key_0: np.uint64, key_1: np.uint64, c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Scramble a 128-bit counter under a 64-bit key; all words are 32 bits held in uint64."""
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _WORD) ^ c1 ^ key_0
        c2 = (product_0 >> _WORD) ^ c3 ^ key_1
        c1 = product_1 & _LOW
        c3 = product_0 & _LOW
        key_0 = (key_0 + _WEYL_0) & _LOW
        key_1 = (key_1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@nb.njit(cache=True, nogil=True)
def uniforms(seed: int, step: int, stream: int, index: int) -> tuple[float, float]:
    """Draw two independent numbers, uniform in (0, 1), on a lattice of 2⁻⁵³."""
    key, count = np.uint64(seed), np.uint64(step)
    w0, w1, w2, w3 = philox(
        key & _LOW,
        key >> _WORD,
        np.uint64(index),
        np.uint64(stream),
        count & _LOW,
        count >> _WORD,
    )
    first = ((w0 << _WORD) | w1) >> _MANTISSA_SHIFT
    second = ((w2 << _WORD) | w3) >> _MANTISSA_SHIFT
    return (float(first) + 0.5) * _TO_UNIT, (float(second) + 0.5) * _TO_UNIT


@nb.njit(cache=True, nogil=True)
def normals(seed: int, step: int, stream: int, index: int) -> tuple[float, float]:
    """Draw two independent standard normal numbers (Box and Muller)."""
    first, second = uniforms(seed, step, stream, index)
    radius = math.sqrt(-2.0 * math.log(first))
    angle = 2.0 * math.pi * second
    return radius * math.cos(angle), radius * math.sin(angle)


@nb.njit(cache=True, nogil=True)
def gamma(shape: float, seed: int, step: int, stream: int, index: int) -> float:
    """Draw from the gamma distribution of unit scale.

    Marsaglia and Tsang, ACM Trans. Math. Softw. 26, 363 (2000),
    https://doi.org/10.1145/358407.358414.

    Parameters
    ----------
    shape : float
        Positive; mean and variance of the distribution.
    seed, step, stream : int
        Which draw.
    index : int
        First counter; the draw uses `index` and as many after it as rejection needs, so a
        stream gives one gamma number a step.
    """
    boost = 1.0
    if shape < 1.0:
        boost = uniforms(seed, step, stream, index)[0] ** (1.0 / shape)
        shape += 1.0
        index += 1
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normals(seed, step, stream, index)[0]
        u = uniforms(seed, step, stream, index + 1)[0]
        index += 2
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(u) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            return float(boost * d * v)


@nb.njit(cache=True, nogil=True)
def fill_normals(seed: int, step: int, stream: int, out: FloatArray) -> None:
    """Fill a flat array (n,) with independent standard normal numbers."""
    for pair in range((out.shape[0] + 1) // 2):
        first, second = normals(seed, step, stream, pair)
        out[2 * pair] = first
        if 2 * pair + 1 < out.shape[0]:
            out[2 * pair + 1] = second
