"""The variants in which α can grow from the face-centred lattice, as patterns to compare with.

The disordered phase has space group Fm-3m, the ordered one Pa-3 of an eighth of its symmetry.
Four translations of the face-centred lattice and a quarter turn therefore lead to eight variants
of the same crystal (International Tables for Crystallography, vol. D, ch. 3.4).  A run that
cools may end in any of them.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.observables.frame.anions import anion_atoms
from lbhsweep.observables.frame.spherical_harmonics import ORDERS, add_harmonics
from lbhsweep.physics.crystal import Supercell, build_alpha
from lbhsweep.physics.structure import Structure

_TURNS_DEG = 15.0 * np.arange(8)
"""Turns over one period, 120°, that separate the orders 0, 3 and 6."""
_QUARTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


class Variants(NamedTuple):
    """Patterns of all variants.

    Attributes
    ----------
    terms : (8, 5, 4, 13) float64
        By variant, term and sublattice: the l = 6 moments of an anion turned by φ are the
        terms' sum with the weights of `waves`.  Scaled by one over their own square, so that
        the product with a perfect anion's moments is 1.
    third_weight : float
        Share of order 3 about the threefold axis in a perfect anion's moments, 0.63.
    steps : (8, 8, 3) float64
        By variant and tetrahedral site: the direction (±1, ±1, ±1) in which Li moves with
        growing x.
    """

    terms: FloatArray
    third_weight: float
    steps: FloatArray


def waves(phase: npt.ArrayLike) -> FloatArray:
    """Compute the weights (5, ...) of the terms of anions turned by a phase 3φ, in radians."""
    phase = np.asarray(phase, dtype=np.float64)
    return np.array(
        [np.ones_like(phase), np.cos(phase), np.sin(phase), np.cos(2 * phase), np.sin(2 * phase)]
    )


def sublattice(fractions: FloatArray) -> IntArray:
    """Return the sublattices (n,) of anions at fractions (n, 3) of the conventional cell."""
    halves = np.rint(2.0 * fractions).astype(np.int64) % 2
    return np.asarray(halves[:, 0] + 2 * halves[:, 1])


def sublattices_of(structure: Structure, supercell: Supercell) -> IntArray:
    """Return the sublattices (n_anions,) of a crystal's anions, as it was built."""
    hydrogen = np.array(structure.symbols) == "H"
    centres = [structure.positions[a[hydrogen[a]]].mean(axis=0) for a in anion_atoms(structure)]
    return sublattice(np.array(centres) @ (np.linalg.inv(structure.cell) * supercell))


def tetrahedron(fractions: FloatArray) -> IntArray:
    """Return the tetrahedral sites (n,) nearest to fractions (n, 3) of the conventional cell."""
    octant = np.floor(2.0 * fractions).astype(np.int64) % 2
    return np.asarray(octant @ np.array([4, 2, 1]))


def alpha_variants() -> Variants:
    """Compute the patterns of α in each variant."""
    moments = np.array([_moments(turn) for turn in _TURNS_DEG])
    basis = waves(np.radians(3.0 * _TURNS_DEG))
    # The turns divide the period evenly, so the waves are orthogonal on them.
    terms = np.einsum("wt,tvsm->vwsm", basis / (basis**2).sum(axis=1)[:, None], moments)
    square = (moments[0, 0, 0] ** 2).sum()
    third = (terms[0, 1, 0] ** 2).sum() / square
    return Variants(terms / square, float(third), np.array([_steps(*one) for one in _operations()]))


def _operations() -> list[tuple[FloatArray, FloatArray]]:
    """Return the turns (3, 3) and shifts (3,) that make the variants of the crystal as built."""
    centres = np.array([(0.0, 0.0, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5), (0.5, 0.5, 0.0)])
    return list(product((np.eye(3), _QUARTER_TURN), centres))


def _moments(turn_deg: float) -> FloatArray:
    """Compute the moments (8, 4, 13) by variant and sublattice of anions turned by an angle."""
    crystal = build_alpha((1, 1, 1), lattice_A=1.0, turn_deg=turn_deg)
    hydrogen = np.array(crystal.symbols) == "H"
    moments = np.zeros((8, 4, ORDERS))
    for number in range(1, 5):
        anion = crystal.molecule == number
        centre = crystal.positions[anion].mean(axis=0)
        vectors = crystal.positions[anion & hydrogen] - centre
        for variant, (turn, shift) in enumerate(_operations()):
            row = moments[variant, sublattice((turn @ centre + shift)[None])[0]]
            for vector in vectors @ turn.T:
                add_harmonics(*vector, 1.0 / len(vectors), row)
    return moments


def _steps(turn: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the directions (8, 3) by tetrahedral site of one variant."""
    ends = [build_alpha((1, 1, 1), lattice_A=1.0, lithium=x).positions[:8] for x in (0.25, 0.26)]
    steps = np.empty((8, 3))
    steps[tetrahedron(ends[0] @ turn.T + shift)] = np.rint((ends[1] - ends[0]) @ turn.T / 0.01)
    return steps
