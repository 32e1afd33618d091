"""Make-believe runs in milliseconds, for trying a cluster before spending core-hours.

Nothing here is physics of Li2B12H12: two phases of equal heat capacity, expansion and
compressibility, apart by ΔV and ΔS, so that Clapeyron's dT/dP = ΔV/ΔS holds exactly and an
analysis has something to find.  Results are marked `rehearsal` and stored apart.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from lbhsweep.arrays import Arrays, FloatArray
from lbhsweep.errors import InterruptedRun
from lbhsweep.quantities import stderr_name
from lbhsweep.simulation.outcome import Outcome, ShouldStop, never, seed_of
from lbhsweep.simulation.provenance import provenance
from lbhsweep.simulation.rehearsal.diffusion import rehearse_diffusion
from lbhsweep.simulation.rehearsal.material import (
    ENTROPY_STEP,
    TRANSITION_K,
    VOLUME_STEP,
    high_phase_share,
)
from lbhsweep.simulation.rehearsal.rotation import rehearse_anion_position, rehearse_rotation
from lbhsweep.simulation.rehearsal.spectra import rehearse_spectra
from lbhsweep.simulation.rehearsal.structure import (
    rehearse_density,
    rehearse_radial,
    rehearse_sites,
)
from lbhsweep.store.record import RunError
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.schedule import schedule_of
from lbhsweep.units import BOLTZMANN, GPA

MOLAR_MASS = 155.7
"""g/mol per formula unit."""
HEAT_CAPACITY = 78 * BOLTZMANN
"""kJ/mol/K, both phases."""
VOLUME_0 = 224.0
"""Å³ per formula unit of the low phase at 0 K and 0 GPa."""
EXPANSION = 1.8e-4
"""1/K."""
COMPRESSIBILITY = 0.03
"""1/GPa."""
NOISE = 3e-4
"""Relative scatter of a mean."""
N_EFFECTIVE = 20.0
"""Independent samples in a mean."""
REHEARSED: Mapping[str, Callable[[RunPoint, np.random.Generator], Arrays]] = MappingProxyType(
    {
        "rotation": rehearse_rotation,
        "spectra": rehearse_spectra,
        "anion_position": rehearse_anion_position,
        "diffusion": rehearse_diffusion,
        "density": rehearse_density,
        "sites": rehearse_sites,
        "radial": rehearse_radial,
    }
)
"""Observables that are made up in files of their own."""


def rehearse(
    point: RunPoint,
    *,
    failure_rate: float = 0.0,
    seconds: float = 0.0,
    should_stop: ShouldStop = never,
) -> Outcome:
    """Make up the results of a run; the same every time for the same point.

    Parameters
    ----------
    point : RunPoint
        The run.
    failure_rate : float
        Share of runs that pretend to blow up; which ones follows from the run id.
    seconds : float
        How long to pretend to work.
    should_stop : callable
        Asked while pretending to work.

    Returns
    -------
    Outcome
        With the arrays that a real run of the same protocol gives.

    Raises
    ------
    InterruptedRun
        If `should_stop` says so.
    """
    started = time.perf_counter()
    rng = np.random.default_rng(seed_of(point))
    _pretend_to_work(point, started + seconds, should_stop)
    schedule = schedule_of(point)
    fails = float(rng.random()) < failure_rate
    make = _hold if point.group == "hold" else _ramp
    arrays = {} if fails else {name: np.asarray(a) for name, a in make(point, rng).items()}
    for name in point.observables:
        if not fails and name in REHEARSED:
            arrays |= REHEARSED[name](point, rng)
    step = int(rng.integers(1, schedule.n_steps + 1)) if fails else schedule.n_steps
    message = "make-believe failure of a rehearsal"
    return Outcome(
        status="failed" if fails else "done",
        arrays=arrays,
        error=RunError("not-finite", message, step) if fails else None,
        steps=step,
        wall_seconds=time.perf_counter() - started,
        provenance=provenance(),
    )


def _pretend_to_work(point: RunPoint, until: float, should_stop: ShouldStop) -> None:
    while (left := until - time.perf_counter()) > 0.0:
        if should_stop():
            raise InterruptedRun(f"{point.label}: the rehearsal was asked to stop; run it again")
        time.sleep(min(left, 0.05))


def _averages(point: RunPoint, temperature_K: FloatArray, rng: np.random.Generator) -> Arrays:
    share, pressure = high_phase_share(point, temperature_K), point.pressure_GPa
    relative = math.exp(-COMPRESSIBILITY * pressure) + EXPANSION * temperature_K
    volume = (VOLUME_0 * relative + VOLUME_STEP * share) * _scatter(rng, temperature_K)
    kinetic = 39.0 * BOLTZMANN * temperature_K * _scatter(rng, temperature_K)
    potential = (
        -906.0
        + (HEAT_CAPACITY - 39.0 * BOLTZMANN) * temperature_K
        + TRANSITION_K * ENTROPY_STEP * share
        + 0.1 * rng.standard_normal(temperature_K.shape)
    )
    lattice = np.cbrt(4.0 * volume)
    means = {
        "volume": volume,
        "enthalpy": kinetic + potential + pressure * GPA * volume,
        "potential_energy": potential,
        "kinetic_energy": kinetic,
        "kinetic_temperature": temperature_K * _scatter(rng, temperature_K),
        "pressure_measured": pressure + 0.01 * rng.standard_normal(temperature_K.shape),
        "lattice_a": lattice,
        "lattice_b": lattice,
        "lattice_c": lattice,
        "lattice_alpha": np.full_like(lattice, 90.0),
        "lattice_beta": np.full_like(lattice, 90.0),
        "lattice_gamma": np.full_like(lattice, 90.0),
        "cell": lattice[..., None, None] * np.eye(3),
        "conserved_energy": np.full_like(lattice, -700.0),
    }
    errors = {stderr_name(name): NOISE * np.abs(value) for name, value in means.items()}
    errors[stderr_name("enthalpy")] = np.full_like(volume, 0.1)
    errors[stderr_name("potential_energy")] = np.full_like(volume, 0.1)
    errors[stderr_name("pressure_measured")] = np.full_like(volume, 0.01)
    counts = {
        "sample_count": np.full_like(volume, 100.0),
        "n_effective": np.full_like(volume, N_EFFECTIVE),
    }
    return means | errors | counts


def _scatter(rng: np.random.Generator, like: FloatArray) -> FloatArray:
    return 1.0 + NOISE * rng.standard_normal(like.shape)


def _ramp(point: RunPoint, rng: np.random.Generator) -> Arrays:
    schedule = schedule_of(point)
    low, high = sorted((schedule.start_K, schedule.end_K))
    centres = low + (high - low) * (np.arange(schedule.n_bins) + 0.5) / schedule.n_bins
    return _averages(point, centres, rng)


def _hold(point: RunPoint, rng: np.random.Generator) -> Arrays:
    schedule = schedule_of(point)
    arrays = _averages(point, np.array(schedule.start_K), rng)
    for name in ("volume", "enthalpy", "kinetic_temperature"):
        noise = 5.0 * arrays[stderr_name(name)] * rng.standard_normal(schedule.n_blocks)
        arrays[f"{name}_series"] = arrays[name] + noise - noise.mean()
    arrays |= _instants(point, arrays, schedule.n_blocks, rng)
    fluctuation = 1e6 * HEAT_CAPACITY / MOLAR_MASS * (1.0 + 0.05 * rng.standard_normal())
    arrays["heat_capacity_fluctuation"] = np.array(fluctuation)
    arrays[stderr_name("heat_capacity_fluctuation")] = np.array(0.05 * fluctuation)
    produced_ps = schedule.produce_steps * point.dynamics.outer_step_ps
    arrays["correlation_time"] = np.array(produced_ps / (2.0 * N_EFFECTIVE))
    arrays["equilibration_time"] = np.array(0.0)
    arrays["equilibrated"] = np.array(1, dtype=np.int8)
    return arrays


def _instants(point: RunPoint, means: Arrays, n_blocks: int, rng: np.random.Generator) -> Arrays:
    """Draw volume and potential energy as they fluctuate together in one phase.

    Of n formula units H_conf = U + PV has the variance k_B T² C_conf/n, V has k_B T κ V/n, and
    their covariance is k_B T² V α/n (Landau and Lifshitz, Statistical Physics, § 112).
    """
    temperature, pressure = schedule_of(point).start_K, point.pressure_GPa * GPA
    n_formula = 4 * math.prod(point.system.supercell)
    volume = float(means["volume"])
    conf = HEAT_CAPACITY - 39.0 * BOLTZMANN
    unit = BOLTZMANN * temperature / n_formula
    expands = unit * temperature * VOLUME_0 * EXPANSION
    covariance = [
        [unit * temperature * conf, expands],
        [expands, unit * COMPRESSIBILITY / GPA * VOLUME_0],
    ]
    centre = [float(means["potential_energy"]) + pressure * volume, volume]
    h_conf, v = rng.multivariate_normal(centre, covariance, n_blocks).T
    return {"potential_energy_sample": h_conf - pressure * v, "volume_sample": v}
