"""Reorientation of the anions: autocorrelations, reorientation rate, full rotations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays, FloatArray
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.frame.anions import anion_bonds
from lbhsweep.observables.frame.cell_rotation import cell_rotation
from lbhsweep.observables.motion import rotation_kernels as kernels
from lbhsweep.observables.motion.relaxation_fit import fit_decay
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.lags import KEPT, lags_in_samples, sample_every
from lbhsweep.quantities.rotation import N_BONDS_FOLLOWED

FIT_FROM_PS = 1.0
"""Lags from which the fit is made: by then librations are uncorrelated."""
NEAR_START_DEG = 36.0
"""Angle from the start within which an anion counts as back: half of that to the next equivalent
orientation."""
_KEPT = ("samples", "kept", "sums", "counts", "rotations", "start", "side", "turns")
_SERIES = ("angles", "turned")


class Rotation:
    """Orientations of the anions in a hold, in a frame that turns with the cell.

    ``bh_correlation`` is ξ(t) = <u(0)·u(t)> over the B–H directions u of all anions and time
    origins.  ``icosahedral_correlation`` is the cosine <Q(0)·Q(t)> of the vectors of 13 harmonics
    of degree 6, summed over an anion's directions and scaled to unit length.  Jumps between
    equivalent orientations leave it at 1 (Steinhardt, Nelson and Ronchetti, Phys. Rev. B 28, 784
    (1983), https://doi.org/10.1103/PhysRevB.28.784).  Free rotational diffusion with coefficient
    D makes them exp(-2Dt) and exp(-42Dt).  Errors are from the scatter over anions, each averaged
    over the whole run, so that correlation in time needs no correction.  Anions are assumed to
    turn independently of each other.

    ``reorientation_rate`` λ and ``reorientation_amplitude`` A are fitted as ξ(t) = A exp(-λt)
    after the librational drop.  ``reorientation_resolved`` is 1 if a decay was seen
    (`relaxation_fit.Decay`); otherwise λ ± its error is a bound, and a fit that would grow
    is given as 0.  A motion that leaves some directions unchanged, as about one axis only,
    has no such decay, and λ is then that of a poor fit.

    Full rotations are counted on the quaternion q of the rigid-body fit, followed continuously from
    its value at the first sample.  An anion has made one when it is near its first orientation
    again and q has become -q: its path can be deformed into a full turn about some axis.
    Going there and back does not count, nor does noise about the threshold.  (Maltsev et al.
    2023 print such numbers but not how they are counted.)

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled; nothing in a ramp.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        self.needs_energies = False
        self._plan = plan
        self._in_hold = plan.group == "hold"
        self.every = sample_every(plan.outer_step) if self._in_hold else plan.produce_steps + 1
        self._bonds = anion_bonds(plan.structure)
        n = len(self._bonds)
        self._directions = np.empty((n, kernels.N_BONDS, 3))
        self._features = np.empty((n, kernels.N_FEATURES), dtype=np.float32)
        self._inverse_cell = np.linalg.inv(plan.structure.cell)
        self._reference = np.empty_like(self._directions)
        kernels.bond_directions(plan.structure.positions, self._bonds, np.eye(3), self._reference)
        lags = np.array(lags_in_samples(plan.produce_steps // self.every))
        self._lags = lags * self.every * plan.outer_step
        self._samples = np.zeros(1, dtype=np.int64)
        n_levels = 1 + max(0, math.ceil(math.log2(lags[-1] / KEPT)))
        self._kept = np.zeros((n_levels, KEPT, n, kernels.N_FEATURES), dtype=np.float32)
        self._sums = np.zeros((2, len(lags), n))
        self._counts = np.zeros(len(lags), dtype=np.int64)
        self._rotations = np.tile([1.0, 0.0, 0.0, 0.0], (n, 1))
        self._start = np.zeros((n, 4))
        self._side = np.ones(n, dtype=np.int64)
        self._turns = np.zeros(n, dtype=np.int64)
        self._angles = np.full((plan.n_blocks, N_BONDS_FOLLOWED, 2), np.nan)
        self._turned = np.full(plan.n_blocks, np.nan)

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        turn = cell_rotation(self._inverse_cell @ sample.state.cell)
        kernels.bond_directions(sample.state.positions, self._bonds, turn, self._directions)
        kernels.fit_rotations(self._directions, self._reference, self._rotations)
        number = int(self._samples[0])
        if number == 0:
            self._start[:] = self._rotations
        near = math.cos(math.radians(0.5 * NEAR_START_DEG))
        kernels.count_turns(self._rotations, self._start, near, self._side, self._turns)
        kernels.orientation_features(self._directions, self._features)
        kernels.add_products(number, self._features, self._kept, self._sums, self._counts)
        self._follow(sample)
        self._samples[0] += 1

    def state(self) -> Arrays:
        """Return all that has been accumulated."""
        return {name: getattr(self, f"_{name}").copy() for name in _KEPT + _SERIES}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        for name in _KEPT + _SERIES:
            getattr(self, f"_{name}")[:] = arrays[name]

    def result(self) -> Arrays:
        """Compute correlations, rates, counts and time series by catalogue name."""
        if not self._in_hold:
            return {}
        counts = np.where(self._counts > 0, self._counts, np.nan)
        curves = self._sums / counts[:, None]
        result: dict[str, Any] = {
            "bh_theta_series": self._angles[..., 0],
            "bh_phi_series": self._angles[..., 1],
            "full_rotations_series": self._turned,
        }
        names = ("bh_correlation", "icosahedral_correlation")
        for name, curve in zip(names, curves, strict=True):
            result[name], result[stderr_name(name)] = _over_anions(curve)
        after = self._lags >= FIT_FROM_PS
        decay = fit_decay(self._lags[after], curves[0, after])
        result |= {
            "reorientation_rate": float(np.maximum(decay.rate, 0.0)),
            stderr_name("reorientation_rate"): decay.rate_error,
            "reorientation_amplitude": decay.amplitude,
            stderr_name("reorientation_amplitude"): decay.amplitude_error,
            "reorientation_resolved": float(decay.resolved),
        }
        result |= self._full_rotation_rate()
        return {name: np.asarray(value, dtype=np.float64) for name, value in result.items()}

    def _full_rotation_rate(self) -> dict[str, float]:
        """Full rotations per anion and ns; their error is at least that of one rotation in all."""
        elapsed_ns = 1e-3 * (self._samples[0] - 1) * self.every * self._plan.outer_step
        if elapsed_ns <= 0.0:
            rate = error = np.nan
        else:
            mean, scatter = _over_anions(self._turns[None] / elapsed_ns)
            one = 1.0 / (len(self._turns) * elapsed_ns)
            rate, error = float(mean[0]), float(np.fmax(scatter[0], one))
        return {"full_rotation_rate": rate, stderr_name("full_rotation_rate"): error}

    def _follow(self, sample: Sample) -> None:
        """Record the followed bonds in the middle of the block, and the turns so far."""
        block = sample.block
        middle = (block + 0.5) * self._plan.produce_steps / self._plan.n_blocks
        last_before = sample.step <= middle < sample.step + self.every
        if not last_before and not (sample.step > middle and math.isnan(self._turned[block])):
            return
        self._turned[block] = self._turns.mean()
        followed = self._directions[:N_BONDS_FOLLOWED, 0]
        polar = np.arccos(np.clip(followed[:, 2], -1.0, 1.0))
        azimuth = np.arctan2(followed[:, 1], followed[:, 0])
        self._angles[block, : len(followed)] = np.degrees(np.stack([polar, azimuth], axis=1))


def _over_anions(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over the last axis and its standard error, NaN for fewer than two anions."""
    n = values.shape[-1]
    mean = values.mean(axis=-1)
    if n < 2:
        return mean, np.full_like(mean, np.nan)
    return mean, np.asarray(values.std(axis=-1, ddof=1) / math.sqrt(n))
