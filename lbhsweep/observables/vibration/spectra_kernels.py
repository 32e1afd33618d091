"""Velocities of lithium and of anions' atoms and modes, weighted so that squares are energies."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, IntArray


@nb.njit(cache=True, nogil=True)
def weighted_velocities(
    positions: FloatArray,
    velocities: FloatArray,
    masses: FloatArray,
    lithium: IntArray,
    anions: IntArray,
    row: npt.NDArray[np.float32],
) -> None:
    """Write one sample of all followed velocities, in sqrt(g/mol) Å/ps.

    Each anion's motion is split exactly.  With its momentum P and angular momentum L about its
    centre of mass, its mass M and its present moments of inertia I = C Cᵀ (Cholesky),
    2K = |P|²/M + |C⁻¹L|² + Σ m |v - P/M - I⁻¹L × r|².  C⁻¹L = Cᵀω are the angular velocities
    weighted by moments of inertia; their sum of squares is ω·Iω whatever the axes, and a closo
    ion has no principal axes to choose.

    Parameters
    ----------
    positions, velocities : (n_atoms, 3) float64
        Å, anions whole; Å/ps.
    masses : (n_atoms,) float64
        g/mol.
    lithium : (n_lithium,) int64
        Single ions.
    anions : (n_anions, n_inside) int64
        Atoms of each anion.
    row : (3 n_lithium + n_anions (6 n_inside + 6),) float32
        Overwritten: lithium; translation of every anion; libration of every anion; internal
        velocity of every anion's first atom, second atom and so on; whole velocities likewise.
    """
    n_anions, n_inside = anions.shape
    for k in range(len(lithium)):
        root = math.sqrt(masses[lithium[k]])
        for d in range(3):
            row[3 * k + d] = root * velocities[lithium[k], d]
    translation = 3 * len(lithium)
    libration = translation + 3 * n_anions
    internal = libration + 3 * n_anions
    whole = internal + 3 * n_anions * n_inside
    for number in range(n_anions):
        members = anions[number]
        mass = 0.0
        x = y = z = u = v = w = 0.0
        for atom in members:
            m = masses[atom]
            mass += m
            x += m * positions[atom, 0]
            y += m * positions[atom, 1]
            z += m * positions[atom, 2]
            u += m * velocities[atom, 0]
            v += m * velocities[atom, 1]
            w += m * velocities[atom, 2]
        x, y, z, u, v, w = x / mass, y / mass, z / mass, u / mass, v / mass, w / mass
        ixx = iyy = izz = ixy = ixz = iyz = lx = ly = lz = 0.0
        for atom in members:
            m = masses[atom]
            a, b, c = positions[atom, 0] - x, positions[atom, 1] - y, positions[atom, 2] - z
            p, q, r = velocities[atom, 0] - u, velocities[atom, 1] - v, velocities[atom, 2] - w
            ixx += m * (b * b + c * c)
            iyy += m * (a * a + c * c)
            izz += m * (a * a + b * b)
            ixy -= m * a * b
            ixz -= m * a * c
            iyz -= m * b * c
            lx += m * (b * r - c * q)
            ly += m * (c * p - a * r)
            lz += m * (a * q - b * p)
        cxx = math.sqrt(ixx)
        cyx, czx = ixy / cxx, ixz / cxx
        cyy = math.sqrt(iyy - cyx * cyx)
        czy = (iyz - cyx * czx) / cyy
        czz = math.sqrt(izz - czx * czx - czy * czy)
        ax = lx / cxx
        ay = (ly - cyx * ax) / cyy
        az = (lz - czx * ax - czy * ay) / czz
        omega_z = az / czz
        omega_y = (ay - czy * omega_z) / cyy
        omega_x = (ax - cyx * omega_y - czx * omega_z) / cxx
        root = math.sqrt(mass)
        at = translation + 3 * number
        row[at], row[at + 1], row[at + 2] = root * u, root * v, root * w
        at = libration + 3 * number
        row[at], row[at + 1], row[at + 2] = ax, ay, az
        for k in range(n_inside):
            atom = members[k]
            root = math.sqrt(masses[atom])
            a, b, c = positions[atom, 0] - x, positions[atom, 1] - y, positions[atom, 2] - z
            p, q, r = velocities[atom, 0], velocities[atom, 1], velocities[atom, 2]
            at = whole + 3 * (k * n_anions + number)
            row[at], row[at + 1], row[at + 2] = root * p, root * q, root * r
            at = internal + 3 * (k * n_anions + number)
            row[at] = root * (p - u - (omega_y * c - omega_z * b))
            row[at + 1] = root * (q - v - (omega_z * a - omega_x * c))
            row[at + 2] = root * (r - w - (omega_x * b - omega_y * a))


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def add_squares(transforms: npt.NDArray[np.complex64], power: FloatArray) -> None:
    """Add the squared moduli of transforms (n_wavenumbers, n) to a spectrum (n_wavenumbers,)."""
    for k in range(transforms.shape[0]):
        total = 0.0
        for n in range(transforms.shape[1]):
            real = np.float64(transforms[k, n].real)
            imaginary = np.float64(transforms[k, n].imag)
            total += real * real + imaginary * imaginary
        power[k] += total
