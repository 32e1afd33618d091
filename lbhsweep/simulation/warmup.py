"""Compile every kernel once on each machine, before the first run."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from lbhsweep.engine.dynamics.integrate import Integrator
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.observables import OBSERVABLES
from lbhsweep.observables.base import Sample
from lbhsweep.simulation.benchmark import bench_grid
from lbhsweep.simulation.setup import build_dynamics, build_plan, build_potential, build_structure
from lbhsweep.sweep.schedule import schedule_of


def warm_up() -> float:
    """Compile, or load from the node's cache, what production runs need.

    The first process of a node compiles while the others wait at a lock, because numba writes
    its cache's index before the data and without a lock (numba#10128, numba#4807).

    Returns
    -------
    float
        Wall time, s.
    """
    start = time.perf_counter()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "warm-up.lock").open("w") as lock:
        # Without locks each compiles, which takes longer; the files of kernels have checksums.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        _run_a_little()
    return time.perf_counter() - start


def _run_a_little() -> None:
    # Size and cutoff of usual runs: the number of a polynomial's terms, part of a kernel's type,
    # depends on the cutoff.  5 ps hold a whole window of spectra.
    grid = bench_grid(supercell=2, temperature="300 K", produce="5 ps")
    (point,) = grid.points
    schedule, structure = schedule_of(point), build_structure(point)
    potential = build_potential(point, structure, grid.force_fields[point.model.potential])
    state = State.at_rest(structure.positions, structure.cell, seed=0)
    draw_velocities(state, potential.masses, 300.0)
    # As a relaxation does.
    potential.single_point(state.positions, state.cell)
    integrator = Integrator(potential, state, build_dynamics(point, schedule))
    # A second step meets the list that the first one built; energies have kernels of their own.
    for energies in (False, True):
        integrator.advance(300.0, energies=energies)
    plan = build_plan(point, structure, potential, schedule)
    observables = [OBSERVABLES[name](plan) for name in point.observables]
    for step in range(1, schedule.produce_steps + 1):
        for one in observables:
            if step % one.every == 0:
                one.sample(Sample(step, schedule.block(step), state, integrator.measure))
