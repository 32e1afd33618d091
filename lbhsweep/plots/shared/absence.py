"""Why a figure or a panel has nothing to show: the one table of reasons.

What a figure needs and the results lack is said by its declaration.  Everything else is counted
from the runs' own states here, or passed on from the analysis, which knows.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import xarray as xr

from lbhsweep.analysis.transport.coefficients import NO_HOLD
from lbhsweep.store.one_phase import Equilibrated
from lbhsweep.store.schema import Status

NO_HOLDS = "the results have no holds"
NO_COEXISTENCE = "the results have no runs in which two phases meet"
ONE_RATE = "one heating rate"


def without(observable: str) -> str:
    """Return the reason why holds that lack an observable can't be shown."""
    return f"holds without the observable '{observable}'"


def is_done(dataset: xr.Dataset) -> xr.DataArray:
    """Find which runs are done; all if the results don't contain their status."""
    if "status" not in dataset:
        return xr.ones_like(dataset["volume"], dtype=bool)
    return is_finished(dataset)


def is_finished(dataset: xr.Dataset) -> xr.DataArray:
    """Find which runs are done, by their status."""
    return (dataset["status"] == Status.DONE).compute()


def has_drifted(dataset: xr.Dataset) -> xr.DataArray:
    """Find which holds have not settled."""
    if "equilibrated" not in dataset:
        return xr.zeros_like(dataset["volume"], dtype=bool)
    return (dataset["equilibrated"] == Equilibrated.NO).compute()


def why_no_hold(hold: xr.Dataset, what: str) -> str:
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


def why_no_mean_error(convergence: xr.Dataset) -> str:
    """Return why no hold shows how its means converge."""
    return _why(int(convergence["n_done"].sum()), 0, "error of its mean")


def why_no_ramp(tree: xr.DataTree, what: str) -> str:
    """Return why no ramp gives `what`: there is none, none is done, or all are without it."""
    if "ramp" not in tree.children:
        return "the results have no ramps"
    done = int(is_done(tree["ramp"].to_dataset()).sum())
    if not done:
        return "no ramp is finished"
    return f"{done} ramp(s) are finished, and none gives the {what}"


def why_no_diffusion(transport: xr.Dataset) -> str:
    """Return why no cell has a diffusion coefficient, as the analysis says of most cells."""
    if "diffusion_reason" in transport:
        reasons = [str(one) for one in transport["diffusion_reason"].values.ravel()]
        counts = Counter(one for one in reasons if one and not one.startswith(NO_HOLD))
        if counts:
            return counts.most_common(1)[0][0]
    return "no hold gives a diffusion coefficient"


def why_unknown(reasons: xr.DataArray, what: str) -> str:
    """Return the first reason that the analysis gives, else that it gives none."""
    given = [str(one) for one in np.ravel(reasons.values) if str(one)]
    return given[0] if given else f"the analysis knows no {what}"


def _why(done: int, drifting: int, what: str) -> str:
    if not done:
        return "no hold is finished"
    if drifting == done:
        return f"none of the {done} finished hold(s) has settled"
    return f"{done} hold(s) are finished, and none gives the {what}: too short"
