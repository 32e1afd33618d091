"""What the runs at one pressure say of the speed of growth."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from lbhsweep.arrays import BoolArray, FloatArray, IntArray

CONCLUSIVE = 2.0
"""Standard deviations by which a speed must differ from zero to say which phase grows."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Runs at one pressure in which two phases met.

    Positive is the second phase's growth, of speeds as of winners.

    Attributes
    ----------
    temperature : (n,) array
        K.
    speed : (n,) array
        Distance over time, Å/ps; NaN where the interfaces could not be followed.
    time : (n,) array
        Over which it was taken, ps.
    variance : (n,) array
        Of the speed by the run's own scatter, Å²/ps².
    n_dof : (n,) array of int
        Degrees of freedom of this variance.
    winner : (n,) array of int
        1 if the second phase fills the cell at the end, −1 if the first does, 0 if neither.
    least_speed : (n,) array
        Size that the speed of a run with a winner has at least, Å/ps: the distance to fill the
        cell over the time until it was filled.
    decision_time : (n,) array
        That time, ps.
    """

    temperature: FloatArray
    speed: FloatArray
    time: FloatArray
    variance: FloatArray
    n_dof: IntArray
    winner: IntArray
    least_speed: FloatArray
    decision_time: FloatArray

    @property
    def measured(self) -> BoolArray:
        """Runs whose speed is known."""
        return np.asarray(np.isfinite(self.speed) & (self.time > 0.0))

    @property
    def censored(self) -> BoolArray:
        """Runs of which only a bound of the speed is known, with its sign."""
        bounded = (self.winner != 0) & np.isfinite(self.least_speed)
        return np.asarray(bounded & ~self.measured)

    def select(self, chosen: BoolArray) -> Evidence:
        """Return some of the runs."""
        return Evidence(*(getattr(self, one.name)[chosen] for one in fields(self)))

    def verdicts(self, diffusion: float) -> IntArray:
        """Return which phase each run says grows: 1 the second, −1 the first, 0 neither.

        A winner says so, and a speed that is `CONCLUSIVE` standard deviations from zero.

        Parameters
        ----------
        diffusion : float
            σ² of the interfaces, Å²/ps.
        """
        size = np.abs(self.speed) * np.sqrt(self.time / diffusion)
        grows = np.where(self.measured & (size > CONCLUSIVE), np.sign(self.speed), 0.0)
        return np.where(self.winner != 0, self.winner, np.nan_to_num(grows)).astype(np.int64)
