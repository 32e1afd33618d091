"""What an observable is told, and what it must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from lbhsweep.engine.integrate import Ensemble
from lbhsweep.engine.state import State

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an observable knows before the first sample.

    Production is cut into `n_blocks` blocks of equal length: consecutive stretches of time in
    a hold, consecutive stretches of temperature (upwards, whatever the direction of the run)
    in a ramp, where each bin has n_blocks/n_bins of them.

    Attributes
    ----------
    group : {'hold', 'ramp'}
        Whether results are numbers of the run, or arrays over temperature bins.
    n_blocks : int
        Number of blocks.
    n_bins : int
        Number of temperature bins; 1 in a hold.
    n_formula : int
        Formula units (anions) in the cell.
    supercell : tuple of int
        Repeats of the conventional cell along a, b and c.
    mass : float
        Mass of all atoms in g/mol.
    pressure : float
        Target pressure in kJ/mol/Å³.
    temperature : float
        Target temperature of a hold in K; NaN in a ramp.
    ensemble : {'nve', 'nvt', 'npt'}
        What is held constant.
    """

    group: Literal["hold", "ramp"]
    n_blocks: int
    n_bins: int
    n_formula: int
    supercell: tuple[int, int, int]
    mass: float
    pressure: float
    temperature: float
    ensemble: Ensemble


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the system, at the end of an outer step.

    Attributes
    ----------
    block : int
        Block of the plan into which it falls.
    state : State
        Positions, velocities, cell; read only.
    potential_energy, kinetic_energy, conserved_energy : float
        kJ/mol.
    kinetic_temperature : float
        K.
    pressure : float
        Instantaneous, kJ/mol/Å³.
    """

    block: int
    state: State
    potential_energy: float
    kinetic_energy: float
    conserved_energy: float
    kinetic_temperature: float
    pressure: float


class Observable(Protocol):
    """Accumulates samples; everything it remembers is in `state`."""

    def sample(self, sample: Sample) -> None:
        """Take in one sample."""
        ...

    def state(self) -> Arrays:
        """Give all that has been accumulated, for a checkpoint."""
        ...

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from what `state` gave, to the last bit."""
        ...

    def result(self) -> Arrays:
        """Give the quantities of the catalogue: numbers in a hold, (n_bins,) in a ramp."""
        ...


class BlockSums:
    """Sums and sums of squares of several quantities in each block.

    Values are summed as differences from the first sample, so that squares keep their digits.

    Parameters
    ----------
    n_blocks, n_values : int
        Number of blocks, and of quantities.
    """

    def __init__(self, n_blocks: int, n_values: int) -> None:
        self._count = np.zeros(n_blocks)
        self._first = np.zeros(n_values)
        self._sum = np.zeros((n_blocks, n_values))
        self._square = np.zeros((n_blocks, n_values))

    def add(self, block: int, values: npt.NDArray[np.float64]) -> None:
        """Add one sample of all quantities to a block."""
        if not self._count.any():
            self._first[:] = values
        deviation = values - self._first
        self._count[block] += 1.0
        self._sum[block] += deviation
        self._square[block] += deviation**2

    @property
    def count(self) -> npt.NDArray[np.float64]:
        """Samples (n_blocks,) in each block."""
        return self._count

    def mean(self, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """Mean (n_values,) of all samples in some blocks, at least one of them filled."""
        total = self._sum[inside].sum(axis=0)
        return np.asarray(self._first + total / self._count[inside].sum())

    def means(self) -> npt.NDArray[np.float64]:
        """Mean (n_blocks, n_values) of each block; NaN in an empty one."""
        return self._first + self._per_sample(self._sum)

    def variances(self) -> npt.NDArray[np.float64]:
        """Mean square distance (n_blocks, n_values) from each block's own mean."""
        spread = self._per_sample(self._square) - self._per_sample(self._sum) ** 2
        return np.maximum(spread, 0.0)

    def _per_sample(self, sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        count = np.where(self._count > 0, self._count, np.nan)
        return sums / count[:, None]

    def state(self) -> Arrays:
        """Give the sums."""
        return {
            "count": self._count.copy(),
            "first": self._first.copy(),
            "sum": self._sum.copy(),
            "square": self._square.copy(),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take the sums that `state` gave."""
        self._count[:] = arrays["count"]
        self._first[:] = arrays["first"]
        self._sum[:] = arrays["sum"]
        self._square[:] = arrays["square"]
