"""Maps of where lithium and hydrogen are in the conventional cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.frame.lattice_frame import LatticeFrame
from lbhsweep.observables.structure.density_kernels import count_in_voxels

SAMPLE_EVERY_STEPS = 50
"""Outer steps, 0.1 ps: librations are nearly uncorrelated by then."""
SPECIES = ("Li", "H")


class Density:
    """Number densities, folded into one conventional cell in the frame of the anions' lattice.

    ρ(s) = ⟨N(s)⟩ / (n_cells ⟨v⟩), with N(s) atoms in the voxel around the fraction s of any of
    the conventional cells and a voxel's volume v.  The sum over voxels times v is the number of
    atoms in a conventional cell.  The density is 0 in a voxel that never held an atom.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled; nothing in a ramp.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        self._in_hold = plan.group == "hold"
        often = min(SAMPLE_EVERY_STEPS, plan.produce_steps)
        self.every = often if self._in_hold else plan.produce_steps + 1
        self.needs_energies = False
        symbols = np.array(plan.structure.symbols)
        n = len(plan.axes.get("fraction_a", ()))
        self._frame = LatticeFrame(plan.structure, plan.supercell)
        self._atoms = np.flatnonzero(np.isin(symbols, SPECIES))
        self._species = np.array([SPECIES.index(one) for one in symbols[self._atoms]])
        self._counts = np.zeros((len(SPECIES), n, n, n), np.int64)
        self._volume = 0.0

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        positions = sample.state.positions
        matrix, origin = self._frame.at(positions, sample.state.cell)
        count_in_voxels(positions, matrix, origin, self._atoms, self._species, self._counts)
        self._volume += sample.state.volume

    def state(self) -> Arrays:
        """Return the counts, and the sum of volumes."""
        return {"counts": self._counts.copy(), "volume": np.array(self._volume)}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        self._counts[:] = arrays["counts"]
        self._volume = float(arrays["volume"])

    def result(self) -> Arrays:
        """Compute the densities (n, n, n) in atoms per Å³; NaN without samples."""
        if not self._in_hold:
            return {}
        # Of all conventional cells together, and all samples.
        voxel = self._volume / self._counts[0].size if self._volume else np.nan
        lithium, hydrogen = self._counts / voxel
        return {"li_density": lithium, "h_density": hydrogen}
