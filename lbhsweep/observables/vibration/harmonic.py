"""Entropy and heat capacity of a harmonic oscillator, quantum and classical.

With x = hν/k_B T, per degree of freedom and in units of k_B (Berens, Mackay, White and Wilson,
J. Chem. Phys. 79, 2375 (1983), https://doi.org/10.1063/1.446044)::

    S quantum    x/(exp x - 1) - ln(1 - exp(-x))
    S classical  1 - ln x
    C quantum    x² exp x/(exp x - 1)²           C classical  1
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.units import BOLTZMANN, LIGHT_SPEED, PLANCK

Weight = Callable[[FloatArray], FloatArray]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)


def quantum_entropy(x: FloatArray) -> FloatArray:
    """Compute the entropy of quantum oscillators of hν/k_B T = x > 0."""
    decay = np.exp(-x)
    return np.asarray(x * decay / -np.expm1(-x) - np.log(-np.expm1(-x)))


def classical_entropy(x: FloatArray) -> FloatArray:
    """Compute the entropy of classical oscillators of hν/k_B T = x > 0."""
    return np.asarray(1.0 - np.log(x))


def quantum_heat_capacity(x: FloatArray) -> FloatArray:
    """Compute the heat capacity of quantum oscillators of hν/k_B T = x > 0."""
    return np.asarray(x**2 * np.exp(-x) / np.expm1(-x) ** 2)


def heat_capacity_correction(x: FloatArray) -> FloatArray:
    """Compute the quantum less the classical heat capacity of oscillators: never positive."""
    return quantum_heat_capacity(x) - 1.0


def integration_weights(weight: Weight, wavenumbers: FloatArray, temperature: float) -> FloatArray:
    """Compute the numbers (n,) whose product with a density of states integrates ∫ g(ν) W(ν) dν.

    W is averaged over the bin around each wavenumber, half a bin at the ends: at ν = 0, where
    the entropies go to infinity, its mean is finite.

    Parameters
    ----------
    weight : callable
        W by hν/k_B T.
    wavenumbers : (n,) float64
        Equally spaced from 0, 1/cm.
    temperature : float
        K.
    """
    spacing = wavenumbers[1]
    low = np.maximum(wavenumbers - 0.5 * spacing, 0.0)
    high = np.minimum(wavenumbers + 0.5 * spacing, wavenumbers[-1])
    half = 0.5 * (high - low)[:, None]
    points = 0.5 * (low + high)[:, None] + half * _NODES
    energies = PLANCK * LIGHT_SPEED * points
    return np.asarray((half * _WEIGHTS * weight(energies / (BOLTZMANN * temperature))).sum(axis=1))
