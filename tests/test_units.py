"""Constants against SciPy's CODATA; quantities as users write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from lbhsweep import units
from lbhsweep.errors import UnitError


def test_constants_agree_with_codata():
    assert pytest.approx(constants.k * constants.N_A / 1e3, rel=1e-12) == units.BOLTZMANN
    coulomb = constants.e**2 / (4 * math.pi * constants.epsilon_0) * constants.N_A * 1e7
    assert pytest.approx(coulomb, rel=1e-9) == units.COULOMB
    assert pytest.approx(0.602214, rel=1e-6) == units.GPA
    assert pytest.approx(96.48533, rel=1e-6) == units.EV


@given(st.floats(-1e6, 1e6), st.sampled_from(sorted(units.KNOWN_UNITS)))
def test_any_number_with_a_known_unit_is_read(number, name):
    unit = units.KNOWN_UNITS[name]
    read = units.parse_quantity(f"{number!r} {name}", unit.dimension)
    assert read == pytest.approx(number * unit.scale, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize(
    ("one", "other", "dimension"),
    [
        ("100 K/ns", "0.1 K/ps", "rate"),
        ("400 MPa", "0.4 GPa", "pressure"),
        ("4 kbar", "0.4GPa", "pressure"),
        ("1 ns", "1000 ps", "time"),
        ("0.9 nm", "9 Å", "length"),
    ],
)
def test_the_same_quantity_is_the_same_float(one, other, dimension):
    assert units.parse_quantity(one, dimension) == units.parse_quantity(other, dimension)


@pytest.mark.parametrize(
    ("text", "dimension", "message"),
    [
        (300, "temperature", "without a unit, wanted a temperature in K"),
        ("0.4", "pressure", "wanted a pressure in one of GPa, MPa"),
        ("0.4 gpa", "pressure", "unknown unit 'gpa'"),
        ("3 ps", "pressure", "'ps' is a unit of time, wanted a pressure"),
        ("hot", "temperature", "wanted a temperature with its unit (K)"),
        (True, "time", "got True, wanted a time"),
        ([1], "time", "got [1], wanted a time"),
        ("1e999 K", "temperature", "is not finite"),
    ],
)
def test_anything_else_is_refused_with_the_known_units(text, dimension, message):
    with pytest.raises(UnitError) as caught:
        units.parse_quantity(text, dimension)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        # By the clock of a machine that is ahead.
        (-3700.0, "0 s"),
        (59.6, "1 min 0 s"),
        (130, "2 min 10 s"),
        (3599.7, "1 h 0 min"),
        (11100, "3 h 5 min"),
    ],
)
def test_durations(seconds, text):
    assert units.duration(seconds) == text
