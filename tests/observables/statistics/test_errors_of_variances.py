"""Variances of correlated series are unbiased, and so are their weighted means."""

import numpy as np
import pytest
from observables.processes import independent

from lbhsweep.observables.statistics.errors_of_variances import variance_of_blocks

N_BLOCKS = 200
REPEATS = 300


def estimates(n_independent, per_block=1, seed=0):
    """Variances and relative errors of AR(1) series of unit variance."""
    rng = np.random.default_rng(seed + n_independent)
    series = independent(rng, (REPEATS, N_BLOCKS * per_block), n_independent)
    blocks = series.reshape(REPEATS, N_BLOCKS, per_block)
    count = np.full(N_BLOCKS, float(per_block))
    found = [
        variance_of_blocks(mean, within, count)
        for mean, within in zip(blocks.mean(axis=2), blocks.var(axis=2), strict=True)
    ]
    return np.array(found).T


@pytest.mark.parametrize("per_block", [1, 5])
@pytest.mark.parametrize("n_independent", [20, 50, 100, 200])
def test_the_variance_is_unbiased_and_its_error_honest(n_independent, per_block):
    variance, relative = estimates(n_independent, per_block)
    scatter = variance.std()
    assert variance.mean() == pytest.approx(1.0, abs=0.015 + 3 * scatter / np.sqrt(REPEATS))
    assert np.sqrt(np.mean(relative**2)) == pytest.approx(scatter, rel=0.2)
    inside = np.mean(np.abs(variance - 1.0) < relative)
    assert 0.57 < inside < 0.77


def test_independent_samples_have_the_variance_and_error_of_the_textbook():
    rng = np.random.default_rng(3)
    series = rng.normal(size=2000)
    variance, relative = variance_of_blocks(series, np.zeros(2000), np.ones(2000))
    assert variance == pytest.approx(series.var(ddof=1), rel=1e-3)
    assert relative == pytest.approx(np.sqrt(2.0 / 2000), rel=0.1)


def test_how_samples_are_cut_into_blocks_changes_little():
    series = independent(np.random.default_rng(4), (1, 4000), 100)[0]
    found = []
    for per_block in (1, 4, 20):
        blocks = series.reshape(-1, per_block)
        count = np.full(len(blocks), float(per_block))
        found.append(variance_of_blocks(blocks.mean(axis=1), blocks.var(axis=1), count))
    assert np.ptp([one[0] for one in found]) < 0.02
    assert np.ptp([one[1] for one in found]) < 0.04


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_blocks_have_no_error(n):
    variance, error = variance_of_blocks(np.arange(float(n)), np.zeros(n), np.ones(n))
    assert np.isnan(error)
    assert np.isnan(variance) == (n == 0)


def test_a_constant_has_no_variance():
    assert variance_of_blocks(np.full(9, -90.0), np.zeros(9), np.ones(9))[0] == 0.0
