"""Lists against brute force at any box shape."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.engine import neighbors
from lbhsweep.errors import CutoffError


def brute_force(points, cell, owners, members, radius):
    """Count each unordered pair of points and image within the radius: {(i, j, translation): 1}."""
    reach = np.ceil(radius / neighbors.heights(cell)).astype(int) + 1
    found = Counter()
    for image in itertools.product(*(range(-r, r + 1) for r in reach)):
        d = points[members][None] + np.array(image) @ cell - points[owners][:, None]
        for o, m in np.argwhere(np.linalg.norm(d, axis=2) < radius):
            i, j = int(owners[o]), int(members[m])
            if i != j or any(image):
                found[canonical(i, j, image)] += 1
    # With one sort, each pair was met from either end.
    return dict.fromkeys(found, 1)


def canonical(i, j, image):
    backwards = tuple(-x for x in image)
    return min((i, j, tuple(image)), (j, i, backwards))


def listed(points, cell, owners, members, radius):
    pairs = neighbors.build_pair_list(points, cell, owners, members, radius)
    i = np.repeat(pairs.owners, np.diff(pairs.start)).astype(int)
    span, reach = neighbors.IMAGE_SPAN, neighbors.IMAGE_REACH
    images = np.stack(np.unravel_index(pairs.images, (span,) * 3), axis=1) - reach
    return Counter(
        canonical(int(a), int(b), tuple(image))
        for a, b, image in zip(i, pairs.atoms, images.tolist(), strict=True)
    )


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    skew=st.tuples(*[st.floats(-1.5, 1.5)] * 3),
    edges=st.tuples(*[st.floats(2.0, 12.0)] * 3),
    fraction=st.floats(0.2, 2.9),
    wanted=st.sampled_from([(0, 0), (0, 1), (1, 1)]),
)
def test_list_equals_brute_force_in_any_cell(seed, skew, edges, fraction, wanted):
    rng = np.random.default_rng(seed)
    a, b, c = edges
    cell = np.array([[a, 0, 0], [skew[0] * a, b, 0], [skew[1] * a, skew[2] * b, c]])
    cell = cell @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    # Not on a lattice vector, where rounding decides: 9 would be the length of an edge of 9 or 3.
    radius = min((fraction + 1e-6) * neighbors.heights(cell).min(), 8.9990517)
    points = rng.random((14, 3)) @ cell
    species = rng.integers(0, 2, 14)
    owners = np.flatnonzero(species == wanted[0]).astype(np.uint32)
    members = owners
    if wanted[0] != wanted[1]:
        members = np.flatnonzero(species == wanted[1]).astype(np.uint32)
    expected = brute_force(points, cell, owners, members, radius)
    assert listed(points, cell, owners, members, radius) == expected


def test_a_cell_below_a_third_of_the_radius_is_refused():
    points = np.array([[0.5, 0.5, 0.5]])
    one = np.zeros(1, np.uint32)
    assert len(listed(points, 3.0 * np.eye(3), one, one, 8.9)) == 46
    with pytest.raises(CutoffError, match=r"9\.1 Å, more than 3 times .* 3 Å"):
        listed(points, 3.0 * np.eye(3), one, one, 9.1)


def test_points_are_wrapped_by_whole_translations_and_table_knows_them_all():
    cell = np.array([[5.0, 0, 0], [2.0, 6.0, 0], [-1.0, 3.0, 4.0]])
    points = np.random.default_rng(0).uniform(-40, 40, (30, 3))
    translations = np.zeros((30, 3), np.int32)
    neighbors.wrap_translations(points, np.linalg.inv(cell), translations)
    wrapped = points.copy()
    neighbors.wrap(wrapped, cell, translations)
    fractions = wrapped @ np.linalg.inv(cell)
    assert fractions.min() > -1e-12
    assert fractions.max() < 1 + 1e-12
    np.testing.assert_allclose(wrapped - points, translations @ cell, atol=1e-12)
    images = np.empty((neighbors.IMAGE_SPAN**3, 3))
    neighbors.image_vectors(cell, images)
    every = list(
        itertools.product(range(-neighbors.IMAGE_REACH, neighbors.IMAGE_REACH + 1), repeat=3)
    )
    np.testing.assert_allclose(images, np.array(every) @ cell, atol=1e-12)


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
