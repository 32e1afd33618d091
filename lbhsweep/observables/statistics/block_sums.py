"""Sums over blocks of samples, from which means, scatter and series follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays, FloatArray


class BlockSums:
    """Sums and sums of squares of several quantities in each block.

    Values are summed as differences from the first sample, so that squares keep their digits.

    Parameters
    ----------
    n_blocks, n_values : int
        Number of blocks, and of quantities.
    """

    def __init__(self, n_blocks: int, n_values: int) -> None:
        self._count = np.zeros(n_blocks)
        self._first = np.zeros(n_values)
        self._sum = np.zeros((n_blocks, n_values))
        self._square = np.zeros((n_blocks, n_values))

    def add(self, block: int, values: FloatArray) -> None:
        """Add one sample of all quantities to a block."""
        add_values(block, values, self._count, self._first, self._sum, self._square)

    @property
    def count(self) -> FloatArray:
        """Samples (n_blocks,) in each block."""
        return self._count

    def mean(self, inside: npt.NDArray[np.bool_]) -> FloatArray:
        """Mean (n_values,) of all samples in some blocks, at least one of them filled."""
        total = self._sum[inside].sum(axis=0)
        return np.asarray(self._first + total / self._count[inside].sum())

    def means(self) -> FloatArray:
        """Mean (n_blocks, n_values) of each block; NaN in an empty one."""
        return self._first + self._per_sample(self._sum)

    def variances(self) -> FloatArray:
        """Mean square distance (n_blocks, n_values) from each block's own mean."""
        spread = self._per_sample(self._square) - self._per_sample(self._sum) ** 2
        return np.maximum(spread, 0.0)

    def _per_sample(self, sums: FloatArray) -> FloatArray:
        count = np.where(self._count > 0, self._count, np.nan)
        return sums / count[:, None]

    def state(self) -> Arrays:
        """Return the sums."""
        return {
            "count": self._count.copy(),
            "first": self._first.copy(),
            "sum": self._sum.copy(),
            "square": self._square.copy(),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore the sums that `state` returned."""
        self._count[:] = arrays["count"]
        self._first[:] = arrays["first"]
        self._sum[:] = arrays["sum"]
        self._square[:] = arrays["square"]


@nb.njit(cache=True, nogil=True)
def add_values(
    block: int,
    values: FloatArray,
    count: FloatArray,
    first: FloatArray,
    total: FloatArray,
    square: FloatArray,
) -> None:
    """Add values (n_values,) to the sums of a block, in place; the very first become `first`."""
    if not count.any():
        first[:] = values
    count[block] += 1.0
    for k in range(len(values)):
        deviation = values[k] - first[k]
        total[block, k] += deviation
        square[block, k] += deviation * deviation
