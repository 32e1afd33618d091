"""The outcome of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from lbhsweep.arrays import Arrays
from lbhsweep.simulation.end_state import EndState
from lbhsweep.store.record import RunError
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import RunPoint, TrajectoryPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of a run, ready to be recorded.

    Attributes
    ----------
    status : {'done', 'failed'}
        Failed if the physics failed.
    arrays : dict of str to ndarray
        By catalogue name: ramps (n_bins,), holds () and (n_time,); holds also
        ``equilibrated``.  Empty if failed.
    end : EndState or None
        Its end state, for runs that follow it; None if failed or synthetic.
    error : RunError or None
        Why it failed.
    steps : int
        Outer steps done.
    wall_seconds : float
        Seconds spent on the run, including those before interruptions.
    provenance : dict
        Host, versions and processor of the last segment.
    """

    status: Literal["done", "failed"]
    arrays: Arrays
    end: EndState | None = None
    error: RunError | None = None
    steps: int = 0
    wall_seconds: float = 0.0
    provenance: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a run.

    Attributes
    ----------
    step, n_steps : int
        Outer steps done, and of the whole run.
    temperature_K : float
        Temperature of the thermostat.
    volume_A3 : float
        Volume per formula unit.
    """

    step: int
    n_steps: int
    temperature_K: float
    volume_A3: float


def never() -> bool:
    """Return False: never stop."""
    return False


ShouldStop = Callable[[], bool]
OnProgress = Callable[[Progress], None]


def seed_of(point: RunPoint) -> int:
    """Derive the seed of all of a run's random numbers, 60 bits, from its physics.

    Trajectories don't count, neither its own nor that of a run that it follows: a run gives the
    same numbers with and without them.
    """
    return run_seed(run_id(replace(point, trajectory=TrajectoryPoint(), follows="")))


def run_seed(run_id: str) -> int:
    """Return the first 60 bits of a run id."""
    return int(run_id[:15], 16)
