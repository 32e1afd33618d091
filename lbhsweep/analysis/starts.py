"""Where holds begin: in which phase they were built, and what follows what."""

from __future__ import annotations

import numpy as np
import xarray as xr


def join_starts(hold: xr.Dataset) -> xr.Dataset:
    """Put holds built in different phases side by side as replicas, with a coordinate `start`.

    What a hold is by the end decides with which others it is averaged, not what it began as.
    """
    if "start" not in hold.dims:
        return hold
    parts = [
        hold.isel(start=number, drop=True).assign_coords(
            start=("replica", np.full(hold.sizes["replica"], str(name), dtype=object))
        )
        for number, name in enumerate(hold["start"].values)
    ]
    joined = xr.concat(parts, "replica", coords="minimal", compat="override")
    return joined.assign_coords(replica=np.arange(joined.sizes["replica"]))
