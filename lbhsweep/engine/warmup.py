"""Compile every kernel once a machine, before work is taken."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from lbhsweep.engine.forcefield_potential import Accuracy, ForceFieldPotential
from lbhsweep.engine.potential import ForceBuffers
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
        _evaluate("production")
        _integrate()
    return time.perf_counter() - start


def _evaluate(accuracy: Accuracy) -> None:
    structure = build_alpha((1, 1, 1))
    potential = ForceFieldPotential(
        structure, load_force_field("lbh-2021"), cutoff_A=4.5, accuracy=accuracy
    )
    potential.single_point(structure.positions, structure.cell)
    # A second call meets the list that the first one built.
    potential.update(structure.positions, structure.cell)
    potential.slow(structure.positions, structure.cell, ForceBuffers.empty(potential.n_atoms, 4))
