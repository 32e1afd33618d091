"""Frozen molecules as rigid bodies: their centres follow the cell, their shapes stay.

With R the mean position of a body's atoms, the cell's strain rate g moves them by::

    dR/dt = g R        r_i = R + d_i        d_i constant

so that no bond strains with the cell, and directions in space stay too (a triclinic cell, though
never spun, turns a little by shears that follow each other).  What the potential energy gives
against the strain is then, by the chain rule, the atoms' virial less that inside the bodies::

    -∂U/∂ε = W - Σ d_i⊗F_i

(the symmetric part, as ε is symmetric).  Positions and cell still determine everything: the d_i are
taken from the positions when a step begins.  A frozen atom alone is its own centre, d = 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, IntArray


class Bodies(NamedTuple):
    """Frozen atoms that have others in their body.

    Attributes
    ----------
    atoms : (n,) int64
        Atoms, body by body.
    first : (n_bodies + 1,) int64
        Where in `atoms` each body begins, and n.
    slots : (m,) int64
        Slots (see `bonded`) that hold these atoms.
    member : (m,) int64
        Place in `atoms` of each slot's atom.
    offsets : (n, 3) float64
        d of each atom, Å.
    """

    atoms: IntArray
    first: IntArray
    slots: IntArray
    member: IntArray
    offsets: FloatArray


def find_bodies(
    frozen: npt.NDArray[np.bool_], molecule: npt.NDArray[Any], slot_atoms: IntArray
) -> Bodies:
    """Group the frozen atoms of each molecule.

    Parameters
    ----------
    frozen : (n_atoms,) bool
    molecule : (n_atoms,) integers
        0 for single atoms, otherwise the molecule's number.
    slot_atoms : (n_slots,) int64
        Atom of each slot.
    """
    found = (np.flatnonzero(frozen & (molecule == m)) for m in np.unique(molecule) if m != 0)
    bodies = [atoms for atoms in found if len(atoms) > 1]
    atoms = np.concatenate([np.zeros(0, np.int64), *bodies])
    place = np.full(len(molecule), -1, np.int64)
    place[atoms] = np.arange(len(atoms))
    slots = np.flatnonzero(place[slot_atoms] >= 0)
    first = np.cumsum([0, *map(len, bodies)], dtype=np.int64)
    return Bodies(atoms, first, slots, place[slot_atoms[slots]], np.zeros((len(atoms), 3)))


@nb.njit(cache=True, nogil=True, error_model="numpy")
def store_offsets(bodies: Bodies, positions: FloatArray) -> None:
    """Overwrite the offsets with those at positions (n_atoms, 3)."""
    for body in range(bodies.first.shape[0] - 1):
        begin, end = bodies.first[body], bodies.first[body + 1]
        for k in range(3):
            centre = 0.0
            for n in range(begin, end):
                centre += positions[bodies.atoms[n], k]
            centre /= end - begin
            for n in range(begin, end):
                bodies.offsets[n, k] = positions[bodies.atoms[n], k] - centre


@nb.njit(cache=True, nogil=True, error_model="numpy")
def restore_shapes(bodies: Bodies, stretch: FloatArray, positions: FloatArray) -> None:
    """Take the strain back out of bodies in slots (3, n_slots) that were stretched as a whole."""
    for n in range(bodies.slots.shape[0]):
        s = bodies.slots[n]
        x, y, z = bodies.offsets[bodies.member[n]]
        positions[0, s] += x - (stretch[0, 0] * x + stretch[0, 1] * y + stretch[0, 2] * z)
        positions[1, s] += y - (stretch[1, 0] * x + stretch[1, 1] * y + stretch[1, 2] * z)
        positions[2, s] += z - (stretch[2, 0] * x + stretch[2, 1] * y + stretch[2, 2] * z)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def subtract_inner_virial(
    bodies: Bodies,
    slow_forces: FloatArray,
    fast_forces: FloatArray,
    slot: IntArray,
    virial: FloatArray,
) -> None:
    """Subtract the symmetric part of Σ d⊗F from a virial (3, 3) in kJ/mol.

    Slow forces come by atom, (n_atoms, 3), fast ones by slot, (3, n_slots), of which `slot`
    (n_atoms,) names each atom's.
    """
    for n in range(bodies.atoms.shape[0]):
        i = bodies.atoms[n]
        for b in range(3):
            half = 0.5 * (slow_forces[i, b] + fast_forces[b, slot[i]])
            for a in range(3):
                virial[a, b] -= bodies.offsets[n, a] * half
                virial[b, a] -= bodies.offsets[n, a] * half
