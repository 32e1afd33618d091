"""Crystals of Li2B12H12: the ordered α phase, the disordered β phase, supercells, vacancies.

Atoms come in the order all Li, then anion by anion twelve B and twelve H, the k-th H bonded to
the k-th B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.errors import StructureError
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure

Supercell = tuple[int, int, int]

CAGE_RADIUS_A = 1.7024
"""Å from the anion's centre to each B."""
HYDROGEN_RADIUS_A = 2.9024
"""Å from the anion's centre to each H."""
ANION_SYMBOLS = ("B",) * 12 + ("H",) * 12

ALPHA_LATTICE_A = 9.61
"""Å: the static cubic lattice of the force field as printed."""
ALPHA_TURN_DEG = 40.3
"""Turn of the first anion about +[111]."""
ALPHA_LITHIUM = 0.352
"""Fractional coordinate of Li on the threefold axis: in the window of three anions."""

ALPHA_CAP = {"turn_deg": 24.4, "lithium": 0.215}
"""Of the force field's second ordered minimum, with Li over faces of the cages: turn and x."""

BETA_LATTICE_A = 10.2
CLOSEST_HYDROGEN_A = 1.7
"""Å: orientations with nearer contacts of H of different anions are drawn again."""
ORIENTATION_TRIES = 200

_TWOFOLD = np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]], dtype=np.float64)
_FACE_CENTRES = np.array([[0, 0, 0], [0.5, 0, 0.5], [0, 0.5, 0.5], [0.5, 0.5, 0]])


def icosahedron() -> FloatArray:
    """Compute the vertices: cyclic permutations of (0, ±1, ±τ), normalised.

    Returns
    -------
    (12, 3) float64
    """
    golden = (1.0 + 5.0**0.5) / 2.0
    corners = np.array([(0.0, s, t * golden) for s, t in product((1.0, -1.0), repeat=2)])
    vertices = np.concatenate([np.roll(corners, turn, axis=1) for turn in range(3)])
    return np.asarray(vertices / np.linalg.norm(vertices[0]))


def build_alpha(
    supercell: Supercell,
    *,
    lattice_A: float = ALPHA_LATTICE_A,
    turn_deg: float = ALPHA_TURN_DEG,
    lithium: float = ALPHA_LITHIUM,
) -> Structure:
    """Build the ordered phase: Pa-3, four formula units in the cubic cell.

    Parameters
    ----------
    supercell : tuple of int
        Repeats of the cubic cell along each axis.
    lattice_A : float
        Lattice parameter, Å.
    turn_deg : float
        Turn φ of the anion at the origin about +[111].
    lithium : float
        Fractional coordinate x of Li at ±(x, x, x), on the 8c sites.

    Returns
    -------
    Structure

    Raises
    ------
    StructureError
        If the supercell or the lattice parameter is no positive number.
    """
    axis = np.ones(3) / 3.0**0.5
    turned = Rotation.from_rotvec(np.radians(turn_deg) * axis).apply(icosahedron())
    anions = turned[None] * _TWOFOLD[:, None]
    site = np.full(3, lithium)
    lithiums = np.concatenate([_TWOFOLD * site + _FACE_CENTRES, -_TWOFOLD * site + _FACE_CENTRES])
    cells = _cells(supercell, lattice_A)
    centres = np.concatenate([_FACE_CENTRES + cell for cell in cells])
    return _assemble(
        np.concatenate([lithiums % 1.0 + cell for cell in cells]) * lattice_A,
        centres * lattice_A,
        np.tile(anions, (len(cells), 1, 1)),
        np.diag(supercell) * lattice_A,
    )


def build_beta(supercell: Supercell, *, seed: int, lattice_A: float = BETA_LATTICE_A) -> Structure:
    """Build the disordered phase: antifluorite, Fm-3m, each anion turned at random.

    Parameters
    ----------
    supercell : tuple of int
        Repeats of the cubic cell (four formula units) along each axis.
    seed : int
        Of the orientations, drawn uniformly; an anion whose H come nearer than 1.7 Å to
        another's is drawn again.
    lattice_A : float
        Lattice parameter, Å.

    Returns
    -------
    Structure

    Raises
    ------
    StructureError
        If the supercell or the lattice parameter is no positive number, or the lattice is too
        dense for turned anions.
    """
    cells = _cells(supercell, lattice_A)
    tetrahedral = np.array(list(product((0.25, 0.75), repeat=3)))
    centres = np.concatenate([_FACE_CENTRES + cell for cell in cells]) * lattice_A
    box = np.asarray(supercell, dtype=np.float64) * lattice_A
    return _assemble(
        np.concatenate([tetrahedral + cell for cell in cells]) * lattice_A,
        centres,
        _turned_apart(centres, box, np.random.default_rng(seed)),
        np.diag(box),
    )


def remove_lithium(structure: Structure, n: int, seed: int) -> Structure:
    """Remove `n` Li at random.

    Those that a seed removes first are removed by the same seed whatever `n`, so that larger
    numbers of vacancies contain the smaller ones.

    Raises
    ------
    StructureError
        If there are fewer than `n` Li, or `n` is negative.
    """
    lithium = np.flatnonzero(np.array(structure.symbols) == "Li")
    if not 0 <= n <= len(lithium):
        raise StructureError(f"can't remove {n} Li of {len(lithium)}; ask for 0 to {len(lithium)}")
    return _without(structure, np.random.default_rng(seed).permutation(lithium)[:n])


def remove_lithium_near(
    structure: Structure, supercell: Supercell, sites: Sequence[Sequence[float]]
) -> Structure:
    """Remove the Li nearest to each of some sites.

    Parameters
    ----------
    structure : Structure
        A crystal as built.
    supercell : tuple of int
        Its repeats of the conventional cell along each axis.
    sites : sequence of (3,) float
        In conventional cells, such as (0.25, 0.25, 1.75).

    Raises
    ------
    StructureError
        If two sites mean the same Li, or there is none.
    """
    lithium = np.flatnonzero(np.array(structure.symbols) == "Li")
    if len(lithium) == 0:
        raise StructureError("no Li to remove; wanted a structure with Li")
    repeats = np.asarray(supercell, dtype=np.float64)
    places = structure.positions[lithium] @ np.linalg.inv(structure.cell) * repeats
    apart = places - np.reshape(sites, (-1, 1, 3))
    apart -= repeats * np.round(apart / repeats)
    removed = lithium[np.argmin((apart**2).sum(axis=-1), axis=1)]
    if len(set(removed.tolist())) < len(removed):
        raise StructureError(f"two of the sites {list(sites)} mean the same Li; give distinct ones")
    return _without(structure, removed)


def _without(structure: Structure, removed: Int32Array) -> Structure:
    kept = np.setdiff1d(np.arange(structure.n_atoms), removed)
    return Structure(
        tuple(structure.symbols[i] for i in kept),
        structure.positions[kept],
        structure.cell,
        structure.molecule[kept],
    )


def molar_mass(structure: Structure, force_field: ForceField) -> float:
    """Compute the mass of a formula unit (one anion with its share of Li) in g/mol.

    Raises
    ------
    ForceFieldError
        If the force field lacks a species.
    StructureError
        If there is no anion.
    """
    force_field.require_species(structure.symbols)
    if structure.formula_units == 0:
        raise StructureError("no anion, so no formula unit; wanted a structure with anions")
    total = math.fsum(force_field.species[symbol].mass for symbol in structure.symbols)
    return total / structure.formula_units


def _cells(supercell: Supercell, lattice_A: float) -> FloatArray:
    if len(supercell) != 3 or any(n < 1 or n != int(n) for n in supercell):
        raise StructureError(f"supercell is {supercell}, wanted three whole numbers from 1")
    if not 0.0 < lattice_A < np.inf:
        raise StructureError(f"lattice parameter is {lattice_A} Å, wanted a positive number")
    return np.array(list(product(*(range(n) for n in supercell))), dtype=np.float64)


def _assemble(
    lithium: FloatArray, centres: FloatArray, directions: FloatArray, cell: FloatArray
) -> Structure:
    anions = np.concatenate(
        [centres[:, None] + radius * directions for radius in (CAGE_RADIUS_A, HYDROGEN_RADIUS_A)],
        axis=1,
    )
    numbers = np.repeat(np.arange(1, len(centres) + 1), len(ANION_SYMBOLS))
    return Structure(
        ("Li",) * len(lithium) + ANION_SYMBOLS * len(centres),
        np.concatenate([lithium, anions.reshape(-1, 3)]),
        cell,
        np.concatenate([np.zeros(len(lithium), np.int32), numbers.astype(np.int32)]),
    )


def _turned_apart(centres: FloatArray, box: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Turn each anion at random, and again while its H are too near to another's.

    Returns
    -------
    (n_anions, 12, 3) float64
        Unit vectors to the vertices.
    """
    directions = np.array([_random_turn(rng) for _ in centres])
    for _ in range(ORIENTATION_TRIES):
        touching = _touching(centres, box, directions)
        if len(touching) == 0:
            return directions
        for anion in touching:
            directions[anion] = _random_turn(rng)
    raise StructureError(
        f"anions turned at random touch (H nearer than {CLOSEST_HYDROGEN_A} Å) in a box of "
        f"{box.tolist()} Å; take a larger lattice parameter or another seed"
    )


def _random_turn(rng: np.random.Generator) -> FloatArray:
    # Four normal deviates are a quaternion uniform on the sphere, and so a uniform rotation.
    return np.asarray(Rotation.from_quat(rng.normal(size=4)).apply(icosahedron()))


def _touching(centres: FloatArray, box: FloatArray, directions: FloatArray) -> list[int]:
    """Name one anion of each pair whose H touch."""
    hydrogen = (centres[:, None] + HYDROGEN_RADIUS_A * directions).reshape(-1, 3)
    anion = np.repeat(np.arange(len(centres)), len(directions[0]))
    # Twice, because the remainder of a tiny negative number rounds up to the box itself.
    wrapped = hydrogen % box % box
    pairs = cKDTree(wrapped, boxsize=box).query_pairs(CLOSEST_HYDROGEN_A)
    return sorted({int(max(anion[i], anion[j])) for i, j in pairs})
