"""Buckingham and real-space Coulomb forces between the groups' blocks of atoms.

U(r) = A exp(-r/ρ) - C/r⁶ + q₁q₂ erfc(αr)/r.

For each owner, say the hydrogen of one anion, the atoms of the other block that are near
enough to its centre are put side by side into a buffer, and each atom of the owner goes over
the buffer with both halves of Newton's third law.  An atom of the owner finds 40 % of the
buffer within the cutoff; still, at under 1 ns a pair, that is cheaper than shorter buffers for
parts of an anion.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.forcefield.groups import FAR_A, PADDING, Members, Placement
from lbhsweep.engine.forcefield.screening import ErfPolynomial
from lbhsweep.engine.neighbors import PairList
from lbhsweep.engine.vectors.aligned import aligned_full
from lbhsweep.engine.vectors.functions import exp_negative, polynomial
from lbhsweep.engine.vectors.simd import (
    compress_store,
    count,
    expand_load,
    filled,
    fma,
    inverse_sqrt,
    lanes,
    load,
    mask_bits,
    mask_of_bits,
    minimum,
    select,
    smallest,
    store,
    total,
)
from lbhsweep.engine.virial import add_symmetric


class PairTerms(NamedTuple):
    """Which terms two kinds of atoms have: True, or None for a term that they lack.

    Numba prunes the branches of what is None, so each combination of terms is a kernel of its
    own: B-B pairs, dispersion alone, take a third of the time of the full kernel.
    """

    repulsion: Literal[True] | None
    dispersion: Literal[True] | None
    charges: Literal[True] | None


PREFACTOR, INVERSE_RHO, DISPERSION, CHARGE_PRODUCT, SHIFT = range(5)
"""Parameters of a pair: A, 1/ρ, C, q₁q₂ with the Coulomb constant, and the Buckingham energy at
the cutoff that is subtracted from every pair (0 for none); kJ/mol and Å."""


class Buffer(NamedTuple):
    """Neighbours of one owner, side by side, and the vectors of slots from which they came.

    Attributes
    ----------
    x, y, z : (n,) float
        Coordinates relative to the owner's centre, Å.
    fx, fy, fz : (n,) float
        Forces on them, kJ/mol/Å.
    owner_fx, owner_fy, owner_fz : (size of the largest owner · PADDING,) float
        Forces on the owner's atoms, a vector each.
    slots : (m,) int64
        First slot of each vector of which some lanes are neighbours.
    masks : (m,) int64
        Which lanes, bit by bit.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    z: npt.NDArray[Any]
    fx: npt.NDArray[Any]
    fy: npt.NDArray[Any]
    fz: npt.NDArray[Any]
    owner_fx: npt.NDArray[Any]
    owner_fy: npt.NDArray[Any]
    owner_fz: npt.NDArray[Any]
    slots: npt.NDArray[np.int64]
    masks: npt.NDArray[np.int64]


def make_buffer(capacity: int, largest_owner: int, dtype: Any) -> Buffer:
    """Make room for `capacity` neighbours and the rest of a vector, and for an owner's atoms."""
    room = PADDING * (capacity // PADDING + 2)
    return Buffer(
        *aligned_full((6, room), 0.0, dtype),
        *aligned_full((3, largest_owner * PADDING), 0.0, dtype),
        *np.zeros((2, room), np.int64),
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _gather(
    owner: int,
    reach: float,
    pairs: PairList,
    row: int,
    image_table: FloatArray,
    members: Members,
    placement: Placement,
    other: int,
    buffer: Buffer,
) -> tuple[int, int]:
    """Fill the buffer with the atoms nearer than `reach` to the owner's centre.

    Returns the numbers of neighbours and of the vectors from which they come.
    """
    padded = members.padded[other]
    centres = placement.centres
    cx = centres[owner, 0]
    cy = centres[owner, 1]
    cz = centres[owner, 2]
    limit2 = reach * reach
    n = 0
    m = 0
    for e in range(pairs.start[row], pairs.start[row + 1]):
        g = pairs.atoms[e]
        image = pairs.images[e]
        x = centres[g, 0] + image_table[image, 0] - cx
        y = centres[g, 1] + image_table[image, 1] - cy
        z = centres[g, 2] + image_table[image, 2] - cz
        slot = members.first[other, g]
        if padded == 1:
            # Written first and counted after: whether an ion is near is hard to foresee, and a
            # branch that is foreseen wrongly takes longer.
            x += placement.x[slot]
            y += placement.y[slot]
            z += placement.z[slot]
            buffer.x[n] = x
            buffer.y[n] = y
            buffer.z[n] = z
            buffer.slots[n] = slot
            n += x * x + y * y + z * z < limit2
            continue
        furthest = reach + placement.radii[other, g]
        if x * x + y * y + z * z >= furthest * furthest:
            continue
        for k in range(slot, slot + padded, lanes(placement.x)):
            vx = load(placement.x, k) + x
            vy = load(placement.y, k) + y
            vz = load(placement.z, k) + z
            near = fma(vx, vx, fma(vy, vy, vz * vz)) < limit2
            compress_store(buffer.x, n, vx, near)
            compress_store(buffer.y, n, vy, near)
            compress_store(buffer.z, n, vz, near)
            buffer.slots[m] = k
            buffer.masks[m] = mask_bits(near)
            m += 1
            n += count(near)
    far = filled(buffer.x, FAR_A)
    store(buffer.x, n, far)
    store(buffer.y, n, far)
    store(buffer.z, n, far)
    return n, m


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _scatter(n: int, m: int, padded: int, buffer: Buffer, forces: npt.NDArray[Any]) -> None:
    """Add the neighbours' forces."""
    fx = forces[0]
    fy = forces[1]
    fz = forces[2]
    if padded == 1:
        for k in range(n):
            slot = buffer.slots[k]
            fx[slot] += buffer.fx[k]
            fy[slot] += buffer.fy[k]
            fz[slot] += buffer.fz[k]
        return
    start = 0
    for v in range(m):
        slot = buffer.slots[v]
        mask = mask_of_bits(buffer.fx, buffer.masks[v])
        store(fx, slot, load(fx, slot) + expand_load(buffer.fx, start, mask))
        store(fy, slot, load(fy, slot) + expand_load(buffer.fy, start, mask))
        store(fz, slot, load(fz, slot) + expand_load(buffer.fz, start, mask))
        start += count(mask)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def pair_forces(
    pairs: PairList,
    image_table: FloatArray,
    members: Members,
    placement: Placement,
    owner_block: int,
    other_block: int,
    repulsion: Literal[True] | None,
    dispersion: Literal[True] | None,
    charges: Literal[True] | None,
    parameters: FloatArray,
    screening: ErfPolynomial,
    cutoff: float,
    buffer: Buffer,
    forces: npt.NDArray[Any],
    virial: FloatArray,
    energies: FloatArray | None,
) -> float:
    """Add the forces, virial and energies of all pairs of two blocks.

    Parameters
    ----------
    pairs : PairList
        Of groups, each pair of groups once.
    image_table : (IMAGE_SPAN³, 3) float64, Å
    members : Members
    placement : Placement
        With centres as the list's images want them.
    owner_block, other_block : int
        The blocks of the list's owners and of their neighbours.
    repulsion, dispersion, charges
        The fields of `PairTerms`, one by one: numba prunes branches on arguments only.
    parameters : (5,) float64
        See `PREFACTOR` and what follows it.
    screening : ErfPolynomial
    cutoff : float
        Å.
    buffer : Buffer
        Scratch.
    forces : (3, n_slots) float, kJ/mol/Å
        As wide as the coordinates.
    virial : (3, 3) float64, kJ/mol
        From coordinates relative to the owner's centre: the forces that an owner's atoms and
        their neighbours exert on each other sum to zero, so any origin will do.
    energies : (n,) float64 or None, kJ/mol
        Buckingham and real-space Coulomb energy are added to the first two; None spares them.

    Returns
    -------
    float
        Smallest squared distance, Å².
    """
    prefactor = parameters[PREFACTOR]
    inverse_rho = parameters[INVERSE_RHO]
    c6 = parameters[DISPERSION]
    charge_product = parameters[CHARGE_PRODUCT]
    shift = parameters[SHIFT]
    size = members.sizes[owner_block]
    padded = members.padded[other_block]
    px = placement.x
    cutoff2 = cutoff * cutoff
    zero = filled(px, 0.0)
    closest = filled(px, FAR_A)
    buckingham = 0.0
    coulomb = 0.0
    wxx = wyy = wzz = wxy = wxz = wyz = 0.0
    for row in range(pairs.owners.shape[0]):
        owner = pairs.owners[row]
        reach = cutoff + placement.radii[owner_block, owner]
        n, m = _gather(
            owner, reach, pairs, row, image_table, members, placement, other_block, buffer
        )
        first = members.first[owner_block, owner]
        buckingham_sum = zero
        coulomb_sum = zero
        vxx = vyy = vzz = vxy = vxz = vyz = zero
        for i in range(size):
            store(buffer.owner_fx, i * lanes(px), zero)
            store(buffer.owner_fy, i * lanes(px), zero)
            store(buffer.owner_fz, i * lanes(px), zero)
        for k in range(0, n, lanes(px)):
            xk = load(buffer.x, k)
            yk = load(buffer.y, k)
            zk = load(buffer.z, k)
            fx = zero
            fy = zero
            fz = zero
            for i in range(size):
                x = xk - placement.x[first + i]
                y = yk - placement.y[first + i]
                z = zk - placement.z[first + i]
                r2 = fma(x, x, fma(y, y, z * z))
                inside = r2 < cutoff2
                # A vector holds atoms of one or two molecules, often all too far away; for
                # dispersion alone the branch costs more than it spares.
                if repulsion is not None and mask_bits(inside) == 0:
                    continue
                closest = minimum(closest, r2)
                inverse_r = inverse_sqrt(r2)
                inverse_r2 = inverse_r * inverse_r
                s = zero
                if repulsion is not None:
                    decay = exp_negative(r2 * inverse_r * inverse_rho)
                    s = decay * (prefactor * inverse_rho) * inverse_r
                    if energies is not None:
                        buckingham_sum = buckingham_sum + select(inside, decay * prefactor, 0.0)
                if dispersion is not None:
                    inverse_r4 = inverse_r2 * inverse_r2
                    s = fma(inverse_r4 * inverse_r4, -6.0 * c6, s)
                    if energies is not None:
                        buckingham_sum = buckingham_sum - select(
                            inside, inverse_r4 * inverse_r2 * c6, 0.0
                        )
                if energies is not None and shift != 0.0:
                    buckingham_sum = buckingham_sum - select(inside, zero + shift, 0.0)
                if charges is not None:
                    t = fma(r2, screening.scale, -1.0)
                    q = polynomial(t, screening.slope)
                    s = fma(fma(inverse_r, inverse_r2, q * -1.0), charge_product, s)
                    if energies is not None:
                        p = polynomial(t, screening.value)
                        coulomb_sum = coulomb_sum + select(inside, inverse_r - p, 0.0)
                s = select(inside, s, 0.0)
                x = s * x
                y = s * y
                z = s * z
                fx = fx + x
                fy = fy + y
                fz = fz + z
                v = i * lanes(px)
                store(buffer.owner_fx, v, load(buffer.owner_fx, v) - x)
                store(buffer.owner_fy, v, load(buffer.owner_fy, v) - y)
                store(buffer.owner_fz, v, load(buffer.owner_fz, v) - z)
            store(buffer.fx, k, fx)
            store(buffer.fy, k, fy)
            store(buffer.fz, k, fz)
            vxx = fma(xk, fx, vxx)
            vyy = fma(yk, fy, vyy)
            vzz = fma(zk, fz, vzz)
            vxy = fma(xk, fy, vxy)
            vxz = fma(xk, fz, vxz)
            vyz = fma(yk, fz, vyz)
        for i in range(size):
            v = i * lanes(px)
            tx = total(load(buffer.owner_fx, v))
            ty = total(load(buffer.owner_fy, v))
            tz = total(load(buffer.owner_fz, v))
            forces[0, first + i] += tx
            forces[1, first + i] += ty
            forces[2, first + i] += tz
            xi = np.float64(placement.x[first + i])
            yi = np.float64(placement.y[first + i])
            zi = np.float64(placement.z[first + i])
            wxx += xi * tx
            wyy += yi * ty
            wzz += zi * tz
            wxy += xi * ty
            wxz += xi * tz
            wyz += yi * tz
        buckingham += total(buckingham_sum)
        coulomb += total(coulomb_sum)
        wxx += total(vxx)
        wyy += total(vyy)
        wzz += total(vzz)
        wxy += total(vxy)
        wxz += total(vxz)
        wyz += total(vyz)
        _scatter(n, m, padded, buffer, forces)
    add_symmetric(virial, wxx, wyy, wzz, wxy, wxz, wyz)
    if energies is not None:
        energies[0] += buckingham
        if charges is not None:
            energies[1] += coulomb * charge_product
    return np.float64(smallest(closest))
