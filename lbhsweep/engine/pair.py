"""Buckingham and real-space Coulomb forces of one pair type.

U(r) = A exp(-r/ρ) - C/r⁶ + q₁q₂ erfc(αr)/r.

Neighbours of an owner are copied into contiguous buffers first, so that the arithmetic runs
over lanes without gathers.  The two transcendental functions are polynomials, because PyPI's
numba has no vector math library and a call would stop vectorisation:

- erf(αr)/r is an entire function of r²; one Chebyshev polynomial over [0, cutoff²] gives it and,
  by its derivative, its force.
- exp(-r/ρ) is a polynomial of its 64th root, squared six times.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from scipy.special import erf

from lbhsweep.engine.bonded import add_symmetric
from lbhsweep.engine.neighbors import PairList
from lbhsweep.engine.potential import FloatArray, IntArray

# Sums may be reordered and fused, but NaN and infinity stay visible to the watchdogs.
FASTMATH = {"reassoc", "contract", "arcp", "nsz"}
ERF_TERMS = 26
EXP_TERMS = 12
LARGEST_EXPONENT = 64.0
"""Beyond r = 64 ρ the repulsion, below 1e-27 of its prefactor, is held at that value."""


class ErfPolynomial(NamedTuple):
    """erf(αr)/r and its derivative by u = r² as polynomials in t = u·scale - 1.

    Attributes
    ----------
    scale : float
        2/cutoff² in 1/Å².
    value : (ERF_TERMS,) float64
        Coefficients of erf(αr)/r, 1/Å, lowest order first.
    slope : (ERF_TERMS,) float64
        Coefficients of -2 d/du, 1/Å³: the force over the distance.
    """

    scale: float
    value: FloatArray
    slope: FloatArray


class Repulsion(NamedTuple):
    """A exp(-r/ρ).

    Attributes
    ----------
    prefactor : float
        A in kJ/mol.
    inverse_rho : float
        1/ρ in 1/Å.
    """

    prefactor: float
    inverse_rho: float


class Screened(NamedTuple):
    """q₁q₂ erfc(αr)/r.

    Attributes
    ----------
    charge_product : float
        q₁q₂ times the Coulomb constant, kJ/mol Å.
    polynomial : ErfPolynomial
    """

    charge_product: float
    polynomial: ErfPolynomial


class PairType(NamedTuple):
    """The terms of one pair type; None for a term that it lacks.

    Numba prunes the branches of what is None, so each combination of terms is a kernel of its
    own: B-B pairs, dispersion alone, take a third of the time of the full kernel.

    Attributes
    ----------
    repulsion : Repulsion or None
    dispersion : float or None
        C of -C/r⁶ in kJ/mol Å⁶.
    screened : Screened or None
    shift : float
        Buckingham energy at the cutoff in kJ/mol, subtracted from every pair; 0 for none.
    """

    repulsion: Repulsion | None
    dispersion: float | None
    screened: Screened | None
    shift: float


def erf_polynomial(alpha: float, cutoff: float) -> ErfPolynomial:
    """Fit erf(αr)/r over [0, cutoff].

    Parameters
    ----------
    alpha : float
        Ewald splitting, 1/Å.
    cutoff : float
        Å.

    Returns
    -------
    ErfPolynomial
        With an error below 1e-12/Å for α·cutoff ≤ 4.6.
    """

    def value(t: FloatArray) -> FloatArray:
        r = np.sqrt(0.5 * (np.asarray(t) + 1.0)) * cutoff
        small = r < 1e-8
        safe = np.where(small, 1.0, r)
        return np.where(small, 2.0 * alpha / math.sqrt(math.pi), erf(alpha * safe) / safe)

    series = Chebyshev.interpolate(value, ERF_TERMS - 1)
    scale = 2.0 / cutoff**2
    slope = np.zeros(ERF_TERMS)
    slope[:-1] = _coefficients(series.deriv()) * (-2.0 * scale)
    return ErfPolynomial(scale, _coefficients(series), slope)


def _coefficients(series: Chebyshev) -> FloatArray:
    return np.array(series.convert(kind=Polynomial).coef, dtype=np.float64)


def _exp_half(t: FloatArray) -> FloatArray:
    return np.asarray(np.exp(0.5 * (np.asarray(t) - 1.0)))


EXP_COEFFICIENTS = tuple(
    float(c) for c in _coefficients(Chebyshev.interpolate(_exp_half, EXP_TERMS - 1))
)
"""exp(x) on [-1, 0], the range of a 64th root of what pairs need, in t = 2x + 1."""


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy", fastmath=FASTMATH)
def _exp_negative(x: float) -> float:
    """exp(-x) for 0 ≤ x, held constant beyond LARGEST_EXPONENT."""
    t = 1.0 - min(x, LARGEST_EXPONENT) * (2.0 / LARGEST_EXPONENT)
    c = EXP_COEFFICIENTS
    p = c[11]
    p = p * t + c[10]
    p = p * t + c[9]
    p = p * t + c[8]
    p = p * t + c[7]
    p = p * t + c[6]
    p = p * t + c[5]
    p = p * t + c[4]
    p = p * t + c[3]
    p = p * t + c[2]
    p = p * t + c[1]
    p = p * t + c[0]
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    return p * p


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def pair_forces(
    wrapped: FloatArray,
    image_table: FloatArray,
    pairs: PairList,
    repulsion: Repulsion | None,
    dispersion: float | None,
    screened: Screened | None,
    shift: float,
    cutoff: float,
    closest: float,
    buffer_x: FloatArray,
    buffer_y: FloatArray,
    buffer_z: FloatArray,
    forces: FloatArray,
    virial: FloatArray,
    energies: FloatArray,
) -> float:
    """Add one pair type's forces, virial and (Buckingham, real-space Coulomb) energies.

    Parameters
    ----------
    wrapped : (3, n_atoms) float64, Å
    image_table : (IMAGE_SPAN³, 3) float64, Å
    pairs : PairList
    repulsion, dispersion, screened, shift
        The fields of `PairType`, one by one: numba prunes branches on arguments only.
    cutoff, closest : float
        Å; pairs nearer than `closest` are counted.
    buffer_x, buffer_y, buffer_z : (n,) float64
        Scratch as long as the longest neighbour list; coordinates in, forces out.
    forces : (3, n_atoms) float64
    virial : (3, 3) float64
    energies : (2,) float64

    Returns
    -------
    float
        Number of pairs nearer than `closest`.
    """
    cutoff2 = cutoff * cutoff
    closest2 = closest * closest
    wxx = wyy = wzz = wxy = wxz = wyz = 0.0
    buckingham = 0.0
    coulomb = 0.0
    too_close = 0.0
    for o in range(pairs.owners.shape[0]):
        i = pairs.owners[o]
        first = np.uint64(pairs.start[o])
        count = np.uint64(pairs.start[o + 1]) - first
        xi = wrapped[0, i]
        yi = wrapped[1, i]
        zi = wrapped[2, i]
        for k in range(count):
            j = pairs.atoms[first + k]
            image = pairs.images[first + k]
            buffer_x[k] = wrapped[0, j] + image_table[image, 0] - xi
            buffer_y[k] = wrapped[1, j] + image_table[image, 1] - yi
            buffer_z[k] = wrapped[2, j] + image_table[image, 2] - zi
        fx = fy = fz = 0.0
        for k in range(count):
            x = buffer_x[k]
            y = buffer_y[k]
            z = buffer_z[k]
            r2 = x * x + y * y + z * z
            inside = 1.0 if r2 < cutoff2 else 0.0
            too_close += 1.0 if r2 < closest2 else 0.0
            inverse_r = 1.0 / math.sqrt(r2)
            inverse_r2 = inverse_r * inverse_r
            s = 0.0
            if repulsion is not None:
                e = repulsion.prefactor * _exp_negative(r2 * inverse_r * repulsion.inverse_rho)
                s += e * repulsion.inverse_rho * inverse_r
                buckingham += inside * e
            if dispersion is not None:
                e = dispersion * inverse_r2 * inverse_r2 * inverse_r2
                s -= 6.0 * e * inverse_r2
                buckingham -= inside * e
            buckingham -= inside * shift
            if screened is not None:
                t = r2 * screened.polynomial.scale - 1.0
                p = screened.polynomial.value[ERF_TERMS - 1]
                q = screened.polynomial.slope[ERF_TERMS - 1]
                for n in range(ERF_TERMS - 1):
                    p = p * t + screened.polynomial.value[ERF_TERMS - 2 - n]
                    q = q * t + screened.polynomial.slope[ERF_TERMS - 2 - n]
                s += screened.charge_product * (inverse_r * inverse_r2 - q)
                coulomb += inside * screened.charge_product * (inverse_r - p)
            s *= inside
            px = s * x
            py = s * y
            pz = s * z
            wxx += x * px
            wyy += y * py
            wzz += z * pz
            wxy += x * py
            wxz += x * pz
            wyz += y * pz
            fx += px
            fy += py
            fz += pz
            buffer_x[k] = px
            buffer_y[k] = py
            buffer_z[k] = pz
        forces[0, i] -= fx
        forces[1, i] -= fy
        forces[2, i] -= fz
        for k in range(count):
            j = pairs.atoms[first + k]
            forces[0, j] += buffer_x[k]
            forces[1, j] += buffer_y[k]
            forces[2, j] += buffer_z[k]
    add_symmetric(virial, wxx, wyy, wzz, wxy, wxz, wyz)
    energies[0] += buckingham
    energies[1] += coulomb
    return too_close


@nb.njit(cache=True, nogil=True, error_model="numpy")
def excluded_forces(
    positions: FloatArray,
    exclusions: IntArray,
    charges: FloatArray,
    alpha: float,
    coulomb_constant: float,
    forces: FloatArray,
    virial: FloatArray,
) -> float:
    """Take excluded pairs out of the reciprocal sum; return their energy in kJ/mol.

    Adds -q₁q₂ erf(αr)/r with forces and virial, on whole anions
    (Essmann et al., J. Chem. Phys. 103, 8577 (1995), https://doi.org/10.1063/1.470117, eq. 2.5).

    Parameters
    ----------
    positions : (n_atoms, 3) float64, Å
    exclusions : (n_pairs, 2) uint32
    charges : (n_atoms,) float64, e
    alpha : float, 1/Å
    coulomb_constant : float, kJ/mol Å/e²
    forces : (3, n_atoms) float64
    virial : (3, 3) float64
    """
    energy = 0.0
    for e in range(exclusions.shape[0]):
        i = exclusions[e, 0]
        j = exclusions[e, 1]
        qq = coulomb_constant * charges[i] * charges[j]
        d = (
            positions[j, 0] - positions[i, 0],
            positions[j, 1] - positions[i, 1],
            positions[j, 2] - positions[i, 2],
        )
        r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
        r = math.sqrt(r2)
        erf_r = math.erf(alpha * r) / r
        gauss = 2.0 * alpha / math.sqrt(math.pi) * math.exp(-alpha * alpha * r2)
        energy -= qq * erf_r
        s = -qq * (erf_r - gauss) / r2
        for k in range(3):
            forces[k, j] += s * d[k]
            forces[k, i] -= s * d[k]
            for m in range(3):
                virial[k, m] += s * d[k] * d[m]
    return energy
