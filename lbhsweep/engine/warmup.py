"""Compile every kernel once a machine, before work is taken."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from lbhsweep.engine.forcefield_potential import ForceFieldPotential
from lbhsweep.engine.integrate import Dynamics, Integrator
from lbhsweep.engine.state import State, draw_velocities
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field


def warm_up() -> float:
    """Compile, or load from the node's cache, what production runs need.

    The first process of a node compiles while the others wait at a lock, because numba writes
    its cache's index before the data and without a lock (numba#10128, numba#4807).

    Returns
    -------
    float
        Seconds that it took.
    """
    start = time.perf_counter()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "warm-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _run_a_little()
    return time.perf_counter() - start


def _run_a_little() -> None:
    # Size and cutoff of usual runs: the number of a polynomial's terms, part of a kernel's type,
    # depends on the cutoff.
    structure = build_alpha((2, 2, 2))
    potential = ForceFieldPotential(structure, load_force_field("lbh-2021"), cutoff_A=9.0)
    state = State.at_rest(structure.positions, structure.cell, seed=0)
    draw_velocities(state, potential.masses, 300.0)
    integrator = Integrator(potential, state, Dynamics("npt", timestep=5e-4, inner_steps=4))
    # A second step meets the list that the first one built; energies have kernels of their own.
    for energies in (True, False):
        integrator.advance(300.0, energies=energies)
