"""The phase in which each hold begins: as built, or as the hold that it follows ended."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import Phase
from lbhsweep.analysis.sweep_file import string_at
from lbhsweep.arrays import IntArray
from lbhsweep.document import Document

_BUILT = {"alpha": Phase.ALPHA, "alpha_cap": Phase.ALPHA_CAP, "beta": Phase.BETA}


def initial_phases(hold: xr.Dataset, phases: xr.DataArray, sweep: Document | None) -> IntArray:
    """Return the phase in which each hold began, (pressure, temperature, replica).

    That of the crystal as built; of a hold that follows another, that in which the other ended.

    Parameters
    ----------
    hold : Dataset
        One material's holds, from `join_starts`.
    phases : DataArray
        In which phase each is by the end, from `assign_phases`.
    sweep : Document or None
        The sweep's file.
    """
    final = phases.transpose("pressure", "temperature", "replica").values.astype(np.int64)
    default = string_at(sweep, ("system", "start"), "auto")
    names = [str(n) for n in hold["start"].values] if "start" in hold.coords else [default]
    built = np.array([_BUILT.get(name, Phase.ALPHA) for name in names], dtype=np.int64)
    initial = np.broadcast_to(built, final.shape).copy()
    follow = string_at(sweep, ("protocol", "hold", "follow"), "none")
    if follow == "rising":
        initial[:, 1:] = final[:, :-1]
    elif follow == "falling":
        # The first, at the highest temperature, is there to leave what was built.
        initial = np.concatenate([final[:, 1:], final[:, -1:]], axis=1)
    return initial
