"""What a task does with a point: molecular dynamics, or a rehearsal (synthetic runs)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lbhsweep.physics.conventional import ConventionalCrystal
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.simulation.end_state import FindEnd
from lbhsweep.simulation.outcome import OnProgress, Outcome, ShouldStop
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.sweep.point import RunPoint

CHECKPOINT_EVERY_S = 60.0

Notify = Callable[[str], None]

_compiled = threading.Event()


class Workload(Protocol):
    """Sent to workers with every task: small, picklable, the same for all runs of a sweep."""

    def prepare(self, notify: Notify) -> None:
        """Prepare a process for runs; `notify` gets a text before anything that takes long."""

    def run(
        self,
        point: RunPoint,
        workdir: Path,
        should_stop: ShouldStop,
        on_progress: OnProgress,
        *,
        start: FindEnd,
        trajectory: Path,
    ) -> Outcome:
        """Do one run, or continue it from its checkpoint in `workdir`.

        `start` finds the start of a run that follows another one.  Frames that the run keeps go
        to the path `trajectory`.
        """


@dataclass(frozen=True, slots=True)
class MolecularDynamics:
    """Molecular dynamics.

    Attributes
    ----------
    force_fields : tuple of ForceField
        All force fields that the sweep's points name.
    crystal : ConventionalCrystal or None
        The start of all runs, if it isn't built.
    checkpoint_every_s : float
        Wall time between checkpoints, s.
    """

    force_fields: tuple[ForceField, ...]
    crystal: ConventionalCrystal | None = None
    checkpoint_every_s: float = CHECKPOINT_EVERY_S

    def prepare(self, notify: Notify) -> None:
        """Load compiled kernels, or compile them if this machine has none yet."""
        if not _compiled.is_set():
            notify("loading kernels; compiling them takes minutes the first time on a machine")
            _compile()
            _compiled.set()

    def run(
        self,
        point: RunPoint,
        workdir: Path,
        should_stop: ShouldStop,
        on_progress: OnProgress,
        *,
        start: FindEnd,
        trajectory: Path,
    ) -> Outcome:
        """Simulate."""
        from lbhsweep.simulation.simulate import simulate

        by_digest = {one.digest: one for one in self.force_fields}
        return simulate(
            point,
            workdir,
            force_field=by_digest[point.model.potential_digest],
            crystal=self.crystal,
            start=start,
            trajectory=trajectory,
            should_stop=should_stop,
            checkpoint_every_s=self.checkpoint_every_s,
            on_progress=on_progress,
        )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Synthetic runs.

    Attributes
    ----------
    seconds : float
        Duration of each run.
    failure_rate : float
        Fraction of runs that fail.
    """

    seconds: float = 0.0
    failure_rate: float = 0.0

    def prepare(self, notify: Notify) -> None:
        """Do nothing."""

    def run(
        self,
        point: RunPoint,
        workdir: Path,
        should_stop: ShouldStop,
        on_progress: OnProgress,
        *,
        start: FindEnd,
        trajectory: Path,
    ) -> Outcome:
        """Rehearse; there are no synthetic frames."""
        return rehearse(
            point, failure_rate=self.failure_rate, seconds=self.seconds, should_stop=should_stop
        )


def _compile() -> None:
    from lbhsweep.simulation.warmup import warm_up

    warm_up()
