"""Transport of lithium and turning of anions by phase, pressure and temperature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.analysis.by_phase import (
    combine_one_phase,
    join_phases,
    names_by_phase,
    split_phases,
)
from lbhsweep.analysis.replicas import EVENTS
from lbhsweep.analysis.runs import counted
from lbhsweep.analysis.starts import join_starts
from lbhsweep.analysis.variables import BoolArray, IntArray, text, variable
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.store.schema import Status

Texts = npt.NDArray[np.object_]
DIFFUSION = (
    "diffusion_coefficient",
    "conductivity",
    "conductivity_tracer",
    "haven_ratio",
    "li_msd",
)
REORIENTATION = ("reorientation_rate", "reorientation_amplitude")
"""Known where a decay was seen."""
RESOLVED = "reorientation_resolved"
START = "diffusion_start"
_OF_CHARGE = {
    "conductivity": "the displacement of all charge is not linear in time yet: run longer",
    "haven_ratio": "the displacement of all charge is within two standard errors of none",
}
"""Why there may be no value where there is a tracer diffusion coefficient."""
NO_HOLD = "no hold is in this phase"


def transport_names(dataset: xr.Dataset) -> list[str]:
    """List the variables of the holds that `analyze_transport` reads."""
    return names_by_phase(dataset, (*DIFFUSION, *REORIENTATION, EVENTS, START, RESOLVED))


def analyze_transport(hold: xr.Dataset) -> xr.Dataset | None:
    """Combine what moves over all replicas that are in the same phase.

    Replicas are combined by the rules of `combine_group`, those from all starts together:
    what a hold is decides, not what it was built as.  λ and its amplitude come from replicas in
    which a decay was seen.

    Parameters
    ----------
    hold : Dataset
        The group `hold` of the results.

    Returns
    -------
    Dataset or None
        By the grid without ``start`` and ``replica``, and by ``phase`` (those that any hold is
        in): `DIFFUSION` and `REORIENTATION` with errors and numbers of replicas; ``li_hop_count``
        of all replicas; ``diffusion_start``, the longest of any replica; ``n_replicas``,
        ``n_too_short``, ``n_drifting``; a reason for each observable and for the Haven ratio.
        None where neither diffusion nor rotation was measured.
    """
    names = transport_names(hold)
    if not {*DIFFUSION, *REORIENTATION, EVENTS}.intersection(names):
        return None
    status = join_starts(hold[["status"]])["status"] if "status" in hold else None
    parts = {phase: _of_phase(one) for phase, one in split_phases(hold, names).items()}
    joined = join_phases(parts)
    return joined.assign(_reasons(joined, status))


def _of_phase(hold: xr.Dataset) -> xr.Dataset:
    """Combine the replicas of one phase."""
    resolved = [n for name in REORIENTATION for n in (name, stderr_name(name)) if n in hold]
    if RESOLVED in hold:
        hold = hold.assign({name: hold[name].where(hold[RESOLVED] == 1) for name in resolved})
    usable = counted(hold)
    combined = combine_one_phase(hold.drop_vars([RESOLVED, START], errors="ignore"))
    for name, total, how in (
        (EVENTS, True, "in all replicas"),
        (START, False, "the longest of the replicas"),
    ):
        if name in hold:
            values = hold[name].where(usable)
            over = values.sum("replica", min_count=1) if total else values.max("replica")
            one = CATALOGUE[name]
            dims = [str(dim) for dim in over.dims]
            combined[name] = variable(dims, over.values, one.units, f"{one.long_name}, {how}")
    return combined


def _reasons(combined: xr.Dataset, status: xr.DataArray | None) -> dict[str, xr.Variable]:
    dims = tuple(str(dim) for dim in combined["n_replicas"].dims)
    n = combined["n_replicas"].values
    absent = _nobody(combined, status)
    found: dict[str, Texts] = {}
    if "diffusion_coefficient" in combined:
        missing = ~_seen(combined, "diffusion_coefficient")
        found["diffusion_reason"] = _first(absent, _few_hops(combined, n, missing))
        before = found["diffusion_reason"]
        for name, why in _OF_CHARGE.items():
            if name in combined:
                gap = np.where(_seen(combined, name), "", why).astype(object)
                before = found[f"{name}_reason"] = _first(before, gap)
    if "reorientation_rate" in combined:
        count = combined["reorientation_rate_replicas"].values
        found["reorientation_reason"] = _first(absent, _unresolved(count, n))
    return {
        name: text(dims, values, f"why there is no value, or a caveat: {name[:-7]}")
        for name, values in found.items()
    }


def _seen(combined: xr.Dataset, name: str) -> BoolArray:
    return np.isfinite(np.asarray(combined[name].values, dtype=np.float64))


def _first(*reasons: Texts) -> Texts:
    """Take the first reason that there is in each cell."""
    result = reasons[-1]
    for texts in reasons[-2::-1]:
        result = np.where(texts == "", result, texts)
    return result


def _nobody(combined: xr.Dataset, status: xr.DataArray | None) -> Texts:
    """Say why no replica counts in a phase."""
    n, drifting = combined["n_replicas"], combined["n_drifting"]
    others: list[tuple[IntArray, str]] = []
    if status is not None:
        for codes, what in (
            ((Status.PENDING, Status.RUNNING), "not finished"),
            ((Status.FAILED, Status.QUARANTINED), "failed"),
        ):
            count = status.isin(codes).sum("replica").broadcast_like(n)
            aligned = count.reindex_like(n).transpose(*n.dims)
            others.append((aligned.values.astype(np.int64), what))
    reasons: Texts = np.full(n.shape, "", dtype=object)
    for index in np.argwhere(n.values == 0):
        at = tuple(index)
        left = int(drifting.values[at])
        words = [f"{left} hold(s) in this phase have not settled" if left else NO_HOLD]
        words += [f"{count[at]} {what}" for count, what in others if count[at]]
        reasons[at] = ", ".join(words)
    return reasons


def _few_hops(combined: xr.Dataset, n: IntArray, missing: BoolArray) -> Texts:
    reasons: Texts = np.full(n.shape, "", dtype=object)
    hops = combined[EVENTS].values if EVENTS in combined else np.full(n.shape, np.nan)
    for index in np.argwhere(missing & (n > 0)):
        at = tuple(index)
        if np.isfinite(hops[at]):
            reasons[at] = (
                f"fewer than ten hops in every hold, {hops[at]:.0f} in all {n[at]}: run longer"
            )
        else:
            reasons[at] = "the displacement of Li is not linear in time yet: run longer"
    return reasons


def _unresolved(count: IntArray, n: IntArray) -> Texts:
    reasons: Texts = np.full(n.shape, "", dtype=object)
    for index in np.argwhere(count < n):
        at = tuple(index)
        if count[at] == 0:
            reasons[at] = f"no decay seen in {n[at]} hold(s): turns are rarer than one a run"
        else:
            reasons[at] = f"decay seen in {count[at]} of {n[at]} holds: their mean is too large"
    return reasons
