"""Verlet lists of points, here the centres of molecules and ions, from linked cells.

A list entry is a point and a periodic image, so a box smaller than twice the list radius is
still right: two images of one point are two entries.  Points are wrapped into the cell by whole
lattice vectors when the list is built, and carry these until the next build.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.errors import CutoffError

IMAGE_REACH = 3
"""Largest lattice translation in a list entry; boxes below a third of the list radius fail."""
IMAGE_SPAN = 2 * IMAGE_REACH + 1
BINS_PER_RADIUS = 2.0
"""Linked cells a list radius: more cost more in visits than they spare in distances (832 atoms)."""


class PairList(NamedTuple):
    """Neighbours of the owners; each pair stands once.

    Attributes
    ----------
    owners : (n_owners,) uint32
        Points of the first sort.
    start : (n_owners + 1,) int64
        Neighbours of ``owners[k]`` are entries ``start[k]`` to ``start[k + 1]``.
    atoms : (n_entries,) uint32
        Neighbouring points of the second sort.
    images : (n_entries,) uint16
        Row of the table of lattice translations, see `image_vectors`.
    """

    owners: npt.NDArray[np.uint32]
    start: npt.NDArray[np.int64]
    atoms: npt.NDArray[np.uint32]
    images: npt.NDArray[np.uint16]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def heights(cell: FloatArray) -> FloatArray:
    """Distances (3,) between opposite faces of the cell, in Å."""
    out = np.empty(3)
    for k in range(3):
        b = cell[(k + 1) % 3]
        c = cell[(k + 2) % 3]
        x = b[1] * c[2] - b[2] * c[1]
        y = b[2] * c[0] - b[0] * c[2]
        z = b[0] * c[1] - b[1] * c[0]
        volume = abs(cell[k, 0] * x + cell[k, 1] * y + cell[k, 2] * z)
        out[k] = volume / math.sqrt(x * x + y * y + z * z)
    return out


@nb.njit(cache=True, nogil=True)
def image_vectors(cell: FloatArray, out: FloatArray) -> None:
    """Fill the table (IMAGE_SPAN³, 3) of lattice translations in Å."""
    row = 0
    for a in range(-IMAGE_REACH, IMAGE_REACH + 1):
        for b in range(-IMAGE_REACH, IMAGE_REACH + 1):
            for c in range(-IMAGE_REACH, IMAGE_REACH + 1):
                for k in range(3):
                    out[row, k] = a * cell[0, k] + b * cell[1, k] + c * cell[2, k]
                row += 1


@nb.njit(cache=True, nogil=True)
def wrap_translations(points: FloatArray, inverse_cell: FloatArray, out: Int32Array) -> None:
    """Find the lattice translations (n_points, 3) that carry points into the cell."""
    for i in range(points.shape[0]):
        for k in range(3):
            s = 0.0
            for m in range(3):
                s += points[i, m] * inverse_cell[m, k]
            out[i, k] = -math.floor(s)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def wrap(points: FloatArray, cell: FloatArray, translations: Int32Array) -> None:
    """Carry points (n_points, 3) by their translations, in place, in Å."""
    for i in range(points.shape[0]):
        a = translations[i, 0]
        b = translations[i, 1]
        c = translations[i, 2]
        for k in range(3):
            points[i, k] += a * cell[0, k] + b * cell[1, k] + c * cell[2, k]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def needs_rebuild(
    points: FloatArray,
    cell: FloatArray,
    list_points: FloatArray,
    list_inverse_cell: FloatArray,
    radius: float,
    skin: float,
) -> bool:
    """Return whether a pair outside the list may have come within `radius` less `skin`.

    Points (not wrapped) are compared with where the box alone would have carried them; a pair's
    distance has then changed by at most twice the largest displacement, and the strain times the
    radius.
    """
    carry = list_inverse_cell @ cell
    strain = 0.0
    for a in range(3):
        for b in range(3):
            e = carry[a, b] - (1.0 if a == b else 0.0)
            strain += e * e
    strain = math.sqrt(strain)
    largest = 0.0
    for i in range(points.shape[0]):
        d2 = 0.0
        for k in range(3):
            carried = 0.0
            for m in range(3):
                carried += list_points[i, m] * carry[m, k]
            d = points[i, k] - carried
            d2 += d * d
        largest = max(largest, d2)
    return 2.0 * math.sqrt(largest) + strain * radius >= skin


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _bin_of(centres: FloatArray, inverse_cell: FloatArray, i: int, k: int, n_bins: int) -> int:
    s = (
        centres[i, 0] * inverse_cell[0, k]
        + centres[i, 1] * inverse_cell[1, k]
        + centres[i, 2] * inverse_cell[2, k]
    )
    return min(max(int(s * n_bins), 0), n_bins - 1)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _bin_points(
    centres: FloatArray,
    inverse_cell: FloatArray,
    members: npt.NDArray[np.uint32],
    n_bins: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    """Sort points into linked cells: start of each cell, and points by cell."""
    count = np.zeros(n_bins[0] * n_bins[1] * n_bins[2] + 1, np.int64)
    bins = np.empty((members.shape[0], 3), np.int64)
    for m in range(members.shape[0]):
        for k in range(3):
            bins[m, k] = _bin_of(centres, inverse_cell, members[m], k, n_bins[k])
        count[(bins[m, 0] * n_bins[1] + bins[m, 1]) * n_bins[2] + bins[m, 2] + 1] += 1
    start = np.cumsum(count)
    fill = start.copy()
    sorted_points = np.empty(members.shape[0], np.uint32)
    for m in range(members.shape[0]):
        b = (bins[m, 0] * n_bins[1] + bins[m, 1]) * n_bins[2] + bins[m, 2]
        sorted_points[fill[b]] = members[m]
        fill[b] += 1
    return start, sorted_points


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _half_diagonal(a: FloatArray, b: FloatArray) -> float:
    """Distance from the centre of the parallelogram of two edges to its furthest corner."""
    plus = 0.0
    minus = 0.0
    for k in range(3):
        plus += (a[k] + b[k]) ** 2
        minus += (a[k] - b[k]) ** 2
    return 0.5 * math.sqrt(max(plus, minus))


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _find_pairs(
    centres: FloatArray,
    cell: FloatArray,
    inverse_cell: FloatArray,
    owners: npt.NDArray[np.uint32],
    members: npt.NDArray[np.uint32],
    same_sort: bool,
    radius: float,
    n_bins: npt.NDArray[np.int64],
    reach: npt.NDArray[np.int64],
    capacity: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.uint16], int]:
    """Fill one list; the last value is the number of entries, -1 if they exceed the capacity.

    Linked cells that follow each other along the third lattice vector are contiguous in memory
    and are taken as one run: distances of a run are a loop without branches, and entries are
    written first and counted after. The lists of 832 atoms with a margin of
    2 Å took 6.5 ms by single cells with branches.
    """
    cell_start, sorted_points = _bin_points(centres, inverse_cell, members, n_bins)
    n_members = members.shape[0]
    sx = np.empty(n_members)
    sy = np.empty(n_members)
    sz = np.empty(n_members)
    for m in range(n_members):
        sx[m] = centres[sorted_points[m], 0]
        sy[m] = centres[sorted_points[m], 1]
        sz[m] = centres[sorted_points[m], 2]
    distance2 = np.empty(n_members)
    edge_a = cell[0] / n_bins[0]
    edge_b = cell[1] / n_bins[1]
    along = cell[2] / np.linalg.norm(cell[2])
    # A column of linked cells whose axis passes the owner further away holds no neighbour.
    far2 = (radius + _half_diagonal(edge_a, edge_b)) ** 2
    radius2 = radius * radius
    start = np.zeros(owners.shape[0] + 1, np.int64)
    atoms = np.empty(capacity, np.uint32)
    images = np.empty(capacity, np.uint16)
    found = 0
    home = np.empty(3, np.int64)
    for o in range(owners.shape[0]):
        i = owners[o]
        xi = centres[i, 0]
        yi = centres[i, 1]
        zi = centres[i, 2]
        for k in range(3):
            home[k] = _bin_of(centres, inverse_cell, i, k, n_bins[k])
        for ba in range(home[0] - reach[0], home[0] + reach[0] + 1):
            ta = ba // n_bins[0]
            for bb in range(home[1] - reach[1], home[1] + reach[1] + 1):
                x = (ba + 0.5) * edge_a[0] + (bb + 0.5) * edge_b[0] - xi
                y = (ba + 0.5) * edge_a[1] + (bb + 0.5) * edge_b[1] - yi
                z = (ba + 0.5) * edge_a[2] + (bb + 0.5) * edge_b[2] - zi
                parallel = x * along[0] + y * along[1] + z * along[2]
                if x * x + y * y + z * z - parallel * parallel >= far2:
                    continue
                tb = bb // n_bins[1]
                column = ((ba - ta * n_bins[0]) * n_bins[1] + bb - tb * n_bins[1]) * n_bins[2]
                lowest = home[2] - reach[2]
                highest = home[2] + reach[2]
                for tc in range(lowest // n_bins[2], highest // n_bins[2] + 1):
                    low = max(lowest - tc * n_bins[2], 0)
                    high = min(highest - tc * n_bins[2], n_bins[2] - 1)
                    first = np.uint64(cell_start[column + low])
                    count = np.uint64(cell_start[column + high + 1]) - first
                    if found + count > capacity:
                        return start, atoms, images, -1
                    tx = ta * cell[0, 0] + tb * cell[1, 0] + tc * cell[2, 0] - xi
                    ty = ta * cell[0, 1] + tb * cell[1, 1] + tc * cell[2, 1] - yi
                    tz = ta * cell[0, 2] + tb * cell[1, 2] + tc * cell[2, 2] - zi
                    for m in range(count):
                        x = sx[first + m] + tx
                        y = sy[first + m] + ty
                        z = sz[first + m] + tz
                        distance2[m] = x * x + y * y + z * z
                    image = ((ta + IMAGE_REACH) * IMAGE_SPAN + tb + IMAGE_REACH) * IMAGE_SPAN
                    image += tc + IMAGE_REACH
                    forward = ta > 0 or (ta == 0 and (tb > 0 or (tb == 0 and tc > 0)))
                    for m in range(count):
                        j = sorted_points[first + m]
                        atoms[found] = j
                        images[found] = image
                        # Each pair once, and owners' lists of even length.
                        once = not same_sort or ((i + j) % 2 == 1) == (i < j)
                        if same_sort and i == j:
                            once = forward
                        found += (distance2[m] < radius2) & once
        start[o + 1] = found
    return start, atoms, images, found


def build_pair_list(
    centres: FloatArray,
    cell: FloatArray,
    owners: npt.NDArray[np.uint32],
    members: npt.NDArray[np.uint32],
    radius: float,
) -> PairList:
    """List all pairs of two sorts of points within `radius`, each once.

    Parameters
    ----------
    centres : (n_points, 3) float64
        Wrapped into the cell, Å.
    cell : (3, 3) float64, Å
    owners, members : (n,) uint32
        Points of the two sorts; the same array if the sorts are the same.
    radius : float
        Å.

    Returns
    -------
    PairList

    Raises
    ------
    CutoffError
        If the radius exceeds `IMAGE_REACH` times the smallest height of the cell.
    """
    h = heights(cell)
    n_bins = np.maximum(1, (h * (BINS_PER_RADIUS / radius)).astype(np.int64))
    reach = np.ceil(radius / (h / n_bins)).astype(np.int64)
    if (reach > IMAGE_REACH * n_bins).any():
        raise CutoffError(
            f"neighbours are looked for within {radius:.3g} Å, more than {IMAGE_REACH} times the "
            f"smallest height of the cell, {h.min():.3g} Å; take a larger supercell"
        )
    volume = abs(np.linalg.det(cell))
    same = owners is members
    expected = len(owners) * len(members) * 4.19 * radius**3 / volume * (0.5 if same else 1.0)
    # A run is written before its entries are counted, hence room for one more run.
    capacity = int(1.2 * expected) + len(members) + 64
    while True:
        start, atoms, images, found = _find_pairs(
            centres,
            cell,
            np.linalg.inv(cell),
            owners,
            members,
            same,
            radius,
            n_bins,
            reach,
            capacity,
        )
        if found >= 0:
            return PairList(owners, start, atoms[:found].copy(), images[:found].copy())
        capacity *= 2
