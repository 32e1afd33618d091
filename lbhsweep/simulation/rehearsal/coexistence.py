"""Synthetic coexistence: an interface between the two phases that moves to the stable side."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import Arrays
from lbhsweep.quantities.interfaces import (
    DECIDED_BLOCKS,
    LAYERS_OF,
    padded,
    read_profiles,
    shares_of,
    winner_of,
)
from lbhsweep.quantities.profile import Winner
from lbhsweep.simulation.rehearsal.material import transition_K
from lbhsweep.sweep.point import CoexistPoint, RunPoint
from lbhsweep.sweep.sampling import inner_axes

SPEED_PER_KELVIN = 0.01
"""Å/ps by which the high phase grows faster for each K above the transition."""
WANDERING = 1.0
"""Å by which an interface strays in 1 ps."""
LATTICE_A = 9.95
WIDTH = 0.7
"""Of an interface, in layers."""
NOISE_ORDER, NOISE_LITHIUM = 0.05, 0.005
"""Scatter of S and of x of a layer."""


def rehearse_profile(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `profile` measures: two interfaces that drift and stray."""
    if not isinstance(point.protocol, CoexistPoint):
        return {}
    axes, protocol = inner_axes(point), point.protocol
    times = np.array(axes["time"], dtype=np.float64)
    layers = np.array(axes["layer"], dtype=np.float64)
    interval = 2.0 * times[0]
    sign = (protocol.phases[1] == "beta") - 1.0 * (protocol.phases[0] == "beta")
    drift = sign * SPEED_PER_KELVIN * (protocol.temperature_K - transition_K(point))
    strays = WANDERING * np.sqrt(interval) * rng.standard_normal((2, len(times)))
    # The second phase grows down from the middle and up from the ends.
    grown = np.cumsum(drift * interval + strays, axis=1) / (0.5 * LATTICE_A)
    middle, ends = 0.5 * len(layers) + 0.5 - grown[0], 0.5 + grown[1]
    second = _between(layers, middle, ends + len(layers))
    low, high = (np.array(LAYERS_OF[phase]) for phase in protocol.phases)
    order, lithium = (low + (high - low) * second[..., None]).transpose(2, 0, 1)
    order = order + NOISE_ORDER * rng.standard_normal(order.shape)
    lithium = lithium + NOISE_LITHIUM * rng.standard_normal(order.shape)
    n, winner = _ends(shares_of(order, lithium))
    lengths = np.full((n, 3), LATTICE_A)
    spacing = 0.5 * LATTICE_A * (1.0 + 0.01 * (2.0 * second[:n] - 1.0))
    measured = {
        "layer_order": order[:n],
        "layer_lithium": lithium[:n],
        "layer_spacing": spacing,
        "lattice_length": lengths,
        "decision_time": np.array(times[n - 1] if winner != Winner.NONE else np.nan),
        "winner": np.array(winner, dtype=np.int8),
    }
    read = read_profiles(order[:n], lithium[:n], lengths[:, 2], times[:n], protocol.phases)
    return padded({**measured, **read}, len(times))


def _between(layers: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Return how far layers are within [lower, upper], 0 to 1, with all periodic images."""
    images = layers[None, :, None] + len(layers) * np.arange(-2, 3)
    above = 0.5 + 0.5 * np.tanh((images - lower[:, None, None]) / WIDTH)
    below = 0.5 - 0.5 * np.tanh((images - upper[:, None, None]) / WIDTH)
    gone = (upper <= lower)[:, None]
    full = (upper >= lower + len(layers))[:, None]
    share = np.clip((above * below).sum(axis=-1), 0.0, 1.0)
    return np.where(gone, 0.0, np.where(full, 1.0, share))


def _ends(shares: np.ndarray) -> tuple[int, Winner]:
    """Return after how many blocks a run ends, and which phase then fills the cell."""
    for n in range(DECIDED_BLOCKS, len(shares) + 1):
        winner = winner_of(shares[:n])
        if winner != Winner.NONE:
            return n, winner
    return len(shares), Winner.NONE
