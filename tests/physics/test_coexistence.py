"""Crystals of two phases on one lattice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.errors import StructureError
from lbhsweep.physics.coexistence import is_lower, join_halves, layers_of
from lbhsweep.physics.crystal import ALPHA_CAP, build_alpha, build_beta

A = 9.95


def crystals(supercell, seed=0):
    return {
        "alpha": build_alpha(supercell, lattice_A=A),
        "alpha_cap": build_alpha(supercell, lattice_A=A, **ALPHA_CAP),
        "beta": build_beta(supercell, seed=seed, lattice_A=A),
    }


@settings(max_examples=8, deadline=None)
@given(
    pair=st.permutations(["alpha", "alpha_cap", "beta"]),
    supercell=st.sampled_from([(1, 1, 4), (2, 1, 5), (1, 2, 6)]),
    seed=st.integers(0, 3),
)
def test_each_half_is_that_of_its_phase(pair, supercell, seed):
    built = crystals(supercell, seed)
    lower, upper = built[pair[0]], built[pair[1]]
    joined = join_halves(lower, upper, supercell)
    assert joined.symbols == lower.symbols
    for one, chosen in ((lower, is_lower), (upper, lambda *a: ~is_lower(*a))):
        expected = {tuple(row) for row in one.positions[chosen(one, supercell)].round(9)}
        found = {tuple(row) for row in joined.positions[chosen(joined, supercell)].round(9)}
        assert found == expected


@pytest.mark.parametrize("phase", ["alpha", "alpha_cap", "beta"])
def test_layers_hold_the_same_atoms(phase):
    """Half a conventional cell holds four Li and two anions; 2 × 1 cells lie side by side."""
    supercell = (2, 1, 5)
    structure = crystals(supercell)[phase]
    layers = layers_of(structure, supercell)
    symbols = np.array(structure.symbols)
    for layer in range(10):
        here = symbols[layers == layer]
        assert {s: int((here == s).sum()) for s in ("Li", "B", "H")} == {
            "Li": 8,
            "B": 48,
            "H": 48,
        }
    anion = structure.molecule > 0
    heights = structure.positions[anion][:, 2] / (A / 2) - layers[anion]
    assert np.abs((heights + 5) % 10 - 5).max() * A / 2 < 3.0


def test_anions_stay_whole():
    supercell = (1, 1, 4)
    built = crystals(supercell)
    joined = join_halves(built["alpha"], built["beta"], supercell)
    for number in range(1, joined.formula_units + 1):
        atoms = joined.positions[joined.molecule == number]
        apart = np.linalg.norm(atoms - atoms.mean(axis=0), axis=1)
        assert apart.max() == pytest.approx(2.9024, abs=1e-6)


def test_other_crystals_are_refused():
    one = crystals((1, 1, 4))["alpha"]
    with pytest.raises(StructureError, match="wanted the same atoms in the same order"):
        join_halves(one, crystals((1, 1, 5))["alpha"], (1, 1, 4))
    with pytest.raises(StructureError, match="and the same cell"):
        join_halves(one, build_alpha((1, 1, 4), lattice_A=9.9), (1, 1, 4))
    shifted = build_alpha((1, 1, 4), lattice_A=A, lithium=0.35)
    moved = shifted.positions.copy()
    moved[0, 2] += 2.5 * A
    shifted = type(shifted)(shifted.symbols, moved, shifted.cell, shifted.molecule)
    with pytest.raises(StructureError, match="single ions"):
        join_halves(one, shifted, (1, 1, 4))
