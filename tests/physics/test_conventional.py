"""Crystals from elsewhere take the form of those built here, and stay the same crystal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.errors import ForceFieldError, StructureError
from lbhsweep.physics.bond_graph import bond_graph
from lbhsweep.physics.conventional import conventional_crystal, oriented
from lbhsweep.physics.crystal import build_alpha, build_beta, remove_lithium
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.structure import Structure

FORCE_FIELD = load_force_field("lbh-2021")
FACE_CENTRES = np.array([[0, 0, 0], [0.5, 0, 0.5], [0, 0.5, 0.5], [0.5, 0.5, 0]])


def read(structure):
    return conventional_crystal(structure.symbols, structure.positions, structure.cell)


def centres(crystal):
    """In conventional cells."""
    structure = crystal.structure
    n = structure.formula_units
    middle = [structure.positions[structure.molecule == k].mean(axis=0) for k in range(1, n + 1)]
    return np.array(middle) @ np.linalg.inv(structure.cell) * crystal.supercell


def disguised(structure, seed):
    """Turn, move, cut by the boundary and shuffle a crystal."""
    rng = np.random.default_rng(seed)
    turn = Rotation.random(random_state=seed).as_matrix()
    cell = structure.cell @ turn
    fractions = (structure.positions + rng.uniform(-20, 20, 3)) @ np.linalg.inv(structure.cell)
    order = rng.permutation(structure.n_atoms)
    return (
        tuple(structure.symbols[i] for i in order),
        ((fractions % 1.0) @ cell)[order],
        cell,
    )


def energy(structure):
    potential = ForceFieldPotential(structure, FORCE_FIELD, cutoff_A=4.0, accuracy="high")
    return potential.single_point(structure.positions, structure.cell).energy


@pytest.mark.parametrize("supercell", [(1, 1, 1), (2, 1, 3)])
def test_what_is_built_here_is_left_as_it_is(supercell):
    built = build_alpha(supercell)
    crystal = read(built)
    assert crystal.supercell == supercell
    assert crystal.structure.symbols == built.symbols
    np.testing.assert_array_equal(crystal.structure.molecule, built.molecule)
    np.testing.assert_allclose(crystal.structure.positions, built.positions, atol=1e-6)
    np.testing.assert_allclose(crystal.structure.cell, built.cell, atol=1e-6)
    again = read(crystal.structure).structure
    np.testing.assert_array_equal(again.positions, crystal.structure.positions)


@settings(max_examples=15, deadline=None)
@given(
    supercell=st.sampled_from([(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (2, 1, 2)]),
    phase=st.sampled_from(["alpha", "beta"]),
    missing=st.integers(0, 3),
    shaken=st.sampled_from([0.0, 0.05]),
    seed=st.integers(0, 10**6),
)
def test_turned_moved_cut_and_shuffled_crystals_are_found_again(
    supercell, phase, missing, shaken, seed
):
    built = build_alpha(supercell) if phase == "alpha" else build_beta(supercell, seed=seed)
    built = remove_lithium(built, missing, seed=seed)
    noise = np.random.default_rng(seed).normal(0.0, shaken, built.positions.shape)
    built = Structure(built.symbols, built.positions + noise, built.cell, built.molecule)
    crystal = conventional_crystal(*disguised(built, seed))
    assert crystal.supercell == supercell
    assert crystal.n_vacancies == missing
    structure = crystal.structure
    assert structure.symbols == built.symbols
    apart = (centres(crystal)[:, None] - FACE_CENTRES + 0.5) % 1.0 - 0.5
    nearest = np.linalg.norm(apart, axis=-1).min(axis=1)
    assert nearest.max() < 0.02
    own = apart[np.arange(len(apart)), np.linalg.norm(apart, axis=-1).argmin(axis=1)]
    np.testing.assert_allclose(own.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_array_equal(structure.cell, np.tril(structure.cell))
    for number in range(1, structure.formula_units + 1):
        atoms = np.flatnonzero(structure.molecule == number)
        names = [structure.symbols[i] for i in atoms]
        bonded = bond_graph(names, structure.positions[atoms], atoms, FORCE_FIELD)
        assert bonded[np.arange(12), np.arange(12, 24)].all()


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_same_crystal(seed):
    built = build_beta((1, 1, 1), seed=seed)
    assert energy(read(built).structure) == pytest.approx(energy(built), rel=1e-7)
    crystal = conventional_crystal(*disguised(built, seed))
    # Places are kept to a millionth of an Å.
    assert energy(crystal.structure) == pytest.approx(energy(built), abs=0.02)


def test_strained_and_left_handed_cells_are_taken():
    built = build_alpha((1, 1, 1))
    strain = np.array([[1.02, 0.0, 0.0], [0.01, 0.99, 0.0], [-0.02, 0.015, 1.0]])
    fractions = built.positions @ np.linalg.inv(built.cell)
    centre = np.array([built.positions[built.molecule == k].mean(axis=0) for k in range(1, 5)])
    # Anions keep their shape, the lattice is strained.
    moved = built.positions.copy()
    for k, middle in enumerate(centre, 1):
        moved[built.molecule == k] += middle @ (strain - np.eye(3))
    lithium = built.molecule == 0
    moved[lithium] = fractions[lithium] @ (built.cell @ strain)
    strained = Structure(built.symbols, moved, built.cell @ strain, built.molecule)
    found = read(strained)
    assert found.supercell == (1, 1, 1)
    assert energy(found.structure) == pytest.approx(energy(strained), abs=0.02)
    left = Structure(
        built.symbols, built.positions[:, [1, 0, 2]], built.cell[:, [1, 0, 2]], built.molecule
    )
    assert energy(read(left).structure) == pytest.approx(energy(built), abs=0.02)


@pytest.mark.parametrize("supercell", [(2, 2, 2), (1, 2, 3)])
def test_repeating_gives_the_crystal_that_is_built(supercell):
    built = build_alpha(supercell)
    repeated = read(build_alpha((1, 1, 1))).repeated(supercell)
    assert repeated.symbols == built.symbols
    np.testing.assert_array_equal(repeated.molecule, built.molecule)
    np.testing.assert_allclose(repeated.positions, built.positions, atol=1e-5)
    np.testing.assert_allclose(repeated.cell, built.cell, atol=1e-5)


def test_a_crystal_that_does_not_fill_the_supercell_is_refused():
    with pytest.raises(StructureError, match="2×1×1 conventional cells does not fill 3×2×2"):
        read(build_alpha((2, 1, 1))).repeated((3, 2, 2))


@pytest.mark.parametrize("origin", [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)])
def test_last_bits_of_the_arithmetic_change_neither_digest_nor_place(origin):
    """Where several anions are equally near a corner, and where places lie between two digits."""
    built = build_alpha((1, 1, 1), lattice_A=9.615)
    fractions = np.round(built.positions @ np.linalg.inv(built.cell) + origin, 4)
    positions = fractions @ built.cell
    first = conventional_crystal(built.symbols, positions, built.cell, b"a file")
    for seed in range(5):
        noise = np.random.default_rng(seed).uniform(-2e-15, 2e-15, positions.shape)
        other = conventional_crystal(built.symbols, positions + noise, built.cell, b"a file")
        assert other.digest == first.digest
        np.testing.assert_allclose(other.structure.positions, first.structure.positions, atol=2e-6)
    assert conventional_crystal(built.symbols, positions, built.cell, b"b").digest != first.digest


def sheared(built):
    """The same crystal in another setting: c + 2a instead of c."""
    cell = built.cell.copy()
    cell[2] += 2 * cell[0]
    return Structure(built.symbols, built.positions, cell, built.molecule)


def with_lithium_twice(built):
    positions = built.positions.copy()
    positions[1] = positions[0] + [0.0, 0.1, 0.0]
    return Structure(built.symbols, positions, built.cell, built.molecule)


def with_one_more_lithium(built):
    return Structure(
        ("Li", *built.symbols),
        np.concatenate([[[4.8, 4.8, 0.4]], built.positions]),
        built.cell,
        np.concatenate([[0], built.molecule]),
    )


def primitive(built):
    """One anion with its two Li in the primitive cell."""
    chosen = np.concatenate([[0, 4], np.flatnonzero(built.molecule == 1)])
    cell = built.cell[0, 0] / 2 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    return Structure(
        tuple(built.symbols[i] for i in chosen),
        built.positions[chosen],
        cell,
        built.molecule[chosen],
    )


def shifted_anion(_):
    wide = build_alpha((1, 1, 1), lattice_A=11.9)
    moved = wide.positions + 2.0 * (wide.molecule == 2)[:, None] * np.array([1.0, 1.0, 0.0])
    return Structure(wide.symbols, moved, wide.cell, wide.molecule)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (with_one_more_lithium, "9 Li for 4 anions, wanted at most 2"),
        (primitive, "face-centred lattice.*not the primitive cell"),
        (shifted_anion, "lattice parameters from its site"),
        (sheared, "angles .*, wanted nearly a cube"),
        (with_lithium_twice, "Li atom 0 is 0.10 Å from atom 1"),
    ],
)
def test_other_crystals_are_refused(spoil, message):
    with pytest.raises(StructureError, match=message):
        read(spoil(build_alpha((1, 1, 1))))


def test_other_units_atoms_and_broken_anions_are_refused():
    built = build_alpha((1, 1, 1))
    with pytest.raises(StructureError):
        conventional_crystal(built.symbols, built.positions / 0.529, built.cell / 0.529)
    with pytest.raises(StructureError):
        conventional_crystal(built.symbols[:-1], built.positions[:-1], built.cell)
    with pytest.raises(StructureError, match="no anion"):
        conventional_crystal(("Li",) * 3, built.positions[:3], built.cell)
    with pytest.raises(ForceFieldError, match="Na"):
        conventional_crystal(("Na", *built.symbols[1:]), built.positions, built.cell)


@given(seed=st.integers(0, 10**6))
@settings(deadline=None)
def test_cells_are_turned_without_change_of_shape(seed):
    rng = np.random.default_rng(seed)
    cell = rng.normal(size=(3, 3)) + 3 * np.eye(3)
    vectors = rng.normal(size=(5, 3))
    turned, moved = oriented(cell, vectors)
    np.testing.assert_allclose(turned, np.tril(turned), atol=1e-12)
    assert (np.diag(turned) > 0).all()
    np.testing.assert_allclose(turned @ turned.T, cell @ cell.T, atol=1e-12)
    np.testing.assert_allclose(moved @ turned.T, vectors @ cell.T, atol=1e-12)
