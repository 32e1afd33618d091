"""Single holds for figures: those built in different phases side by side, each with its name."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.starts import join_starts
from lbhsweep.arrays import BoolArray
from lbhsweep.plots.shared.style import Nothing
from lbhsweep.store.schema import Equilibrated, Status

NO_HOLDS = "the results have no holds"


def joined_holds(
    tree: xr.DataTree, names: Collection[str], observable: str
) -> xr.Dataset | Nothing:
    """Give one material's holds along ``replica``, whatever they were built in.

    Parameters
    ----------
    tree : DataTree
        One material's part of the results.
    names : collection of str
        Variables wanted.
    observable : str
        Which gives them.

    Returns
    -------
    Dataset or Nothing
        With a coordinate ``run`` along ``replica``: ``replica 0``, and what it was built in if
        the sweep builds both phases.
    """
    if "hold" not in tree.children:
        return Nothing(NO_HOLDS)
    hold = tree["hold"].to_dataset()
    if not all(name in hold for name in names):
        return Nothing(f"holds without the observable '{observable}'")
    numbers = [f"replica {number}" for number in hold["replica"].values]
    starts = [f", built in {start}" for start in hold["start"].values] if _both(hold) else [""]
    runs = np.array([number + start for start in starts for number in numbers], dtype=object)
    return join_starts(hold).assign_coords(run=("replica", runs))


def _both(hold: xr.Dataset) -> bool:
    return "start" in hold.dims


def is_done(dataset: xr.Dataset) -> xr.DataArray:
    """Tell which runs are done; all where the results don't say."""
    if "status" not in dataset:
        return xr.ones_like(dataset["volume"], dtype=bool)
    return (dataset["status"] == Status.DONE).compute()


def has_drifted(dataset: xr.Dataset) -> xr.DataArray:
    """Tell which holds have not settled."""
    if "equilibrated" not in dataset:
        return xr.zeros_like(dataset["volume"], dtype=bool)
    return (dataset["equilibrated"] == Equilibrated.NO).compute()


def is_planned(tree: xr.DataTree, temperature: xr.DataArray, pressure: float) -> BoolArray:
    """Tell at which temperatures (n,) a hold of one material was planned at a pressure.

    Where the results don't say, all of them were.
    """
    if "hold" not in tree.children or "status" not in tree["hold"]:
        return np.ones(temperature.size, dtype=bool)
    status = tree["hold"]["status"].sel(pressure=pressure, temperature=temperature)
    others = [dim for dim in status.dims if dim != "temperature"]
    return np.asarray((status != Status.NOT_PLANNED).any(others).values, dtype=bool)
