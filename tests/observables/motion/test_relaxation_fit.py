"""Fits to decays whose rate and noise are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.observables.motion.relaxation_fit import fit_decay

LAGS = np.round(np.geomspace(1.0, 50.0, 25), 1)


@settings(max_examples=40, deadline=None)
@given(amplitude=st.floats(0.2, 1.0), rate=st.floats(1e-3, 2.0))
def test_an_exact_decay_is_found(amplitude, rate):
    curve = amplitude * np.exp(-rate * LAGS)
    decay = fit_decay(LAGS, np.repeat(curve[:, None], 5, axis=1))
    assert decay.rate == pytest.approx(rate, rel=1e-5)
    assert decay.amplitude == pytest.approx(amplitude, rel=1e-5)
    assert decay.resolved == (rate * LAGS[-1] >= 1.0)


def telegraph_curves(rng, rate, n_molecules, n_frames):
    """Autocorrelations of random signs that flip so that they decay at `rate` per frame."""
    flips = rng.random((n_frames, n_molecules)) < 0.5 * (1.0 - np.exp(-rate))
    signs = np.cumprod(np.where(flips, -1.0, 1.0), axis=0)
    lags = np.unique(np.geomspace(1, n_frames // 2, 20).astype(int))
    curves = [(signs[lag:] * signs[:-lag]).mean(axis=0) for lag in lags]
    return lags.astype(float), np.array(curves)


def test_claimed_errors_are_those_of_repetitions():
    """Deviations over claimed errors have unit spread for a process that remembers."""
    rng, rate = np.random.default_rng(1), 0.05
    decays = [fit_decay(*telegraph_curves(rng, rate, 24, 600)) for _ in range(60)]
    pulls = np.array([(decay.rate - rate) / decay.rate_error for decay in decays])
    assert 0.75 < pulls.std() < 1.35
    assert abs(pulls.mean()) < 0.5
    assert all(decay.resolved for decay in decays)


def test_a_flat_curve_has_no_decay():
    rng = np.random.default_rng(2)
    heights = 0.9 + 0.01 * rng.normal(size=(1, 16)) + 0.001 * rng.normal(size=(25, 16))
    decay = fit_decay(LAGS, heights)
    assert not decay.resolved
    assert abs(decay.rate) < 4.0 * decay.rate_error
    assert decay.amplitude == pytest.approx(0.9, abs=0.02)


def test_noise_about_zero_has_no_decay():
    rng = np.random.default_rng(3)
    for _ in range(20):
        assert not fit_decay(LAGS, 0.05 * rng.normal(size=(25, 12))).resolved


def test_too_little_to_fit_has_no_rate():
    curve = np.exp(-0.1 * LAGS)
    assert np.isnan(fit_decay(LAGS, np.repeat(curve[:, None], 2, axis=1)).rate)
    assert np.isnan(fit_decay(LAGS[:3], np.repeat(curve[:3, None], 8, axis=1)).rate)
    some = np.where(np.arange(25) < 3, curve, np.nan)
    assert np.isnan(fit_decay(LAGS, np.repeat(some[:, None], 8, axis=1)).rate)


def test_lags_without_origins_are_left_out():
    curve = 0.8 * np.exp(-0.1 * LAGS)
    curve[20:] = np.nan
    decay = fit_decay(LAGS, np.repeat(curve[:, None], 8, axis=1))
    assert decay.rate == pytest.approx(0.1, rel=1e-6)
