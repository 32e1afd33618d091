"""Synthetic diffusion: an Arrhenius law in the high phase, none in the low one."""

from __future__ import annotations

import math

import numpy as np

from lbhsweep.arrays import Arrays
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.diffusion import DiffusionStatus
from lbhsweep.quantities.lags import lag_axes
from lbhsweep.simulation.rehearsal.material import high_phase_share
from lbhsweep.sweep.point import HoldPoint, RunPoint
from lbhsweep.sweep.sampling import production_of
from lbhsweep.units import BOLTZMANN, EV

ATTEMPTS = 166.0
"""Å²/ps; with the barrier 5e-5 cm²/s at 700 K."""
BARRIER = 0.35 * EV
"""kJ/mol."""
VIBRATION = 1.5
"""Å², mean-squared displacement about the sites."""
HAVEN = 0.7
CONDUCTIVITY = 1.6e7
"""S/cm per cm²/s at 1 K: e² over the volume of a lithium ion and the Boltzmann constant."""
HOPS_PER_PS = 16.0
"""Hops of all ions in 1 ps where D is 1 Å²/ps."""
FEWEST_HOPS = 10.0
"""Hops below which there is no coefficient."""
NOISE = 0.05
"""Relative scatter."""


def rehearse_diffusion(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `diffusion` measures; nothing in a ramp."""
    if not isinstance(point.protocol, HoldPoint):
        return {}
    temperature = point.protocol.temperature_K
    lags = np.array(lag_axes(production_of(point))["lag"])
    share = float(high_phase_share(point, np.array(temperature)))
    coefficient = share * ATTEMPTS * math.exp(-BARRIER / (BOLTZMANN * temperature))
    coefficient *= 1.0 + NOISE * rng.standard_normal()
    msd = VIBRATION + 6.0 * coefficient * lags
    hops = HOPS_PER_PS * coefficient * point.protocol.produce_ps
    seen = 1e-4 * coefficient if hops > FEWEST_HOPS else np.nan
    tracer = CONDUCTIVITY / temperature * seen
    numbers = {
        "diffusion_coefficient": seen,
        "conductivity": tracer / HAVEN,
        "conductivity_tracer": tracer,
        "haven_ratio": HAVEN if hops > FEWEST_HOPS else np.nan,
        "diffusion_exponent": 1.0,
    }
    means = {name: np.array(value) for name, value in numbers.items()}
    means |= {"li_msd": msd, "collective_msd": msd / HAVEN}
    others = {f"li_msd_{axis}": msd / 3.0 for axis in "xyz"}
    known = bool(hops > FEWEST_HOPS)
    status = DiffusionStatus.KNOWN if known else DiffusionStatus.FEW_HOPS
    others |= {
        "li_hop_count": np.array(hops),
        "diffusion_start": np.array(2.0),
        "diffusion_end": np.array(lags[-1]),
        "diffusion_window_error": np.array(0.5 * NOISE * seen),
        "diffusion_status": np.array(status, dtype=np.int8),
    }
    return means | {stderr_name(name): NOISE * mean for name, mean in means.items()} | others
