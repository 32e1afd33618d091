"""Lithium ions whose motion is known, in a crystal of two anions that may drift and breathe."""

import numpy as np
from observables.crystals import measured

from lbhsweep.engine.dynamics.state import State
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.motion.diffusion import Diffusion
from lbhsweep.physics.structure import Structure
from lbhsweep.quantities.lags import lags_in_samples

D = 0.5
"""Å²/ps."""
INTERVAL = 0.1
"""ps between samples."""


def plan(n_samples, n_ions, edge=20.0):
    rng = np.random.default_rng(0)
    symbols = ("Li",) * n_ions + ("B", "H", "B", "H")
    structure = Structure(
        symbols,
        rng.uniform(0.0, edge, (n_ions + 4, 3)),
        edge * np.eye(3),
        np.array([0] * n_ions + [1, 1, 2, 2], dtype=np.int32),
    )
    return MeasurementPlan(
        group="hold",
        n_blocks=1,
        n_bins=1,
        n_formula=2,
        supercell=(2, 2, 2),
        mass=100.0,
        pressure=0.0,
        temperature=500.0,
        ensemble="npt",
        structure=structure,
        masses=np.array([6.94] * n_ions + [10.81, 1.008] * 2),
        charges=np.zeros(n_ions + 4),
        outer_step=0.002,
        sample_every=10,
        produce_steps=50 * n_samples,
        axes={"lag": INTERVAL * np.array(lags_in_samples(n_samples))},
    )


def walk(rng, n_samples, n_ions):
    """Brownian motion (n_samples, n_ions, 3) with diffusion coefficient D."""
    return np.cumsum(np.sqrt(2 * D * INTERVAL) * rng.normal(size=(n_samples, n_ions, 3)), axis=0)


def vibration(rng, n_samples, n_ions, amplitude=0.4, correlation_time=0.3):
    """Overdamped vibration about a place, with a correlation time of 0.3 ps."""
    kept = np.exp(-INTERVAL / correlation_time)
    kicks = amplitude * rng.normal(size=(n_samples, n_ions, 3))
    kicks[1:] *= np.sqrt(1.0 - kept**2)
    for k in range(1, n_samples):
        kicks[k] += kept * kicks[k - 1]
    return kicks


def samples(displaced, *, edge=20.0, temperature=500.0, breathing=0.0, drift=0.0, rng=None):
    """Yield samples of ions displaced within a lattice that drifts and breathes."""
    start = plan(len(displaced), displaced.shape[1], edge).structure.positions
    for k, moved in enumerate(displaced):
        positions = start.copy()
        positions[: len(moved)] += moved
        deformed = np.eye(3)
        if breathing:
            deformed += breathing * rng.normal(size=(3, 3))
        state = State.at_rest(
            (positions + drift * k * np.array([1.0, -2.0, 0.5])) @ deformed,
            edge * np.eye(3) @ deformed,
            1,
        )
        yield Sample(50 * (k + 1), 0, state, measured(temperature=temperature))


def diffusion(displaced, *, edge=20.0, **how):
    """Measure ions displaced (n_samples, n_ions, 3) within the lattice."""
    observable = Diffusion(plan(len(displaced), displaced.shape[1], edge))
    for sample in samples(displaced, edge=edge, **how):
        observable.sample(sample)
    return observable.result()
