"""Synthetic structure: lithium and anions that are ordered in one phase and not in the other."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import Arrays
from lbhsweep.quantities import stderr_name
from lbhsweep.simulation.rehearsal.material import high_phase_share
from lbhsweep.sweep.point import HoldPoint, RunPoint
from lbhsweep.sweep.sampling import inner_axes
from lbhsweep.sweep.schedule import schedule_of

ALPHA = {
    "li_tetrahedral": 0.1,
    "li_octahedral": 0.02,
    "li_window": 0.85,
    "li_elsewhere": 0.03,
    "alpha_lithium": 0.34,
    "alpha_order": 0.8,
    "alpha_coherence": 0.85,
    "alpha_turn": 40.0,
}
"""Values of the low phase."""
BETA = {
    "li_tetrahedral": 0.5,
    "li_octahedral": 0.05,
    "li_window": 0.4,
    "li_elsewhere": 0.05,
    "alpha_lithium": 0.25,
    "alpha_order": 0.1,
    "alpha_coherence": 0.1,
    "alpha_turn": np.nan,
}
"""Values of the high phase."""
NOISE = 0.003
"""Relative scatter of a mean."""
CELL_VOLUME_A3 = 950.0
"""Of the conventional cell."""


def rehearse_density(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `density` measures; nothing in a ramp."""
    if not isinstance(point.protocol, HoldPoint):
        return {}
    fraction = np.array(inner_axes(point)["fraction_a"])
    waves = np.cos(4.0 * np.pi * fraction)
    # Lithium about (¼¼¼) and its like, hydrogen about the corners and middles between.
    site = waves[:, None, None] + waves[:, None] + waves
    clouds = {"li_density": (8.0, np.exp(-3.0 * site)), "h_density": (48.0, np.exp(site))}
    arrays: Arrays = {}
    for name, (atoms, cloud) in clouds.items():
        noisy = cloud * (1.0 + NOISE * rng.standard_normal(cloud.shape))
        arrays[name] = atoms / CELL_VOLUME_A3 * noisy / noisy.mean()
    return arrays


def rehearse_sites(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `sites` measures: numbers in a hold, by bin in a ramp."""
    schedule = schedule_of(point)
    low, high = sorted((schedule.start_K, schedule.end_K))
    centres = low + (high - low) * (np.arange(schedule.n_bins) + 0.5) / schedule.n_bins
    temperature = centres if point.group == "ramp" else np.array(schedule.start_K)
    share = high_phase_share(point, temperature)
    arrays: Arrays = {}
    for name, value in ALPHA.items():
        turn = name == "alpha_turn"
        mean = (
            np.where(share > 0.5, np.nan, value) if turn else value + share * (BETA[name] - value)
        )
        error = NOISE * np.abs(mean)
        noise = 0.0 if name.startswith("li_") else error * rng.standard_normal(share.shape)
        arrays |= {name: mean + noise, stderr_name(name): error}
    return arrays


def rehearse_radial(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `radial` measures; nothing in a ramp."""
    if not isinstance(point.protocol, HoldPoint):
        return {}
    radius = np.array(inner_axes(point)["radius"])
    contacts = {"li_li": 4.5, "li_b": 2.3, "li_h": 1.8, "h_h": 2.2, "anion_anion": 6.5}
    arrays: Arrays = {}
    for pair, contact in (contacts | {"li_anion": 3.8}).items():
        wave = 1.0 + np.exp(-radius / 5.0) * np.cos(2.0 * np.pi * (radius - contact) / 3.0)
        mean = np.where(radius < contact, 0.0, wave * (1.0 + NOISE * rng.standard_normal()))
        arrays |= {f"rdf_{pair}": mean, stderr_name(f"rdf_{pair}"): NOISE * mean}
    return arrays
