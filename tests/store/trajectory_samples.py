"""Synthetic frames, and comparison of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lbhsweep.store.trajectory_writer import TrajectoryLayout, TrajectoryWriter

RUN_ID = "ab" + 31 * "01"
N_ATOMS = 4


def layout_of(n_frames=10, velocities=False, run_id=RUN_ID, **attributes):
    return TrajectoryLayout(
        run_id=run_id,
        symbols=("Li", "B", "H", "Li"),
        molecule=np.array([0, 1, 1, 0], dtype=np.int32),
        masses=np.array([6.94, 10.81, 1.008, 6.94]),
        charges=np.array([1.0, -0.5, -0.5, 0.0]),
        times=0.5 * np.arange(1, n_frames + 1),
        temperatures=300.0 + np.arange(n_frames),
        velocities=velocities,
        attributes={"label": "made up", "point": "{}"} | attributes,
    )


def frame_of(k):
    """Frame k: all its numbers differ from each other and from those of other frames."""
    rng = np.random.default_rng(k)
    return {
        "positions": rng.normal(size=(N_ATOMS, 3)) * 10.0,
        "velocities": rng.normal(size=(N_ATOMS, 3)),
        "cell": np.diag([9.0, 10.0, 11.0]) + 0.01 * k,
    }


def write(path: Path, layout: TrajectoryLayout, n_frames: int | None = None) -> None:
    writer = TrajectoryWriter(path, layout)
    writer.create()
    for k in range(layout.n_frames if n_frames is None else n_frames):
        writer.append(**frame_of(k))
    writer.finish()


def files_of(path: Path) -> dict[str, bytes]:
    """All files below a folder, by relative name."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
