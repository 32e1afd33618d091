"""What a run costs: outer steps, and core time by a simple model."""

from __future__ import annotations

from collections.abc import Hashable

from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.schedule import schedule_of
from lbhsweep.sweep.supercell import ATOMS_PER_CELL, n_cubic_cells

REFERENCE_ATOMS = 832
REFERENCE_OUTER_STEP_PS = 0.002
REFERENCE_NS_PER_DAY = 250.0
"""Approximate throughput of one core: the reference atoms at the reference outer step, 9 Å."""
ATOMS_OF_A_STEP = 150
"""Cost of a step that does not depend on its size, in atoms: 0.09 ms.  Steps of 104, 832, 2808 and
22 464 atoms take 0.17, 0.59, 1.78 and 13.7 ms in all (docs/engine.md)."""
REFERENCE_CUTOFF_A = 9.0
SHARE_OF_PAIRS = 0.3
"""Part of a step that is proportional to the cutoff's cube: 2808 atoms do 71, 58 and 40 ns a day at
7, 9 and 12 Å, 832 atoms 205 and 180 at 6 and 9 Å."""
REHEARSAL_SECONDS = 0.01
SECONDS_PER_DAY = 86_400.0


def n_atoms(point: RunPoint) -> int:
    """Count the atoms of a run."""
    return ATOMS_PER_CELL * n_cubic_cells(point.system.supercell) - point.system.n_vacancies


def estimated_core_seconds(point: RunPoint, ns_per_day: float | None = None) -> float:
    """Estimate the time that one core needs for a run.

    Time per outer step is taken as linear in the number of atoms and in the cutoff's cube, and as
    independent of all else.  The estimate is good to a factor of about two.

    Parameters
    ----------
    point : RunPoint
        The run.
    ns_per_day : float, optional
        Measured throughput of one core at the reference size and outer step; by default
        `REFERENCE_NS_PER_DAY`.

    Returns
    -------
    float
        Seconds.
    """
    if point.rehearsal:
        return REHEARSAL_SECONDS
    reference_ns_per_step = REFERENCE_OUTER_STEP_PS * 1e-3
    throughput = ns_per_day or REFERENCE_NS_PER_DAY
    seconds_per_step = SECONDS_PER_DAY * reference_ns_per_step / throughput
    size = (n_atoms(point) + ATOMS_OF_A_STEP) / (REFERENCE_ATOMS + ATOMS_OF_A_STEP)
    pairs = SHARE_OF_PAIRS * ((point.model.cutoff_A / REFERENCE_CUTOFF_A) ** 3 - 1)
    return schedule_of(point).n_steps * seconds_per_step * size * (1 + pairs)


def speed_kind(point: RunPoint) -> Hashable:
    """Return a key of runs for which the cost model is wrong by the same factor."""
    return point.system.supercell, point.model, point.observables
