"""Smooth particle-mesh Ewald: the reciprocal sum in N log N, for production.

Essmann et al., J. Chem. Phys. 103, 8577 (1995), https://doi.org/10.1063/1.470117: charges are
spread by cardinal B-splines over a mesh in scaled coordinates, so that the mesh follows any
cell.  The FFT is SciPy's, called from compiled code through rocket-fft.

With splines of order 8 a charge touches 64 rows of 8 mesh points, each one float64 vector; the
mesh is then coarse enough for the FFT to be cheap.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
import scipy.fft

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.engine.vectors.aligned import aligned_full
from lbhsweep.engine.vectors.functions import exp_negative
from lbhsweep.engine.vectors.simd import (
    filled,
    fma,
    inverse_sqrt,
    lanes,
    load,
    select,
    store,
    total,
)
from lbhsweep.engine.virial import add_symmetric
from lbhsweep.units import COULOMB

ORDER = 8
"""Order of the B-splines, and lanes of a float64 vector."""


class Mesh(NamedTuple):
    """The mesh, what the splines make of it, and scratch.

    Attributes
    ----------
    shape : (3,) int64
        Points along each lattice vector.
    moduli_a, moduli_b : (shape[m],) float64
        |b(m)|² of Essmann et al., eq. 4.4.
    moduli_c : (n,) float64
        The same along the third vector, of the half spectrum, filled up to whole vectors.
    values, slopes : (ORDER, ORDER) float64
        Row m holds the coefficients of f^m, f the fraction past a mesh point, of the splines at
        the ORDER points around a charge, and of their derivatives.
    grid : (shape[0]·shape[1]·(shape[2] + ORDER),) float64
        Scratch: the mesh with its first ORDER points repeated at the end of each row.
    weights, slope_weights : (n_charged, 3, ORDER) float64
        Scratch.
    bases : (n_charged, 3) int64
        Scratch: the first mesh point of each charge.
    """

    shape: npt.NDArray[np.int64]
    moduli_a: FloatArray
    moduli_b: FloatArray
    moduli_c: FloatArray
    values: FloatArray
    slopes: FloatArray
    grid: FloatArray
    weights: FloatArray
    slope_weights: FloatArray
    bases: npt.NDArray[np.int64]


@cache
def spline_coefficients(order: int) -> FloatArray:
    """Coefficients (order, order) of f^m (rows) of the B-spline at f, f + 1, … (columns reversed).

    From M_n(u) = [u M_{n-1}(u) + (n - u) M_{n-1}(u - 1)]/(n - 1); column k is the weight of the
    k-th of the mesh points, M_n(f + order - 1 - k).
    """
    # pieces[j] is the polynomial in f of M_n(f + j)
    pieces = [np.polynomial.Polynomial([1.0])]
    f = np.polynomial.Polynomial([0.0, 1.0])
    for n in range(2, order + 1):
        below = [*pieces, np.polynomial.Polynomial([0.0])]
        above = [np.polynomial.Polynomial([0.0]), *pieces]
        pieces = [((f + j) * below[j] + (n - j - f) * above[j]) / (n - 1) for j in range(n)]
    table = np.zeros((order, order))
    for k in range(order):
        coefficients = pieces[order - 1 - k].coef
        table[: len(coefficients), k] = coefficients
    return table


def _moduli(n: int) -> FloatArray:
    weights = np.zeros(n)
    weights[:ORDER] = spline_coefficients(ORDER)[0]
    return np.asarray(1.0 / np.abs(np.fft.fft(weights)) ** 2)


def mesh_shape(cell: FloatArray, spacing: float) -> tuple[int, int, int]:
    """Choose mesh sizes that FFTs like, with points no further apart than `spacing`.

    The lengths of the lattice vectors count, not the heights of the cell: a wave vector k has
    the index k·a/2π along a, which reaches k|a|/2π.

    Parameters
    ----------
    cell : (3, 3) float64, Å
    spacing : float
        Å.
    """
    # Even sizes: the half spectrum of a real FFT then has its Nyquist plane.
    a, b, c = (
        2 * scipy.fft.next_fast_len(max(ORDER // 2, math.ceil(length / spacing / 2)))
        for length in np.linalg.norm(cell, axis=1)
    )
    return a, b, c


def make_mesh(shape: tuple[int, int, int], n_charged: int) -> Mesh:
    """Make the tables and the scratch of a mesh for so many charges."""
    values = spline_coefficients(ORDER)
    slopes = np.zeros_like(values)
    slopes[:-1] = values[1:] * np.arange(1, ORDER)[:, None]
    half = shape[2] // 2 + 1
    moduli_c = np.zeros(ORDER * math.ceil(half / ORDER))
    moduli_c[:half] = _moduli(shape[2])[:half]
    return Mesh(
        np.array(shape, np.int64),
        _moduli(shape[0]),
        _moduli(shape[1]),
        moduli_c,
        values,
        slopes,
        aligned_full((shape[0] * shape[1] * (shape[2] + ORDER),), 0.0, np.float64),
        aligned_full((n_charged, 3, ORDER), 0.0, np.float64),
        aligned_full((n_charged, 3, ORDER), 0.0, np.float64),
        np.zeros((n_charged, 3), np.int64),
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _place_charges(
    positions: FloatArray, inverse: FloatArray, charged: Int32Array, mesh: Mesh
) -> None:
    """Find each charge's mesh points and weights."""
    for a in range(charged.shape[0]):
        i = charged[a]
        for m in range(3):
            s = (
                positions[i, 0] * inverse[0, m]
                + positions[i, 1] * inverse[1, m]
                + positions[i, 2] * inverse[2, m]
            )
            n = mesh.shape[m]
            u = (s - math.floor(s)) * n
            base = min(int(u), n - 1)
            f = u - base
            mesh.bases[a, m] = base
            value = load(mesh.values[ORDER - 1], 0)
            slope = load(mesh.slopes[ORDER - 2], 0)
            for power in range(ORDER - 2, -1, -1):
                value = fma(value, f, load(mesh.values[power], 0))
            for power in range(ORDER - 3, -1, -1):
                slope = fma(slope, f, load(mesh.slopes[power], 0))
            store(mesh.weights[a, m], 0, value)
            store(mesh.slope_weights[a, m], 0, slope)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _spread(charges: FloatArray, charged: Int32Array, mesh: Mesh) -> None:
    """Put the charges on the mesh."""
    na = mesh.shape[0]
    nb_ = mesh.shape[1]
    pitch = mesh.shape[2] + ORDER
    grid = mesh.grid
    grid[:] = 0.0
    for a in range(charged.shape[0]):
        along_c = load(mesh.weights[a, 2], 0)
        q = charges[charged[a]]
        pa = mesh.bases[a, 0]
        for ka in range(ORDER):
            qa = q * mesh.weights[a, 0, ka]
            pb = mesh.bases[a, 1]
            for kb in range(ORDER):
                row = (pa * nb_ + pb) * pitch + mesh.bases[a, 2]
                store(grid, row, fma(along_c, qa * mesh.weights[a, 1, kb], load(grid, row)))
                pb = pb + 1 if pb + 1 < nb_ else 0
            pa = pa + 1 if pa + 1 < na else 0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _interpolate(
    charges: FloatArray, charged: Int32Array, inverse: FloatArray, mesh: Mesh, forces: FloatArray
) -> None:
    """Add the forces; their sum, almost zero, is taken off all charges alike."""
    na = mesh.shape[0]
    nb_ = mesh.shape[1]
    pitch = mesh.shape[2] + ORDER
    n = charged.shape[0]
    grid = mesh.grid
    sx = sy = sz = 0.0
    zero = filled(grid, 0.0)
    for a in range(n):
        along_a = zero
        along_b = zero
        along_c = zero
        pa = mesh.bases[a, 0]
        for ka in range(ORDER):
            value = zero
            slope = zero
            pb = mesh.bases[a, 1]
            for kb in range(ORDER):
                phi = load(grid, (pa * nb_ + pb) * pitch + mesh.bases[a, 2])
                value = fma(phi, mesh.weights[a, 1, kb], value)
                slope = fma(phi, mesh.slope_weights[a, 1, kb], slope)
                pb = pb + 1 if pb + 1 < nb_ else 0
            pa = pa + 1 if pa + 1 < na else 0
            along_a = fma(value, mesh.slope_weights[a, 0, ka], along_a)
            along_b = fma(slope, mesh.weights[a, 0, ka], along_b)
            along_c = fma(value, mesh.weights[a, 0, ka], along_c)
        i = charged[a]
        weight = load(mesh.weights[a, 2], 0)
        fa = -charges[i] * na * total(along_a * weight)
        fb = -charges[i] * nb_ * total(along_b * weight)
        fc = -charges[i] * mesh.shape[2] * total(along_c * load(mesh.slope_weights[a, 2], 0))
        fx = fa * inverse[0, 0] + fb * inverse[0, 1] + fc * inverse[0, 2]
        fy = fa * inverse[1, 0] + fb * inverse[1, 1] + fc * inverse[1, 2]
        fz = fa * inverse[2, 0] + fb * inverse[2, 1] + fc * inverse[2, 2]
        forces[i, 0] += fx
        forces[i, 1] += fy
        forces[i, 2] += fz
        sx += fx
        sy += fy
        sz += fz
    for a in range(n):
        i = charged[a]
        forces[i, 0] -= sx / n
        forces[i, 1] -= sy / n
        forces[i, 2] -= sz / n


@nb.njit(cache=True, nogil=True, error_model="numpy")
def pme_forces(
    positions: FloatArray,
    cell: FloatArray,
    charges: FloatArray,
    charged: Int32Array,
    mesh: Mesh,
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
    mesh : Mesh
    alpha : float, 1/Å
    forces : (n_atoms, 3) float64
    virial : (3, 3) float64
    """
    inverse = np.linalg.inv(cell)
    volume = abs(np.linalg.det(cell))
    _place_charges(positions, inverse, charged, mesh)
    _spread(charges, charged, mesh)
    na = mesh.shape[0]
    nb_ = mesh.shape[1]
    nc = mesh.shape[2]
    rows = mesh.grid.reshape((na, nb_, nc + ORDER))
    density = np.empty((na, nb_, nc))
    for a in range(na):
        for b in range(nb_):
            for c in range(nc):
                density[a, b, c] = rows[a, b, c]
            for c in range(ORDER):
                density[a, b, c] += rows[a, b, nc + c]
    spectrum = scipy.fft.rfftn(density)
    energy = _convolve(spectrum, inverse, volume, mesh, alpha, virial)
    potential = scipy.fft.irfftn(spectrum, density.shape)
    for a in range(na):
        for b in range(nb_):
            for c in range(nc):
                rows[a, b, c] = potential[a, b, c]
            for c in range(ORDER):
                rows[a, b, nc + c] = potential[a, b, c]
    _interpolate(charges, charged, inverse, mesh, forces)
    return float(energy)


@nb.njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"}
)
def _convolve(
    spectrum: npt.NDArray[np.complex128],
    inverse: FloatArray,
    volume: float,
    mesh: Mesh,
    alpha: float,
    virial: FloatArray,
) -> float:
    """Turn the charges' spectrum into the potential's, in place; add the virial.

    Along a row k = k₀ + c·g, so its share of the virial, Σ k⊗k, needs three sums over c only.
    """
    na = mesh.shape[0]
    nb_ = mesh.shape[1]
    nc = mesh.shape[2]
    half = nc // 2 + 1
    quarter = 1.0 / (4.0 * alpha * alpha)
    prefactor = 4.0 * math.pi * COULOMB / volume
    padded = mesh.moduli_c.shape[0]
    number = np.arange(padded).astype(np.float64)
    influence = np.empty(padded)
    inverse_k2 = np.empty(padded)
    gx = 2.0 * math.pi * inverse[0, 2]
    gy = 2.0 * math.pi * inverse[1, 2]
    gz = 2.0 * math.pi * inverse[2, 2]
    g2 = gx * gx + gy * gy + gz * gz
    energy = 0.0
    wxx = wyy = wzz = wxy = wxz = wyz = 0.0
    for a in range(na):
        ma = 2.0 * math.pi * (a if 2 * a <= na else a - na)
        for b in range(nb_):
            mb = 2.0 * math.pi * (b if 2 * b <= nb_ else b - nb_)
            kx = ma * inverse[0, 0] + mb * inverse[0, 1]
            ky = ma * inverse[1, 0] + mb * inverse[1, 1]
            kz = ma * inverse[2, 0] + mb * inverse[2, 1]
            k2_0 = kx * kx + ky * ky + kz * kz
            k2_1 = 2.0 * (kx * gx + ky * gy + kz * gz)
            scale = prefactor * mesh.moduli_a[a] * mesh.moduli_b[b]
            for c in range(0, padded, lanes(number)):
                n = load(number, c)
                k2 = fma(n, fma(n, g2, k2_1), k2_0)
                root = inverse_sqrt(k2)
                reciprocal = select(k2 < 1e-20, 0.0, root * root)
                store(inverse_k2, c, reciprocal)
                store(
                    influence,
                    c,
                    exp_negative(k2 * quarter) * reciprocal * load(mesh.moduli_c, c) * scale,
                )
            s0 = s1 = s2 = t0 = 0.0
            for c in range(half):
                s = spectrum[a, b, c]
                twice = 0.5 if c == 0 or 2 * c == nc else 1.0
                term = twice * influence[c] * (s.real * s.real + s.imag * s.imag)
                u = term * 2.0 * (inverse_k2[c] + quarter)
                t0 += term
                s0 += u
                s1 += u * c
                s2 += u * c * c
                spectrum[a, b, c] = s * (influence[c] * (na * nb_ * nc))
            energy += t0
            wxx += t0 - (s0 * kx * kx + 2.0 * s1 * kx * gx + s2 * gx * gx)
            wyy += t0 - (s0 * ky * ky + 2.0 * s1 * ky * gy + s2 * gy * gy)
            wzz += t0 - (s0 * kz * kz + 2.0 * s1 * kz * gz + s2 * gz * gz)
            wxy -= s0 * kx * ky + s1 * (kx * gy + ky * gx) + s2 * gx * gy
            wxz -= s0 * kx * kz + s1 * (kx * gz + kz * gx) + s2 * gx * gz
            wyz -= s0 * ky * kz + s1 * (ky * gz + kz * gy) + s2 * gy * gz
    add_symmetric(virial, wxx, wyy, wzz, wxy, wxz, wyz)
    return energy
