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

from lbhsweep.arrays import FloatArray, Int32Array, IntArray
from lbhsweep.engine import neighbors
from lbhsweep.engine.forcefield.groups import PADDING, Kind, Members, Placement, make_groups, place
from lbhsweep.engine.forcefield.pair import Buffer, PairTerms, make_buffer, pair_forces
from lbhsweep.engine.forcefield.pair_table import PairTable
from lbhsweep.engine.forcefield.screening import ErfPolynomial
from lbhsweep.engine.neighbors import PairList
from lbhsweep.engine.vectors.aligned import aligned_full
from lbhsweep.errors import AtomsTooCloseError

SKIN_A = 1.5
"""Margin of the lists of centres, Å."""
VALID, OUTDATED, NOT_FINITE, CELL_TOO_SMALL = range(4)
"""What `survey` finds."""


class Interactions(NamedTuple):
    """Pairs of blocks that interact, as arrays: unpacking is what a compiled call costs.

    Attributes
    ----------
    lists : tuple of PairList
        One for each pair of compositions.
    indices : (n_interactions, 3) int64
        List, block of its owners, block of their neighbours.
    parameters : (n_interactions, 5) float64
        See `pair.PREFACTOR` and what follows it.
    closest : (n_interactions,) float64
        Squared distance below which atoms are too close, Å².
    """

    lists: tuple[PairList, ...]
    indices: IntArray
    parameters: FloatArray
    closest: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Pairing:
    """Two blocks that interact, by number: the owners' and the others'."""

    owner: int
    other: int
    terms: PairTerms


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
    """Return whether the lists still hold all pairs within the cutoff.

    They do while centres have approached by no more than the skin, less the growth of the blocks.
    `list_radii` (n_blocks,) are the largest radii when the lists were built, `reach` is the
    largest radius of a list.
    """
    # `not <` so that NaN, which compares false with everything, counts.
    if not cutoff <= 0.5 * neighbors.heights(cell).min():
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
def sum_pairs(
    positions: FloatArray,
    cell: FloatArray,
    members: Members,
    translations: Int32Array,
    placement: Placement,
    image_table: FloatArray,
    interactions: Interactions,
    terms: tuple[PairTerms, ...],
    screening: ErfPolynomial,
    cutoff: float,
    buffer: Buffer,
    forces: npt.NDArray[Any],
    virial: FloatArray,
    energies: FloatArray | None,
) -> int:
    """Place the groups and add all interactions.

    Returns the first interaction of which two atoms are too close; -1 for none.
    """
    place(positions, members, placement)
    neighbors.wrap(placement.centres, cell, translations)
    neighbors.image_vectors(cell, image_table)
    forces[:] = 0.0
    too_close = -1
    n = 0
    for kind in literal_unroll(terms):
        closest = pair_forces(
            interactions.lists[interactions.indices[n, 0]],
            image_table,
            members,
            placement,
            interactions.indices[n, 1],
            interactions.indices[n, 2],
            kind.repulsion,
            kind.dispersion,
            kind.charges,
            interactions.parameters[n],
            screening,
            cutoff,
            buffer,
            forces,
            virial,
            energies,
        )
        if closest < interactions.closest[n] and too_close < 0:
            too_close = n
        n += 1  # noqa: SIM113 - literal_unroll does not support enumerate
    return too_close


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
        molecule: Int32Array,
        kinds: list[Kind],
        table: PairTable,
        screening: ErfPolynomial,
        dtype: Any,
    ) -> None:
        self.cutoff_A = table.cutoff_A
        self._kinds = kinds
        self.groups = make_groups(molecule, kinds)
        self._molecule = molecule
        self.slot = self.groups.slot
        self._screening = screening
        self._dtype = dtype
        self._table = table
        self._pairings = tuple(self._find_pairings())
        self._terms = tuple(p.terms for p in self._pairings)
        composition = self.groups.composition
        self._sorts = [
            np.flatnonzero(composition == c).astype(np.uint32) for c in np.unique(composition)
        ]
        self._list_keys = list(dict.fromkeys(self._key(p) for p in self._pairings))
        self._indices, self._parameters, self._closest = self._constants()
        sizes = self.groups.members.sizes
        self._largest = max((int(sizes[p.owner]) for p in self._pairings), default=1)
        n_groups = len(self.groups.composition)
        self._placement = self.groups.placement(dtype)
        self._translations = np.zeros((n_groups, 3), np.int32)
        self._images = np.empty((neighbors.IMAGE_SPAN**3, 3))
        self._buffer = make_buffer(0, self._largest, dtype)
        self._interactions: Interactions | None = None
        self._list_centres = np.zeros((n_groups, 3))
        self._list_inverse_cell = np.eye(3)
        self._list_radii = np.zeros(len(self.groups.blocks))
        self._reach = self.cutoff_A
        self.forces = aligned_full((3, self.groups.n_slots), 0.0, dtype)

    def _find_pairings(self) -> Iterator[_Pairing]:
        """Pair the blocks that interact, those of the larger groups owning the lists."""
        groups = self.groups
        atoms = np.diff(groups.members.start)
        size = [atoms[groups.composition == b.composition][0] for b in groups.blocks]
        for p, a in enumerate(groups.blocks):
            for q, b in enumerate(groups.blocks):
                same = a.composition == b.composition
                if not same and (size[p], -p) < (size[q], -q):
                    continue
                terms = self._table.terms(a.kind, b.kind)
                if terms is not None:
                    yield _Pairing(p, q, terms)

    def survey(self, positions: FloatArray, cell: FloatArray) -> int:
        """Return whether the lists must be rebuilt: what `survey` finds."""
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
                SKIN_A if self._interactions is not None else -math.inf,
            )
        )

    def build(self, positions: FloatArray, cell: FloatArray) -> None:
        """Build the lists; a pure function of positions and cell."""
        centres, radii = self._placement.centres, self._placement.radii
        place(positions, self.groups.members, self._placement)
        self._list_centres[:] = centres
        self._list_inverse_cell[:] = np.linalg.inv(cell)
        self._list_radii = radii.max(axis=1)
        neighbors.wrap_translations(centres, self._list_inverse_cell, self._translations)
        neighbors.wrap(centres, cell, self._translations)
        blocks = self.groups.blocks
        widest = np.zeros(len(self._sorts))
        for extent, block in zip(self._list_radii, blocks, strict=True):
            widest[block.composition] = max(widest[block.composition], extent)
        lists = []
        self._reach = self.cutoff_A
        for a, b in self._list_keys:
            radius = float(self.cutoff_A + widest[a] + widest[b] + SKIN_A)
            self._reach = max(self._reach, radius)
            lists.append(
                neighbors.build_pair_list(centres, cell, self._sorts[a], self._sorts[b], radius)
            )
        self._interactions = Interactions(
            tuple(lists), self._indices, self._parameters, self._closest
        )
        most = [int(np.diff(pairs.start).max(initial=0)) for pairs in lists]
        padded = self.groups.members.padded
        longest = max((most[n] * int(padded[other]) for n, _, other in self._indices), default=0)
        if len(self._buffer.x) < longest + 2 * PADDING:
            self._buffer = make_buffer(longest + longest // 4, self._largest, self._dtype)

    def _key(self, pairing: _Pairing) -> tuple[int, int]:
        """Return the compositions whose list a pairing needs."""
        blocks = self.groups.blocks
        return blocks[pairing.owner].composition, blocks[pairing.other].composition

    def _constants(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Make the arrays of `Interactions` that lists don't change."""
        blocks = self.groups.blocks
        kinds = [(blocks[p.owner].kind, blocks[p.other].kind) for p in self._pairings]
        indices = [(self._list_keys.index(self._key(p)), p.owner, p.other) for p in self._pairings]
        return (
            np.array(indices, np.int64).reshape(-1, 3),
            np.array([self._table.parameters(*k) for k in kinds]).reshape(-1, 5),
            np.array([self._table.closest(*k) ** 2 for k in kinds], np.float64),
        )

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
        if not self._terms:
            return
        too_close = sum_pairs(
            positions,
            cell,
            self.groups.members,
            self._translations,
            self._placement,
            self._images,
            self._interactions,
            self._terms,
            self._screening,
            self.cutoff_A,
            self._buffer,
            self.forces,
            virial,
            energies,
        )
        if too_close >= 0:
            self._raise_too_close(self._pairings[too_close], positions, cell)

    def _raise_too_close(self, pairing: _Pairing, positions: FloatArray, cell: FloatArray) -> None:
        a, b = (self.groups.blocks[k].kind for k in (pairing.owner, pairing.other))
        first, second = (
            np.array([i for i, kind in enumerate(self._kinds) if kind == wanted])
            for wanted in (a, b)
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
        closest = self._table.closest(a, b)
        which = f"atoms {i} ({a[0]}) and {j} ({b[0]}) are {r_A:.3f} Å apart,"
        if r_A > closest:
            which = f"a molecule's {a[0]} and the {b[0]} of its own periodic image are"
        raise AtomsTooCloseError(
            f"{which} within the unphysical well of their Buckingham pair "
            f"(below {closest:.3f} Å); check the start structure, or take a "
            "shorter timestep"
        )
