"""Types of arrays, by the numbers that they hold, and of coordinates on a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]
Arrays = dict[str, npt.NDArray[Any]]
"""Arrays by name, as observables, checkpoints and records keep them."""
GridValue = str | int | float
"""A coordinate of a cell on one dimension of a grid."""
