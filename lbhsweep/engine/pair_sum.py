"""All pairs between molecules and ions: which blocks interact, their lists, their forces."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
from numba import literal_unroll

from lbhsweep.engine import neighbors
from lbhsweep.engine.groups import PADDING, Block, Kind, Members, Placement, make_groups, place
from lbhsweep.engine.neighbors import PairList
from lbhsweep.engine.pair import Buffer, PairTerms, Side, make_buffer, pair_forces
from lbhsweep.engine.pair_table import PairTable
from lbhsweep.engine.potential import FloatArray, IntArray
from lbhsweep.engine.screening import ErfPolynomial
from lbhsweep.errors import AtomsTooCloseError

SKIN_A = 1.5
"""Margin of the lists of centres, Å."""
VALID, OUTDATED, NOT_FINITE, CELL_TOO_SMALL = range(4)
"""What `survey` finds."""


class Interaction(NamedTuple):
    """Two blocks of atoms that interact, and the list of the groups to which they belong."""

    pairs: PairList
    owner: Side
    other: Side
    terms: PairTerms


@dataclass(frozen=True, slots=True, eq=False)
class _Pairing:
    """Two blocks that interact: owner and other, and where atoms are too close."""

    owner: Block
    other: Block
    terms: PairTerms
    closest: float


@nb.njit(cache=True, nogil=True, error_model="numpy")
def survey(
    positions: FloatArray,
    cell: FloatArray,
    members: Members,
    placement: Placement,
    list_centres: FloatArray,
    list_inverse_cell: FloatArray,
    list_radii: FloatArray,
    cutoff: float,
    reach: float,
    skin: float,
) -> int:
    """Tell whether the lists still hold all pairs within the cutoff.

    They do while centres have come nearer by no more than the skin, less what the blocks have
    grown; `list_radii` (n_blocks,) are the largest when the lists were built, and `reach` the
    largest radius of a list.
    """
    # `not <` so that NaN, which compares false with everything, counts.
    if not cutoff <= 0.5 * smallest_height(cell):
        return NOT_FINITE if math.isnan(cell.sum()) else CELL_TOO_SMALL
    place(positions, members, placement)
    if not abs(placement.centres.sum()) < math.inf:
        return NOT_FINITE
    growth = 0.0
    for b in range(placement.radii.shape[0]):
        for g in range(placement.radii.shape[1]):
            growth = max(growth, placement.radii[b, g] - list_radii[b])
    if neighbors.needs_rebuild(
        placement.centres, cell, list_centres, list_inverse_cell, reach, skin - 2.0 * growth
    ):
        return OUTDATED
    return VALID


@nb.njit(cache=True, nogil=True, error_model="numpy")
def smallest_height(cell: FloatArray) -> float:
    """Smallest distance between opposite faces of the cell, Å."""
    smallest = math.inf
    for k in range(3):
        b = cell[(k + 1) % 3]
        c = cell[(k + 2) % 3]
        x = b[1] * c[2] - b[2] * c[1]
        y = b[2] * c[0] - b[0] * c[2]
        z = b[0] * c[1] - b[1] * c[0]
        volume = abs(cell[k, 0] * x + cell[k, 1] * y + cell[k, 2] * z)
        smallest = min(smallest, volume / math.sqrt(x * x + y * y + z * z))
    return smallest


@nb.njit(cache=True, nogil=True, error_model="numpy")
def sum_pairs(
    positions: FloatArray,
    cell: FloatArray,
    members: Members,
    translations: IntArray,
    placement: Placement,
    image_table: FloatArray,
    interactions: tuple[Interaction, ...],
    screening: ErfPolynomial,
    cutoff: float,
    buffer: Buffer,
    forces: npt.NDArray[Any],
    virial: FloatArray,
    energies: FloatArray | None,
    closest: FloatArray,
) -> None:
    """Place the groups and add all interactions; `closest` (n,) gets smallest squared distances.

    One compiled call for all of them: unpacking the arguments of one takes Python 5 µs.
    """
    place(positions, members, placement)
    neighbors.wrap(placement.centres, cell, translations)
    neighbors.image_vectors(cell, image_table)
    forces[:] = 0.0
    n = 0
    for interaction in literal_unroll(interactions):
        terms = interaction.terms
        closest[n] = pair_forces(
            interaction.pairs,
            image_table,
            placement,
            interaction.owner,
            interaction.other,
            terms.repulsion,
            terms.dispersion,
            terms.charge_product,
            terms.shift,
            screening,
            cutoff,
            buffer,
            forces,
            virial,
            energies,
        )
        n += 1


class PairSum:
    """Pairs between different molecules and ions.

    Parameters
    ----------
    molecule : (n_atoms,) int32
    kinds : list of (str, float)
        Species and charge of each atom.
    table : PairTable
        Parameters and cutoff.
    screening : ErfPolynomial
        Valid up to the cutoff.
    dtype : numpy floating-point type
        Of the pairs' arithmetic; sums are float64.
    """

    def __init__(
        self,
        molecule: IntArray,
        kinds: list[Kind],
        table: PairTable,
        screening: ErfPolynomial,
        dtype: Any,
    ) -> None:
        self.cutoff_A = table.cutoff_A
        self.kinds = kinds
        self.groups = make_groups(molecule, kinds)
        self._molecule = molecule
        self.slot = self.groups.slot
        self._screening = screening
        self._dtype = dtype
        self._table = table
        self._pairings = tuple(self._find_pairings())
        n_groups = len(self.groups.composition)
        self._placement = self.groups.placement(dtype)
        self._translations = np.zeros((n_groups, 3), np.int32)
        self._images = np.empty((neighbors.IMAGE_SPAN**3, 3))
        self._closest = np.empty(len(self._pairings))
        self._too_close = np.array([p.closest**2 for p in self._pairings])
        self._largest = max((p.owner.size for p in self._pairings), default=1)
        self._buffer = make_buffer(0, self._largest, dtype)
        self._interactions: tuple[Interaction, ...] = ()
        self._list_centres = np.zeros((n_groups, 3))
        self._list_inverse_cell = np.eye(3)
        self._list_radii = np.zeros(len(self.groups.blocks))
        self._reach = self.cutoff_A
        self.forces = np.zeros((3, self.groups.n_slots), dtype)

    def _find_pairings(self) -> Iterator[_Pairing]:
        """Pair the blocks that interact, those of the larger groups owning the lists."""
        blocks = self.groups.blocks
        sizes = np.diff(self.groups.members.start)
        size = [sizes[self.groups.composition == b.composition][0] for b in blocks]
        for p, a in enumerate(blocks):
            for q, b in enumerate(blocks):
                same = a.composition == b.composition
                if not same and (size[p], -p) < (size[q], -q):
                    continue
                terms = self._table.terms(a.kind, b.kind)
                if terms is not None:
                    yield _Pairing(a, b, terms, self._table.closest(a.kind, b.kind))

    def survey(self, positions: FloatArray, cell: FloatArray) -> int:
        """Tell whether the lists must be rebuilt: what `survey` finds."""
        return int(
            survey(
                positions,
                cell,
                self.groups.members,
                self._placement,
                self._list_centres,
                self._list_inverse_cell,
                self._list_radii,
                self.cutoff_A,
                self._reach,
                SKIN_A if self._interactions else -math.inf,
            )
        )

    def build(self, positions: FloatArray, cell: FloatArray) -> None:
        """Build the lists; a pure function of positions and cell."""
        centres, radii = self._placement.centres, self._placement.radii
        place(positions, self.groups.members, self._placement)
        self._list_centres[:] = centres
        self._list_inverse_cell = np.linalg.inv(cell)
        self._list_radii = radii.max(axis=1)
        neighbors.wrap_translations(centres, self._list_inverse_cell, self._translations)
        neighbors.wrap(centres, cell, self._translations)
        composition = self.groups.composition
        sorts = [
            np.flatnonzero(composition == c).astype(np.uint32) for c in range(max(composition) + 1)
        ]
        widest = [
            max(self._list_radii[n] for n, b in enumerate(self.groups.blocks) if b.composition == c)
            for c in range(len(sorts))
        ]
        lists: dict[tuple[int, int], PairList] = {}
        made = []
        longest, self._reach = 0, self.cutoff_A
        for pairing in self._pairings:
            key = pairing.owner.composition, pairing.other.composition
            radius = self.cutoff_A + widest[key[0]] + widest[key[1]] + SKIN_A
            self._reach = max(self._reach, radius)
            if key not in lists:
                lists[key] = neighbors.build_pair_list(
                    centres, cell, sorts[key[0]], sorts[key[1]], radius
                )
            pairs = lists[key]
            most = int(np.diff(pairs.start).max(initial=0))
            longest = max(longest, most * pairing.other.padded)
            made.append(
                Interaction(
                    pairs, self._side(pairing.owner), self._side(pairing.other), pairing.terms
                )
            )
        self._interactions = tuple(made)
        if len(self._buffer.x) < longest + 2 * PADDING:
            self._buffer = make_buffer(longest + longest // 4, self._largest, self._dtype)

    def _side(self, block: Block) -> Side:
        return Side(block.first, block.size, block.padded, self.groups.blocks.index(block))

    def evaluate(
        self,
        positions: FloatArray,
        cell: FloatArray,
        virial: FloatArray,
        energies: FloatArray | None,
    ) -> None:
        """Overwrite `forces` (3, n_slots); add virial and, if wanted, two energies.

        Raises
        ------
        AtomsTooCloseError
            If a pair has fallen into the unphysical well of its Buckingham terms.
        """
        sum_pairs(
            positions,
            cell,
            self.groups.members,
            self._translations,
            self._placement,
            self._images,
            self._interactions,
            self._screening,
            self.cutoff_A,
            self._buffer,
            self.forces,
            virial,
            energies,
            self._closest,
        )
        if (self._closest < self._too_close).any():
            self._raise_too_close(positions, cell)

    def _raise_too_close(self, positions: FloatArray, cell: FloatArray) -> None:
        pairing = self._pairings[int(np.argmax(self._closest < self._too_close))]
        first, second = (
            np.array([i for i, kind in enumerate(self.kinds) if kind == block.kind])
            for block in (pairing.owner, pairing.other)
        )
        nearest = (math.inf, -1, -1)
        inverse = np.linalg.inv(cell)
        for i in first:
            d = positions[second] - positions[i]
            d -= np.round(d @ inverse) @ cell
            r = np.linalg.norm(d, axis=1)
            same = (self._molecule[second] == self._molecule[i]) & (self._molecule[i] != 0)
            r[same | (second == i)] = math.inf
            k = int(np.argmin(r))
            nearest = min(nearest, (float(r[k]), int(i), int(second[k])))
        r_A, i, j = nearest
        raise AtomsTooCloseError(
            f"atoms {i} ({pairing.owner.kind[0]}) and {j} ({pairing.other.kind[0]}) "
            f"are {r_A:.3f} Å apart, within the unphysical well of their Buckingham pair "
            f"(below {pairing.closest:.3f} Å); check the start structure, or take a "
            "shorter timestep"
        )
