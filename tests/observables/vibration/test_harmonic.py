"""Weights of harmonic oscillators against thermodynamics and exact integrals."""

import numpy as np
import pytest

from lbhsweep.observables.vibration.harmonic import (
    classical_entropy,
    heat_capacity_correction,
    integration_weights,
    quantum_entropy,
    quantum_heat_capacity,
)

X = np.geomspace(1e-3, 50.0, 40)


def test_entropy_and_heat_capacity_follow_from_the_sum_over_levels():
    """Boltzmann factors of the levels n hν: S = ⟨E⟩/T + k ln Z, C = Var(E)/k T²."""
    for x in (0.05, 1.0, 7.0):
        levels = x * np.arange(20_000)
        share = np.exp(-levels)
        partition = share.sum()
        share /= partition
        mean = share @ levels
        entropy = mean + np.log(partition)
        assert quantum_entropy(np.array(x)) == pytest.approx(entropy, rel=1e-9)
        variance = share @ (levels - mean) ** 2
        assert quantum_heat_capacity(np.array(x)) == pytest.approx(variance, rel=1e-9)


def test_slow_oscillators_are_classical_and_fast_ones_rest():
    slow, fast = np.array(1e-4), np.array(700.0)
    assert quantum_entropy(slow) == pytest.approx(classical_entropy(slow), abs=1e-8)
    assert heat_capacity_correction(slow) == pytest.approx(0.0, abs=1e-8)
    assert quantum_entropy(fast) == pytest.approx(0.0, abs=1e-290)
    assert heat_capacity_correction(fast) == -1.0
    assert np.all(np.diff(heat_capacity_correction(X)) < 0.0)
    assert np.all(quantum_entropy(X) > classical_entropy(X))


def test_a_constant_density_is_integrated_exactly_in_spite_of_the_pole():
    """∫₀ʸ (1 - ln x) dx = y (2 - ln y); hc/k = 1.438777 cm K."""
    wavenumbers = np.linspace(0.0, 800.0, 101)
    y = 1.438776877 * 800.0 / 400.0
    found = integration_weights(classical_entropy, wavenumbers, 400.0).sum()
    assert found == pytest.approx(800.0 * (2.0 - np.log(y)), rel=5e-6)


def test_weights_of_one_are_trapezoids():
    wavenumbers = np.linspace(0.0, 800.0, 101)
    density = np.random.default_rng(1).random(101)
    weights = integration_weights(np.ones_like, wavenumbers, 400.0)
    assert density @ weights == pytest.approx(np.trapezoid(density, wavenumbers), rel=1e-12)
