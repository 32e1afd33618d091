"""The synthetic material of rehearsals: two phases and the transition between them."""

from __future__ import annotations

import math

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.sweep.point import RampPoint, RunPoint
from lbhsweep.units import GPA

VOLUME_STEP = 17.0
"""Å³ per formula unit."""
ENTROPY_STEP = 0.035
"""kJ/mol/K per formula unit."""
TRANSITION_K = 525.0
"""At 0 GPa, without vacancies."""
K_PER_VACANCY = -4.0
"""Shift of the transition by each vacancy."""


def transition_K(point: RunPoint) -> float:
    """Compute the temperature at which both phases are in equilibrium."""
    transition = TRANSITION_K + K_PER_VACANCY * point.system.n_vacancies
    return transition + point.pressure_GPa * GPA * VOLUME_STEP / ENTROPY_STEP


def high_phase_share(point: RunPoint, temperature_K: FloatArray) -> FloatArray:
    """Compute the share of the high phase; hysteresis widens with the rate."""
    transition = transition_K(point)
    if not isinstance(point.protocol, RampPoint):
        half_width = -10.0 if point.system.phase == "beta" else 10.0
    else:
        half_width = 15.0 + 10.0 * math.log10(1.0 + point.protocol.heating_rate_K_per_ps)
        half_width *= 1.0 if point.protocol.direction == "heating" else -1.0
    return np.asarray(0.5 + 0.5 * np.tanh((temperature_K - transition - half_width) / 6.0))
