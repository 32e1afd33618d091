"""Passes over atoms, in units of Å, ps, g/mol and kJ/mol.

Between two evaluations of slow forces atoms live in slots (see `bonded`), component by component,
``(3, n_slots)``: gathered once, scattered back once.
"""

from __future__ import annotations

import math

import numba as nb

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.units import ACCELERATION

# Sums may be reordered and fused, but NaN and infinity stay visible to the watchdogs.
FASTMATH = {"reassoc", "contract", "nsz"}


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def moments(
    velocities: FloatArray, masses: FloatArray, momentum: FloatArray, kinetic: FloatArray
) -> None:
    """Overwrite Σ m v (3,) in g/mol Å/ps and the kinetic tensor Σ m v⊗v (3, 3) in kJ/mol."""
    px = py = pz = 0.0
    xx = yy = zz = xy = xz = yz = 0.0
    for i in range(masses.shape[0]):
        x, y, z = velocities[i, 0], velocities[i, 1], velocities[i, 2]
        mx, my, mz = masses[i] * x, masses[i] * y, masses[i] * z
        px += mx
        py += my
        pz += mz
        xx += mx * x
        yy += my * y
        zz += mz * z
        xy += mx * y
        xz += mx * z
        yz += my * z
    momentum[0], momentum[1], momentum[2] = px, py, pz
    kinetic[0, 0] = xx / ACCELERATION
    kinetic[1, 1] = yy / ACCELERATION
    kinetic[2, 2] = zz / ACCELERATION
    kinetic[0, 1] = kinetic[1, 0] = xy / ACCELERATION
    kinetic[0, 2] = kinetic[2, 0] = xz / ACCELERATION
    kinetic[1, 2] = kinetic[2, 1] = yz / ACCELERATION


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def kick(velocities: FloatArray, forces: FloatArray, per_mass: FloatArray, duration: float) -> None:
    """Accelerate for `duration` ps: v += F/m dt, `per_mass` being 100/m (see ACCELERATION)."""
    for i in range(per_mass.shape[0]):
        scale = per_mass[i] * duration
        for k in range(3):
            velocities[i, k] += scale * forces[i, k]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def rescale(velocities: FloatArray, drift: FloatArray, factor: float) -> None:
    """Take away a common velocity `drift` (3,), and multiply what is left by `factor`."""
    for i in range(velocities.shape[0]):
        for k in range(3):
            velocities[i, k] = factor * (velocities[i, k] - drift[k])


@nb.njit(cache=True, nogil=True, error_model="numpy")
def gather(rows: FloatArray, atoms: IntArray, slots: FloatArray) -> None:
    """Copy rows (n_atoms, 3) to the slots (3, n_slots) of their atoms."""
    for s in range(atoms.shape[0]):
        for k in range(3):
            slots[k, s] = rows[atoms[s], k]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def gather_kicked(
    velocities: FloatArray,
    drift: FloatArray,
    factor: float,
    forces: FloatArray,
    per_mass: FloatArray,
    duration: float,
    atoms: IntArray,
    slots: FloatArray,
) -> None:
    """Fill slots with velocities (n_atoms, 3) that are rescaled and then kicked."""
    for s in range(atoms.shape[0]):
        i = atoms[s]
        scale = duration * per_mass[i]
        for k in range(3):
            slots[k, s] = factor * (velocities[i, k] - drift[k]) + scale * forces[i, k]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def kick_and_drift(
    positions: FloatArray,
    velocities: FloatArray,
    forces: FloatArray,
    per_mass: FloatArray,
    duration: float,
    stretch: FloatArray,
    reach: FloatArray,
    shrink: FloatArray,
) -> None:
    """Kick atoms in slots for `duration` ps and move them with the cell's strain (`strain`)."""
    # Rows by name: with positions[k, s] in a loop over k it takes three times as long.
    px, py, pz = positions[0], positions[1], positions[2]
    vx, vy, vz = velocities[0], velocities[1], velocities[2]
    fx, fy, fz = forces[0], forces[1], forces[2]
    exx, exy, exz, eyy, eyz, ezz = _components(stretch)
    rxx, rxy, rxz, ryy, ryz, rzz = _components(reach)
    sxx, sxy, sxz, syy, syz, szz = _components(shrink)
    for s in range(px.shape[0]):
        scale = duration * per_mass[s]
        x, y, z = px[s], py[s], pz[s]
        u = vx[s] + scale * fx[s]
        v = vy[s] + scale * fy[s]
        w = vz[s] + scale * fz[s]
        px[s] = exx * x + exy * y + exz * z + (rxx * u + rxy * v + rxz * w)
        py[s] = exy * x + eyy * y + eyz * z + (rxy * u + ryy * v + ryz * w)
        pz[s] = exz * x + eyz * y + ezz * z + (rxz * u + ryz * v + rzz * w)
        vx[s] = sxx * u + sxy * v + sxz * w
        vy[s] = sxy * u + syy * v + syz * w
        vz[s] = sxz * u + syz * v + szz * w


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def kick_and_scatter(
    slot_positions: FloatArray,
    slot_velocities: FloatArray,
    forces: FloatArray,
    per_mass: FloatArray,
    duration: float,
    slot: IntArray,
    positions: FloatArray,
    velocities: FloatArray,
) -> None:
    """Kick atoms in slots for `duration` ps and copy them back to rows (n_atoms, 3)."""
    for i in range(slot.shape[0]):
        s = slot[i]
        scale = duration * per_mass[i]
        for k in range(3):
            positions[i, k] = slot_positions[k, s]
            velocities[i, k] = slot_velocities[k, s] + scale * forces[k, s]


@nb.njit(cache=True, nogil=True, inline="always")
def _components(matrix: FloatArray) -> tuple[float, float, float, float, float, float]:
    """Return the components xx, xy, xz, yy, yz, zz of a symmetric matrix."""
    return matrix[0, 0], matrix[0, 1], matrix[0, 2], matrix[1, 1], matrix[1, 2], matrix[2, 2]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def first_runaway(positions: FloatArray, velocities: FloatArray, limit: float) -> int:
    """Find the first atom whose squared speed exceeds `limit` or is not a number; -1 for none."""
    for i in range(velocities.shape[0]):
        x, y, z = velocities[i, 0], velocities[i, 1], velocities[i, 2]
        place = positions[i, 0] + positions[i, 1] + positions[i, 2]
        # Written so that NaN, which compares false with everything, counts as beyond the limit.
        if not (x * x + y * y + z * z <= limit and abs(place) < math.inf):
            return i
    return -1
