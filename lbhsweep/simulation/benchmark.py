"""Throughput of a run on this machine, where its time goes, and conservation of energy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.document import Document
from lbhsweep.engine.compile_clock import compile_clock
from lbhsweep.engine.dynamics.integrate import Integrator
from lbhsweep.engine.dynamics.state import State
from lbhsweep.engine.force_buffers import ForceBuffers
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.simulation.outcome import run_seed
from lbhsweep.simulation.setup import build_dynamics, build_potential, build_structure
from lbhsweep.simulation.stages import warm_start
from lbhsweep.sweep.grid import Grid, expand_grid
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.schedule import schedule_of
from lbhsweep.units import BOLTZMANN

BLOCKS = 5
"""Blocks of steps that are timed separately, to show a shared machine's noise."""
TURNS_SECONDS = 0.5
"""Time for which the parts are called in turn, s."""
FEWEST_TURNS = 3
TURNS_A_LIST = 10
INTEGRATION_STEPS = 50
SECONDS_PER_DAY = 86400.0
SETTLING_PS = 1.0
"""Left out of a drift: without thermostat and barostat the total energy first shifts a little."""
RELIABLE_DRIFT_PS = 10.0
"""Shorter runs show little more than the scatter of the total energy."""
SLOPE_BLOCKS = 10
"""Blocks of a run whose means are fitted; longer than the energy's correlation time."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run at its temperature, ready to be timed.

    Attributes
    ----------
    potential : ForceFieldPotential
    integrator : Integrator
    temperature : float
        Of the thermostat, K.
    sample_every : int
        Outer steps from one evaluation of the energy to the next.
    compile_seconds : float
        Wall time in which kernels were compiled, or loaded from the cache.
    """

    potential: ForceFieldPotential
    integrator: Integrator
    temperature: float
    sample_every: int
    compile_seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of blocks of outer steps.

    Attributes
    ----------
    seconds, cpu_seconds : (n_blocks,) float64
        Wall and processor time of an outer step, by block.
    rebuilds : float
        Neighbour lists built in an outer step.
    """

    seconds: FloatArray
    cpu_seconds: FloatArray
    rebuilds: float

    @property
    def cpu_share(self) -> float:
        """Processor time over wall time; well below 1 on a machine with other processes."""
        return float(self.cpu_seconds.sum() / self.seconds.sum())

    def ns_per_day(self, outer_step: float) -> FloatArray:
        """Compute each block's throughput for outer steps of `outer_step` ps."""
        return outer_step * 1e-3 * SECONDS_PER_DAY / self.seconds


@dataclass(frozen=True, slots=True)
class Drift:
    """Drift of the total energy in a run at constant energy.

    Attributes
    ----------
    slope, stderr : float
        kT per atom per ns.
    length_ps : float
    temperature : float
        Mean kinetic temperature, K.
    """

    slope: float
    stderr: float
    length_ps: float
    temperature: float


def bench_grid(
    *,
    supercell: int | list[int],
    temperature: str,
    pressure: str = "0 GPa",
    ensemble: str = "npt",
    cutoff: str = "9 Å",
    potential: str = "lbh-2021",
    produce: str = "1 ps",
) -> Grid:
    """Build the point of a run with the default settings of sweeps.

    Returns
    -------
    Grid
        Of one point.

    Raises
    ------
    SpecError
        If a setting is wrong; keys are those of a sweep file, or of the parameter file.
    ForceFieldError
        If there is no such potential.
    """
    # For a missing file a sweep would report that paths are relative to the sweep's own.
    load_force_field(potential)
    data: dict[str, Any] = {
        "name": "bench",
        "system": {"supercell": supercell},
        "model": {"cutoff": cutoff},
        "axes": {"potential": potential, "pressure": pressure, "temperature": temperature},
        "protocol": {"hold": {"equilibrate": "0 ps", "produce": produce}},
        "dynamics": {"ensemble": ensemble},
    }
    return expand_grid(sweep_from(Document("bench", data, {(): 1})))


def prepare(grid: Grid, equilibrate: int) -> Prepared:
    """Relax the crystal of a one-point grid, run `equilibrate` outer steps, compile all kernels.

    Raises
    ------
    SimulationError
        If the physics failed.
    """
    (point,) = grid.points
    schedule, seed = schedule_of(point), run_seed(run_id(point))
    temperature = schedule.start_K
    with compile_clock() as compile_seconds:
        structure = build_structure(point)
        potential = build_potential(point, structure, grid.force_fields[point.model.potential])
        state = warm_start(point, structure, potential, seed)
        integrator = Integrator(potential, state, build_dynamics(point, schedule))
        for _ in range(equilibrate):
            integrator.advance(temperature)
        # Steps without energies have kernels of their own.
        for energies in (True, False):
            integrator.advance(temperature, energies=energies)
    return Prepared(potential, integrator, temperature, schedule.sample_every, compile_seconds())


def time_steps(prepared: Prepared, steps: int) -> Timing:
    """Time outer steps in up to `BLOCKS` blocks."""
    lengths = [len(part) for part in np.array_split(np.arange(steps), min(BLOCKS, steps))]
    clocks = np.empty((len(lengths), 2))
    rebuilds = 0
    for block, length in enumerate(lengths):
        start = time.perf_counter(), time.process_time()
        rebuilds += _advance(prepared, length)
        clocks[block] = time.perf_counter(), time.process_time()
        clocks[block] = (clocks[block] - start) / length
    return Timing(clocks[:, 0], clocks[:, 1], rebuilds / steps)


def _advance(prepared: Prepared, steps: int) -> int:
    """Integrate and count the lists that were built."""
    integrator = prepared.integrator
    rebuilds, mark = 0, _list_mark(prepared.potential)
    for _ in range(steps):
        # As a run does: energies are evaluated in the steps that are sampled.
        sampled = (integrator.state.step + 1) % prepared.sample_every == 0
        integrator.advance(prepared.temperature, energies=sampled)
        new = _list_mark(prepared.potential)
        rebuilds += new != mark
        mark = new
    return rebuilds


def _list_mark(potential: ForceFieldPotential) -> float:
    """Identify a list by the position of the first atom when it was built."""
    listed = potential.list_state()
    return float(listed[0][0, 0]) if listed is not None else float("nan")


def breakdown(prepared: Prepared, timing: Timing) -> dict[str, float]:
    """Divide an outer step's median time among its parts.

    Parts are called in turn on the current state, so that each finds the caches as the others
    left them; each counts as often as a step calls it.  ``integration`` is a step without all
    forces but the bonded ones, less the bonded ones; it is 0 if that difference is below the noise.
    ``waiting`` is time in which other processes had the processor, and ``other`` is the rest of
    the step.  Without ``waiting`` they add up to the step's processor time.

    Returns
    -------
    dict of str to float
        Seconds per outer step; they add up to the step.
    """
    state, dynamics = prepared.integrator.state, prepared.integrator.dynamics
    often = {"list": timing.rebuilds, "bonded": float(dynamics.inner_steps)}
    calls = _seconds_a_call(prepared.potential.parts(state.positions, state.cell))
    parts = {name: often.get(name, 1.0) * seconds for name, seconds in calls.items()}
    parts["integration"] = max(0.0, _seconds_without_pairs(prepared) - parts["bonded"])
    wall, processor = float(np.median(timing.seconds)), float(np.median(timing.cpu_seconds))
    parts["waiting"] = max(0.0, wall - processor)
    parts["other"] = wall - sum(parts.values())
    return parts


def _seconds_a_call(parts: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Measure the median processor time of each part, once compiled."""
    for part in parts.values():
        part()
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    end, turn = time.process_time() + TURNS_SECONDS, 0
    while turn < FEWEST_TURNS or time.process_time() < end:
        for name, part in parts.items():
            # A list lasts many steps, so most parts find none that was just built.
            if name != "list" or turn % TURNS_A_LIST == 0:
                start = time.process_time()
                part()
                seconds[name].append(time.process_time() - start)
        turn += 1
    return {name: float(np.median(values)) for name, values in seconds.items()}


class _Bonded:
    """The bonds and angles of a potential, with the virial of all its forces."""

    def __init__(self, potential: ForceFieldPotential, state: State) -> None:
        self.n_atoms, self.masses = potential.n_atoms, potential.masses
        self.bonded, self.slow_terms = potential.bonded, potential.slow_terms
        self._slow = ForceBuffers.empty(self.n_atoms, len(self.slow_terms))
        potential.slow(state.positions, state.cell, self._slow)

    def update(self, positions: FloatArray, cell: FloatArray, step: int) -> None:
        """Do nothing: there is no list."""

    def slow(
        self, positions: FloatArray, cell: FloatArray, out: ForceBuffers, *, energies: bool = True
    ) -> None:
        """Return the same virial again, so that the cell moves on as before, and no forces."""
        out.virial[:] = self._slow.virial

    def list_state(self) -> None:
        """Return nothing: there is no list."""

    def restore_list(self, positions: FloatArray, cell: FloatArray) -> None:
        """Keep no list."""


def _seconds_without_pairs(prepared: Prepared) -> float:
    now = prepared.integrator
    state = State.from_arrays(now.state.to_arrays())
    potential = _Bonded(prepared.potential, state)
    integrator = Integrator(potential, state, now.dynamics, limits=now.limits)
    seconds = []
    for _ in range(BLOCKS):
        start = time.process_time()
        for _ in range(INTEGRATION_STEPS // BLOCKS):
            integrator.advance(prepared.temperature, energies=False)
        seconds.append((time.process_time() - start) / (INTEGRATION_STEPS // BLOCKS))
    return float(np.median(seconds))


def nve_drift(prepared: Prepared, steps: int) -> Drift:
    """Continue a run at constant energy, and fit the total energy's slope.

    Parameters
    ----------
    prepared : Prepared
        The run; not changed.
    steps : int
        Outer steps that are fitted, at least 4; `SETTLING_PS` before them are not.

    Raises
    ------
    SimulationError
        If the physics failed.
    """
    now = prepared.integrator
    state = State.from_arrays(now.state.to_arrays())
    state.strain_rate[:] = 0.0
    dynamics = replace(now.dynamics, ensemble="nve")
    integrator = Integrator(prepared.potential, state, dynamics, limits=now.limits)
    for _ in range(round(SETTLING_PS / dynamics.outer_step)):
        integrator.advance(energies=False)
    energies, kinetic = np.zeros(steps), np.zeros(steps)
    for step in range(steps):
        integrator.advance()
        energies[step], kinetic[step] = integrator.conserved_energy, integrator.kinetic_energy
    times = dynamics.outer_step * 1e-3 * np.arange(steps, dtype=np.float64)
    slope, stderr = fit_slope(times, energies)
    unit = BOLTZMANN * prepared.temperature * state.n_atoms
    return Drift(
        slope / unit,
        stderr / unit,
        steps * dynamics.outer_step,
        integrator.temperature_of(float(kinetic.mean())),
    )


def fit_slope(times: FloatArray, values: FloatArray) -> tuple[float, float]:
    """Fit a line by least squares to the means of `SLOPE_BLOCKS` blocks.

    Parameters
    ----------
    times, values : (n,) float64
        Equally spaced, n ≥ 4.

    Returns
    -------
    slope, stderr : float
        stderr² = s²/Σ(t - t̄)², s² being the variance of the blocks' residuals with two degrees of
        freedom less; valid if blocks are longer than the values' correlation time.
    """
    blocks = min(SLOPE_BLOCKS, len(times))
    t, y = (
        np.array([block.mean() for block in np.array_split(series, blocks)])
        for series in (times, values)
    )
    t -= t.mean()
    spread = float(t @ t)
    slope = float(t @ y) / spread
    residuals = y - y.mean() - slope * t
    return slope, float(np.sqrt(residuals @ residuals / (blocks - 2) / spread))
