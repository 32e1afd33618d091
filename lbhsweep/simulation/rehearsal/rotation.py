"""Synthetic orientations and positions of anions: jumps over a barrier, vibration about sites."""

from __future__ import annotations

import math

import numpy as np

from lbhsweep.arrays import Arrays
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.rotation import rotation_axes
from lbhsweep.sweep.point import HoldPoint, RunPoint
from lbhsweep.sweep.sampling import production_of
from lbhsweep.units import BOLTZMANN

ATTEMPTS = 200.0
"""1/ps."""
BARRIER = 40.0
"""kJ/mol."""
AMPLITUDE = 0.9
"""What librations leave of the autocorrelation."""
FLUCTUATION = 0.01
"""Å at 1 K."""


def rehearse_rotation(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `rotation` measures; nothing in a ramp."""
    if not isinstance(point.protocol, HoldPoint):
        return {}
    axes = {name: np.array(values) for name, values in rotation_axes(production_of(point)).items()}
    lags, times = axes["lag"], axes["time"]
    rate = ATTEMPTS * math.exp(-BARRIER / (BOLTZMANN * point.protocol.temperature_K))
    rotations_per_ns = 10.0 * rate
    vectors = rng.standard_normal((len(times), len(axes["bond"]), 3))
    azimuth = np.arctan2(vectors[..., 1], vectors[..., 0])
    polar = np.arccos(vectors[..., 2] / np.linalg.norm(vectors, axis=-1))
    arrays: Arrays = {
        "bh_theta_series": np.degrees(polar),
        "bh_phi_series": np.degrees(azimuth),
        "full_rotations_series": 1e-3 * rotations_per_ns * times,
        "reorientation_resolved": np.array(float(rate * lags[-1] > 1.0)),
    }
    means = {
        "bh_correlation": AMPLITUDE * np.exp(-rate * lags),
        "icosahedral_correlation": np.full_like(lags, 0.4),
        "reorientation_rate": np.array(rate),
        "reorientation_amplitude": np.array(AMPLITUDE),
        "full_rotation_rate": np.array(rotations_per_ns),
    }
    for name, mean in means.items():
        error = 0.02 * mean
        arrays[name] = np.asarray(mean + error * rng.standard_normal(mean.shape))
        arrays[stderr_name(name)] = np.asarray(error)
    return arrays


def rehearse_anion_position(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `anion_position` measures; nothing in a ramp."""
    if not isinstance(point.protocol, HoldPoint):
        return {}
    fluctuation = FLUCTUATION * math.sqrt(point.protocol.temperature_K)
    fluctuation *= 1.0 + 0.02 * float(rng.standard_normal())
    return {
        "anion_fluctuation": np.array(fluctuation),
        stderr_name("anion_fluctuation"): np.array(0.02 * fluctuation),
    }
