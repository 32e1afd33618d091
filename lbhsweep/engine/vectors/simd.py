"""Vectors of 64 bytes, 16 float32 or 8 float64, in kernels.

`load` and `store` move them; ``+ - * <`` work on them, a scalar standing for all its lanes; the
functions below do the rest.  Arrays must reach to the end of the last vector.  Compiled kernels
get machine vectors, uncompiled ones (``NUMBA_DISABLE_JIT=1``) NumPy arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba as nb

if TYPE_CHECKING or nb.config.DISABLE_JIT:
    from lbhsweep.engine.vectors import plain as _simd
else:
    from lbhsweep.engine.vectors import llvm as _simd

compress_store = _simd.compress_store
count = _simd.count
expand_load = _simd.expand_load
filled = _simd.filled
fma = _simd.fma
inverse_sqrt = _simd.inverse_sqrt
lanes = _simd.lanes
largest = _simd.largest
load = _simd.load
mask_bits = _simd.mask_bits
mask_of_bits = _simd.mask_of_bits
maximum = _simd.maximum
minimum = _simd.minimum
select = _simd.select
smallest = _simd.smallest
store = _simd.store
times_power_of_two = _simd.times_power_of_two
total = _simd.total

__all__ = [
    "compress_store",
    "count",
    "expand_load",
    "filled",
    "fma",
    "inverse_sqrt",
    "lanes",
    "largest",
    "load",
    "mask_bits",
    "mask_of_bits",
    "maximum",
    "minimum",
    "select",
    "smallest",
    "store",
    "times_power_of_two",
    "total",
]
