"""What an observable gets, and the interface that it implements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy.typing as npt

from lbhsweep.arrays import Arrays, FloatArray
from lbhsweep.engine.dynamics.instant import Instant
from lbhsweep.engine.dynamics.integrate import Ensemble
from lbhsweep.engine.dynamics.state import State
from lbhsweep.physics.structure import Structure
from lbhsweep.quantities import Group


@dataclass(frozen=True, slots=True)
class MeasurementPlan:
    """What an observable knows before the first sample.

    Production is cut into `n_blocks` blocks of equal length.  They are consecutive in time in a
    hold.  In a ramp they are consecutive in temperature, upwards whatever the direction of the
    run, and each bin has n_blocks/n_bins of them.

    Attributes
    ----------
    group : {'hold', 'ramp', 'coexist'}
        In ramps results are arrays over temperature bins, elsewhere numbers of the run.
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
    structure : Structure
        The atoms as they were built, before relaxation: species, anions, sites.
    masses : (n_atoms,) float64
        g/mol.
    charges : (n_atoms,) float64
        e.
    outer_step : float
        ps.
    sample_every : int
        Outer steps from one thermodynamic sample to the next.
    produce_steps : int
        Outer steps of the production.
    axes : mapping of str to (n,) array
        Coordinates of the dimensions inside a run (`lbhsweep.sweep.sampling`).
    phases : tuple of str
        The two phases that meet, the lower one first; empty where there is one.
    """

    group: Group
    n_blocks: int
    n_bins: int
    n_formula: int
    supercell: tuple[int, int, int]
    mass: float
    pressure: float
    temperature: float
    ensemble: Ensemble
    structure: Structure
    masses: FloatArray
    charges: FloatArray
    outer_step: float
    sample_every: int
    produce_steps: int
    axes: Mapping[str, npt.NDArray[Any]]
    phases: tuple[str, ...] = ()


@dataclass(slots=True)
class Sample:
    """The system at the end of an outer step.

    Attributes
    ----------
    step : int
        Outer steps of production done.
    block : int
        Block of the plan into which it falls.
    state : State
        Positions, velocities, cell; read only.
    measure : callable
        Returns energies and pressure.
    """

    step: int
    block: int
    state: State
    measure: Callable[[], Instant]
    _instant: Instant | None = field(default=None, init=False, repr=False)

    @property
    def instant(self) -> Instant:
        """Energies and pressure, computed when they are first asked for.

        Potential and conserved energy are NaN unless an observable that needs energies is
        sampled too.
        """
        if self._instant is None:
            self._instant = self.measure()
        return self._instant


class Observable(Protocol):
    """Accumulates samples; all that has been accumulated is in `state`.

    Attributes
    ----------
    every : int
        Outer steps of production from one sample to the next: it is sampled whenever those done
        are a multiple.  May change with a sample.
    needs_energies : bool
        Whether its samples must hold potential energies, which cost a tenth of a step.
    """

    every: int
    needs_energies: bool

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        ...

    def state(self) -> Arrays:
        """Return all that has been accumulated, for a checkpoint."""
        ...

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned, to the last bit."""
        ...

    def result(self) -> Arrays:
        """Compute the declared quantities: numbers in a hold, (n_bins,) in a ramp."""
        ...


@runtime_checkable
class Decider(Protocol):
    """An observable that can tell when a run has shown all that it is for.

    Attributes
    ----------
    is_decided : bool
        Whether the run may end.  It follows from what has been accumulated, so that a resumed run
        ends at the same step.
    """

    @property
    def is_decided(self) -> bool:
        """Whether the run may end."""
        ...
