"""Molecules and single ions as groups, their atoms of one kind as blocks of whole vectors.

The centre of an anion hardly moves while its hydrogen turns, so lists of groups last long, and
coordinates relative to a centre are small numbers, which float32 holds to 1e-7 Å.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, Int32Array, IntArray
from lbhsweep.engine.molecules.lanes import molecules_and_ions
from lbhsweep.engine.vectors.aligned import aligned_full

PADDING = 16
"""Blocks are multiples of this: lanes of the widest vector, float32."""
FAR_A = 1e6
"""Where slots lie that only fill a vector, Å: beyond any cutoff."""

Kind = tuple[str, float]
"""Species and charge: atoms that interact alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """All atoms of one kind in the groups of one composition.

    Attributes
    ----------
    kind : tuple of str and float
    composition : int
        Number of the groups' composition.
    """

    kind: Kind
    composition: int


class Members(NamedTuple):
    """Which atoms belong to which group; those of group g are entries start[g] to start[g + 1].

    Attributes
    ----------
    start : (n_groups + 1,) int64
    atoms : (n_atoms,) int64
    slots : (n_atoms,) int64
        Slot of each of these atoms.
    blocks : (n_atoms,) int64
        Number of the block of each of these atoms.
    first : (n_blocks, n_groups) int64
        A group's first slot in each block; -1 in groups of other compositions.
    sizes : (n_blocks,) int64
        Atoms that a block has in one group.
    padded : (n_blocks,) int64
        Slots of one group: its size rounded up to whole vectors, unless it is 1.
    """

    start: IntArray
    atoms: IntArray
    slots: IntArray
    blocks: IntArray
    first: IntArray
    sizes: IntArray
    padded: IntArray


class Placement(NamedTuple):
    """Where groups and their atoms are.

    Attributes
    ----------
    centres : (n_groups, 3) float64
        Mean of each group's atoms, Å.
    x, y, z : (n_slots,) float32 or float64
        Coordinates relative to the group's centre, Å.
    radii : (n_blocks, n_groups) float64
        Largest distance from the centre in each block, Å.
    """

    centres: FloatArray
    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    z: npt.NDArray[Any]
    radii: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """All groups of a structure.

    Attributes
    ----------
    members : Members
    blocks : tuple of Block
    composition : (n_groups,) int64
    n_slots : int
    slot : (n_atoms,) int64
        Slot of each atom.
    """

    members: Members
    blocks: tuple[Block, ...]
    composition: IntArray
    n_slots: int
    slot: IntArray

    def placement(self, dtype: Any) -> Placement:
        """Make room for coordinates of one floating-point type."""
        x, y, z = aligned_full((3, self.n_slots), FAR_A, dtype)
        n_groups = len(self.composition)
        return Placement(
            np.zeros((n_groups, 3)),
            x,
            y,
            z,
            np.zeros((len(self.blocks), n_groups)),
        )


def make_groups(molecule: Int32Array, kinds: list[Kind]) -> Groups:
    """Sort atoms into groups and blocks.

    Parameters
    ----------
    molecule : (n_atoms,) int32
        0 for single ions, otherwise the molecule's number.
    kinds : list of (str, float)
        Species and charge of each atom.
    """
    groups = molecules_and_ions(molecule)
    contents = [tuple(sorted(kinds[i] for i in atoms)) for atoms in groups]
    compositions = {content: n for n, content in enumerate(dict.fromkeys(contents))}
    composition = np.array([compositions[content] for content in contents])
    blocks: list[Block] = []
    firsts, sizes, padded = [], [], []
    slot = np.empty(len(kinds), np.int64)
    block = np.empty(len(kinds), np.int64)
    n_slots = 0
    for content, number in compositions.items():
        mine = np.flatnonzero(composition == number)
        for kind in dict.fromkeys(content):
            size = content.count(kind)
            room = PADDING * math.ceil(size / PADDING) if size > 1 else 1
            first = np.full(len(groups), -1)
            first[mine] = n_slots + room * np.arange(len(mine))
            for g in mine:
                atoms = [i for i in groups[g] if kinds[i] == kind]
                slot[atoms] = first[g] + np.arange(size)
                block[atoms] = len(blocks)
            blocks.append(Block(kind, number))
            firsts.append(first)
            sizes.append(size)
            padded.append(room)
            n_slots += PADDING * math.ceil(room * len(mine) / PADDING)
    start = np.cumsum([0] + [len(atoms) for atoms in groups])
    order = np.concatenate(groups)
    members = Members(
        start,
        order,
        slot[order],
        block[order],
        np.array(firsts),
        np.array(sizes),
        np.array(padded),
    )
    return Groups(members, tuple(blocks), composition, n_slots, slot)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def place(positions: FloatArray, members: Members, out: Placement) -> None:
    """Find the groups' centres, their atoms about them, and the blocks' radii.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å, molecules whole.
    members : Members
    out : Placement
        Overwritten.
    """
    out.radii[:] = 0.0
    for g in range(out.centres.shape[0]):
        first = members.start[g]
        last = members.start[g + 1]
        cx = cy = cz = 0.0
        for m in range(first, last):
            i = members.atoms[m]
            cx += positions[i, 0]
            cy += positions[i, 1]
            cz += positions[i, 2]
        share = 1.0 / (last - first)
        cx *= share
        cy *= share
        cz *= share
        out.centres[g, 0] = cx
        out.centres[g, 1] = cy
        out.centres[g, 2] = cz
        for m in range(first, last):
            i = members.atoms[m]
            x = positions[i, 0] - cx
            y = positions[i, 1] - cy
            z = positions[i, 2] - cz
            slot = members.slots[m]
            out.x[slot] = x
            out.y[slot] = y
            out.z[slot] = z
            block = members.blocks[m]
            out.radii[block, g] = max(out.radii[block, g], x * x + y * y + z * z)
    for b in range(out.radii.shape[0]):
        for g in range(out.radii.shape[1]):
            out.radii[b, g] = math.sqrt(out.radii[b, g])
