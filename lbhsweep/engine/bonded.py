"""Harmonic bonds and angles: the stiff forces of every inner step.

U = ½ k (d − d₀)² and U = ½ k (θ − θ₀)², with forces by the chain rule
(Allen & Tildesley, Computer Simulation of Liquids, 2nd ed., appendix C).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np

from lbhsweep.engine.potential import FloatArray, IntArray

# Sums may be reordered and fused, but NaN and infinity stay visible to the watchdogs.
FASTMATH = {"reassoc", "contract", "arcp", "nsz"}
SMALLEST_SINE = 1e-6


class BondedTables(NamedTuple):
    """Bonds and angles as kernels read them.

    Attributes
    ----------
    bonds : (n_bonds, 2) uint32
    bond_k : (n_bonds,) float64
        kJ/mol/Å², in the ½k convention.
    bond_length : (n_bonds,) float64
        Å.
    angles : (n_angles, 3) uint32
        End, centre, end.
    angle_k : (n_angles,) float64
        kJ/mol/rad², in the ½k convention.
    angle_theta : (n_angles,) float64
        rad.
    """

    bonds: IntArray
    bond_k: FloatArray
    bond_length: FloatArray
    angles: IntArray
    angle_k: FloatArray
    angle_theta: FloatArray


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def add_bonds(
    positions: FloatArray, tables: BondedTables, forces: FloatArray, virial: FloatArray
) -> float:
    """Add the bonds' forces and virial; return their energy in kJ/mol."""
    energy = 0.0
    wxx = wyy = wzz = wxy = wxz = wyz = 0.0
    for b in range(tables.bonds.shape[0]):
        i = tables.bonds[b, 0]
        j = tables.bonds[b, 1]
        x = positions[j, 0] - positions[i, 0]
        y = positions[j, 1] - positions[i, 1]
        z = positions[j, 2] - positions[i, 2]
        d = math.sqrt(x * x + y * y + z * z)
        stretch = d - tables.bond_length[b]
        tension = tables.bond_k[b] * stretch
        energy += 0.5 * tension * stretch
        s = tension / d
        fx = s * x
        fy = s * y
        fz = s * z
        forces[i, 0] += fx
        forces[i, 1] += fy
        forces[i, 2] += fz
        forces[j, 0] -= fx
        forces[j, 1] -= fy
        forces[j, 2] -= fz
        wxx -= x * fx
        wyy -= y * fy
        wzz -= z * fz
        wxy -= x * fy
        wxz -= x * fz
        wyz -= y * fz
    add_symmetric(virial, wxx, wyy, wzz, wxy, wxz, wyz)
    return energy


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def add_angles(
    positions: FloatArray, tables: BondedTables, forces: FloatArray, virial: FloatArray
) -> float:
    """Add the angles' forces and virial; return their energy in kJ/mol."""
    energy = 0.0
    wxx = wyy = wzz = wxy = wxz = wyz = 0.0
    for a in range(tables.angles.shape[0]):
        i = tables.angles[a, 0]
        c = tables.angles[a, 1]
        j = tables.angles[a, 2]
        ux = positions[i, 0] - positions[c, 0]
        uy = positions[i, 1] - positions[c, 1]
        uz = positions[i, 2] - positions[c, 2]
        vx = positions[j, 0] - positions[c, 0]
        vy = positions[j, 1] - positions[c, 1]
        vz = positions[j, 2] - positions[c, 2]
        u2 = ux * ux + uy * uy + uz * uz
        v2 = vx * vx + vy * vy + vz * vz
        inv_uv = 1.0 / math.sqrt(u2 * v2)
        cosine = (ux * vx + uy * vy + uz * vz) * inv_uv
        cosine = min(1.0, max(-1.0, cosine))
        sine = max(math.sqrt(1.0 - cosine * cosine), SMALLEST_SINE)
        bend = math.acos(cosine) - tables.angle_theta[a]
        torque = tables.angle_k[a] * bend
        energy += 0.5 * torque * bend
        # F = -dU/dr = (k bend / sin) d(cos)/dr
        s = torque / sine
        uv = s * inv_uv
        uu = s * cosine / u2
        vv = s * cosine / v2
        fix = uv * vx - uu * ux
        fiy = uv * vy - uu * uy
        fiz = uv * vz - uu * uz
        fjx = uv * ux - vv * vx
        fjy = uv * uy - vv * vy
        fjz = uv * uz - vv * vz
        forces[i, 0] += fix
        forces[i, 1] += fiy
        forces[i, 2] += fiz
        forces[j, 0] += fjx
        forces[j, 1] += fjy
        forces[j, 2] += fjz
        forces[c, 0] -= fix + fjx
        forces[c, 1] -= fiy + fjy
        forces[c, 2] -= fiz + fjz
        wxx += ux * fix + vx * fjx
        wyy += uy * fiy + vy * fjy
        wzz += uz * fiz + vz * fjz
        wxy += ux * fiy + vx * fjy
        wxz += ux * fiz + vx * fjz
        wyz += uy * fiz + vy * fjz
    add_symmetric(virial, wxx, wyy, wzz, wxy, wxz, wyz)
    return energy


@nb.njit(cache=True, nogil=True, inline="always")
def add_symmetric(
    virial: FloatArray,
    wxx: float,
    wyy: float,
    wzz: float,
    wxy: float,
    wxz: float,
    wyz: float,
) -> None:
    """Add a symmetric matrix, given by its six components, to a virial (3, 3)."""
    virial[0, 0] += wxx
    virial[1, 1] += wyy
    virial[2, 2] += wzz
    virial[0, 1] += wxy
    virial[1, 0] += wxy
    virial[0, 2] += wxz
    virial[2, 0] += wxz
    virial[1, 2] += wyz
    virial[2, 1] += wyz


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def bonded_forces(
    positions: FloatArray,
    tables: BondedTables,
    forces: FloatArray,
    virial: FloatArray,
    energies: FloatArray,
) -> None:
    """Overwrite forces, virial and (bond, angle) energies with the bonded terms."""
    forces[:] = 0.0
    virial[:] = 0.0
    energies[0] = add_bonds(positions, tables, forces, virial)
    energies[1] = add_angles(positions, tables, forces, virial)


def bonded_tables(
    bonds: IntArray,
    bond_k: FloatArray,
    bond_length: FloatArray,
    angles: IntArray,
    angle_k: FloatArray,
    angle_theta: FloatArray,
) -> BondedTables:
    """Cast once what kernels trust: unsigned indices spare them numba's wrap-around code."""
    return BondedTables(
        np.ascontiguousarray(bonds.reshape(-1, 2), dtype=np.uint32),
        np.ascontiguousarray(bond_k, dtype=np.float64),
        np.ascontiguousarray(bond_length, dtype=np.float64),
        np.ascontiguousarray(angles.reshape(-1, 3), dtype=np.uint32),
        np.ascontiguousarray(angle_k, dtype=np.float64),
        np.ascontiguousarray(angle_theta, dtype=np.float64),
    )
