"""Transport of lithium and reorientation of anions by phase, pressure and temperature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.analysis.phases.assignment import LONG_NAMES, assign_phases
from lbhsweep.analysis.replicas import EVENTS, SYSTEMATIC, combine_group
from lbhsweep.analysis.runs import counted
from lbhsweep.analysis.variables import text, variable
from lbhsweep.arrays import BoolArray, IntArray
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.quantities.diffusion import DiffusionStatus
from lbhsweep.store.schema import Status

Texts = npt.NDArray[np.object_]
DIFFUSION = (
    "diffusion_coefficient",
    "conductivity",
    "conductivity_tracer",
    "haven_ratio",
    "li_msd",
    "diffusion_exponent",
)
REORIENTATION = ("reorientation_rate", "reorientation_amplitude")
"""Known where a decay was seen."""
RESOLVED = "reorientation_resolved"
START = "diffusion_start"
END = "diffusion_end"
STATUS = "diffusion_status"
ORDER = ("alpha_order", "alpha_order_stderr", "alpha_lithium")
"""Order parameters, by which phases are assigned."""
_CHARGE_REASONS = {
    "conductivity": "the displacement of all charge is not linear in time yet: run longer",
    "haven_ratio": "the displacement of all charge is within two standard errors of none",
}
"""Why there may be no value where there is a tracer diffusion coefficient."""
NO_HOLD = "no hold is in this phase"


def transport_names(dataset: xr.Dataset) -> list[str]:
    """List the variables of the holds that `analyze_transport` reads."""
    averaged = [n for name in (*DIFFUSION, *REORIENTATION) for n in (name, stderr_name(name))]
    names = (
        *averaged,
        EVENTS,
        START,
        END,
        STATUS,
        SYSTEMATIC,
        RESOLVED,
        *ORDER,
        "volume",
        "status",
        "equilibrated",
    )
    return [name for name in names if name in dataset]


def analyze_transport(hold: xr.Dataset) -> xr.Dataset | None:
    """Combine transport over all replicas that are in the same phase.

    Replicas are combined by the rules of `combine_group`.  λ and its amplitude come from replicas
    in which a decay was seen.

    Parameters
    ----------
    hold : Dataset
        The group `hold` of the results, from `join_starts`.

    Returns
    -------
    Dataset or None
        By ``phase`` (those that any hold is in) and the grid without ``replica``: `DIFFUSION`
        and `REORIENTATION` with errors and numbers of replicas; ``li_hop_count`` of all
        replicas; ``diffusion_start`` and ``diffusion_end``, the longest of any replica;
        ``n_replicas``,
        ``n_too_short``, ``n_drifting``; a reason for each observable and for the Haven ratio.
        None where neither diffusion nor rotation was measured.
    """
    names = transport_names(hold)
    if not {*DIFFUSION, *REORIENTATION, EVENTS}.intersection(names):
        return None
    hold = hold[names].load().sortby(["pressure", "temperature"])
    clear = {}
    if RESOLVED in hold:
        known = [n for name in REORIENTATION for n in (name, stderr_name(name)) if n in hold]
        clear = {name: hold[name].where(hold[RESOLVED] == 1) for name in known}
    combined = combine_group(hold.assign(clear))
    for name, total, how in (
        (EVENTS, True, "in all replicas"),
        (START, False, "the longest of the replicas"),
        (END, False, "the longest of the replicas"),
    ):
        if name in hold:
            combined[name] = _over_replicas(hold, name, combined["phase"], how, total=total)
    unwanted = [str(name) for name in combined if str(name).startswith(("volume", *ORDER))]
    return combined.drop_vars(unwanted).assign(_reasons(combined, hold))


def _over_replicas(
    hold: xr.Dataset, name: str, phase: xr.DataArray, how: str, *, total: bool
) -> xr.Variable:
    """Compute the sum over the replicas of each phase, or the largest."""
    values, phases = hold[name].where(counted(hold)), assign_phases(hold)
    codes = {long_name: code for code, long_name in LONG_NAMES.items()}
    parts = [values.where(phases == codes[str(long_name)]) for long_name in phase.values]
    joined = xr.concat(parts, "phase")
    over = joined.sum("replica", min_count=1) if total else joined.max("replica")
    one = CATALOGUE[name]
    dims = [str(dim) for dim in over.dims]
    return variable(dims, over.values, one.units, f"{one.long_name}, {how}")


def _reasons(combined: xr.Dataset, hold: xr.Dataset) -> dict[str, xr.Variable]:
    dims = tuple(str(dim) for dim in combined["n_replicas"].dims)
    n = combined["n_replicas"].values
    absent = _why_no_replica(combined, hold)
    found: dict[str, Texts] = {}
    if "diffusion_coefficient" in combined:
        missing = ~_is_known(combined, "diffusion_coefficient")
        found["diffusion_reason"] = _first_reason(
            absent, _why_no_diffusion(combined, hold, n, missing)
        )
        before = found["diffusion_reason"]
        for name, why in _CHARGE_REASONS.items():
            if name in combined:
                gap = np.where(_is_known(combined, name), "", why).astype(object)
                if name == "haven_ratio":
                    gap = _first_reason(
                        gap, _why_few_known(combined["haven_ratio_replicas"].values, n)
                    )
                before = found[f"{name}_reason"] = _first_reason(before, gap)
    if "reorientation_rate" in combined:
        count = combined["reorientation_rate_replicas"].values
        found["reorientation_reason"] = _first_reason(absent, _why_no_rate(count, n))
    return {
        name: text(dims, values, f"why there is no value, or a caveat: {name[:-7]}")
        for name, values in found.items()
    }


def _is_known(combined: xr.Dataset, name: str) -> BoolArray:
    return np.isfinite(np.asarray(combined[name].values, dtype=np.float64))


def _first_reason(*reasons: Texts) -> Texts:
    """Select the first reason in each cell."""
    result = reasons[-1]
    for texts in reasons[-2::-1]:
        result = np.where(texts == "", result, texts)
    return result


def _why_no_replica(combined: xr.Dataset, hold: xr.Dataset) -> Texts:
    """Build the reasons why no replica counts in a phase."""
    n, drifting = combined["n_replicas"], combined["n_drifting"]
    others: list[tuple[IntArray, str]] = []
    if "status" in hold:
        for codes, what in (
            ((Status.PENDING, Status.RUNNING), "not finished"),
            ((Status.FAILED, Status.QUARANTINED), "failed"),
        ):
            count = hold["status"].isin(codes).sum("replica").broadcast_like(n)
            others.append((count.transpose(*n.dims).values.astype(np.int64), what))
    reasons: Texts = np.full(n.shape, "", dtype=object)
    for index in np.argwhere(n.values == 0):
        at = tuple(index)
        left = int(drifting.values[at])
        words = [f"holds in this phase: {left} not settled" if left else NO_HOLD]
        words += [f"{count[at]} {what}" for count, what in others if count[at]]
        reasons[at] = ", ".join(words)
    return reasons


_NO_DIFFUSION = {
    DiffusionStatus.NOT_MEASURED: "no lithium, or nothing sampled",
    DiffusionStatus.TOO_SHORT: "the run is shorter than two octaves of lags need: run longer",
    DiffusionStatus.NOT_LINEAR: "the displacement of Li is not linear in time yet: run longer",
    DiffusionStatus.UNCERTAIN: "too much noise to show that the displacement of Li is linear in "
    "time: run longer, or in a larger supercell",
    DiffusionStatus.FEW_HOPS: "too few hops: run longer",
}


def _why_no_diffusion(
    combined: xr.Dataset, hold: xr.Dataset, n: IntArray, missing: BoolArray
) -> Texts:
    """Build the reasons: that of most replicas, and the hops that there were."""
    reasons: Texts = np.full(n.shape, "", dtype=object)
    hops = combined[EVENTS].values if EVENTS in combined else np.full(n.shape, np.nan)
    counts = _statuses(combined, hold)
    for index in np.argwhere(missing & (n > 0)):
        at = tuple(index)
        known = np.isfinite(hops[at])
        # Where nothing hops, the slope is as often below zero.
        total = f"{max(hops[at], 0.0):.0f} hop(s) in all {n[at]}" if known else ""
        found = {status: count[at] for status, count in counts.items() if count[at] > 0}
        if found:
            why = _NO_DIFFUSION[max(found, key=found.__getitem__)]
            reasons[at] = f"{why}; {total}" if total else why
        elif known:
            reasons[at] = f"fewer than ten hops in every hold, {total}: run longer"
        else:
            reasons[at] = _NO_DIFFUSION[DiffusionStatus.NOT_LINEAR]
    return reasons


def _statuses(combined: xr.Dataset, hold: xr.Dataset) -> dict[DiffusionStatus, IntArray]:
    """Count the replicas of each phase that have no coefficient, by why."""
    if STATUS not in hold:
        return {}
    dims = combined["n_replicas"].dims
    phases, usable = assign_phases(hold), counted(hold)
    codes = {long_name: code for code, long_name in LONG_NAMES.items()}
    found = {}
    for status in _NO_DIFFUSION:
        here = (hold[STATUS] == status) & usable
        parts = [
            (here & (phases == codes[str(one)])).sum("replica") for one in combined["phase"].values
        ]
        found[status] = xr.concat(parts, "phase").transpose(*dims).values.astype(np.int64)
    return found


def _why_few_known(count: IntArray, n: IntArray) -> Texts:
    """Build the caveats where replicas are left out because their charge moved too little."""
    reasons: Texts = np.full(n.shape, "", dtype=object)
    for index in np.argwhere((count > 0) & (count < n)):
        at = tuple(index)
        reasons[at] = (
            f"known in {count[at]} of {n[at]} holds, those in which charge moved most: too small"
        )
    return reasons


def _why_no_rate(count: IntArray, n: IntArray) -> Texts:
    reasons: Texts = np.full(n.shape, "", dtype=object)
    for index in np.argwhere(count < n):
        at = tuple(index)
        if count[at] == 0:
            reasons[at] = (
                f"no decay seen (holds: {n[at]}): reorientations are rarer than one per run"
            )
        else:
            reasons[at] = f"decay seen in {count[at]} of {n[at]} holds: their mean is too large"
    return reasons
