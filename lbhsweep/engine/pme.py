"""Smooth particle-mesh Ewald: the reciprocal sum in N log N, for production.

Essmann et al., J. Chem. Phys. 103, 8577 (1995), https://doi.org/10.1063/1.470117: charges are
spread by cardinal B-splines over a mesh in scaled coordinates, so that the mesh follows any
cell.  The FFT is SciPy's, called from compiled code through rocket-fft.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
import scipy.fft

from lbhsweep.engine.potential import FloatArray, IntArray
from lbhsweep.units import COULOMB

ORDER = 6
"""Order of the B-splines: six points an axis for each charge."""


class Mesh(NamedTuple):
    """The mesh and the squared moduli of the splines' Fourier coefficients.

    Attributes
    ----------
    shape : (3,) int64
        Points along each lattice vector.
    moduli_a, moduli_b, moduli_c : (shape[m],) float64
        |b(m)|² of Essmann et al., eq. 4.4.
    """

    shape: npt.NDArray[np.int64]
    moduli_a: FloatArray
    moduli_b: FloatArray
    moduli_c: FloatArray


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _splines(fraction: float, values: FloatArray, slopes: FloatArray) -> None:
    """Fill the ORDER weights of a charge at `fraction` past a mesh point, and their slopes."""
    values[0] = 1.0 - fraction
    values[1] = fraction
    for n in range(3, ORDER):
        inverse = 1.0 / (n - 1)
        values[n - 1] = inverse * fraction * values[n - 2]
        for k in range(1, n - 1):
            values[n - 1 - k] = inverse * (
                (fraction + k) * values[n - 2 - k] + (n - k - fraction) * values[n - 1 - k]
            )
        values[0] *= inverse * (1.0 - fraction)
    slopes[0] = -values[0]
    for k in range(1, ORDER - 1):
        slopes[k] = values[k - 1] - values[k]
    slopes[ORDER - 1] = values[ORDER - 2]
    inverse = 1.0 / (ORDER - 1)
    values[ORDER - 1] = inverse * fraction * values[ORDER - 2]
    for k in range(1, ORDER - 1):
        values[ORDER - 1 - k] = inverse * (
            (fraction + k) * values[ORDER - 2 - k] + (ORDER - k - fraction) * values[ORDER - 1 - k]
        )
    values[0] *= inverse * (1.0 - fraction)


def _moduli(n: int) -> FloatArray:
    values = np.zeros(ORDER)
    _splines(0.0, values, np.zeros(ORDER))
    weights = np.zeros(n)
    weights[:ORDER] = values
    squared = np.abs(np.fft.fft(weights)) ** 2
    return np.asarray(1.0 / squared)


def make_mesh(heights: FloatArray, spacing: float) -> Mesh:
    """Choose mesh sizes that FFTs like, with points no further apart than `spacing`.

    Parameters
    ----------
    heights : (3,) float64
        Distances between opposite faces of the cell, Å.
    spacing : float
        Å.
    """
    # Even sizes: the half spectrum of a real FFT then has its Nyquist plane.
    shape = [2 * scipy.fft.next_fast_len(max(ORDER, math.ceil(h / spacing / 2))) for h in heights]
    return Mesh(np.array(shape, np.int64), *(_moduli(n) for n in shape))


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def pme_forces(
    positions: FloatArray,
    cell: FloatArray,
    charges: FloatArray,
    charged: IntArray,
    mesh: Mesh,
    alpha: float,
    forces: FloatArray,
    virial: FloatArray,
) -> float:
    """Add the reciprocal sum's forces and virial; return its energy in kJ/mol.

    The interpolated forces sum to almost zero; what is left is taken off all charges alike, so
    that momentum is conserved.

    Parameters
    ----------
    positions : (n_atoms, 3) float64, Å
    cell : (3, 3) float64, Å
    charges : (n_atoms,) float64, e
    charged : (n_charged,) uint32
        Atoms that carry a charge.
    mesh : Mesh
    alpha : float, 1/Å
    forces : (3, n_atoms) float64
    virial : (3, 3) float64
    """
    n = charged.shape[0]
    na = mesh.shape[0]
    nb_ = mesh.shape[1]
    nc = mesh.shape[2]
    inverse = np.linalg.inv(cell)
    volume = abs(np.linalg.det(cell))
    weights = np.empty((n, 3, ORDER))
    slopes = np.empty((n, 3, ORDER))
    points = np.empty((n, 3, ORDER), np.uint32)
    grid = np.zeros((na, nb_, nc))
    for a in range(n):
        i = charged[a]
        for m in range(3):
            s = (
                positions[i, 0] * inverse[0, m]
                + positions[i, 1] * inverse[1, m]
                + positions[i, 2] * inverse[2, m]
            )
            u = (s - math.floor(s)) * mesh.shape[m]
            base = int(u)
            _splines(u - base, weights[a, m], slopes[a, m])
            for k in range(ORDER):
                points[a, m, k] = (base + k) % mesh.shape[m]
        q = charges[i]
        for ka in range(ORDER):
            pa = points[a, 0, ka]
            qa = q * weights[a, 0, ka]
            for kb in range(ORDER):
                pb = points[a, 1, kb]
                qab = qa * weights[a, 1, kb]
                for kc in range(ORDER):
                    grid[pa, pb, points[a, 2, kc]] += qab * weights[a, 2, kc]
    spectrum = scipy.fft.rfftn(grid)
    energy = _convolve(spectrum, inverse, volume, mesh, alpha, virial)
    potential = scipy.fft.irfftn(spectrum, grid.shape)
    total = np.zeros(3)
    first = np.empty((n, 3))
    for a in range(n):
        fa = fb = fc = 0.0
        for ka in range(ORDER):
            pa = points[a, 0, ka]
            for kb in range(ORDER):
                pb = points[a, 1, kb]
                value = 0.0
                slope = 0.0
                for kc in range(ORDER):
                    phi = potential[pa, pb, points[a, 2, kc]]
                    value += phi * weights[a, 2, kc]
                    slope += phi * slopes[a, 2, kc]
                fa += slopes[a, 0, ka] * weights[a, 1, kb] * value
                fb += weights[a, 0, ka] * slopes[a, 1, kb] * value
                fc += weights[a, 0, ka] * weights[a, 1, kb] * slope
        q = charges[charged[a]]
        for m in range(3):
            f = -q * (fa * na * inverse[m, 0] + fb * nb_ * inverse[m, 1] + fc * nc * inverse[m, 2])
            first[a, m] = f
            total[m] += f
    for a in range(n):
        for m in range(3):
            forces[m, charged[a]] += first[a, m] - total[m] / n
    return float(energy)


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _convolve(
    spectrum: npt.NDArray[np.complex128],
    inverse: FloatArray,
    volume: float,
    mesh: Mesh,
    alpha: float,
    virial: FloatArray,
) -> float:
    """Turn the charges' spectrum into the potential's, in place; add the virial."""
    na = mesh.shape[0]
    nb_ = mesh.shape[1]
    nc = mesh.shape[2]
    n_points = na * nb_ * nc
    two_pi = 2.0 * math.pi
    prefactor = 4.0 * math.pi * COULOMB / volume
    quarter = 1.0 / (4.0 * alpha * alpha)
    energy = 0.0
    for a in range(na):
        ma = a if 2 * a <= na else a - na
        for b in range(nb_):
            mb = b if 2 * b <= nb_ else b - nb_
            for c in range(nc // 2 + 1):
                if a == 0 and b == 0 and c == 0:
                    spectrum[0, 0, 0] = 0.0
                    continue
                kx = two_pi * (ma * inverse[0, 0] + mb * inverse[0, 1] + c * inverse[0, 2])
                ky = two_pi * (ma * inverse[1, 0] + mb * inverse[1, 1] + c * inverse[1, 2])
                kz = two_pi * (ma * inverse[2, 0] + mb * inverse[2, 1] + c * inverse[2, 2])
                k2 = kx * kx + ky * ky + kz * kz
                influence = (
                    prefactor
                    * math.exp(-k2 * quarter)
                    / k2
                    * mesh.moduli_a[a]
                    * mesh.moduli_b[b]
                    * mesh.moduli_c[c]
                )
                s = spectrum[a, b, c]
                twice = 1.0 if c == 0 or 2 * c == nc else 2.0
                term = 0.5 * twice * influence * (s.real * s.real + s.imag * s.imag)
                energy += term
                factor = 2.0 * (1.0 / k2 + quarter)
                virial[0, 0] += term * (1.0 - factor * kx * kx)
                virial[1, 1] += term * (1.0 - factor * ky * ky)
                virial[2, 2] += term * (1.0 - factor * kz * kz)
                virial[0, 1] -= term * factor * kx * ky
                virial[1, 0] -= term * factor * kx * ky
                virial[0, 2] -= term * factor * kx * kz
                virial[2, 0] -= term * factor * kx * kz
                virial[1, 2] -= term * factor * ky * kz
                virial[2, 1] -= term * factor * ky * kz
                spectrum[a, b, c] = s * (influence * n_points)
    return energy
