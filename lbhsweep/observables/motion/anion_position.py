"""Fluctuation of the anions' centres about their mean positions in the lattice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.frame.anions import anion_atoms
from lbhsweep.observables.motion.anion_position_kernels import add_centres
from lbhsweep.observables.statistics.errors_of_means import mean_error
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.lags import sample_every

MOST_BLOCKS = 64
"""Blocks from whose scatter the error follows."""
_KEPT = ("count", "first", "cell", "sum", "square")


class AnionPosition:
    """Root mean square distance of the anions' centres of mass from their mean places, in a hold.

    ``anion_fluctuation`` is sqrt(<|h̄ (s - s̄)|²>) with the mean cell h̄.  s is an anion's centre of
    mass in scaled coordinates less the mean over all anions, and s̄ is its mean over the run.  So
    neither a breathing cell nor a drift of the anions' lattice (which recoils from diffusing Li)
    counts.  The mean square of N independent anions is smaller by 1/N for that.  The
    paper's "standard deviation of the position" is this number up to a constant factor, and it
    shows ratios.

    The error is that of the mean square's series of blocks in time, because long waves move all
    anions together.  Bins of a ramp are mostly too short for a mean place, so ramps have no value.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled; nothing in a ramp.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        self.needs_energies = False
        self._in_hold = plan.group == "hold"
        self.every = sample_every(plan.outer_step) if self._in_hold else plan.produce_steps + 1
        self._n_plan_blocks = plan.n_blocks
        self._atoms = anion_atoms(plan.structure)
        self._weights = plan.masses[self._atoms]
        self._weights /= self._weights.sum(axis=1, keepdims=True)
        n, n_blocks = len(self._atoms), min(plan.n_blocks, MOST_BLOCKS)
        self._count = np.zeros(n_blocks)
        self._first = np.zeros((n, 3))
        self._cell = np.zeros((3, 3))
        self._sum = np.zeros((n_blocks, n, 3))
        self._square = np.zeros((n_blocks, 3, 3))

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        state = sample.state
        block = sample.block * len(self._count) // self._n_plan_blocks
        add_centres(
            state.positions,
            state.cell,
            self._atoms,
            self._weights,
            block,
            self._count,
            self._first,
            self._cell,
            self._sum,
            self._square,
        )

    def state(self) -> Arrays:
        """Return all that has been accumulated."""
        return {name: getattr(self, f"_{name}").copy() for name in _KEPT}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        for name in _KEPT:
            getattr(self, f"_{name}")[:] = arrays[name]

    def result(self) -> Arrays:
        """Compute the fluctuation in Å and its error; NaN for fewer than two samples."""
        if not self._in_hold:
            return {}
        name, n_samples = "anion_fluctuation", self._count.sum()
        if n_samples < 2:
            return {name: np.array(np.nan), stderr_name(name): np.array(np.nan)}
        filled = self._count > 0
        count, total = self._count[filled], self._sum[filled]
        mean = total.sum(axis=0) / n_samples
        cross = np.einsum("bni,nj->bij", total, mean)
        about_mean = self._square[filled] - cross - cross.transpose(0, 2, 1)
        about_mean += count[:, None, None] * (mean.T @ mean)
        metric = (self._cell / n_samples) @ (self._cell / n_samples).T
        squares = np.einsum("bij,ij->b", about_mean, metric) / (count * len(mean))
        fluctuation = np.sqrt(max(float(count @ squares) / n_samples, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            error = mean_error(squares) / (2.0 * fluctuation)
        return {name: np.asarray(fluctuation), stderr_name(name): np.asarray(error)}
