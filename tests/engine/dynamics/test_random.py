import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lbhsweep.engine.dynamics import random


# Known answers of the authors' own library (Random123, kat_vectors, philox4x32 10).
@pytest.mark.parametrize(
    ("key", "counter", "answer"),
    [
        ([0, 0], [0, 0, 0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        (
            [0xFFFFFFFF] * 2,
            [0xFFFFFFFF] * 4,
            [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
        ),
        (
            [0xA4093822, 0x299F31D0],
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_its_authors_known_answers(key, counter, answer):
    words = random.philox(*(np.uint64(word) for word in (*key, *counter)))
    assert [int(word) for word in words] == answer


def draws(function, n):
    return np.array([function(k) for k in range(n)])


def test_uniforms_are_uniform_and_independent():
    pairs = draws(lambda k: random.uniforms(7, k, 1, 0), 20_000)
    for column in pairs.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
        assert abs(np.corrcoef(column[:-1], column[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.03


def test_normals_are_normal():
    out = np.empty(20_001)
    random.fill_normals(7, 0, 0, out)
    assert stats.kstest(out, "norm").pvalue > 1e-3


@pytest.mark.parametrize("shape", [0.5, 1.0, 4.0, 1246.5])
def test_gamma_numbers_follow_their_distribution(shape):
    values = draws(lambda k: random.gamma(shape, 11, k, 1, 1), 20_000)
    assert stats.kstest(values, stats.gamma(shape).cdf).pvalue > 1e-3


words = st.integers(0, 2**64 - 1)
small = st.integers(0, 2**31 - 1)


@settings(max_examples=50, deadline=None)
@given(seed=words, step=st.integers(0, 2**53), stream=small, index=small)
def test_a_draw_depends_on_its_counter_alone_and_on_all_of_it(seed, step, stream, index):
    first = random.uniforms(np.uint64(seed), step, stream, index)
    assert first == random.uniforms(np.uint64(seed), step, stream, index)
    assert all(0.0 < value < 1.0 for value in first)
    others = [
        random.uniforms(np.uint64(seed ^ 1), step, stream, index),
        random.uniforms(np.uint64(seed), step + 1, stream, index),
        random.uniforms(np.uint64(seed), step, stream + 1, index),
        random.uniforms(np.uint64(seed), step, stream, index + 1),
    ]
    assert first not in others
