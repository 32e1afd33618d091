"""The frames of a run that are kept in its trajectory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lbhsweep import __version__
from lbhsweep.engine.dynamics.state import State
from lbhsweep.observables import MeasurementPlan
from lbhsweep.store.trajectory_writer import TrajectoryLayout, TrajectoryWriter
from lbhsweep.sweep.identity import PHYSICS_VERSION, canonical_json, run_id
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.sampling_frames import frame_temperatures, frame_times
from lbhsweep.sweep.schedule import Schedule


class Frames:
    """Passes a run's frames to the writer of its trajectory; does nothing if it keeps none.

    A frame is the state at the end of an outer step of the production, at every multiple of
    `RunPoint.trajectory.every`.

    Parameters
    ----------
    point : RunPoint
        The run.
    plan : MeasurementPlan
        Its atoms.
    schedule : Schedule
        Its steps.
    path : Path
        Folder of the trajectory.
    """

    def __init__(
        self, point: RunPoint, plan: MeasurementPlan, schedule: Schedule, path: Path
    ) -> None:
        self._every = point.trajectory.every
        self._first = schedule.preparing_steps
        self._writer = TrajectoryWriter(path, _layout(point, plan)) if self._every else None

    def begin(self) -> None:
        """Create the trajectory, empty.

        Raises
        ------
        StoreError
            If it can't be written.
        """
        if self._writer:
            self._writer.create()

    def keep(self, state: State) -> None:
        """Keep the state if it is one of the frames.

        Raises
        ------
        StoreError
            If the trajectory can't be written.
        """
        produced = state.step - self._first
        if self._writer and produced > 0 and produced % self._every == 0:
            self._writer.append(
                positions=state.positions, velocities=state.velocities, cell=state.cell
            )

    def finish(self) -> None:
        """Write all frames through to the disk.

        Raises
        ------
        StoreError
            If they can't be written, or some were removed.
        """
        if self._writer:
            self._writer.finish()

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return the frames that are not on the disk yet, for a checkpoint."""
        return self._writer.state() if self._writer else {}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> bool:
        """Continue from what `state` returned; False if the run must start from scratch."""
        return self._writer.restore(arrays) if self._writer else True


def _layout(point: RunPoint, plan: MeasurementPlan) -> TrajectoryLayout:
    return TrajectoryLayout(
        run_id=run_id(point),
        symbols=plan.structure.symbols,
        molecule=plan.structure.molecule,
        masses=plan.masses,
        charges=plan.charges,
        times=frame_times(point),
        temperatures=frame_temperatures(point),
        velocities=point.trajectory.velocities,
        attributes={
            "label": point.label,
            "point": canonical_json(point),
            "physics_version": PHYSICS_VERSION,
            "package_version": __version__,
        },
    )
