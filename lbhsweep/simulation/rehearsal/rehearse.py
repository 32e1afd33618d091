"""Synthetic runs in milliseconds, for trying a cluster before spending core-hours.

Nothing here is physics of Li2B12H12.  Two phases of equal heat capacity, expansion and
compressibility differ by ΔV and ΔS.  So Clapeyron's dT/dP = ΔV/ΔS holds exactly, and an analysis
has a transition to find.  Results are marked `rehearsal` and stored apart.
"""

from __future__ import annotations

import time

import numpy as np

from lbhsweep.arrays import Arrays
from lbhsweep.errors import InterruptedRun
from lbhsweep.quantities import DECLARATIONS, load_code, measured_in
from lbhsweep.simulation.outcome import Outcome, ShouldStop, never, seed_of
from lbhsweep.simulation.provenance import provenance
from lbhsweep.store.record import RunError
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.schedule import schedule_of


def rehearse(
    point: RunPoint,
    *,
    failure_rate: float = 0.0,
    seconds: float = 0.0,
    should_stop: ShouldStop = never,
) -> Outcome:
    """Draw the results of a run, the same every time for the same point.

    Parameters
    ----------
    point : RunPoint
        The run.
    failure_rate : float
        Share of runs that fail; which ones follows from the run id.
    seconds : float
        How long to wait before the results are there.
    should_stop : callable
        Asked while waiting.

    Returns
    -------
    Outcome
        With the arrays that a real run of the same protocol has.

    Raises
    ------
    InterruptedRun
        If `should_stop` says so.
    """
    started = time.perf_counter()
    rng = np.random.default_rng(seed_of(point))
    _wait(point, started + seconds, should_stop)
    schedule = schedule_of(point)
    fails = float(rng.random()) < failure_rate
    arrays = {} if fails else rehearsed(point, rng)
    step = int(rng.integers(1, schedule.n_steps + 1)) if fails else schedule.n_steps
    message = "synthetic failure of a rehearsal"
    return Outcome(
        status="failed" if fails else "done",
        arrays=arrays,
        error=RunError("not-finite", message, step) if fails else None,
        steps=step,
        wall_seconds=time.perf_counter() - started,
        provenance=provenance(),
    )


def _wait(point: RunPoint, until: float, should_stop: ShouldStop) -> None:
    while (left := until - time.perf_counter()) > 0.0:
        if should_stop():
            raise InterruptedRun(f"{point.label}: the rehearsal was asked to stop; run it again")
        time.sleep(min(left, 0.05))


def rehearsed(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw the arrays of a run: thermodynamics where any are measured, then all else."""
    arrays: Arrays = {}
    always = {"thermo"} & measured_in(point.group)
    for name in (*always, *(name for name in point.observables if name not in always)):
        arrays |= load_code(DECLARATIONS[name].rehearsed_by)(point, rng)
    return arrays
