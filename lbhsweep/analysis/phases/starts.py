"""Where holds begin: in which phase they were built, and what follows what."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import Phase
from lbhsweep.analysis.sweep_file import word
from lbhsweep.arrays import IntArray
from lbhsweep.document import Document

_BUILT = {"alpha": Phase.ALPHA, "beta": Phase.BETA}


def initial_phases(hold: xr.Dataset, phases: xr.DataArray, sweep: Document | None) -> IntArray:
    """Give the phase in which each hold began, (pressure, temperature, replica).

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
    ended = phases.transpose("pressure", "temperature", "replica").values.astype(np.int64)
    default = word(sweep, ("system", "start"), "auto")
    names = [str(n) for n in hold["start"].values] if "start" in hold.coords else [default]
    built = np.array([_BUILT.get(name, Phase.ALPHA) for name in names], dtype=np.int64)
    begun = np.broadcast_to(built, ended.shape).copy()
    follow = word(sweep, ("protocol", "hold", "follow"), "none")
    if follow == "rising":
        begun[:, 1:] = ended[:, :-1]
    elif follow == "falling":
        # The first, at the highest temperature, is there to leave what was built.
        begun = np.concatenate([ended[:, 1:], ended[:, -1:]], axis=1)
    return begun
