"""What one core can do at most: vector multiply-adds, and bytes from its caches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np

from lbhsweep.engine.vectors.simd import filled, fma, lanes, load, store

REPEATS = 7
CHAIN = 20_000
PER_TURN = 10
"""Independent multiply-adds in a turn: more than latency times ports."""
CACHES = {"L1": 24 * 1024, "L2": 1024 * 1024, "beyond": 64 * 1024 * 1024}
"""Bytes of the array that is read over and over."""


@dataclass(frozen=True)
class Limits:
    """Rates of one core, the best of several tries.

    Attributes
    ----------
    single, double : float
        Vector multiply-adds a second, of 16 float32 or 8 float64 lanes.
    read : dict of str to float
        Bytes a second by where they lie.
    """

    single: float
    double: float
    read: dict[str, float]


def measure_limits() -> Limits:
    """Run the kernels."""
    rates = [
        PER_TURN * CHAIN / _best(_multiply_add, np.full(256, 0.5, dtype), CHAIN)
        for dtype in (np.float32, np.float64)
    ]
    read = {}
    for name, size in CACHES.items():
        times = max(1, 2 * CACHES["beyond"] // size // 16)
        read[name] = times * size / _best(_read, _aligned(size), times)
    return Limits(*rates, read)


def _aligned(size: int) -> Any:
    """Make an array that starts with a cache line: other vectors lie across two of them."""
    room = np.zeros(size + 64, np.uint8)
    first = -room.ctypes.data % 64
    return room[first : first + size].view(np.float32)


def _best(kernel: Callable[..., Any], array: Any, times: int) -> float:
    kernel(array, 1)
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        kernel(array, times)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@nb.njit(error_model="numpy")
def _multiply_add(x: Any, turns: int) -> None:
    n = lanes(x)
    b = load(x, 10 * n)
    c = load(x, 11 * n)
    # Loaded and stored one by one, or equal chains would be made one.
    a0 = load(x, 0)
    a1 = load(x, n)
    a2 = load(x, 2 * n)
    a3 = load(x, 3 * n)
    a4 = load(x, 4 * n)
    a5 = load(x, 5 * n)
    a6 = load(x, 6 * n)
    a7 = load(x, 7 * n)
    a8 = load(x, 8 * n)
    a9 = load(x, 9 * n)
    for _ in range(turns):
        a0 = fma(a0, b, c)
        a1 = fma(a1, b, c)
        a2 = fma(a2, b, c)
        a3 = fma(a3, b, c)
        a4 = fma(a4, b, c)
        a5 = fma(a5, b, c)
        a6 = fma(a6, b, c)
        a7 = fma(a7, b, c)
        a8 = fma(a8, b, c)
        a9 = fma(a9, b, c)
    store(x, 0, a0)
    store(x, n, a1)
    store(x, 2 * n, a2)
    store(x, 3 * n, a3)
    store(x, 4 * n, a4)
    store(x, 5 * n, a5)
    store(x, 6 * n, a6)
    store(x, 7 * n, a7)
    store(x, 8 * n, a8)
    store(x, 9 * n, a9)


@nb.njit(error_model="numpy")
def _read(x: Any, times: int) -> None:
    n = lanes(x)
    a = b = c = d = e = f = g = h = filled(x, 0.0)
    for _ in range(times):
        for k in range(0, x.shape[0], 8 * n):
            a = a + load(x, k)
            b = b + load(x, k + n)
            c = c + load(x, k + 2 * n)
            d = d + load(x, k + 3 * n)
            e = e + load(x, k + 4 * n)
            f = f + load(x, k + 5 * n)
            g = g + load(x, k + 6 * n)
            h = h + load(x, k + 7 * n)
    store(x, 0, a + b + c + d + e + f + g + h)
