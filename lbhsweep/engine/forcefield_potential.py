"""The force field as a `Potential`: topology and parameters turned into what kernels read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import erfcinv

from lbhsweep.engine import bonded, ewald, neighbors, pair, pme
from lbhsweep.engine.potential import FloatArray, ForceBuffers, IntArray
from lbhsweep.errors import AtomsTooCloseError, CutoffError, NotFiniteError
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import build_topology
from lbhsweep.units import COULOMB

Accuracy = Literal["production", "high"]

SCREENING = {"production": 4e-6, "high": 1e-10}
"""erfc(α·cutoff): what the truncated real-space sum leaves out, relative to the bare charge."""
MESH_SPACING = 0.36
"""Mesh spacing of production runs in units of 1/α."""
SKIN_A = 2.0
"""Margin of the neighbour list beyond the cutoff, Å.

At 600 K a list then lasts 8 outer steps of 2 fs (3.5 with 1 Å), and a step of 832 atoms takes
2.5 ms instead of 3.0.
"""
WELL_DEPTH = 50.0
"""kJ/mol: a pair that only attracts is too close where it binds more strongly than this."""


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """Energies by term, forces and virial of one configuration.

    Attributes
    ----------
    energies : dict
        kJ/mol by term: buckingham, coulomb, bond, angle.
    forces : (n_atoms, 3) float64
        kJ/mol/Å.
    virial : (3, 3) float64
        W = Σ r⊗F in kJ/mol.
    """

    energies: dict[str, float]
    forces: FloatArray
    virial: FloatArray

    @property
    def energy(self) -> float:
        """Sum of all terms in kJ/mol."""
        return sum(self.energies.values())


@dataclass(slots=True)
class _PairKind:
    """One interacting pair of species and its current neighbour list."""

    symbols: tuple[str, str]
    owners: npt.NDArray[np.uint32]
    members: npt.NDArray[np.uint32]
    terms: pair.PairType
    closest: float
    pairs: neighbors.PairList | None = None


class ForceFieldPotential:
    """Coulomb, Buckingham, bonds and angles of a `ForceField` on one structure.

    Parameters
    ----------
    structure : Structure
        Gives species, anions and the cell that sizes the first mesh.
    force_field : ForceField
    charges : (n_atoms,) float64, optional
        e; the species' own charges if not given.
    cutoff_A : float
        Of pairs and of the real-space Coulomb sum, Å.
    shift : bool
        Whether Buckingham energies are shifted to zero at the cutoff.
    accuracy : {'production', 'high'}
        Smooth particle-mesh Ewald, or the direct Ewald sum converged to 1e-9.

    Raises
    ------
    ForceFieldError
        If the force field lacks a species of the structure.
    StructureError
        If an anion is not whole.
    CutoffError
        On `update`, if the cutoff exceeds half the smallest height of the cell.
    """

    fast_terms = ("bond", "angle")
    slow_terms = ("buckingham", "coulomb_real", "coulomb_excluded", "coulomb_reciprocal")

    def __init__(
        self,
        structure: Structure,
        force_field: ForceField,
        charges: FloatArray | None = None,
        *,
        cutoff_A: float,
        shift: bool = False,
        accuracy: Accuracy = "production",
    ) -> None:
        species = force_field.species
        symbols = np.array(structure.symbols)
        self.n_atoms = len(symbols)
        self.cutoff_A = float(cutoff_A)
        self.accuracy = accuracy
        topology = build_topology(structure, force_field)
        self.masses = np.array([species[s].mass for s in structure.symbols])
        self.charges = (
            np.array([species[s].charge for s in structure.symbols])
            if charges is None
            else np.array(charges, dtype=np.float64)
        )
        self.alpha = float(erfcinv(SCREENING[accuracy])) / self.cutoff_A
        self._k_max = 2.0 * self.alpha * float(erfcinv(SCREENING[accuracy]))
        self._erf = pair.erf_polynomial(self.alpha, self.cutoff_A)
        self.bonded = bonded.bonded_tables(
            structure.molecule,
            topology.bonds,
            topology.bond_k,
            topology.bond_length,
            topology.angles,
            topology.angle_k,
            topology.angle_theta,
        )
        self._molecule = np.ascontiguousarray(structure.molecule, dtype=np.int32)
        self._exclusions = neighbors.exclusions_by_atom(topology.exclusions, self.n_atoms)
        self._charged = np.flatnonzero(self.charges).astype(np.uint32)
        i, j = topology.exclusions.reshape(-1, 2).T
        both_charged = (self.charges[i] != 0.0) & (self.charges[j] != 0.0)
        self._excluded_pairs = topology.exclusions[both_charged].astype(np.uint32)
        self._kinds = tuple(self._pair_kinds(symbols, force_field, shift))
        self._images = np.empty((neighbors.IMAGE_SPAN**3, 3))
        self._wrapped = np.empty((3, self.n_atoms))
        self._forces = np.empty((3, self.n_atoms))
        self._translations = np.zeros((self.n_atoms, 3), np.int32)
        self._list_positions: FloatArray | None = None
        self._list_cell = np.array(structure.cell)
        self._scratch = np.empty((3, 0))

    def _pair_kinds(
        self, symbols: npt.NDArray[np.str_], force_field: ForceField, shift: bool
    ) -> Iterator[_PairKind]:
        """Make the interacting pairs of species, the rarer one owning the lists.

        Atoms of one species whose charges differ are kinds of their own.
        """
        labels = [(s, float(q)) for s, q in zip(symbols, self.charges, strict=True)]
        groups = {
            label: np.array([k for k, other in enumerate(labels) if other == label], np.uint32)
            for label in dict.fromkeys(labels)
        }
        ordered = sorted(groups, key=lambda label: (len(groups[label]), label))
        parameters = {frozenset((b.a, b.b)): b for b in force_field.buckingham}
        for p, first in enumerate(ordered):
            for second in ordered[p:]:
                found = parameters.get(frozenset((first[0], second[0])))
                a, rho, c = (found.A, found.rho, found.C) if found else (0.0, 1.0, 0.0)
                if a == 0.0 and c == 0.0 and first[1] * second[1] == 0.0:
                    continue
                qq = COULOMB * first[1] * second[1]
                offset = a * math.exp(-self.cutoff_A / rho) - c / self.cutoff_A**6
                terms = pair.PairType(
                    pair.Repulsion(a, 1.0 / rho) if a else None,
                    c or None,
                    pair.Screened(qq, self._erf) if qq else None,
                    offset if shift else 0.0,
                )
                yield _PairKind(
                    (first[0], second[0]),
                    groups[first],
                    groups[second],
                    terms,
                    _closest_approach(a, rho, c, qq),
                )

    def update(self, positions: FloatArray, cell: FloatArray, step: int = 0) -> None:
        """Rebuild the neighbour list if a pair outside it may have come within the cutoff."""
        if not np.isfinite(positions).all() or not np.isfinite(cell).all():
            atoms = np.flatnonzero(~np.isfinite(positions).all(axis=1))[:5]
            raise NotFiniteError(f"positions of atoms {atoms.tolist()} or the cell are NaN", step)
        half = float(neighbors.heights(cell).min()) / 2.0
        if self.cutoff_A > half:
            raise CutoffError(
                f"the cutoff of {self.cutoff_A:g} Å exceeds half the smallest height of the cell, "
                f"{half:.3f} Å; take a larger supercell or a cutoff below that",
                step,
            )
        if self._list_positions is None or neighbors.needs_rebuild(
            positions,
            cell,
            self._list_positions,
            self._list_inverse_cell,
            self.cutoff_A + SKIN_A,
            SKIN_A,
        ):
            self.restore_list(positions, cell)

    def list_state(self) -> tuple[FloatArray, FloatArray] | None:
        """Give positions and cell at which the list was last built."""
        if self._list_positions is None:
            return None
        return self._list_positions, self._list_cell

    def restore_list(self, positions: FloatArray, cell: FloatArray) -> None:
        """Build lists, mesh and k-vectors; a pure function of positions and cell."""
        self._list_positions = positions.copy()
        self._list_cell = cell.copy()
        self._list_inverse_cell = np.linalg.inv(cell)
        neighbors.wrap_translations(positions, self._list_inverse_cell, self._translations)
        neighbors.wrap(positions, cell, self._translations, self._wrapped)
        longest = 0
        for kind in self._kinds:
            kind.pairs = neighbors.build_pair_list(
                self._wrapped,
                cell,
                self._translations,
                self._molecule,
                self._exclusions,
                kind.owners,
                kind.members,
                self.cutoff_A + SKIN_A,
            )
            longest = max(longest, int(np.diff(kind.pairs.start).max(initial=0)))
        if self._scratch.shape[1] < longest:
            self._scratch = np.empty((3, longest + longest // 4))
        if self.accuracy == "high":
            self._triples = ewald.k_vectors(cell, self._k_max)
        else:
            self._mesh = pme.make_mesh(neighbors.heights(cell), MESH_SPACING / self.alpha)

    def fast(self, positions: FloatArray, cell: FloatArray, out: ForceBuffers) -> None:
        """Evaluate bonds and angles."""
        slots = np.ascontiguousarray(positions[self.bonded.atoms].T)
        forces = np.empty_like(slots)
        bonded.bonded_forces(slots, self.bonded, forces, out.virial, out.energies)
        out.forces[:] = forces[:, self.bonded.slot].T

    def slow(self, positions: FloatArray, cell: FloatArray, out: ForceBuffers) -> None:
        """Evaluate Buckingham pairs and the Coulomb sum; `update` must have been called."""
        neighbors.image_vectors(cell, self._images)
        neighbors.wrap(positions, cell, self._translations, self._wrapped)
        forces = self._forces
        forces[:] = 0.0
        out.virial[:] = 0.0
        out.energies[:] = 0.0
        bx, by, bz = self._scratch
        for kind in self._kinds:
            too_close = pair.pair_forces(
                self._wrapped,
                self._images,
                kind.pairs,
                *kind.terms,
                self.cutoff_A,
                kind.closest,
                bx,
                by,
                bz,
                forces,
                out.virial,
                out.energies,
            )
            if too_close > 0.0:
                self._raise_too_close(kind)
        out.energies[2] = pair.excluded_forces(
            positions, self._excluded_pairs, self.charges, self.alpha, COULOMB, forces, out.virial
        )
        out.energies[3] = self._reciprocal(positions, cell, forces, out.virial)
        out.forces[:] = forces.T

    def _reciprocal(
        self, positions: FloatArray, cell: FloatArray, forces: FloatArray, virial: FloatArray
    ) -> float:
        if len(self._charged) == 0:
            return 0.0
        if self.accuracy == "high":
            energy = ewald.ewald_forces(
                positions,
                cell,
                self.charges,
                self._charged,
                self._triples,
                self.alpha,
                forces,
                virial,
            )
        else:
            energy = pme.pme_forces(
                positions, cell, self.charges, self._charged, self._mesh, self.alpha, forces, virial
            )
        background = ewald.background_energy(self.charges, self.alpha, abs(np.linalg.det(cell)))
        virial[np.diag_indices(3)] += background
        return float(energy) + ewald.self_energy(self.charges, self.alpha) + background

    def _raise_too_close(self, kind: _PairKind) -> None:
        assert kind.pairs is not None  # noqa: S101 - for the type checker; slow needs update
        owner = np.repeat(kind.pairs.owners, np.diff(kind.pairs.start))
        d = (
            self._wrapped[:, kind.pairs.atoms].T
            + self._images[kind.pairs.images]
            - self._wrapped[:, owner].T
        )
        r = np.linalg.norm(d, axis=1)
        k = int(np.argmin(r))
        raise AtomsTooCloseError(
            f"atoms {owner[k]} ({kind.symbols[0]}) and {kind.pairs.atoms[k]} ({kind.symbols[1]}) "
            f"are {r[k]:.3f} Å apart, within the unphysical well of their Buckingham pair "
            f"(below {kind.closest:.3f} Å); check the start structure, or take a shorter timestep"
        )

    def single_point(self, positions: FloatArray, cell: FloatArray) -> SinglePoint:
        """Evaluate one configuration with energies by term."""
        positions = np.ascontiguousarray(positions, dtype=np.float64)
        cell = np.ascontiguousarray(cell, dtype=np.float64)
        self.update(positions, cell)
        fast = ForceBuffers.empty(self.n_atoms, len(self.fast_terms))
        slow = ForceBuffers.empty(self.n_atoms, len(self.slow_terms))
        self.fast(positions, cell, fast)
        self.slow(positions, cell, slow)
        return SinglePoint(
            {
                "buckingham": float(slow.energies[0]),
                "coulomb": float(slow.energies[1:].sum()),
                "bond": float(fast.energies[0]),
                "angle": float(fast.energies[1]),
            },
            fast.forces + slow.forces,
            fast.virial + slow.virial,
        )


def _closest_approach(a: float, rho: float, c: float, charge_product: float) -> float:
    """Find where the force of a pair turns attractive on the way in from 2 Å; 0 if nowhere."""
    if c == 0.0 and charge_product >= 0.0:
        return 0.0
    if a == 0.0:
        return float((c / WELL_DEPTH) ** (1.0 / 6.0))
    r = np.arange(2.0, 0.05, -0.001)
    force = a / rho * np.exp(-r / rho) - 6.0 * c / r**7 + charge_product / r**2
    repelled = np.flatnonzero(force > 0.0)
    if len(repelled) == 0:
        return 0.0
    inner = np.flatnonzero(force[repelled[0] :] < 0.0)
    return float(r[repelled[0] + inner[0]]) if len(inner) else 0.0


__all__ = ["Accuracy", "ForceFieldPotential", "IntArray", "SinglePoint"]
