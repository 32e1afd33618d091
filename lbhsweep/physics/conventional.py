"""Crystals from other sources, converted to the form of those that are built here.

Their anions lie on the face-centred lattice, one at the origin, in whole conventional cells along
the axes; atoms come in the order of `lbhsweep.physics.crystal`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.errors import StructureError
from lbhsweep.physics.bond_graph import bond_graph
from lbhsweep.physics.crystal import Supercell
from lbhsweep.physics.forcefield import DEFAULT_FORCE_FIELD, ForceField, load_force_field
from lbhsweep.physics.molecules import find_molecules
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import atoms_by_molecule

ANIONS_PER_CELL = 4
LITHIUM_PER_ANION = 2
FARTHEST = 0.15
"""Largest distance of an anion's centre from its site, in lattice parameters; neighbouring sites
are 0.71 apart."""
LATTICE_RANGE_A = (8.0, 12.0)
"""Å: from beyond 20 GPa to beyond melting; other numbers must be in another unit."""
DIGITS = 6
"""Decimal digits kept of positions and cell in Å."""
LONGEST_OVER_MEAN, LARGEST_COSINE = 1.2, 0.26
"""How far the conventional cell may be from a cube: edges, and angles within 15° of 90°."""
CLOSEST_LITHIUM_A = 0.8
NOISE = 1e-6
"""In fractions: smaller differences count as rounding, so that all machines agree."""
_FACE_CENTRES = np.array([[0, 0, 0], [0.5, 0, 0.5], [0, 0.5, 0.5], [0.5, 0.5, 0]])


@dataclass(frozen=True, slots=True, eq=False)
class ConventionalCrystal:
    """A crystal in conventional cells.

    Attributes
    ----------
    structure : Structure
        In the form of crystals built here, to a millionth of an Å.
    supercell : tuple of int
        Conventional cells along each axis.
    digest : str
        SHA-256 of what it was made from, in hex.
    masses : mapping of str to float
        g/mol by species, where its file gives them; runs move with those of the force field, which
        must be the same.
    """

    structure: Structure
    supercell: Supercell
    digest: str
    masses: Mapping[str, float] = field(default_factory=dict)

    @property
    def n_vacancies(self) -> int:
        """Number of Li missing from two for each anion."""
        return missing_lithium(self.structure)

    def smallest_height(self, supercell: Supercell) -> float:
        """Compute the smallest distance of opposite faces of the box that it fills, Å."""
        times = np.array(supercell) / self.supercell
        return float((times / np.linalg.norm(np.linalg.inv(self.structure.cell), axis=0)).min())

    def repeated(self, supercell: Supercell) -> Structure:
        """Repeat it until it fills a supercell.

        Raises
        ------
        StructureError
            If it doesn't go into it a whole number of times.
        """
        times = np.array(supercell) // self.supercell
        if (times * self.supercell != supercell).any():
            raise StructureError(
                f"a crystal of {shown_cells(self.supercell)} conventional cells does not fill "
                f"{shown_cells(supercell)}; wanted whole multiples along each axis"
            )
        one = self.structure
        shifts = np.array(list(np.ndindex(*times))) @ one.cell
        n_anions = one.formula_units
        n_lithium = int((one.molecule == 0).sum())
        return Structure(
            one.symbols[:n_lithium] * len(shifts) + one.symbols[n_lithium:] * len(shifts),
            np.concatenate(
                [
                    (one.positions[None, part] + shifts[:, None]).reshape(-1, 3)
                    for part in (slice(None, n_lithium), slice(n_lithium, None))
                ]
            ),
            one.cell * times[:, None],
            np.concatenate(
                [
                    np.zeros(n_lithium * len(shifts), np.int32),
                    *(one.molecule[n_lithium:] + k * n_anions for k in range(len(shifts))),
                ]
            ),
        )


def shown_cells(supercell: Supercell) -> str:
    """Write a supercell as ``2×2×3``."""
    return "×".join(str(n) for n in supercell)


def missing_lithium(structure: Structure) -> int:
    """Count the Li missing from two for each anion."""
    return LITHIUM_PER_ANION * structure.formula_units - structure.symbols.count("Li")


def conventional_crystal(
    symbols: tuple[str, ...], positions: FloatArray, cell: FloatArray, content: bytes = b""
) -> ConventionalCrystal:
    """Convert a crystal of Li2B12H12 to the form of those that are built here.

    Parameters
    ----------
    symbols : tuple of str
        In any order.
    positions : (n_atoms, 3) float64
        Å; anions may be cut by the periodic boundary.
    cell : (3, 3) float64
        Å; rows are the lattice vectors: those of the conventional cubic cell, or whole multiples
        of each, in any orientation; they may be strained.
    content : bytes
        Of the file from which these were read: its digest is the same on all machines, which that
        of numbers from any arithmetic is not.  Without it the digest is that of the arrays.

    Returns
    -------
    ConventionalCrystal
        Turned so that the first lattice vector lies along x and the second in the plane of x and
        y.  Moved so that the anions lie about the face-centred lattice with one at the origin.

    Raises
    ------
    StructureError
        If anions are broken, Li too many or at one place, or the anions lie on no such lattice.
    ForceFieldError
        If there are atoms other than Li, B and H.
    """
    force_field = load_force_field(DEFAULT_FORCE_FIELD)
    molecule, whole = find_molecules(symbols, positions, cell, force_field)
    anions = list(atoms_by_molecule(molecule))
    lithium = np.flatnonzero(molecule == 0).astype(np.int32)
    _require_formula(len(lithium), len(anions))
    turned_cell, turned = oriented(cell, whole)
    centres = np.array([turned[atoms].mean(axis=0) for atoms in anions])
    supercell, origin = _face_centred(centres @ np.linalg.inv(turned_cell))
    _require_cubic(turned_cell / np.array(supercell)[:, None])
    _require_apart(lithium, turned, turned_cell)
    turned = turned - origin @ turned_cell
    ordered = [_cage_first(symbols, turned, atoms, force_field) for atoms in anions]
    lithiums = _inside(turned[lithium], turned[lithium], turned_cell)
    placed = [
        _inside(turned[atoms], turned[atoms].mean(axis=0)[None], turned_cell) for atoms in ordered
    ]
    structure = Structure(
        ("Li",) * len(lithium) + tuple(symbols[i] for atoms in ordered for i in atoms),
        np.round(np.concatenate([lithiums, *placed]), DIGITS),
        np.round(turned_cell, DIGITS),
        np.concatenate(
            [
                np.zeros(len(lithium), np.int32),
                *(np.full(len(atoms), k, np.int32) for k, atoms in enumerate(ordered, 1)),
            ]
        ),
    )
    made_from = content or repr((symbols, positions.tolist(), cell.tolist())).encode()
    return ConventionalCrystal(structure, supercell, hashlib.sha256(made_from).hexdigest())


def oriented(cell: FloatArray, *vectors: FloatArray) -> tuple[FloatArray, ...]:
    """Turn a cell, and vectors with it, so that a lies along x and b in the plane of x and y.

    A left-handed cell is mirrored, which changes no distance.

    Parameters
    ----------
    cell : (3, 3) float64
        Rows are lattice vectors.
    *vectors : (n, 3) float64
        Turned with it.

    Returns
    -------
    cell, *vectors : arrays
        The cell is lower triangular with a positive diagonal.
    """
    turn, upper = np.linalg.qr(cell.T)
    turn = turn * np.sign(np.diag(upper))
    return tuple(each @ turn for each in (cell, *vectors))


def _require_formula(n_lithium: int, n_anions: int) -> None:
    if n_anions == 0:
        raise StructureError("no anion, wanted a crystal of Li2B12H12")
    if n_lithium > LITHIUM_PER_ANION * n_anions:
        raise StructureError(
            f"{n_lithium} Li for {n_anions} anions, wanted at most {LITHIUM_PER_ANION} for each"
        )


def _require_cubic(cell: FloatArray) -> None:
    """Require that the conventional cell (3, 3) is nearly a cube of the right size.

    Anions of one crystal lie on a face-centred lattice in sheared cells too.
    """
    edges = np.linalg.norm(cell, axis=1)
    cosines = [cell[i] @ cell[j] / (edges[i] * edges[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    lattice = float(np.cbrt(abs(np.linalg.det(cell))))
    if edges.max() > LONGEST_OVER_MEAN * lattice or max(map(abs, cosines)) > LARGEST_COSINE:
        angles = ", ".join(f"{np.degrees(np.arccos(one)):.0f}°" for one in cosines)
        raise StructureError(
            f"its conventional cell has edges {', '.join(f'{edge:.3g}' for edge in edges)} Å and "
            f"angles {angles}, wanted nearly a cube; give the cubic cell with four anions, or "
            "whole multiples of it along each axis"
        )
    low, high = LATTICE_RANGE_A
    if not low < lattice < high:
        raise StructureError(
            f"its lattice parameter is {lattice:.4g} Å, wanted {low:g} to {high:g} Å; are lengths "
            "in Å?"
        )


def _require_apart(lithium: Int32Array, positions: FloatArray, cell: FloatArray) -> None:
    fractions = positions @ np.linalg.inv(cell)
    for i in lithium:
        apart = fractions - fractions[i]
        distance = np.linalg.norm((apart - np.round(apart)) @ cell, axis=1)
        distance[i] = np.inf
        j = int(np.argmin(distance))
        if distance[j] < CLOSEST_LITHIUM_A:
            raise StructureError(
                f"Li atom {i} is {distance[j]:.2f} Å from atom {j}, wanted at least "
                f"{CLOSEST_LITHIUM_A:g} Å; remove one of them"
            )


def _face_centred(fractions: FloatArray) -> tuple[Supercell, FloatArray]:
    """Find how many conventional cells there are along each axis, and where the lattice begins.

    Parameters
    ----------
    fractions : (n_anions, 3) float64
        Of the whole cell.

    Returns
    -------
    supercell : tuple of int
    origin : (3,) float64
        Fraction of the whole cell.
    """
    n = len(fractions)
    best: tuple[float, Supercell, FloatArray] | None = None
    for supercell in _factors(n // ANIONS_PER_CELL) if n % ANIONS_PER_CELL == 0 else ():
        scaled = fractions * supercell
        # An anion near a corner, so that a crystal with one at the origin stays in place.
        corner = scaled - np.floor(scaled + 0.5 + NOISE)
        distance = np.linalg.norm(corner, axis=1)
        # The first of those that are equally near.
        first = corner[np.argmax(distance < distance.min() + NOISE)]
        # Of the lattice that runs through it, moved by the others' mean distance from that.
        origin = first + _from_sites(scaled - first).mean(axis=0)
        apart = _from_sites(scaled - origin)
        farthest = float(np.linalg.norm(apart, axis=1).max())
        sites = np.rint(2 * (scaled - origin - apart)).astype(np.int64) % (2 * np.array(supercell))
        if len(np.unique(sites, axis=0)) == n and (best is None or farthest < best[0]):
            best = farthest, supercell, origin / supercell
    if best is None or best[0] > FARTHEST:
        found = f"one is {best[0]:.2f} lattice parameters from its site" if best else f"{n} of them"
        raise StructureError(
            f"its anions do not lie on the face-centred lattice of conventional cells ({found}, "
            f"wanted at most {FARTHEST:g}); give the cubic cell with four anions, or whole "
            "multiples of it along each axis, not the primitive cell or another setting"
        )
    return best[1], best[2]


def _factors(n: int) -> Iterator[Supercell]:
    for a in range(1, n + 1):
        for b in range(1, n // a + 1):
            if n % (a * b) == 0:
                yield a, b, n // (a * b)


def _from_sites(scaled: FloatArray) -> FloatArray:
    """Compute vectors (n, 3) from the nearest lattice sites to points, in conventional cells."""
    apart = scaled[:, None] - _FACE_CENTRES
    apart -= np.round(apart)
    nearest = np.argmin((apart**2).sum(axis=-1), axis=1)
    return np.asarray(apart[np.arange(len(scaled)), nearest])


def _cage_first(
    symbols: tuple[str, ...], positions: FloatArray, atoms: Int32Array, force_field: ForceField
) -> npt.NDArray[np.intp]:
    """Order an anion's atoms: twelve B, then the H of each."""
    names = [symbols[i] for i in atoms]
    bonded = bond_graph(names, positions[atoms], atoms, force_field)
    cage = np.flatnonzero(np.array(names) == "B")
    hydrogen = np.flatnonzero(np.array(names) == "H")
    own = hydrogen[bonded[np.ix_(cage, hydrogen)].argmax(axis=1)]
    return np.asarray(atoms[np.concatenate([cage, own])])


def _inside(positions: FloatArray, centres: FloatArray, cell: FloatArray) -> FloatArray:
    """Move positions by the lattice vectors that bring their centres into the cell."""
    # A centre that lies on a face but for rounding stays there.
    return positions - np.floor(centres @ np.linalg.inv(cell) + 1e-9) @ cell
