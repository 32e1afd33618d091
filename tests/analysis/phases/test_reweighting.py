"""MBAR within one phase, against a phase whose distribution is known exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.analysis.phases.reweighting import QUANTITIES, Reweighting, SampledState
from lbhsweep.units import BOLTZMANN, GPA

N_FORMULA = 32
MODES = 12.0
"""Harmonic modes per formula unit."""
V0, STIFFNESS = 230.0, 0.08
"""Å³ and kJ/mol/Å⁶ per formula unit."""
PUSH = 100.0
"""Number of modes whose free volume grows with V: what makes the phase expand, V^(PUSH n)."""
KINETIC = 39.0 * BOLTZMANN


def exact(temperature, pressure):
    """Weight V^(PUSH n) exp(−n (½ s (V − V0)² + P V)/kT) times harmonic modes, by quadrature."""
    v = np.linspace(180.0, 420.0, 240_001)
    beta = N_FORMULA / (BOLTZMANN * temperature)
    elastic = 0.5 * STIFFNESS * (v - V0) ** 2
    log_weight = PUSH * N_FORMULA * np.log(v) - beta * (elastic + pressure * GPA * v)
    w = np.exp(log_weight - log_weight.max())
    w /= w.sum()
    mean_v = w @ v
    dv = v - mean_v
    h = elastic + pressure * GPA * v
    mean_h = w @ h
    dh = h - mean_h
    harmonic = 0.5 * MODES * BOLTZMANN
    return {
        "volume": mean_v,
        "enthalpy": mean_h + (harmonic + KINETIC) * temperature,
        "heat_capacity": beta / temperature * (w @ (dh * dh)) + harmonic + KINETIC,
        "expansivity": beta / temperature * (w @ (dh * dv)) / mean_v,
        "compressibility": beta * (w @ (dv * dv)) / mean_v * GPA,
    }


def sample(temperature, pressure, n, rng):
    v = np.linspace(180.0, 420.0, 24_001)
    beta = N_FORMULA / (BOLTZMANN * temperature)
    elastic = 0.5 * STIFFNESS * (v - V0) ** 2
    log_weight = PUSH * N_FORMULA * np.log(v) - beta * (elastic + pressure * GPA * v)
    w = np.exp(log_weight - log_weight.max())
    drawn = rng.choice(v, n, p=w / w.sum())
    modes = rng.gamma(0.5 * MODES * N_FORMULA, BOLTZMANN * temperature, n) / N_FORMULA
    energy = 0.5 * STIFFNESS * (drawn - V0) ** 2 + modes
    return SampledState(temperature, pressure, energy, drawn)


def sampled(seed, temperatures=(450.0, 475.0, 500.0, 525.0), pressures=(0.0,), n=150):
    rng = np.random.default_rng(seed)
    states = [sample(t, p, n, rng) for p in pressures for t in temperatures]
    return Reweighting(states, N_FORMULA, KINETIC)


@pytest.mark.parametrize(("temperature", "pressure"), [(500.0, 0.0), (462.0, 0.0), (487.0, 0.05)])
def test_values_and_errors_are_right_at_and_between_states(temperature, pressure):
    truth = exact(temperature, pressure)
    pressures = (0.0,) if pressure == 0.0 else (0.0, 0.1)
    found = [sampled(seed, pressures=pressures).at(temperature, pressure) for seed in range(100)]
    for name in QUANTITIES:
        values = np.array([one.values[name] for one in found])
        errors = np.array([one.stderrs[name] for one in found])
        z = (values - truth[name]) / errors
        assert abs(z.mean()) < 0.4, name
        # 68 of 100 within one error are expected, and ± 5.
        assert 53 <= (np.abs(z) < 1.0).sum() <= 83, name
        assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.25), name


def test_neighbours_sharpen_what_one_state_knows():
    alone = sampled(1, (500.0,)).at(500.0, 0.0)
    together = sampled(1).at(500.0, 0.0)
    assert together.n_effective > 1.5 * alone.n_effective
    assert alone.n_effective == pytest.approx(150.0)
    assert together.stderrs["enthalpy"] < 0.85 * alone.stderrs["enthalpy"]


def test_one_state_at_its_own_conditions_is_the_plain_average():
    reweighting = sampled(2, (500.0,))
    (state,) = reweighting.states
    found = reweighting.at(500.0, 0.0)
    h = state.potential_energy
    assert found.values["volume"] == pytest.approx(state.volume.mean())
    assert found.values["enthalpy"] == pytest.approx(h.mean() + KINETIC * 500.0)
    assert found.values["heat_capacity"] == pytest.approx(
        N_FORMULA * h.var() / (BOLTZMANN * 500.0**2) + KINETIC
    )
    assert found.stderrs["volume"] == pytest.approx(state.volume.std() / np.sqrt(150), rel=1e-6)


def test_overlap_tells_neighbours_from_states_far_apart():
    near = sampled(3).overlap
    np.testing.assert_allclose(near.sum(axis=1), 1.0, rtol=1e-6)
    assert np.diag(near, 1).min() > 0.1
    far = sampled(3, (300.0, 600.0))
    assert far.overlap[0, 1] < 1e-3
    assert far.at(430.0, 0.0).n_effective < 10.0


@settings(max_examples=10, deadline=None)
@given(temperature=st.floats(455.0, 520.0), seed=st.integers(0, 5))
def test_enthalpy_and_heat_capacity_fit_together(temperature, seed):
    """C_P = dH/dT of the same weights, and (∂V/∂T)_P = αV: identities of exact reweighting."""
    reweighting = sampled(seed)
    step = 0.01
    below, here, above = (
        reweighting.at(temperature + k * step, 0.0).values for k in (-1.0, 0.0, 1.0)
    )
    slope = (above["enthalpy"] - below["enthalpy"]) / (2 * step)
    assert slope == pytest.approx(here["heat_capacity"], rel=1e-5)
    growth = (above["volume"] - below["volume"]) / (2 * step)
    assert growth == pytest.approx(here["expansivity"] * here["volume"], rel=1e-4)
    squeezed = reweighting.at(temperature, 1e-5).values["volume"]
    assert (here["volume"] - squeezed) / 1e-5 == pytest.approx(
        here["compressibility"] * here["volume"], rel=1e-3
    )


def test_too_many_samples_are_thinned(monkeypatch):
    monkeypatch.setattr("lbhsweep.analysis.phases.reweighting.LARGEST", 1200)
    reweighting = sampled(4)
    assert [state.volume.size for state in reweighting.states] == [75] * 4
