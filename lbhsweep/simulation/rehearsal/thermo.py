"""Synthetic thermodynamics: two phases of equal heat capacity, expansion and compressibility."""

from __future__ import annotations

import math

import numpy as np

from lbhsweep.arrays import Arrays, FloatArray
from lbhsweep.quantities import stderr_name
from lbhsweep.simulation.rehearsal.material import (
    ENTROPY_STEP,
    TRANSITION_K,
    VOLUME_STEP,
    high_phase_share,
)
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


def rehearse_thermo(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `thermo` measures, and whether a hold is equilibrated."""
    make = _hold if point.group == "hold" else _ramp
    return {name: np.asarray(array) for name, array in make(point, rng).items()}


def _averages(point: RunPoint, temperature_K: FloatArray, rng: np.random.Generator) -> Arrays:
    share, pressure = high_phase_share(point, temperature_K), point.pressure_GPa
    relative = math.exp(-COMPRESSIBILITY * pressure) + EXPANSION * temperature_K
    volume = (VOLUME_0 * relative + VOLUME_STEP * share) * _scatter(rng, temperature_K)
    kinetic = 39.0 * BOLTZMANN * temperature_K * _scatter(rng, temperature_K)
    # (∂H/∂P)_T = V − T (∂V/∂T)_P, so that enthalpies and volumes are of one free energy.
    of_pressure = -math.expm1(-COMPRESSIBILITY * pressure) / COMPRESSIBILITY - pressure * relative
    potential = (
        -906.0
        + (HEAT_CAPACITY - 39.0 * BOLTZMANN) * temperature_K
        + TRANSITION_K * ENTROPY_STEP * share
        + GPA * VOLUME_0 * of_pressure
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

    For n formula units H_conf = U + PV has the variance k_B T² C_conf/n.  V has k_B T κ V/n, and
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
