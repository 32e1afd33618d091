"""Vector operations of compiled kernels against NumPy, lane by lane."""

import math

import numba as nb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lbhsweep.engine.vectors import plain as simd_numpy
from lbhsweep.engine.vectors import simd

LANES = {np.float32: 16, np.float64: 8}
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
N_RESULTS = 14


@nb.njit(error_model="numpy")
def every_operation(a, b, c, out):
    """Store the result of each operation that gives a vector as a row of `out`."""
    x = simd.load(a, 0)
    y = simd.load(b, 0)
    z = simd.load(c, 0)
    simd.store(out[0], 0, x + y)
    simd.store(out[1], 0, x - y)
    simd.store(out[2], 0, x * y)
    simd.store(out[3], 0, 1.5 + x * 2.0 - 0.1)
    simd.store(out[4], 0, simd.fma(x, y, z))
    simd.store(out[5], 0, simd.fma(x, 0.1, -3.0))
    simd.store(out[6], 0, simd.maximum(x, y))
    simd.store(out[7], 0, simd.minimum(x, y))
    simd.store(out[8], 0, simd.maximum(x, 0.5))
    simd.store(out[9], 0, simd.minimum(x, 0.5))
    simd.store(out[10], 0, simd.select(x < y, x, y))
    simd.store(out[11], 0, simd.select(x < 0.25, 7.0, z))
    simd.store(out[12], 0, simd.select(y < x, z, -7.0))
    simd.store(out[13], 0, simd.filled(a, 0.1))


@nb.njit(error_model="numpy")
def every_number(a, b):
    x = simd.load(a, 0)
    mask = x < simd.load(b, 0)
    return (
        simd.total(x), simd.smallest(x), simd.largest(x), simd.count(mask), simd.mask_bits(mask),
        simd.lanes(a), simd.lanes(x),
    )  # fmt: skip


@nb.njit(error_model="numpy")
def compress(values, bits, place, packed, unpacked):
    mask = simd.mask_of_bits(values, bits)
    simd.compress_store(packed, place, simd.load(values, 0), mask)
    simd.store(unpacked, 0, simd.expand_load(packed, place, mask))
    return simd.mask_bits(mask), simd.count(mask)


@nb.njit(error_model="numpy")
def roots(x, out):
    for k in range(0, x.shape[0], simd.lanes(x)):
        simd.store(out, k, simd.inverse_sqrt(simd.load(x, k)))


@nb.njit(error_model="numpy")
def powers(values, shifted, out):
    simd.store(out, 0, simd.times_power_of_two(simd.load(values, 0), simd.load(shifted, 0)))


@nb.njit(error_model="numpy")
def shift(values, first, out):
    simd.store(out, first + 1, simd.load(values, first))


def numbers(dtype, *, special=True):
    width = 32 if dtype == np.float32 else 64
    return st.floats(
        width=width, min_value=-(2.0**40), max_value=2.0**40, allow_subnormal=False
    ) | st.sampled_from([0.0, -0.0, *([math.nan, math.inf, -math.inf] if special else [])])


def vectors(dtype, *, special=True):
    return arrays(dtype, LANES[dtype], elements=numbers(dtype, special=special))


@DTYPES
def test_operations_are_numpys_lane_by_lane(dtype):
    @settings(max_examples=150)
    @given(*[vectors(dtype)] * 3)
    def check(a, b, c):
        out = np.zeros((N_RESULTS, LANES[dtype]), dtype)
        every_operation(a, b, c, out)
        plain = np.zeros_like(out)
        number = dtype
        with np.errstate(all="ignore"):
            exact = [a.astype(np.longdouble), b.astype(np.longdouble), c.astype(np.longdouble)]
            plain[0], plain[1], plain[2] = a + b, a - b, a * b
            plain[6], plain[7] = np.where(a > b, a, b), np.where(a < b, a, b)
            plain[8] = np.where(a > number(0.5), a, number(0.5))
            plain[9] = np.where(a < number(0.5), a, number(0.5))
            plain[10] = np.where(a < b, a, b)
            plain[11] = np.where(a < number(0.25), number(7.0), c)
            plain[12] = np.where(b < a, c, number(-7.0))
            plain[13] = number(0.1)
            # Fused or not, to the rounding of the largest part.
            parts = {
                3: (exact[0] * 2, np.longdouble(1.5), -np.longdouble(number(0.1))),
                4: (exact[0] * exact[1], exact[2], np.longdouble(0)),
                5: (exact[0] * number(0.1), np.longdouble(-3.0), np.longdouble(0)),
            }
        for row in range(N_RESULTS):
            if row not in parts:
                np.testing.assert_array_equal(out[row], plain[row], err_msg=f"operation {row}")
                continue
            with np.errstate(all="ignore"):
                wanted = sum(parts[row])
                size = sum(abs(part) for part in parts[row])
            finite = np.isfinite(wanted)
            assert (np.isnan(out[row]) == np.isnan(wanted)).all()
            assert (
                out[row][~finite & ~np.isnan(wanted)] == wanted[~finite & ~np.isnan(wanted)]
            ).all()
            error = abs(out[row][finite] - wanted[finite])
            assert (error <= 2 * np.finfo(dtype).eps * size[finite] + np.finfo(dtype).tiny).all()

    check()


@DTYPES
def test_uncompiled_vectors_do_the_same(dtype):
    @settings(max_examples=60)
    @given(*[vectors(dtype, special=False)] * 3)
    def check(a, b, c):
        out = np.zeros((N_RESULTS, LANES[dtype]), dtype)
        every_operation(a, b, c, out)
        eps = 4 * np.finfo(dtype).eps
        np.testing.assert_array_equal(out[6], simd_numpy.maximum(a, b))
        np.testing.assert_array_equal(out[9], simd_numpy.minimum(a, 0.5))
        np.testing.assert_array_equal(out[11], simd_numpy.select(a < dtype(0.25), 7.0, c))
        fused = simd_numpy.fma(a, b, c)
        assert (abs(out[4] - fused) <= eps * (abs(a * b) + abs(c)) + np.finfo(dtype).tiny).all()

    check()


@DTYPES
def test_sums_have_the_same_bits_as_uncompiled_ones(dtype):
    @settings(max_examples=100)
    @given(vectors(dtype), vectors(dtype))
    def check(a, b):
        total, smallest, largest, count, bits, of_array, of_vector = every_number(a, b)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(dtype(total), simd_numpy.total(a))
            mask = a < b
        if not np.isnan(a).any():
            assert smallest == a.min()
            assert largest == a.max()
        assert count == simd_numpy.count(mask) == mask.sum()
        assert (
            bits == simd_numpy.mask_bits(mask) == int("".join("01"[int(m)] for m in mask[::-1]), 2)
        )
        assert of_array == of_vector == LANES[dtype] == simd_numpy.lanes(a)

    check()


@DTYPES
def test_lanes_that_were_packed_find_their_way_back(dtype):
    lanes = LANES[dtype]
    values = np.arange(1, lanes + 1).astype(dtype)
    rng = np.random.default_rng(0)
    every = range(256) if lanes == 8 else [0, 2**16 - 1, *rng.integers(0, 2**16, 600).tolist()]
    for bits in every:
        kept = np.array([bool(bits >> k & 1) for k in range(lanes)])
        packed, unpacked = np.full(2 * lanes + 3, -1.0, dtype), np.empty(lanes, dtype)
        assert compress(values, bits, 3, packed, unpacked) == (bits, kept.sum())
        np.testing.assert_array_equal(packed[3 : 3 + kept.sum()], values[kept])
        # Nothing is written but what is kept.
        assert (packed[:3] == -1.0).all()
        assert (packed[3 + kept.sum() :] == -1.0).all()
        np.testing.assert_array_equal(unpacked, np.where(kept, values, 0.0))
        plain, mask = np.full_like(packed, -1.0), simd_numpy.mask_of_bits(values, bits)
        simd_numpy.compress_store(plain, 3, values, mask)
        np.testing.assert_array_equal(plain, packed)
        np.testing.assert_array_equal(simd_numpy.expand_load(plain, 3, mask), unpacked)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "tolerance"),
    [(np.float32, -37.9, 38.5, 2.4e-7), (np.float64, -37.9, 38.5, 1e-15)],
)
def test_inverse_root_is_as_exact_as_it_says(dtype, low, high, tolerance):
    rng = np.random.default_rng(4)
    x = np.concatenate([10.0 ** rng.uniform(low, high, 40000), rng.uniform(0.01, 400.0, 40000)])
    x = x.astype(dtype)
    out = np.empty_like(x)
    roots(x, out)
    exact = 1.0 / np.sqrt(x.astype(np.longdouble))
    assert abs(out / exact - 1.0).max() < tolerance
    plain = simd_numpy.inverse_sqrt(x)
    assert plain.dtype == dtype
    assert abs(plain / exact - 1.0).max() < tolerance


@DTYPES
def test_inverse_root_of_zero_never_passes_for_a_number(dtype):
    # Two atoms in one place must not give a finite force.
    x, out = np.zeros(LANES[dtype], dtype), np.ones(LANES[dtype], dtype)
    roots(x, out)
    assert not np.isfinite(out).any()


@DTYPES
@given(data=st.data())
def test_exponents_take_whole_numbers(dtype, data):
    bits, largest = (23, 80) if dtype == np.float32 else (52, 700)
    values = data.draw(arrays(dtype, LANES[dtype], elements=st.floats(0.5, 2.0, width=32)))
    k = data.draw(arrays(np.int64, LANES[dtype], elements=st.integers(-largest, largest)))
    shifted = (1.5 * 2.0**bits + k).astype(dtype)
    out = np.empty_like(values)
    powers(values, shifted, out)
    np.testing.assert_array_equal(out, np.ldexp(values, k))
    np.testing.assert_array_equal(simd_numpy.times_power_of_two(values, shifted), out)


@DTYPES
def test_vectors_begin_anywhere(dtype):
    values = np.arange(3 * LANES[dtype]).astype(dtype)
    for first in range(LANES[dtype]):
        out = np.zeros_like(values)
        shift(values, first, out)
        expected = np.zeros_like(values)
        expected[first + 1 : first + 1 + LANES[dtype]] = values[first : first + LANES[dtype]]
        np.testing.assert_array_equal(out, expected)
