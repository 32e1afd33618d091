"""Forces written down once more, as plainly as NumPy allows, to hold the engine against."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf, erfc

from lbhsweep.units import COULOMB


@dataclass
class Sum:
    """Energies by term, forces, virial, and the sums of their magnitudes, pair by pair."""

    energies: dict
    forces: np.ndarray
    virial: np.ndarray
    n_pairs: int = 0
    energy_scale: float = 0.0
    virial_scale: float = 0.0


@dataclass
class PairMatrices:
    """Parameters of every pair of atoms, (n, n) each."""

    A: np.ndarray
    rho: np.ndarray
    C: np.ndarray
    qq: np.ndarray

    @classmethod
    def of(cls, symbols, charges, force_field):
        n = len(symbols)
        A, rho, C = np.zeros((n, n)), np.ones((n, n)), np.zeros((n, n))
        symbols = np.array(symbols)
        for pair in force_field.buckingham:
            for a, b in {(pair.a, pair.b), (pair.b, pair.a)}:
                where = np.ix_(symbols == a, symbols == b)
                A[where], rho[where], C[where] = pair.A, pair.rho, pair.C
        return cls(A, rho, C, COULOMB * np.outer(charges, charges))


def brute_force_pairs(positions, cell, pairs, excluded, cutoff, alpha, *, shift=False):
    """Buckingham and real-space Coulomb sum over all images, and what exclusions owe.

    `excluded` (n, n) holds for atoms as they stand, not for their periodic images.  The cutoff
    is at most half the smallest height of the cell.
    """
    n = len(positions)
    d = positions[None, :] - positions[:, None]
    # |f| height ≤ r for each fraction f of a separation, so that at most one image, the one with
    # all |f| ≤ 1/2, is nearer than half the smallest height.
    nearest = -np.round(d @ np.linalg.inv(cell)).astype(int)
    stands = (nearest == 0).all(axis=2)
    v = d + nearest @ cell
    r = np.linalg.norm(v, axis=2)
    counts = (r < cutoff) & ~(stands & excluded) & ~np.eye(n, dtype=bool)
    r = np.where(counts, r, 1.0)
    offset = pairs.A * np.exp(-cutoff / pairs.rho) - pairs.C / cutoff**6 if shift else 0.0
    repulsion, attraction = pairs.A * np.exp(-r / pairs.rho), pairs.C / r**6
    screened = erfc(alpha * r) / r
    gauss = 2 * alpha / math.sqrt(math.pi) * np.exp(-((alpha * r) ** 2))
    slope = repulsion / pairs.rho - 6 * attraction / r + pairs.qq * (screened + gauss) / r
    f = (counts * slope / r)[:, :, None] * v
    energies = {
        "buckingham": np.sum(counts * (repulsion - attraction - offset)) / 2,
        "coulomb_real": np.sum(counts * pairs.qq * screened) / 2,
    }
    forces, virial = -f.sum(axis=1), np.einsum("ija,ijb->ab", v, f) / 2
    energy_scale = np.sum(counts * (repulsion + attraction + abs(pairs.qq) * screened)) / 2
    virial_scale = np.sum(counts * abs(slope) * r) / 2
    r = np.where(excluded, np.linalg.norm(d, axis=2), 1.0)
    owed = -np.sum(excluded * pairs.qq * erf(alpha * r) / r) / 2
    gauss = 2 * alpha / math.sqrt(math.pi) * np.exp(-((alpha * r) ** 2))
    f = (excluded * pairs.qq * (gauss - erf(alpha * r) / r) / r**2)[:, :, None] * d
    return Sum(
        energies | {"coulomb_excluded": owed},
        forces - f.sum(axis=1),
        virial + np.einsum("ija,ijb->ab", d, f) / 2,
        np.count_nonzero(counts) // 2,
        energy_scale,
        virial_scale,
    )


def brute_force_reciprocal(positions, cell, charges, alpha, precision=1e-14):
    """Ewald's sum over reciprocal vectors with self-energy and background."""
    k_max = 2 * alpha * math.sqrt(-math.log(precision))
    limits = [math.floor(k_max * np.linalg.norm(row) / (2 * math.pi)) for row in cell]
    triples = np.array(list(itertools.product(*(range(-m, m + 1) for m in limits))))
    k = 2 * math.pi * triples @ np.linalg.inv(cell).T
    k2 = np.einsum("ij,ij->i", k, k)
    inside = (k2 > 0) & (k2 <= k_max**2)
    k, k2 = k[inside], k2[inside]
    volume = abs(np.linalg.det(cell))
    phases = np.exp(1j * k @ positions.T)
    s = phases @ charges
    weight = 2 * math.pi * COULOMB / volume * np.exp(-k2 / (4 * alpha**2)) / k2
    terms = weight * abs(s) ** 2
    background = -COULOMB * math.pi * charges.sum() ** 2 / (2 * volume * alpha**2)
    own = -COULOMB * alpha / math.sqrt(math.pi) * np.sum(charges**2)
    pull = 2 * charges[:, None] * (np.imag(phases.T * (weight * s.conj())) @ k)
    stretch = np.einsum("k,ka,kb->ab", terms * 2 * (1 / k2 + 1 / (4 * alpha**2)), k, k)
    return Sum(
        {"coulomb_reciprocal": terms.sum() + own + background},
        pull,
        (terms.sum() + background) * np.eye(3) - stretch,
    )


def plain_bonded(positions, topology):
    """Harmonic bonds and angles, one by one."""
    forces, virial = np.zeros_like(positions), np.zeros((3, 3))
    bond = angle = 0.0
    for (i, j), k, length in zip(
        topology.bonds, topology.bond_k, topology.bond_length, strict=True
    ):
        v = positions[j] - positions[i]
        r = np.linalg.norm(v)
        bond += 0.5 * k * (r - length) ** 2
        f = -k * (r - length) * v / r
        forces[j] += f
        forces[i] -= f
        virial += np.outer(v, f)
    for (i, c, j), k, theta in zip(
        topology.angles, topology.angle_k, topology.angle_theta, strict=True
    ):
        u, v = positions[i] - positions[c], positions[j] - positions[c]
        normal = np.cross(u, v)
        bend = math.atan2(np.linalg.norm(normal), u @ v) - theta
        angle += 0.5 * k * bend**2
        # Each end moves at right angles to its bond, in the plane of both.
        normal /= np.linalg.norm(normal)
        fi = k * bend * np.cross(u, normal) / (u @ u) * -1.0
        fj = k * bend * np.cross(v, normal) / (v @ v)
        forces[i] += fi
        forces[j] += fj
        forces[c] -= fi + fj
        virial += np.outer(u, fi) + np.outer(v, fj)
    return Sum({"bond": bond, "angle": angle}, forces, virial)
