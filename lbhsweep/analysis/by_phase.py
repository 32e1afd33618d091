"""Holds of one phase at a time: what a hold is decides, not as what it was built."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from lbhsweep.analysis.phase_assignment import LONG_NAMES, Phase, assign_phases
from lbhsweep.analysis.replicas import combine_group
from lbhsweep.analysis.runs import counted
from lbhsweep.analysis.starts import join_starts
from lbhsweep.analysis.variables import text
from lbhsweep.quantities import stderr_name
from lbhsweep.store.schema import Status

_ORDER = ("alpha_order", "alpha_order_stderr", "alpha_lithium")
_GRID = ("volume", "status", "equilibrated")
_INNER = ("pressure", "temperature", "lag")
"""Dimensions after the phase."""


def names_by_phase(dataset: xr.Dataset, names: tuple[str, ...]) -> list[str]:
    """List some variables, their errors, and what tells phases and runs that count."""
    wanted = [n for name in names for n in (name, stderr_name(name))]
    return [name for name in dict.fromkeys((*wanted, *_ORDER, *_GRID)) if name in dataset]


def split_phases(hold: xr.Dataset, names: list[str]) -> dict[Phase, xr.Dataset]:
    """Load some variables of the holds, split by phase; starts become replicas.

    Parameters
    ----------
    hold : Dataset
        The group `hold` of the results.
    names : list of str
        From `names_by_phase`.

    Returns
    -------
    dict of Phase to Dataset
        Each on the whole grid without ``start``, by the phases in which there is any hold that
        counts, or undecided alone: holds in another phase have no status and no values.
    """
    dataset = join_starts(hold[names]).load().sortby(["pressure", "temperature"])
    if "status" not in dataset:
        dataset["status"] = dataset["volume"].notnull() * np.int8(Status.DONE)
    phases = assign_phases(dataset)
    codes = np.unique(phases.where(counted(dataset)).values)
    seen = [Phase(int(code)) for code in codes if np.isfinite(code)] or [Phase.UNDECIDED]
    kept = dataset.drop_vars(_ORDER, errors="ignore")
    return {phase: kept.where(phases == phase) for phase in seen}


def combine_one_phase(hold: xr.Dataset) -> xr.Dataset:
    """Combine replicas as `combine_group` does, without the volume, which only gives the grid."""
    combined = combine_group(hold)
    return combined.drop_vars([name for name in combined if str(name).startswith("volume")])


def join_phases(parts: Mapping[Phase, xr.Dataset]) -> xr.Dataset:
    """Put datasets of several phases side by side along ``phase``, by name, before the pressure."""
    joined = xr.concat(list(parts.values()), "phase", coords="minimal", compat="override")
    names = np.array([LONG_NAMES[phase] for phase in parts], dtype=object)
    dims = [str(dim) for dim in joined.dims if dim not in ("phase", *_INNER)]
    inner = [dim for dim in _INNER if dim in joined.dims]
    joined = joined.assign_coords(phase=text(("phase",), names, "phase by orientational order"))
    return joined.transpose(*dims, "phase", *inner)
