"""Protocols as schedules: which temperature at which outer step, and what is averaged together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lbhsweep.sweep.point import (
    CoexistPoint,
    DynamicsPoint,
    HoldPoint,
    Protocol,
    RampPoint,
    RunPoint,
)

LONGEST_SERIES = 512
"""Most points of a hold's time series; longer runs are averaged over blocks."""
PROFILE_BLOCK_PS = 1.0
"""Time over which a profile is averaged: librations, some 0.3 ps, are averaged out."""
BLOCKS_PER_BIN = 8
"""Blocks in a ramp's temperature bin, from whose scatter its error follows."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A run in outer steps: heating if there is any, equilibration, then production.

    Attributes
    ----------
    heat_steps, equilibrate_steps, produce_steps : int
        Outer steps of each part.
    sample_every : int
        Outer steps from one sample of the production to the next.
    heated_from_K : float
        Temperature before the heating, which goes up to `start_K`.
    start_K, end_K : float
        Temperature before and at the end of production, linear between.
    n_bins : int
        Temperature bins; 1 in a hold.
    n_blocks : int
        Blocks of equal length into which the production is cut for averaging.
    """

    equilibrate_steps: int
    produce_steps: int
    sample_every: int
    start_K: float
    end_K: float
    n_bins: int
    n_blocks: int
    heat_steps: int = 0
    heated_from_K: float = 0.0

    @property
    def preparing_steps(self) -> int:
        """Outer steps before the production."""
        return self.heat_steps + self.equilibrate_steps

    @property
    def n_steps(self) -> int:
        """Outer steps of the whole run."""
        return self.preparing_steps + self.produce_steps

    def temperature(self, step: int) -> float:
        """Compute the target temperature in K during the outer step after `step` others.

        While heating it is that of the step's end, so that it is never 0.
        """
        if step < self.heat_steps:
            heated = (step + 1) / self.heat_steps
            return self.heated_from_K + (self.start_K - self.heated_from_K) * heated
        produced = max(0, step - self.preparing_steps)
        return self.start_K + (self.end_K - self.start_K) * (produced / self.produce_steps)

    def block(self, step: int) -> int:
        """Compute the block of a sample; blocks are in order of rising temperature.

        The sample stands for the middle of the steps since the one before.
        """
        twice = 2 * (step - self.preparing_steps) - self.sample_every
        block = twice * self.n_blocks // (2 * self.produce_steps)
        return block if self.end_K >= self.start_K else self.n_blocks - 1 - block


def schedule_of(point: RunPoint) -> Schedule:
    """Convert a point's protocol to outer steps.

    Times are rounded to whole outer steps, and the production is at least one sample long.
    """
    return _schedule(point.protocol, point.dynamics)


# A sweep's many points share few protocols: 100 000 of them are planned 0.3 s sooner.
@lru_cache(maxsize=4096)
def _schedule(protocol: Protocol, dynamics: DynamicsPoint) -> Schedule:
    outer_ps = dynamics.outer_step_ps
    equilibrate = round(protocol.equilibrate_ps / outer_ps)
    if isinstance(protocol, CoexistPoint):
        # Both halves are prepared for the same number of steps.
        equilibrate = 2 * round(protocol.prepare_ps / outer_ps)
        produce = max(round(protocol.produce_ps / outer_ps), dynamics.sample_every)
        n_blocks = max(1, min(LONGEST_SERIES, int(produce * outer_ps / PROFILE_BLOCK_PS)))
        temperatures = (protocol.temperature_K, protocol.temperature_K)
        return Schedule(equilibrate, produce, dynamics.sample_every, *temperatures, 1, n_blocks)
    if isinstance(protocol, HoldPoint):
        produce = max(round(protocol.produce_ps / outer_ps), dynamics.sample_every)
        n_samples = produce // dynamics.sample_every
        n_blocks = n_samples // math.ceil(n_samples / LONGEST_SERIES)
        temperatures = (protocol.temperature_K, protocol.temperature_K)
        heating = (round(protocol.heating_ps / outer_ps), protocol.heated_from_K)
        return Schedule(
            equilibrate, produce, dynamics.sample_every, *temperatures, 1, n_blocks, *heating
        )
    low, high = protocol.temperature_min_K, protocol.temperature_max_K
    produce = round((high - low) / protocol.heating_rate_K_per_ps / outer_ps)
    produce = max(produce, dynamics.sample_every)
    n_bins = round((high - low) / protocol.bin_K)
    samples_per_bin = produce // dynamics.sample_every // n_bins
    n_blocks = n_bins * max(1, min(BLOCKS_PER_BIN, samples_per_bin))
    ends = (low, high) if protocol.direction == "heating" else (high, low)
    return Schedule(equilibrate, produce, dynamics.sample_every, *ends, n_bins, n_blocks)


def series_times(point: RunPoint) -> npt.NDArray[np.float64] | None:
    """Return the middles (n_time,) of a run's blocks in ps from the start of production.

    None for a ramp, which keeps no time series.
    """
    if isinstance(point.protocol, RampPoint):
        return None
    schedule = schedule_of(point)
    block_ps = schedule.produce_steps * point.dynamics.outer_step_ps / schedule.n_blocks
    return np.asarray((np.arange(schedule.n_blocks) + 0.5) * block_ps, dtype=np.float64)
