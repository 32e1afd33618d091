"""The frames of a run's trajectory: number, times, and size on disk."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.sweep.cost import n_atoms
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.schedule import schedule_of

FLOAT_BYTES = 4
COMPRESSED_POSITIONS, COMPRESSED_VELOCITIES = 0.80, 0.92
"""Bytes on disk over bytes of the numbers, measured with 832 atoms at 600 K: only the leading
bits of thermal noise repeat."""


def n_frames(point: RunPoint) -> int:
    """Count the frames of a run; 0 if it keeps none."""
    every = point.trajectory.every
    return schedule_of(point).produce_steps // every if every else 0


def frame_times(point: RunPoint) -> FloatArray:
    """Return the times (n_frames,) of the frames in ps from the start of production."""
    steps = point.trajectory.every * np.arange(1, n_frames(point) + 1)
    # A decimal that a user would write: 0.3 and not 0.30000000000000004.
    return np.round(steps * point.dynamics.outer_step_ps, 9)


def frame_temperatures(point: RunPoint) -> FloatArray:
    """Return the target temperatures (n_frames,) in K at the times of the frames."""
    schedule = schedule_of(point)
    first = schedule.preparing_steps + point.trajectory.every
    steps = range(first, first + n_frames(point) * point.trajectory.every, point.trajectory.every)
    return np.array([schedule.temperature(step) for step in steps])


def estimated_trajectory_bytes(point: RunPoint) -> int:
    """Estimate the size of a run's trajectory on disk; rehearsals keep none."""
    if point.rehearsal or not point.trajectory.every:
        return 0
    share = COMPRESSED_POSITIONS + COMPRESSED_VELOCITIES * point.trajectory.velocities
    return round(n_frames(point) * 3 * n_atoms(point) * FLOAT_BYTES * share)
