"""Charges of cells with and without missing lithium."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.errors import ForceFieldError, StructureError
from lbhsweep.physics.charges import compensated_charges, species_charges
from lbhsweep.physics.crystal import build_alpha, remove_lithium
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.structure import Structure

LBH = load_force_field("lbh-2021")
ALPHA = build_alpha((2, 1, 1))
MODES = ("anions", "cations", "background")


@pytest.mark.parametrize("mode", MODES)
def test_neutral_crystal_keeps_its_charges_exactly(mode):
    charges = compensated_charges(ALPHA, LBH, mode)
    assert (charges == species_charges(ALPHA, LBH)).all()
    assert abs(charges.sum()) < 1e-12


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 15), seed=st.integers(0, 1000))
def test_the_charge_of_missing_lithium_is_compensated(n, seed):
    structure = remove_lithium(ALPHA, n, seed)
    symbols = np.array(structure.symbols)
    plain = species_charges(structure, LBH)
    assert plain.sum() == pytest.approx(-0.85 * n)
    anions = compensated_charges(structure, LBH, "anions")
    assert abs(anions.sum()) < 1e-12
    np.testing.assert_allclose(anions[symbols == "H"], -0.85 / 6 + 0.85 * n / (8 * 12))
    assert (anions[symbols != "H"] == plain[symbols != "H"]).all()
    cations = compensated_charges(structure, LBH, "cations")
    assert abs(cations.sum()) < 1e-12
    np.testing.assert_allclose(cations[symbols == "Li"], 0.85 * 16 / (16 - n))
    assert (cations[symbols != "Li"] == plain[symbols != "Li"]).all()
    assert (compensated_charges(structure, LBH, "background") == plain).all()


def test_reference_cell_with_vacancies_has_these_charges():
    structure = remove_lithium(build_alpha((2, 2, 2)), 4, seed=0)
    charges = compensated_charges(structure, LBH, "anions")
    assert charges[-1] == pytest.approx(-0.1328125, rel=1e-14)


def test_charge_needs_atoms_to_take_it():
    structure = remove_lithium(ALPHA, 16, seed=0)
    with pytest.raises(StructureError, match=r"no single ions to take its total charge of -13\.6"):
        compensated_charges(structure, LBH, "cations")
    lithium = Structure(("Li",), np.zeros((1, 3)), np.eye(3) * 9, np.zeros(1, int))
    with pytest.raises(StructureError, match="no charged atoms in anions"):
        compensated_charges(lithium, LBH, "anions")


def test_unknown_compensation_is_refused():
    with pytest.raises(ForceFieldError, match="wanted anions, cations or background"):
        compensated_charges(remove_lithium(ALPHA, 1, seed=0), LBH, "none")
