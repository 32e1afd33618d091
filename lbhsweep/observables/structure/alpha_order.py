"""Order parameters of α: orientation of anions and position of lithium, in the best variant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.observables.structure.alpha_variants import Variants, waves
from lbhsweep.observables.structure.sites_kernels import N_SUBLATTICES, SHARES_FROM, STEPS_FROM

TYPICAL_STEP = 0.1
"""Lattice parameters by which x differs from ¼ in the experimental α: weighs lithium against
anions where variants are compared."""
CHANCE = 3.0
"""Coherence, in multiples of that of randomly turned anions, below which φ is undefined."""


class AlphaFit(NamedTuple):
    """Moments and displacements read as those of one variant of α.

    Attributes
    ----------
    score : float
        S + |x − ¼|/0.1, by which variants are compared.
    functionals : (4, SHARES_FROM) float64
        Their products with moments and displacements are x − ¼, S, the coherence, and the
        deviation of φ from `turn_deg` in degrees.
    turn_deg : float
        φ from 0 to 120°; NaN where the coherence is no more than chance.
    """

    score: float
    functionals: FloatArray
    turn_deg: float


def best_fit(variants: Variants, values: FloatArray, n_anions: int) -> AlphaFit:
    """Fit moments and displacements (SHARES_FROM,), averaged over some time, with each variant."""
    fits = [_fit(variants, number, values, n_anions) for number in range(len(variants.steps))]
    return max(fits, key=lambda fit: fit.score)


def _fit(variants: Variants, number: int, values: FloatArray, n_anions: int) -> AlphaFit:
    terms = variants.terms[number] / N_SUBLATTICES
    third = terms[1:3].reshape(2, STEPS_FROM) / variants.third_weight
    psi = third @ values[:STEPS_FROM]
    phase, size = np.arctan2(psi[1], psi[0]), np.hypot(*psi)
    order = np.tensordot(waves(phase), terms, 1).ravel()
    coherence = np.cos(phase) * third[0] + np.sin(phase) * third[1]
    across = np.cos(phase) * third[1] - np.sin(phase) * third[0]
    functionals = np.zeros((4, SHARES_FROM))
    functionals[0, STEPS_FROM:] = variants.steps[number].ravel() / 3.0
    functionals[1:, :STEPS_FROM] = order, coherence, np.degrees(across / (3.0 * size))
    chance = np.sqrt(2.0 / (13.0 * variants.third_weight * n_anions))
    lithium, overlap = functionals[:2] @ values
    return AlphaFit(
        float(overlap + abs(lithium) / TYPICAL_STEP),
        functionals,
        float(np.degrees(phase) / 3.0 % 120.0) if size > CHANCE * chance else np.nan,
    )
