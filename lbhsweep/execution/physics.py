"""What a task does with a point: molecular dynamics, or a rehearsal of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from lbhsweep.execution.worker import private_folder
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.simulation.outcome import OnProgress, Outcome, ShouldStop
from lbhsweep.simulation.rehearsal import rehearse
from lbhsweep.sweep.point import RunPoint

CHECKPOINT_EVERY_S = 60.0


class Physics(Protocol):
    """Travels to workers with every task: small, picklable, the same for all runs of a sweep."""

    def prepare(self) -> None:
        """Do once a process what runs need; called in a task's thread."""

    def run(
        self, point: RunPoint, workdir: Path, should_stop: ShouldStop, on_progress: OnProgress
    ) -> Outcome:
        """Do one run, or go on with it from its checkpoint in `workdir`."""


@dataclass(frozen=True, slots=True)
class MolecularDynamics:
    """Real runs.

    Attributes
    ----------
    force_fields : tuple of ForceField
        All that the sweep's points name.
    checkpoint_every_s : float
        Wall time between checkpoints, s.
    """

    force_fields: tuple[ForceField, ...]
    checkpoint_every_s: float = CHECKPOINT_EVERY_S

    def prepare(self) -> None:
        """Load compiled kernels, or compile them if this machine has none yet."""
        _compile_once()

    def run(
        self, point: RunPoint, workdir: Path, should_stop: ShouldStop, on_progress: OnProgress
    ) -> Outcome:
        """Simulate."""
        from lbhsweep.simulation.simulate import simulate

        by_digest = {one.digest: one for one in self.force_fields}
        return simulate(
            point,
            workdir,
            force_field=by_digest[point.model.potential_digest],
            should_stop=should_stop,
            checkpoint_every_s=self.checkpoint_every_s,
            on_progress=on_progress,
        )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Make-believe runs.

    Attributes
    ----------
    seconds : float
        How long each pretends to work.
    failure_rate : float
        Share of runs that pretend to blow up.
    """

    seconds: float = 0.0
    failure_rate: float = 0.0

    def prepare(self) -> None:
        """Nothing to prepare."""

    def run(
        self, point: RunPoint, workdir: Path, should_stop: ShouldStop, on_progress: OnProgress
    ) -> Outcome:
        """Rehearse."""
        return rehearse(
            point, failure_rate=self.failure_rate, seconds=self.seconds, should_stop=should_stop
        )


@cache
def _compile_once() -> None:
    private_folder(Path(os.environ["NUMBA_CACHE_DIR"]))
    from lbhsweep.engine.warmup import warm_up

    warm_up()
