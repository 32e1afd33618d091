"""The expected size of the box errs on the small side, but not by much."""

import pytest

from lbhsweep.sweep.supercell import largest_cutoff, smallest_lattice_a

RELAXED_A = {0.0: 9.610, 0.5: 9.464, 1.0: 9.308, 2.0: 9.117, 5.0: 8.790, 10.0: 8.465}
"""GPa: Å, α of lbh-2021 relaxed with the engine, 2×2×2, cutoff 7.5 Å."""


@pytest.mark.parametrize(("pressure", "relaxed"), RELAXED_A.items())
def test_smallest_lattice_parameter_stays_below_the_relaxed_crystal(pressure, relaxed):
    assert 0.97 * relaxed < smallest_lattice_a(pressure) <= 0.985 * relaxed


def test_usual_cutoff_fits_the_usual_box_up_to_a_gigapascal():
    assert largest_cutoff((2, 2, 2), 1.0) > 9.0
    assert largest_cutoff((1, 1, 1), 0.4) > 4.5


def test_smallest_edge_decides():
    assert largest_cutoff((3, 1, 2), 0.0) == largest_cutoff((1, 1, 1), 0.0)


def test_tension_is_not_counted_on():
    assert smallest_lattice_a(-1.0) == smallest_lattice_a(0.0)
