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

    def grown(self, diffusion: float) -> tuple[FloatArray, FloatArray]:
        """Find the temperatures at which the first phase grows, and those at which the second does.

        A winner says so, and the speed of all replicas together if it is `CONCLUSIVE` standard
        deviations from zero.

        Parameters
        ----------
        diffusion : float
            σ² of the interfaces, Å²/ps.

        Returns
        -------
        first, second : (n,) array
            K, ascending; both may hold a temperature.
        """
        every = np.unique(self.temperature)
        place = np.searchsorted(every, self.temperature)
        distance = np.where(self.measured, self.speed * self.time, 0.0)
        time = np.where(self.measured, self.time, 0.0)
        size = np.bincount(place, distance, every.size)
        limit = CONCLUSIVE * np.sqrt(diffusion * np.bincount(place, time, every.size))
        grown = []
        for side in (-1, 1):
            won = np.bincount(place, self.winner == side, every.size) > 0
            grown.append(every[won | (side * size > np.nan_to_num(limit, nan=np.inf))])
        return grown[0], grown[1]
