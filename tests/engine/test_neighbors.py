"""Lists against brute force at any box shape."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.engine import neighbors


def brute_force(positions, cell, species, wanted, radius, molecule, excluded):
    """All pairs (distance, i, j) with any image, by plain loops over images."""
    found = []
    reach = int(np.ceil(radius / neighbors.heights(cell).min())) + 1
    wrapped = positions - np.floor(positions @ np.linalg.inv(cell)) @ cell
    shift = positions - wrapped
    for i, j in itertools.combinations_with_replacement(range(len(positions)), 2):
        if {species[i], species[j]} != set(wanted):
            continue
        if (species[i] == species[j]) != (wanted[0] == wanted[1]):
            continue
        for image in itertools.product(range(-reach, reach + 1), repeat=3):
            if i == j and image <= (0, 0, 0):
                continue
            d = wrapped[j] - wrapped[i] + np.array(image) @ cell
            whole = np.allclose(np.array(image) @ cell, shift[j] - shift[i], atol=1e-9)
            if whole and molecule[i] == molecule[j] != 0 and frozenset((i, j)) in excluded:
                continue
            r = np.linalg.norm(d)
            if r < radius:
                found.append((round(r, 9), i, j))
    return sorted(found)


def listed(positions, cell, species, wanted, radius, molecule, excluded):
    n = len(positions)
    translations = np.zeros((n, 3), np.int32)
    neighbors.wrap_translations(positions, np.linalg.inv(cell), translations)
    wrapped = np.empty((3, n))
    neighbors.wrap(positions, cell, translations, wrapped)
    images = np.empty((neighbors.IMAGE_SPAN**3, 3))
    neighbors.image_vectors(cell, images)
    owners = np.flatnonzero(species == wanted[0]).astype(np.uint32)
    members = owners
    if wanted[0] != wanted[1]:
        members = np.flatnonzero(species == wanted[1]).astype(np.uint32)
    pairs = neighbors.build_pair_list(
        wrapped,
        cell,
        translations,
        molecule,
        neighbors.exclusions_by_atom(np.array([sorted(e) for e in excluded], np.int32), n),
        owners,
        members,
        radius,
    )
    i = np.repeat(pairs.owners, np.diff(pairs.start)).astype(int)
    j = pairs.atoms.astype(int)
    r = np.linalg.norm(wrapped[:, j].T + images[pairs.images] - wrapped[:, i].T, axis=1)
    return sorted(
        (round(float(d), 9), min(a, b), max(a, b)) for d, a, b in zip(r, i, j, strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shear=st.floats(-0.45, 0.45),
    aspect=st.floats(0.6, 1.8),
    radius=st.floats(1.0, 7.0),
    wanted=st.sampled_from([(0, 0), (0, 1), (1, 1)]),
)
def test_list_equals_brute_force_in_any_cell(seed, shear, aspect, radius, wanted):
    rng = np.random.default_rng(seed)
    cell = 5.0 * np.array([[1.0, 0, 0], [shear, aspect, 0], [-shear, shear / 2, 1.0]])
    n = 14
    positions = rng.uniform(-1.5, 2.5, (n, 3)) @ cell
    species = rng.integers(0, 2, n)
    molecule = rng.integers(0, 3, n).astype(np.int32)
    excluded = {
        frozenset((i, j))
        for i, j in itertools.combinations(range(n), 2)
        if molecule[i] == molecule[j] != 0 and rng.random() < 0.6
    }
    arguments = (positions, cell, species, wanted, radius, molecule, excluded)
    assert listed(*arguments) == brute_force(*arguments)


def test_rebuild_is_asked_for_before_a_pair_can_slip_in():
    cell = np.eye(3) * 20.0
    positions = np.random.default_rng(0).uniform(0, 20, (50, 3))
    inverse = np.linalg.inv(cell)

    def ask(moved, new_cell):
        return neighbors.needs_rebuild(moved, new_cell, positions, inverse, 10.0, 1.0)

    assert not ask(positions, cell)
    moved = positions.copy()
    moved[7, 1] += 0.49
    assert not ask(moved, cell)
    moved[7, 1] += 0.02
    assert ask(moved, cell)
    # The box alone moves no atom against its neighbours, but brings pairs closer by its strain.
    assert not ask(positions * 0.96, cell * 0.96)
    assert ask(positions * 0.90, cell * 0.90)


@pytest.mark.parametrize("shear", [0.0, 0.3])
def test_heights_are_distances_between_faces(shear):
    cell = np.array([[4.0, 0, 0], [shear * 4, 5.0, 0], [0, 0, 6.0]])
    expected = [20.0 / np.hypot(5.0, shear * 4), 5.0, 6.0]
    np.testing.assert_allclose(neighbors.heights(cell), expected)
