"""Single holds for figures: those built in different phases are joined, each with its name."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.groups import join_starts
from lbhsweep.arrays import BoolArray
from lbhsweep.plots.shared.declaration import Needs
from lbhsweep.store.one_phase import Equilibrated
from lbhsweep.store.schema import Status

NO_HOLDS = "the results have no holds"


def needs_holds(names: tuple[str, ...], observable: str) -> tuple[Needs, Needs]:
    """Declare that a figure needs holds with some variables of an observable."""
    return (
        Needs("results", "hold", NO_HOLDS),
        Needs("results", "hold", without(observable), variables=names),
    )


def without(observable: str) -> str:
    """Return the reason why holds that lack an observable can't be shown."""
    return f"holds without the observable '{observable}'"


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


def is_done(dataset: xr.Dataset) -> xr.DataArray:
    """Find which runs are done; all if the results don't contain their status."""
    if "status" not in dataset:
        return xr.ones_like(dataset["volume"], dtype=bool)
    return (dataset["status"] == Status.DONE).compute()


def why_unknown(hold: xr.Dataset, what: str) -> str:
    """Return why no single hold gives `what`: none is done, none has settled, or all are short."""
    done = is_done(hold)
    drifting = done & has_drifted(hold)
    return _why(int(done.sum()), int(drifting.sum()), what)


def why_no_average(averaged: xr.Dataset, what: str) -> str:
    """Return why averages of holds over replicas don't give `what`, from their own counts."""
    if "n_replicas" not in averaged:
        return _why(0, 0, what)
    used = int(averaged["n_replicas"].sum())
    drifting = int(averaged["n_drifting"].sum()) if "n_drifting" in averaged else 0
    return _why(used + drifting, drifting, what)


def _why(done: int, drifting: int, what: str) -> str:
    if not done:
        return "no hold is finished"
    if drifting == done:
        return f"none of the {done} finished hold(s) has settled"
    return f"{done} hold(s) are finished, and none gives the {what}: too short"


def has_drifted(dataset: xr.Dataset) -> xr.DataArray:
    """Find which holds have not settled."""
    if "equilibrated" not in dataset:
        return xr.zeros_like(dataset["volume"], dtype=bool)
    return (dataset["equilibrated"] == Equilibrated.NO).compute()


def is_planned(tree: xr.DataTree, temperature: xr.DataArray, pressure: float) -> BoolArray:
    """Find at which temperatures (n,) a hold of one material was planned at a pressure.

    If the results don't contain the status of runs, all count as planned.
    """
    if "hold" not in tree.children or "status" not in tree["hold"]:
        return np.ones(temperature.size, dtype=bool)
    status = tree["hold"]["status"].sel(pressure=pressure, temperature=temperature)
    others = [dim for dim in status.dims if dim != "temperature"]
    return np.asarray((status != Status.NOT_PLANNED).any(others).values, dtype=bool)
