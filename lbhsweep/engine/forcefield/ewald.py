"""The direct Ewald sum in reciprocal space: the exact reference for the mesh, in any cell.

E = (2π/V) Σ_{k≠0} exp(-k²/4α²)/k² |S(k)|² - α/√π Σ q² - πQ²/(2Vα²)
(Allen & Tildesley, 2nd ed., eq. 6.4 ff.; the last term is the uniform background of a charged
cell, Hub et al., J. Chem. Theory Comput. 10, 381 (2014), https://doi.org/10.1021/ct400626b).
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.units import COULOMB


def k_vectors(cell: FloatArray, k_max: float) -> Int32Array:
    """List integer triples (n, 3) of half of reciprocal space with 0 < |k| ≤ `k_max`.

    Parameters
    ----------
    cell : (3, 3) float64, Å
    k_max : float, 1/Å
    """
    limits = np.floor(k_max * np.linalg.norm(cell, axis=1) / (2 * math.pi)).astype(int)
    axes = [np.arange(-limit, limit + 1) for limit in limits]
    triples = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    a, b, c = triples.T
    half = (a > 0) | ((a == 0) & ((b > 0) | ((b == 0) & (c > 0))))
    k = triples @ (2 * math.pi * np.linalg.inv(cell).T)
    inside = np.einsum("ij,ij->i", k, k) <= k_max**2
    return np.ascontiguousarray(triples[half & inside], dtype=np.int32)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def ewald_forces(
    positions: FloatArray,
    cell: FloatArray,
    charges: FloatArray,
    charged: Int32Array,
    triples: Int32Array,
    alpha: float,
    forces: FloatArray,
    virial: FloatArray,
) -> float:
    """Add the reciprocal sum's forces and virial; return its energy in kJ/mol.

    Parameters
    ----------
    positions : (n_atoms, 3) float64, Å
    cell : (3, 3) float64, Å
    charges : (n_atoms,) float64, e
    charged : (n_charged,) uint32
        Atoms that carry a charge.
    triples : (n_k, 3) int32
        From `k_vectors`.
    alpha : float, 1/Å
    forces : (n_atoms, 3) float64
    virial : (3, 3) float64
    """
    n = charged.shape[0]
    reciprocal = 2.0 * math.pi * np.linalg.inv(cell).T
    volume = abs(np.linalg.det(cell))
    limit = 0
    for t in range(triples.shape[0]):
        for m in range(3):
            limit = max(limit, abs(triples[t, m]))
    cosines = np.empty((3, limit + 1, n))
    sines = np.empty((3, limit + 1, n))
    for m in range(3):
        for a in range(n):
            i = charged[a]
            phase = 0.0
            for k in range(3):
                phase += positions[i, k] * reciprocal[m, k]
            c1 = math.cos(phase)
            s1 = math.sin(phase)
            cosines[m, 0, a] = 1.0
            sines[m, 0, a] = 0.0
            for p in range(limit):
                cosines[m, p + 1, a] = cosines[m, p, a] * c1 - sines[m, p, a] * s1
                sines[m, p + 1, a] = sines[m, p, a] * c1 + cosines[m, p, a] * s1
    cos_k = np.empty(n)
    sin_k = np.empty(n)
    energy = 0.0
    prefactor = 4.0 * math.pi * COULOMB / volume
    for t in range(triples.shape[0]):
        na = triples[t, 0]
        nb_ = triples[t, 1]
        nc = triples[t, 2]
        sign_a = 1.0 if na >= 0 else -1.0
        sign_b = 1.0 if nb_ >= 0 else -1.0
        sign_c = 1.0 if nc >= 0 else -1.0
        na = abs(na)
        nb_ = abs(nb_)
        nc = abs(nc)
        kx = (
            sign_a * na * reciprocal[0, 0]
            + sign_b * nb_ * reciprocal[1, 0]
            + sign_c * nc * reciprocal[2, 0]
        )
        ky = (
            sign_a * na * reciprocal[0, 1]
            + sign_b * nb_ * reciprocal[1, 1]
            + sign_c * nc * reciprocal[2, 1]
        )
        kz = (
            sign_a * na * reciprocal[0, 2]
            + sign_b * nb_ * reciprocal[1, 2]
            + sign_c * nc * reciprocal[2, 2]
        )
        k2 = kx * kx + ky * ky + kz * kz
        weight = prefactor * math.exp(-k2 / (4.0 * alpha * alpha)) / k2
        real = 0.0
        imaginary = 0.0
        for a in range(n):
            ca = cosines[0, na, a]
            sa = sign_a * sines[0, na, a]
            cb = cosines[1, nb_, a]
            sb = sign_b * sines[1, nb_, a]
            cc = cosines[2, nc, a]
            sc = sign_c * sines[2, nc, a]
            cab = ca * cb - sa * sb
            sab = sa * cb + ca * sb
            q = charges[charged[a]]
            cos_k[a] = q * (cab * cc - sab * sc)
            sin_k[a] = q * (sab * cc + cab * sc)
            real += cos_k[a]
            imaginary += sin_k[a]
        term = weight * (real * real + imaginary * imaginary)
        energy += term
        factor = 2.0 * (1.0 / k2 + 1.0 / (4.0 * alpha * alpha))
        virial[0, 0] += term * (1.0 - factor * kx * kx)
        virial[1, 1] += term * (1.0 - factor * ky * ky)
        virial[2, 2] += term * (1.0 - factor * kz * kz)
        virial[0, 1] -= term * factor * kx * ky
        virial[1, 0] -= term * factor * kx * ky
        virial[0, 2] -= term * factor * kx * kz
        virial[2, 0] -= term * factor * kx * kz
        virial[1, 2] -= term * factor * ky * kz
        virial[2, 1] -= term * factor * ky * kz
        for a in range(n):
            i = charged[a]
            g = 2.0 * weight * (sin_k[a] * real - cos_k[a] * imaginary)
            forces[i, 0] += g * kx
            forces[i, 1] += g * ky
            forces[i, 2] += g * kz
    return energy


def self_energy(charges: FloatArray, alpha: float) -> float:
    """Energy in kJ/mol of each charge with its own screening cloud; exerts no force."""
    return float(-COULOMB * alpha / math.sqrt(math.pi) * np.sum(charges**2))


def background_energy(charges: FloatArray, alpha: float, volume: float) -> float:
    """Energy in kJ/mol of the uniform background that neutralises a charged cell.

    It goes as 1/V, so its virial is this energy times the unit matrix.
    """
    total = float(np.sum(charges))
    return -COULOMB * math.pi * total**2 / (2.0 * volume * alpha**2)
