"""Anions found and made whole in any order, image and orientation; their bonds and exclusions."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.transform import Rotation

from lbhsweep.errors import ForceFieldError, StructureError
from lbhsweep.physics.crystal import build_alpha, build_beta, remove_lithium
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.molecules import find_molecules, make_whole
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import build_topology

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
CELLS = sorted(path.stem for path in REFERENCE.glob("*.json"))
LBH = load_force_field("lbh-2021")

seeds = st.integers(0, 2**32 - 1)


def sheared(structure, rng, strain=0.06, shake=0.06):
    """The same crystal in a triclinic cell, its atoms shaken as by heat."""
    deformation = np.eye(3) + rng.uniform(-strain, strain, (3, 3))
    noise = rng.normal(0, shake, structure.positions.shape)
    centres = np.zeros((structure.molecule.max() + 1, 3))
    for number in range(1, len(centres)):
        centres[number] = structure.positions[structure.molecule == number].mean(axis=0)
    home = np.where(
        (structure.molecule > 0)[:, None], centres[structure.molecule], structure.positions
    )
    positions = home @ deformation + (structure.positions - home) + noise
    return Structure(structure.symbols, positions, structure.cell @ deformation, structure.molecule)


def scrambled(structure, rng):
    """Permute, rotate and translate the crystal and put every atom into some other image."""
    order = rng.permutation(structure.n_atoms)
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    jumps = rng.integers(-2, 3, structure.positions.shape)
    positions = structure.positions + jumps @ structure.cell + rng.uniform(-9, 9, 3)
    symbols = tuple(structure.symbols[i] for i in order)
    return order, symbols, (positions @ turn)[order], structure.cell @ turn


def named(rows, order=None):
    """Rows of atoms as a set, whichever end comes first, in the numbering before `order`."""
    rows = rows if order is None else order[rows]
    return {min(tuple(row), tuple(row[::-1])) for row in rows.tolist()}


@settings(max_examples=30, deadline=None)
@given(seed=seeds, phase=st.sampled_from(["alpha", "beta"]))
def test_topology_does_not_depend_on_order_images_or_orientation(seed, phase):
    rng = np.random.default_rng(seed)
    structure = build_alpha((1, 1, 1)) if phase == "alpha" else build_beta((1, 1, 1), seed=seed)
    structure = sheared(structure, rng)
    expected = build_topology(structure, LBH)
    order, symbols, positions, cell = scrambled(structure, rng)
    molecule, whole = find_molecules(symbols, positions, cell, LBH)
    found = build_topology(Structure(symbols, whole, cell, molecule), LBH)
    assert named(found.bonds, order) == named(expected.bonds)
    assert named(found.angles, order) == named(expected.angles)
    assert named(found.exclusions, order) == named(expected.exclusions)
    partners = set(zip(molecule.tolist(), structure.molecule[order].tolist(), strict=True))
    assert len(partners) == structure.formula_units + 1
    assert (0, 0) in partners


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_whole_anions_keep_their_shape(seed):
    rng = np.random.default_rng(seed)
    structure = sheared(build_alpha((1, 1, 2)), rng)
    order, symbols, positions, cell = scrambled(structure, rng)
    whole = make_whole(symbols, positions, cell, structure.molecule[order], LBH)
    jumps = (whole - positions) @ np.linalg.inv(cell)
    np.testing.assert_allclose(jumps, np.round(jumps), atol=1e-9)
    for number in range(1, 9):
        ours = whole[structure.molecule[order] == number]
        theirs = structure.positions[order][structure.molecule[order] == number]
        for distances in (ours, theirs):
            assert np.linalg.norm(distances - distances.mean(axis=0), axis=1).max() < 3.6
        np.testing.assert_allclose(
            np.linalg.norm(ours[:, None] - ours, axis=-1),
            np.linalg.norm(theirs[:, None] - theirs, axis=-1),
            atol=1e-9,
        )


def test_whole_anions_are_left_as_they_are_to_the_last_bit():
    structure = build_beta((2, 1, 1), seed=5)
    whole = make_whole(
        structure.symbols, structure.positions, structure.cell, structure.molecule, LBH
    )
    assert (whole == structure.positions).all()


@pytest.mark.parametrize("name", CELLS)
def test_bonded_energies_of_hot_cells_are_those_of_lammps(name):
    # A single wrong bond or angle would show: hot cells have B-B bonds of up to 2.4 Å beside
    # pairs that aren't bonded at 2.1 Å.
    arrays = np.load(REFERENCE / f"{name}.npz")
    energies = json.loads((REFERENCE / f"{name}.json").read_text())["energy_kJ_mol"]
    symbols = tuple(arrays["symbols"].tolist())
    molecule, r = find_molecules(symbols, arrays["positions"], arrays["cell"], LBH)
    partners = set(zip(molecule.tolist(), arrays["molecule"].tolist(), strict=True))
    assert len(partners) == 33
    topology = build_topology(Structure(symbols, r, arrays["cell"], molecule), LBH)
    d = np.linalg.norm(r[topology.bonds[:, 0]] - r[topology.bonds[:, 1]], axis=1)
    bond = 0.5 * np.sum(topology.bond_k * (d - topology.bond_length) ** 2)
    assert bond == pytest.approx(energies["ebond"], rel=1e-12)
    i, centre, j = topology.angles.T
    u, v = r[i] - r[centre], r[j] - r[centre]
    cosine = np.sum(u * v, axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    angle = 0.5 * np.sum(topology.angle_k * (np.arccos(cosine) - topology.angle_theta) ** 2)
    assert angle == pytest.approx(energies["eangle"], rel=1e-12)


def test_an_anion_has_42_bonds_and_60_angles_centred_on_boron():
    structure = build_alpha((1, 1, 1))
    topology = build_topology(structure, LBH)
    symbols = np.array(structure.symbols)
    kinds = np.sort(symbols[topology.bonds], axis=1)
    assert (kinds == ["B", "B"]).all(axis=1).sum() == 4 * 30
    assert (kinds == ["B", "H"]).all(axis=1).sum() == 4 * 12
    assert len(kinds) == 4 * 42
    assert (symbols[topology.angles] == ["H", "B", "B"]).all()
    assert len(topology.angles) == 4 * 60
    assert len(named(topology.angles)) == 4 * 60


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4])
def test_exclusions_are_the_pairs_within_so_many_bonds(tmp_path, depth):
    shipped = Path(__file__).parents[2] / "lbhsweep" / "physics" / "parameters" / "lbh-2021.yaml"
    text = shipped.read_text().replace("exclusion_depth: 3", f"exclusion_depth: {depth}")
    (tmp_path / "set.yaml").write_text(text)
    structure = build_alpha((1, 1, 1))
    topology = build_topology(structure, load_force_field(tmp_path / "set.yaml"))
    i, j = topology.bonds.T
    n = structure.n_atoms
    steps = shortest_path(coo_array((np.ones(len(i)), (i, j)), shape=(n, n)), directed=False)
    expected = np.argwhere(np.triu((steps >= 1) & (steps <= depth)))
    np.testing.assert_array_equal(topology.exclusions, expected)


def test_exclusions_up_to_1_4_free_no_boron_pair_but_keep_far_hydrogens():
    structure = build_alpha((1, 1, 1))
    excluded = named(build_topology(structure, LBH).exclusions)
    atoms = np.flatnonzero(structure.molecule == 1)
    boron, hydrogen = atoms[:12], atoms[12:]
    assert all((a, b) in excluded for a in boron for b in boron if a < b)
    free = [
        np.linalg.norm(structure.positions[a] - structure.positions[b])
        for a in hydrogen
        for b in hydrogen
        if a < b and (a, b) not in excluded
    ]
    # The H of meta and para neighbours: 30 pairs and 6 pairs.
    np.testing.assert_allclose(sorted(free), [4.938] * 30 + [5.805] * 6, atol=1e-3)


def test_vacancies_change_no_anion():
    structure = build_alpha((1, 1, 1))
    fewer = remove_lithium(structure, 3, seed=2)
    assert len(build_topology(fewer, LBH).exclusions) == len(
        build_topology(structure, LBH).exclusions
    )


def without(structure, index):
    kept = [i for i in range(structure.n_atoms) if i != index]
    return tuple(structure.symbols[i] for i in kept), structure.positions[kept]


def found(symbols, positions, cell):
    molecule, whole = find_molecules(symbols, positions, cell, LBH)
    return build_topology(Structure(symbols, whole, cell, molecule), LBH)


def test_incomplete_anion_is_named():
    structure = build_alpha((1, 1, 1))
    symbols, positions = without(structure, structure.symbols.index("H"))
    with pytest.raises(StructureError, match=r"molecule of 23 atoms, 8 \(B\).* B12H11, .*B12H12"):
        found(symbols, positions, structure.cell)
    symbols, positions = without(structure, structure.symbols.index("B"))
    with pytest.raises(StructureError, match=r"atom 19 \(H\) belongs to no anion; the nearest"):
        found(symbols, positions, structure.cell)


def test_hydrogen_pulled_off_is_named_with_its_nearest_atom():
    structure = build_alpha((1, 1, 1))
    positions = structure.positions.copy()
    centre = positions[8:20].mean(axis=0)
    positions[20] += 0.8 * (positions[20] - centre) / np.linalg.norm(positions[20] - centre)
    with pytest.raises(StructureError, match=r"atom 20 \(H\) belongs to no anion.*at 2\.000 Å"):
        found(structure.symbols, positions, structure.cell)


def test_two_hydrogens_on_one_boron_are_named():
    structure = build_alpha((1, 1, 1))
    positions = structure.positions.copy()
    positions[20] = positions[21] + [0.0, 0.6, 0.3]
    with pytest.raises(StructureError, match=r"B atom 8 has 0 H bonded to it, wanted 1; the near"):
        found(structure.symbols, positions, structure.cell)


def test_anion_cut_by_the_boundary_is_refused_by_build_topology():
    structure = build_alpha((1, 1, 1))
    positions = structure.positions.copy()
    positions[20] += structure.cell[0]
    cut = Structure(structure.symbols, positions, structure.cell, structure.molecule)
    with pytest.raises(StructureError, match=r"H atom 20 .*apart, wanted a bond of at most 1\.7 Å"):
        build_topology(cut, LBH)


def test_wrong_molecule_numbers_are_refused():
    structure = build_alpha((1, 1, 1))
    numbers = structure.molecule.copy()
    numbers[[20, 44]] = numbers[[44, 20]]
    arguments = structure.symbols, structure.positions, structure.cell
    with pytest.raises(StructureError, match=r"molecule 2 is in pieces: .* atom 20 \(H\)"):
        make_whole(*arguments, numbers, LBH)
    numbers = structure.molecule.copy()
    numbers[0] = 1
    lithium = Structure(*arguments, numbers)
    with pytest.raises(StructureError, match=r"atom 0 \(Li\) is in molecule 1, wanted a single"):
        build_topology(lithium, LBH)


def test_foreign_species_are_named():
    structure = build_alpha((1, 1, 1))
    symbols = ("Na", *structure.symbols[1:])
    with pytest.raises(ForceFieldError, match=r"atom 0 is Na, .* knows only Li, B, H"):
        find_molecules(symbols, structure.positions, structure.cell, LBH)


def test_atoms_at_the_same_place_are_named():
    structure = build_alpha((1, 1, 1))
    positions = structure.positions.copy()
    positions[30] = positions[9] + structure.cell[2]
    with pytest.raises(StructureError, match=r"atoms 9 \(B\) and 30 \(H\) are at the same place"):
        find_molecules(structure.symbols, positions, structure.cell, LBH)


def test_cells_too_small_for_a_bond_are_refused():
    with pytest.raises(StructureError, match=r"the cell is 0\.010 Å high, less than a bond"):
        find_molecules(("B",), np.zeros((1, 3)), np.diag([20.0, 20.0, 0.01]), LBH)


def test_positions_that_are_no_numbers_are_refused():
    structure = build_alpha((1, 1, 1))
    positions = structure.positions.copy()
    positions[7, 1] = np.inf
    with pytest.raises(StructureError, match=r"positions\[7, 1\] is inf, wanted finite numbers"):
        find_molecules(structure.symbols, positions, structure.cell, LBH)


def test_molecule_bonded_to_its_own_image_is_refused():
    structure = build_alpha((1, 1, 1))
    chosen = structure.molecule == 1
    symbols = tuple(np.array(structure.symbols)[chosen])
    with pytest.raises(StructureError, match="own periodic image"):
        find_molecules(symbols, structure.positions[chosen], np.eye(3) * 5.0, LBH)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": np.ones((3, 3))}, "has no volume"),
        ({"cell": np.zeros((3, 3))}, "has no volume"),
        ({"cell": np.eye(2)}, r"cell has shape \(2, 2\), wanted \(3, 3\)"),
        ({"positions": np.array([[0.0, np.nan, 0.0]])}, r"positions\[0, 1\] is nan"),
        ({"positions": np.zeros((2, 3))}, r"positions has shape \(2, 3\), wanted \(1, 3\)"),
        ({"molecule": np.zeros(4, int)}, r"molecule has shape \(4,\), wanted \(1,\)"),
    ],
)
def test_impossible_structures_are_refused(change, message):
    parts = {
        "symbols": ("Li",),
        "positions": np.zeros((1, 3)),
        "cell": np.eye(3) * 9,
        "molecule": np.zeros(1, int),
    }
    with pytest.raises(StructureError, match=message):
        Structure(**parts | change)


def test_an_anion_may_hold_carbon(tmp_path):
    shipped = Path(__file__).parents[2] / "lbhsweep" / "physics" / "parameters" / "lbh-2021.yaml"
    text = shipped.read_text().replace("anion: {B: 12", "anion: {C: 1, B: 11")
    text = text.replace("  B: {mass", "  C: {mass: 12.011, charge: -0.1}\n  B: {mass")
    for pair, k in (("C, B", 130.0), ("C, H", 980.0)):
        limit = 2.8 if "B" in pair else 1.6
        bond = f"  - {{pair: [{pair}], k: {k}, length: 1.1, max_length: {limit}}}\n"
        text = text.replace("\nbonds:\n", f"\nbonds:\n{bond}")
    (tmp_path / "carborane.yaml").write_text(text)
    carborane = load_force_field(tmp_path / "carborane.yaml")
    structure = build_alpha((1, 1, 1))
    symbols = np.array(structure.symbols)
    symbols[8::24] = "C"
    molecule, whole = find_molecules(tuple(symbols), structure.positions, structure.cell, carborane)
    topology = build_topology(Structure(tuple(symbols), whole, structure.cell, molecule), carborane)
    assert len(topology.bonds) == 4 * 42
    assert (topology.bond_k == 130.0).sum() == 4 * 5
    assert (topology.bond_k == 980.0).sum() == 4
    # H-B-B without the angles at C and those whose end is C.
    assert len(topology.angles) == 4 * (60 - 5 - 5)


WATER = """\
name: water
source: written for a test
convention: half
exclusion_depth: 2
species: {O: {mass: 15.999, charge: -0.82}, H: {mass: 1.008, charge: 0.41}}
bonds: [{pair: [O, H], k: 1000.0, length: 1.0, max_length: 1.3}]
angles: [{triple: [H, O, H], k: 100.0, theta: 1.9}]
"""


def test_other_molecules_are_whatever_the_bond_lengths_connect(tmp_path):
    (tmp_path / "water.yaml").write_text(WATER)
    water = load_force_field(tmp_path / "water.yaml")
    positions = np.array([[0.0, 0, 0], [5.0, 5, 5], [-0.9, 0, 0], [5.0, 5.9, 5], [0.2, 0.9, 0]])
    symbols = ("O", "O", "H", "H", "H")
    cell = np.eye(3) * 8.0
    molecule, whole = find_molecules(symbols, positions % 8.0, cell, water)
    assert molecule.tolist() == [1, 2, 1, 2, 1]
    topology = build_topology(Structure(symbols, whole, cell, molecule), water)
    assert topology.bonds.tolist() == [[0, 2], [0, 4], [1, 3]]
    assert topology.angles.tolist() == [[2, 0, 4]]
    assert topology.exclusions.tolist() == [[0, 2], [0, 4], [1, 3], [2, 4]]
    np.testing.assert_allclose(topology.bond_k, 1000.0)
