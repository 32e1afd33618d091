"""Verlet lists by pair type, from linked cells, in any box shape.

A list entry is an atom and a periodic image, so a box smaller than twice the list radius is
still right: two images of one atom are two entries.  Atoms are wrapped into the cell by whole
lattice vectors when the list is built, and carry these until the next build.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.engine.potential import FloatArray, IntArray

IMAGE_REACH = 3
"""Largest lattice translation in a list entry; boxes below a third of the list radius fail."""
IMAGE_SPAN = 2 * IMAGE_REACH + 1
BINS_PER_RADIUS = 2.0
"""Linked cells a list radius: more cost more in visits than they spare in distances (832 atoms)."""


class PairList(NamedTuple):
    """Neighbours of the owners of one pair type; each pair stands once.

    Attributes
    ----------
    owners : (n_owners,) uint32
        Atoms of the first species.
    start : (n_owners + 1,) int64
        Neighbours of ``owners[k]`` are entries ``start[k]`` to ``start[k + 1]``.
    atoms : (n_entries,) uint32
        Neighbouring atoms of the second species.
    images : (n_entries,) uint16
        Row of the table of lattice translations, see `image_vectors`.
    """

    owners: npt.NDArray[np.uint32]
    start: npt.NDArray[np.int64]
    atoms: npt.NDArray[np.uint32]
    images: npt.NDArray[np.uint16]


def heights(cell: FloatArray) -> FloatArray:
    """Distances (3,) between opposite faces of the cell, in Å."""
    volume = abs(np.linalg.det(cell))
    areas = np.linalg.norm(
        np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]),
        axis=1,
    )
    return np.asarray(volume / areas)


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
def wrap_translations(positions: FloatArray, inverse_cell: FloatArray, out: IntArray) -> None:
    """Find the lattice translations (n_atoms, 3) that carry atoms into the cell."""
    for i in range(positions.shape[0]):
        for k in range(3):
            s = 0.0
            for m in range(3):
                s += positions[i, m] * inverse_cell[m, k]
            out[i, k] = -math.floor(s)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def wrap(positions: FloatArray, cell: FloatArray, translations: IntArray, out: FloatArray) -> None:
    """Write wrapped coordinates (3, n_atoms), one row an axis, in Å."""
    for i in range(positions.shape[0]):
        a = translations[i, 0]
        b = translations[i, 1]
        c = translations[i, 2]
        for k in range(3):
            out[k, i] = positions[i, k] + a * cell[0, k] + b * cell[1, k] + c * cell[2, k]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def needs_rebuild(
    positions: FloatArray,
    cell: FloatArray,
    list_positions: FloatArray,
    list_inverse_cell: FloatArray,
    radius: float,
    skin: float,
) -> bool:
    """Tell whether a pair outside the list may have come within the cutoff.

    Atoms are compared with where the box alone would have carried them; a pair's distance
    has then changed by at most twice the largest displacement and the strain times the radius.
    """
    carry = list_inverse_cell @ cell
    strain = 0.0
    for a in range(3):
        for b in range(3):
            e = carry[a, b] - (1.0 if a == b else 0.0)
            strain += e * e
    strain = math.sqrt(strain)
    largest = 0.0
    for i in range(positions.shape[0]):
        d2 = 0.0
        for k in range(3):
            carried = 0.0
            for m in range(3):
                carried += list_positions[i, m] * carry[m, k]
            d = positions[i, k] - carried
            d2 += d * d
        largest = max(largest, d2)
    return not 2.0 * math.sqrt(largest) + strain * radius < skin


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _bin_atoms(
    wrapped: FloatArray,
    inverse_cell: FloatArray,
    members: npt.NDArray[np.uint32],
    n_bins: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Sort atoms into linked cells: start of each cell, atoms by cell, cell of each atom."""
    count = np.zeros(n_bins[0] * n_bins[1] * n_bins[2] + 1, np.int64)
    bins = np.empty((members.shape[0], 3), np.int64)
    for m in range(members.shape[0]):
        i = members[m]
        for k in range(3):
            s = 0.0
            for a in range(3):
                s += wrapped[a, i] * inverse_cell[a, k]
            bins[m, k] = min(max(int(s * n_bins[k]), 0), n_bins[k] - 1)
        count[(bins[m, 0] * n_bins[1] + bins[m, 1]) * n_bins[2] + bins[m, 2] + 1] += 1
    start = np.cumsum(count)
    fill = start.copy()
    sorted_atoms = np.empty(members.shape[0], np.uint32)
    for m in range(members.shape[0]):
        b = (bins[m, 0] * n_bins[1] + bins[m, 1]) * n_bins[2] + bins[m, 2]
        sorted_atoms[fill[b]] = members[m]
        fill[b] += 1
    return start, sorted_atoms, bins


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _half_diagonal(cell: FloatArray, n_bins: npt.NDArray[np.int64]) -> float:
    """Distance from the centre of a linked cell to its furthest corner."""
    furthest = 0.0
    for sb in (-1.0, 1.0):
        for sc in (-1.0, 1.0):
            d2 = 0.0
            for k in range(3):
                d = (
                    cell[0, k] / n_bins[0]
                    + sb * cell[1, k] / n_bins[1]
                    + sc * cell[2, k] / n_bins[2]
                )
                d2 += d * d
            furthest = max(furthest, d2)
    return 0.5 * math.sqrt(furthest)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _find_pairs(
    wrapped: FloatArray,
    cell: FloatArray,
    inverse_cell: FloatArray,
    translations: IntArray,
    molecule: IntArray,
    exclusion_start: npt.NDArray[np.int64],
    exclusion_atoms: npt.NDArray[np.uint32],
    owners: npt.NDArray[np.uint32],
    members: npt.NDArray[np.uint32],
    same_species: bool,
    radius: float,
    n_bins: npt.NDArray[np.int64],
    reach: npt.NDArray[np.int64],
    capacity: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.uint16], int]:
    """Fill one list; the last value is the number of entries needed (over capacity: retry)."""
    cell_start, sorted_atoms, _ = _bin_atoms(wrapped, inverse_cell, members, n_bins)
    n_members = members.shape[0]
    sx = np.empty(n_members)
    sy = np.empty(n_members)
    sz = np.empty(n_members)
    for m in range(n_members):
        sx[m] = wrapped[0, sorted_atoms[m]]
        sy[m] = wrapped[1, sorted_atoms[m]]
        sz[m] = wrapped[2, sorted_atoms[m]]
    # A linked cell whose centre is further than this from the owner holds no neighbour: 3.8 ms
    # a list of 384 owners without this test, 2.2 ms with it.
    far2 = (radius + _half_diagonal(cell, n_bins)) ** 2
    edges = np.empty((3, 3))
    for k in range(3):
        for m in range(3):
            edges[k, m] = cell[k, m] / n_bins[k]
    start = np.zeros(owners.shape[0] + 1, np.int64)
    atoms = np.empty(capacity, np.uint32)
    images = np.empty(capacity, np.uint16)
    found = 0
    radius2 = radius * radius
    for o in range(owners.shape[0]):
        i = owners[o]
        xi = wrapped[0, i]
        yi = wrapped[1, i]
        zi = wrapped[2, i]
        low = np.empty(3, np.int64)
        high = np.empty(3, np.int64)
        for k in range(3):
            s = 0.0
            for a in range(3):
                s += wrapped[a, i] * inverse_cell[a, k]
            b = min(max(int(s * n_bins[k]), 0), n_bins[k] - 1)
            low[k] = b - reach[k]
            high[k] = b + reach[k]
        for ba in range(low[0], high[0] + 1):
            ta = ba // n_bins[0]
            for bb in range(low[1], high[1] + 1):
                tb = bb // n_bins[1]
                for bc in range(low[2], high[2] + 1):
                    ca = ba + 0.5
                    cb = bb + 0.5
                    cc = bc + 0.5
                    x = ca * edges[0, 0] + cb * edges[1, 0] + cc * edges[2, 0] - xi
                    y = ca * edges[0, 1] + cb * edges[1, 1] + cc * edges[2, 1] - yi
                    z = ca * edges[0, 2] + cb * edges[1, 2] + cc * edges[2, 2] - zi
                    if x * x + y * y + z * z >= far2:
                        continue
                    tc = bc // n_bins[2]
                    b = (
                        ((ba - ta * n_bins[0]) * n_bins[1] + bb - tb * n_bins[1]) * n_bins[2]
                        + bc
                        - tc * n_bins[2]
                    )
                    tx = ta * cell[0, 0] + tb * cell[1, 0] + tc * cell[2, 0] - xi
                    ty = ta * cell[0, 1] + tb * cell[1, 1] + tc * cell[2, 1] - yi
                    tz = ta * cell[0, 2] + tb * cell[1, 2] + tc * cell[2, 2] - zi
                    image = (
                        ((ta + IMAGE_REACH) * IMAGE_SPAN + tb + IMAGE_REACH) * IMAGE_SPAN
                        + tc
                        + IMAGE_REACH
                    )
                    forward = ta > 0 or (ta == 0 and (tb > 0 or (tb == 0 and tc > 0)))
                    for m in range(cell_start[b], cell_start[b + 1]):
                        x = sx[m] + tx
                        y = sy[m] + ty
                        z = sz[m] + tz
                        if x * x + y * y + z * z >= radius2:
                            continue
                        j = sorted_atoms[m]
                        if same_species:
                            if i == j:
                                if not forward:
                                    continue
                            # Each pair once, and owners' lists of even length.
                            elif ((i + j) % 2 == 1) != (i < j):
                                continue
                        if (
                            molecule[i] != 0
                            and molecule[i] == molecule[j]
                            and ta == translations[i, 0] - translations[j, 0]
                            and tb == translations[i, 1] - translations[j, 1]
                            and tc == translations[i, 2] - translations[j, 2]
                        ):
                            excluded = False
                            for e in range(exclusion_start[i], exclusion_start[i + 1]):
                                if exclusion_atoms[e] == j:
                                    excluded = True
                                    break
                            if excluded:
                                continue
                        if found < capacity:
                            atoms[found] = j
                            images[found] = image
                        found += 1
        start[o + 1] = found
    return start, atoms, images, found


class Exclusions(NamedTuple):
    """Excluded partners of each atom: those of atom i are entries start[i] to start[i + 1]."""

    start: npt.NDArray[np.int64]
    atoms: npt.NDArray[np.uint32]


def exclusions_by_atom(pairs: IntArray, n_atoms: int) -> Exclusions:
    """Turn pairs (n_pairs, 2) into each atom's partners."""
    both = np.concatenate([pairs, pairs[:, ::-1]]) if len(pairs) else np.zeros((0, 2), np.int32)
    order = np.lexsort((both[:, 1], both[:, 0]))
    counts = np.bincount(both[:, 0], minlength=n_atoms)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Exclusions(start, both[order, 1].astype(np.uint32))


def build_pair_list(
    wrapped: FloatArray,
    cell: FloatArray,
    translations: IntArray,
    molecule: IntArray,
    exclusions: Exclusions,
    owners: npt.NDArray[np.uint32],
    members: npt.NDArray[np.uint32],
    radius: float,
) -> PairList:
    """List all pairs of two species within `radius`, each once, exclusions left out.

    Parameters
    ----------
    wrapped : (3, n_atoms) float64, Å
    cell : (3, 3) float64, Å
    translations : (n_atoms, 3) int32
        Those that wrapped the atoms; they tell an excluded neighbour from its image.
    molecule : (n_atoms,) int32
    exclusions : Exclusions
    owners, members : (n,) uint32
        Atoms of the two species; the same array if the species are the same.
    radius : float
        Cutoff and skin, Å.

    Returns
    -------
    PairList
    """
    h = heights(cell)
    n_bins = np.maximum(1, np.floor(h * (BINS_PER_RADIUS / radius))).astype(np.int64)
    reach = np.ceil(radius / (h / n_bins)).astype(np.int64)
    volume = abs(np.linalg.det(cell))
    same = owners is members
    expected = len(owners) * len(members) * 4.19 * radius**3 / volume * (0.5 if same else 1.0)
    capacity = int(1.2 * expected) + 64
    while True:
        start, atoms, images, found = _find_pairs(
            wrapped,
            cell,
            np.linalg.inv(cell),
            translations,
            molecule,
            exclusions.start,
            exclusions.atoms,
            owners,
            members,
            same,
            radius,
            n_bins,
            reach,
            capacity,
        )
        if found <= capacity:
            return PairList(owners, start, atoms[:found].copy(), images[:found].copy())
        capacity = found
