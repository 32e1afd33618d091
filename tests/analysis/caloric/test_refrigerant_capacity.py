"""Full width at half maximum of shapes whose area is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.analysis.caloric.refrigerant_capacity import half_maximum

T = np.arange(300.0, 701.0, 2.0)


def test_a_triangle_keeps_three_quarters_of_its_area():
    triangle = -np.clip(1 - np.abs(T - 500.0) / 80.0, 0, None) * 200.0
    found = half_maximum(T, triangle)
    assert found.peak == pytest.approx(200.0)
    assert found.width == pytest.approx(80.0)
    assert found.area == pytest.approx(200.0 * 80.0 * 0.75)
    assert not found.is_open


def test_a_plateau_has_its_width_and_area_to_a_pitch():
    plateau = np.where((T > 450.5) & (T < 549.5), -230.0, -10.0)
    found = half_maximum(T, plateau)
    assert found.width == pytest.approx(99.0, abs=2.0)
    assert found.area == pytest.approx(230.0 * 99.0, rel=0.025)


def test_only_the_stretch_around_the_largest_value_counts():
    two = np.where((T > 400) & (T < 420), 150.0, 0.0) + np.where((T > 500) & (T < 540), 200.0, 0.0)
    assert half_maximum(T, two).width == pytest.approx(40.0, abs=2.1)


def test_what_reaches_the_end_is_open():
    assert half_maximum(T, np.where(T > 600, -200.0, 0.0)).is_open
    assert half_maximum(T, np.full(T.size, -5.0)).is_open


def test_nothing_is_nan_and_the_others_are_unharmed():
    triangle = np.clip(1 - np.abs(T - 500.0) / 80.0, 0, None)
    found = half_maximum(T, np.stack([np.full(T.size, np.nan), triangle]))
    assert np.isnan(found.area[0])
    assert found.area[1] == pytest.approx(60.0)
    assert not found.is_open.any()


@given(
    centre=st.floats(400, 600), half=st.floats(10, 90), height=st.floats(1, 400),
    sign=st.sampled_from([-1.0, 1.0]),
)  # fmt: skip
def test_area_and_width_scale(centre, half, height, sign):
    bell = np.exp(-0.5 * ((T - centre) / half) ** 2)
    small, large = half_maximum(T, bell), half_maximum(T, sign * height * bell)
    assert large.area == pytest.approx(height * small.area, rel=1e-9)
    assert large.width == pytest.approx(small.width, rel=1e-9)
    if not small.is_open:
        # The pitch of 2 K may miss the top of a narrow bell.
        assert small.width == pytest.approx(2 * half * np.sqrt(2 * np.log(2)), abs=1.0)
