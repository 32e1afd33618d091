"""Molecules whose atoms come in another order are the same molecule."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.engine.molecules.matching import match, relations
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.structure import Structure


@st.composite
def graphs(draw):
    """Bonds of up to 7 atoms with labels, and a permutation of the atoms."""
    size = draw(st.integers(2, 7))
    pairs = list(itertools.combinations(range(size), 2))
    bonds = [(pair, draw(st.integers(1, 2))) for pair in pairs if draw(st.booleans())]
    return size, bonds, draw(st.permutations(range(size)))


def terms(bonds, name_of=lambda i: i):
    return [
        ("bond", tuple(sorted((name_of(i), name_of(j)))), (float(label),))
        for (i, j), label in bonds
    ]


@given(graphs())
def test_a_permuted_graph_is_matched(graph):
    size, bonds, order = graph
    numbers = {}
    one = relations(size, terms(bonds), numbers)
    other = relations(size, terms(bonds, lambda i: order[i]), numbers)
    found = match(one, other)
    np.testing.assert_array_equal(other[np.ix_(found, found)], one)


@given(graphs(), graphs())
def test_graphs_are_matched_only_if_they_are_the_same(first, second):
    numbers = {}
    one = relations(first[0], terms(first[1]), numbers)
    other = relations(second[0], terms(second[1]), numbers)
    same = first[0] == second[0] and any(
        np.array_equal(other[np.ix_(p, p)], one)
        for p in map(list, itertools.permutations(range(first[0])))
    )
    assert (match(one, other) is not None) == same


def test_shuffled_atoms_take_as_many_rows_and_feel_the_same_forces():
    structure = build_alpha((1, 1, 1))
    rng = np.random.default_rng(0)
    order = rng.permutation(len(structure.symbols))
    shuffled = Structure(
        tuple(np.array(structure.symbols)[order].tolist()),
        structure.positions[order],
        structure.cell,
        structure.molecule[order],
    )
    field = load_force_field("lbh-2021")
    shifts = rng.normal(0, 0.05, structure.positions.shape)
    plain = ForceFieldPotential(structure, field, cutoff_A=4.5)
    mixed = ForceFieldPotential(shuffled, field, cutoff_A=4.5)
    assert mixed.bonded.angles.shape == plain.bonded.angles.shape
    expected = plain.single_point(structure.positions + shifts, structure.cell)
    found = mixed.single_point((structure.positions + shifts)[order], structure.cell)
    np.testing.assert_allclose(found.forces, expected.forces[order], atol=1e-4)


def test_interchangeable_atoms_that_fit_nowhere_are_given_up_at_once():
    # Twelve free atoms and a path here, a star there: 12! orders to try for a plain search.
    path, star = [((i, i + 1), 1) for i in range(12, 15)], [((12, i), 1) for i in range(13, 16)]
    numbers = {}
    one, other = (relations(16, terms(bonds), numbers) for bonds in (path, star))
    assert match(one, other) is None
    # Two triangles and a hexagon look alike from every atom.
    ring = [((i, (i + 1) % 6), 1) for i in range(6)]
    triangles = [((3 * t + i, 3 * t + (i + 1) % 3), 1) for t in range(2) for i in range(3)]
    one, other = (relations(16, terms(bonds), numbers) for bonds in (ring, triangles))
    assert match(one, other) is None
