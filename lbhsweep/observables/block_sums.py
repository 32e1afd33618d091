"""Sums over blocks of samples, from which means, scatter and series follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.observables.base import Arrays


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

    def add(self, block: int, values: npt.NDArray[np.float64]) -> None:
        """Add one sample of all quantities to a block."""
        if not self._count.any():
            self._first[:] = values
        deviation = values - self._first
        self._count[block] += 1.0
        self._sum[block] += deviation
        self._square[block] += deviation**2

    @property
    def count(self) -> npt.NDArray[np.float64]:
        """Samples (n_blocks,) in each block."""
        return self._count

    def mean(self, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """Mean (n_values,) of all samples in some blocks, at least one of them filled."""
        total = self._sum[inside].sum(axis=0)
        return np.asarray(self._first + total / self._count[inside].sum())

    def means(self) -> npt.NDArray[np.float64]:
        """Mean (n_blocks, n_values) of each block; NaN in an empty one."""
        return self._first + self._per_sample(self._sum)

    def variances(self) -> npt.NDArray[np.float64]:
        """Mean square distance (n_blocks, n_values) from each block's own mean."""
        spread = self._per_sample(self._square) - self._per_sample(self._sum) ** 2
        return np.maximum(spread, 0.0)

    def _per_sample(self, sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        count = np.where(self._count > 0, self._count, np.nan)
        return sums / count[:, None]

    def state(self) -> Arrays:
        """Give the sums."""
        return {
            "count": self._count.copy(),
            "first": self._first.copy(),
            "sum": self._sum.copy(),
            "square": self._square.copy(),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take the sums that `state` gave."""
        self._count[:] = arrays["count"]
        self._first[:] = arrays["first"]
        self._sum[:] = arrays["sum"]
        self._square[:] = arrays["square"]
