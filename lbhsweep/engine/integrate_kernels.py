"""Kicks, drifts and sums over atoms, in units of Å, ps, g/mol and kJ/mol."""

from __future__ import annotations

import math

import numba as nb

from lbhsweep.engine.potential import FloatArray


@nb.njit(cache=True, nogil=True)
def kick(velocities: FloatArray, forces: FloatArray, per_mass: FloatArray, duration: float) -> None:
    """Accelerate for `duration` ps: v += F/m dt, `per_mass` being 100/m (see ACCELERATION)."""
    for i in range(velocities.shape[0]):
        scale = per_mass[i] * duration
        for k in range(3):
            velocities[i, k] += scale * forces[i, k]


@nb.njit(cache=True, nogil=True)
def drift(
    positions: FloatArray, velocities: FloatArray, stretch: float, reach: float, shrink: float
) -> None:
    """Move with the cell's strain: r ← stretch·r + reach·v, then v ← shrink·v."""
    for i in range(positions.shape[0]):
        for k in range(3):
            positions[i, k] = stretch * positions[i, k] + reach * velocities[i, k]
            velocities[i, k] *= shrink


@nb.njit(cache=True, nogil=True)
def twice_kinetic(velocities: FloatArray, per_mass: FloatArray) -> float:
    """Sum m v² in kJ/mol."""
    total = 0.0
    for i in range(velocities.shape[0]):
        square = velocities[i, 0] ** 2 + velocities[i, 1] ** 2 + velocities[i, 2] ** 2
        total += square / per_mass[i]
    return total


@nb.njit(cache=True, nogil=True)
def rest(velocities: FloatArray, masses: FloatArray) -> None:
    """Bring the centre of mass to rest."""
    mass = 0.0
    px = py = pz = 0.0
    for i in range(masses.shape[0]):
        mass += masses[i]
        px += masses[i] * velocities[i, 0]
        py += masses[i] * velocities[i, 1]
        pz += masses[i] * velocities[i, 2]
    for i in range(masses.shape[0]):
        velocities[i, 0] -= px / mass
        velocities[i, 1] -= py / mass
        velocities[i, 2] -= pz / mass


@nb.njit(cache=True, nogil=True)
def cell_volume(cell: FloatArray) -> float:
    """Give the volume of a cell (3, 3) in Å³; NumPy's determinant takes 20 times as long."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = cell[0], cell[1], cell[2]
    return math.fabs(ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx))
