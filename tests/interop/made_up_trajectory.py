"""Trajectories of a crystal that is shaken at random, without any dynamics."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lbhsweep.physics.charges import species_charges
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.trajectory_writer import TrajectoryLayout, TrajectoryWriter

FORCE_FIELD = load_force_field("lbh-2021")
CRYSTAL = build_alpha((1, 1, 1))
SKEWED = np.array([[0.03, 0.0, 0.0], [0.05, 0.02, 0.0], [-0.04, 0.03, 0.04]])


def masses():
    return np.array([FORCE_FIELD.species[symbol].mass for symbol in CRYSTAL.symbols])


def frame_of(k, *, skewed=False):
    """Frame k: cell, positions that wander out of it, velocities."""
    rng = np.random.default_rng(k)
    strain = (1.0 + 0.001 * k) * np.eye(3) + (SKEWED if skewed else 0.0)
    wandered = 0.4 * k * np.array([1.0, -0.5, 0.2]) * (CRYSTAL.molecule == 0)[:, None]
    positions = CRYSTAL.positions @ strain + rng.normal(0, 0.05, CRYSTAL.positions.shape)
    return {
        "positions": positions + wandered,
        "velocities": rng.normal(0, 5.0, CRYSTAL.positions.shape),
        "cell": CRYSTAL.cell @ strain,
    }


def write(
    folder: Path, run_id: str, n_frames=12, n_written=None, *, velocities=True, skewed=False
) -> SweepFolder:
    sweep = SweepFolder(folder)
    sweep.create()
    layout = TrajectoryLayout(
        run_id=run_id,
        symbols=CRYSTAL.symbols,
        molecule=CRYSTAL.molecule,
        masses=masses(),
        charges=species_charges(CRYSTAL, FORCE_FIELD),
        times=0.5 * np.arange(1, n_frames + 1),
        temperatures=np.full(n_frames, 300.0),
        velocities=velocities,
        attributes={"label": "a made-up run", "point": "{}"},
    )
    writer = TrajectoryWriter(sweep.trajectory_path(run_id), layout)
    writer.create()
    for k in range(n_frames if n_written is None else n_written):
        writer.append(**frame_of(k, skewed=skewed))
    writer.finish()
    return sweep
