"""Ranges give exactly the numbers that a list would."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.sweep.file.span import divides, nearest_divisor, span_texts
from lbhsweep.units import parse_quantity


def read(value):
    return parse_quantity(value, "temperature")


@given(
    st.integers(1, 3000), st.integers(1, 999), st.integers(1, 300), st.sampled_from([0, 1, 2, 3])
)
def test_range_gives_the_numbers_of_a_list(low, step, count, decimals):
    scale = Decimal(10) ** -decimals
    numbers = [scale * (low + i * step) for i in range(count + 1)]
    text = f"{numbers[0]} K .. {numbers[-1]} K step {scale * step} K"
    assert [read(one) for one in span_texts(text, read, "temperature")] == [
        float(number) for number in numbers
    ]


@given(st.integers(1, 400), st.integers(1, 400))
def test_divides_agrees_with_whole_numbers(step, length):
    assert divides(step / 8, length / 8) == (length % step == 0)


@given(st.floats(0.01, 1000), st.floats(0.01, 1000))
def test_nearest_divisor_divides(length, step):
    length = float(f"{length:.2g}")
    assert divides(nearest_divisor(length, step), length)


@pytest.mark.parametrize(
    ("length", "step", "divisor"), [(400.0, 30.0, 25.0), (1.0, 0.3, 0.25), (100.0, 12.0, 12.5)]
)
def test_nearest_divisor_is_one_that_a_user_would_write(length, step, divisor):
    assert nearest_divisor(length, step) == divisor
