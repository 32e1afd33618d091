"""Single holds for figures: those built in different phases are joined, each with its name."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.groups import join_starts
from lbhsweep.arrays import BoolArray
from lbhsweep.plots.shared.absence import NO_HOLDS, without
from lbhsweep.plots.shared.declaration import Needs
from lbhsweep.store.schema import Status


def needs_holds(names: tuple[str, ...], observable: str) -> tuple[Needs, Needs]:
    """Declare that a figure needs holds with some variables of an observable."""
    return (
        Needs("results", "hold", NO_HOLDS),
        Needs("results", "hold", without(observable), variables=names),
    )


def joined_holds(tree: xr.DataTree) -> xr.Dataset:
    """Return one material's holds along ``replica``, in whichever phase they were built.

    Parameters
    ----------
    tree : DataTree
        One material's part of the results, with the group ``hold``.

    Returns
    -------
    Dataset
        With a coordinate ``run`` along ``replica``: ``replica 0``, and the phase in which it was
        built if the sweep builds both phases.
    """
    hold = tree["hold"].to_dataset()
    numbers = [f"replica {number}" for number in hold["replica"].values]
    starts = [f", built in {start}" for start in hold["start"].values] if _both(hold) else [""]
    runs = np.array([number + start for start in starts for number in numbers], dtype=object)
    return join_starts(hold).assign_coords(run=("replica", runs))


def _both(hold: xr.Dataset) -> bool:
    return "start" in hold.dims


def is_planned(tree: xr.DataTree, temperature: xr.DataArray, pressure: float) -> BoolArray:
    """Find at which temperatures (n,) a hold of one material was planned at a pressure.

    If the results don't contain the status of runs, all count as planned.
    """
    if "hold" not in tree.children or "status" not in tree["hold"]:
        return np.ones(temperature.size, dtype=bool)
    status = tree["hold"]["status"].sel(pressure=pressure, temperature=temperature)
    others = [dim for dim in status.dims if dim != "temperature"]
    return np.asarray((status != Status.NOT_PLANNED).any(others).values, dtype=bool)
