"""The stages of a run: which atoms are frozen until which step, and velocities between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lbhsweep.arrays import BoolArray
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.engine.potential import Potential
from lbhsweep.physics.coexistence import is_lower
from lbhsweep.physics.structure import Structure
from lbhsweep.simulation.setup import start_state
from lbhsweep.sweep.point import CoexistPoint, RunPoint
from lbhsweep.sweep.schedule import Schedule, schedule_of


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A part of a run in which the same atoms move.

    Attributes
    ----------
    end : int
        Outer step with which it ends.
    frozen : (n_atoms,) bool, optional
        Atoms that don't move.
    heat : float
        Temperature of the velocities with which it begins over that of the run: 2 for atoms at
        rest in a minimum, which turn half of it into potential energy, 1 for warm ones.
    """

    end: int
    frozen: BoolArray | None
    heat: float

    def begin(self, state: State, potential: Potential, temperature: float) -> None:
        """Draw the velocities with which the stage begins, from the state's seed and step."""
        draw_velocities(state, potential.masses, self.heat * temperature, self.frozen)
        # The new atoms' pressure is not yet that of the cell's motion.
        state.strain_rate[:] = 0.0


def stages_of(point: RunPoint, structure: Structure, schedule: Schedule) -> tuple[Stage, ...]:
    """Return the stages of a run.

    Where two phases meet, each half in turn moves while the other is frozen, the upper half
    first: the disordered phase takes up its heat and its volume without touching order, and what
    it gives off on the way doesn't melt the other half.
    """
    if not isinstance(point.protocol, CoexistPoint):
        return (Stage(schedule.n_steps, frozen_atoms(point, structure), 2.0),)
    lower = is_lower(structure, point.system.supercell)
    first = schedule.equilibrate_steps // 2
    halves = (
        Stage(first, lower, 2.0),
        Stage(2 * first, ~lower, 2.0),
    )
    return (*(stage for stage in halves if first), Stage(schedule.n_steps, None, 1.0))


def warm_start(point: RunPoint, structure: Structure, potential: Potential, seed: int) -> State:
    """Relax the built crystal of a run and draw the velocities with which it begins.

    Raises
    ------
    SimulationError
        If the crystal can't be relaxed.
    """
    schedule = schedule_of(point)
    state = start_state(point, structure, potential, seed)
    stages_of(point, structure, schedule)[0].begin(state, potential, schedule.temperature(0))
    return state


def frozen_atoms(point: RunPoint, structure: Structure) -> BoolArray | None:
    """Return a mask (n_atoms,) of atoms that are frozen in the cell; None if none are."""
    if point.system.frozen == "none":
        return None
    of_anion = structure.molecule > 0
    return np.asarray(of_anion if point.system.frozen == "anions" else ~of_anion)
