"""The vectors of `simd_llvm` as NumPy arrays, for kernels that run uncompiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

VECTOR_BYTES = 64

Vector = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


def lanes(array: Any) -> int:
    """Lanes of a vector, or of the vectors of an array."""
    return VECTOR_BYTES // int(array.dtype.itemsize)


def load(array: Vector, index: int) -> Vector:
    """Read a vector from a contiguous array (n,), from element `index` on."""
    vector = array[index : index + lanes(array)].copy()
    if len(vector) < lanes(array):
        raise IndexError(f"a vector at {index} reaches beyond the end, {len(array)}")
    return vector


def store(array: Vector, index: int, value: Vector) -> None:
    """Write a vector into a contiguous array (n,), from element `index` on."""
    array[index : index + len(value)] = value


def compress_store(array: Vector, index: int, value: Vector, mask: Mask) -> None:
    """Write the lanes that `mask` keeps, side by side, from element `index` on."""
    kept = value[mask]
    array[index : index + len(kept)] = kept


def expand_load(array: Vector, index: int, mask: Mask) -> Vector:
    """Read what `compress_store` wrote back into its lanes; zero in the others."""
    vector = np.zeros(lanes(array), array.dtype)
    vector[mask] = array[index : index + np.count_nonzero(mask)]
    return vector


def mask_bits(mask: Mask) -> int:
    """Write a mask as an integer, lane k as bit k."""
    return sum(1 << lane for lane in np.flatnonzero(mask).tolist())


def mask_of_bits(array: Vector, bits: int) -> Mask:
    """Read a mask for vectors of this array's type from an integer."""
    return np.array([bool(int(bits) >> lane & 1) for lane in range(lanes(array))])


def count(mask: Mask) -> int:
    """Count the lanes that a mask keeps."""
    return int(np.count_nonzero(mask))


def filled(array: Vector, value: float) -> Vector:
    """Put a number into all lanes of a vector of this array's type."""
    return np.full(lanes(array), value, array.dtype)


def fma(a: Any, b: Any, c: Any) -> Vector:
    """a·b + c; scalars go into all lanes."""
    return np.asarray(a * b + c)


def inverse_sqrt(x: Vector) -> Vector:
    """1/√x."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 / np.sqrt(x), dtype=x.dtype)


def maximum(a: Vector, b: Any) -> Vector:
    """Take the larger in each lane; b, a vector or a number, where a is NaN."""
    return np.where(a > b, a, np.asarray(b, a.dtype))


def minimum(a: Vector, b: Any) -> Vector:
    """Take the smaller in each lane; b, a vector or a number, where a is NaN."""
    return np.where(a < b, a, np.asarray(b, a.dtype))


def select(mask: Mask, a: Any, b: Any) -> Vector:
    """Take a where the mask is set and b elsewhere; either may be a number."""
    dtype = (a if isinstance(a, np.ndarray) else b).dtype
    return np.asarray(np.where(mask, a, b), dtype)


def times_power_of_two(value: Vector, shifted: Vector) -> Vector:
    """value·2ᵏ, where `shifted` is k + 1.5·2^m and m the number of mantissa bits."""
    whole, mantissa = (np.int32, 23) if value.dtype == np.float32 else (np.int64, 52)
    k = np.left_shift(shifted.view(whole), whole(mantissa))
    return np.asarray((value.view(whole) + k).view(value.dtype))


def total(value: Vector) -> Any:
    """Sum of all lanes, halves first."""
    while len(value) > 1:
        half = len(value) // 2
        value = value[:half] + value[half:]
    return value[0]


def smallest(value: Vector) -> Any:
    """Smallest of all lanes."""
    return value.min()


def largest(value: Vector) -> Any:
    """Largest of all lanes."""
    return value.max()
