"""Which temperatures a sweep asks for: only they can be missing."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.variables import BoolArray
from lbhsweep.store.schema import Status


def is_planned(tree: xr.DataTree, temperature: xr.DataArray, pressure: float) -> BoolArray:
    """Tell at which temperatures (n,) a hold of one material was planned at a pressure.

    Where the results don't say, all of them were.
    """
    if "hold" not in tree.children or "status" not in tree["hold"]:
        return np.ones(temperature.size, dtype=bool)
    status = tree["hold"]["status"].sel(pressure=pressure, temperature=temperature)
    return np.asarray((status != Status.NOT_PLANNED).any("replica").values, dtype=bool)
