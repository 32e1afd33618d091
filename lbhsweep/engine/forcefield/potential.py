"""The force field as a `Potential`: topology and parameters turned into what kernels read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numba as nb
import numpy as np
from scipy.special import erfcinv

from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.engine import neighbors
from lbhsweep.engine.cell import cell_volume
from lbhsweep.engine.force_buffers import ForceBuffers
from lbhsweep.engine.forcefield import ewald, pme
from lbhsweep.engine.forcefield.intramolecular import (
    intramolecular_forces,
    intramolecular_tables,
    intramolecular_terms,
)
from lbhsweep.engine.forcefield.pair_sum import (
    CELL_TOO_SMALL,
    NOT_FINITE,
    VALID,
    PairSum,
)
from lbhsweep.engine.forcefield.pair_table import PairTable
from lbhsweep.engine.forcefield.screening import erf_polynomial
from lbhsweep.engine.molecules import bonded
from lbhsweep.engine.molecules.lanes import lay_out
from lbhsweep.engine.vectors.aligned import aligned_full
from lbhsweep.errors import CutoffError, LostAtomsError, NotFiniteError
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import build_topology

Accuracy = Literal["production", "high"]

SCREENING = {"production": 1e-5, "high": 1e-10}
"""erfc(α·cutoff): what the truncated real-space sum leaves out, relative to the bare charge."""
ERF_TOLERANCE = {"production": 3e-7, "high": 1e-12}
"""Of the screening's polynomial, relative to the force between overlapping screened charges."""
MESH_SPACING = 0.47
"""Mesh spacing of production runs in units of 1/α."""
STRETCH = 1.5
"""Distances inside molecules may grow by this factor before a molecule counts as torn."""


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


class ForceFieldPotential:
    """Coulomb, Buckingham, bonds and angles of a `ForceField` on one structure.

    Parameters
    ----------
    structure : Structure
        Provides species, anions and the cell that sizes the first mesh.
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
        self.n_atoms = len(structure.symbols)
        self.cutoff_A = float(cutoff_A)
        self.accuracy = accuracy
        topology = build_topology(structure, force_field)
        self.masses = np.array([species[s].mass for s in structure.symbols])
        self.charges = (
            np.array([species[s].charge for s in structure.symbols])
            if charges is None
            else np.array(charges, dtype=np.float64)
        )
        self._charged = np.flatnonzero(self.charges).astype(np.uint32)
        self.alpha = float(erfcinv(SCREENING[accuracy])) / self.cutoff_A
        self._k_max = 2.0 * self.alpha * float(erfcinv(SCREENING[accuracy]))
        self._self_energy = ewald.self_energy(self.charges, self.alpha)
        self._background = ewald.background_energy(self.charges, self.alpha, 1.0)
        tolerance = ERF_TOLERANCE[accuracy]
        kinds = [(s, float(q)) for s, q in zip(structure.symbols, self.charges, strict=True)]
        table = PairTable(force_field, self.cutoff_A, shift=shift)
        self._pairs = PairSum(
            structure.molecule,
            kinds,
            table,
            erf_polynomial(self.alpha, self.cutoff_A, tolerance),
            np.float32 if accuracy == "production" else np.float64,
        )
        inside, longest = intramolecular_terms(structure, topology.exclusions, kinds, table)
        terms = bonded.bonded_terms(
            topology.bonds,
            topology.bond_k,
            topology.bond_length,
            topology.angles,
            topology.angle_k,
            topology.angle_theta,
        )
        layout = lay_out(structure.molecule, terms | {"pair": inside})
        self.bonded = bonded.tables_of(layout)
        self._intramolecular = intramolecular_tables(layout)
        self._reach_inside = STRETCH * longest
        self._screening_inside = erf_polynomial(self.alpha, self._reach_inside, tolerance)
        self._slots = aligned_full((3, len(layout.atoms)), 0.0, np.float64)
        self._slot_forces = aligned_full((3, len(layout.atoms)), 0.0, np.float64)
        self._mesh: pme.Mesh | None = None
        self._list: tuple[FloatArray, FloatArray] | None = None

    def update(self, positions: FloatArray, cell: FloatArray, step: int = 0) -> None:
        """Rebuild the neighbour lists if a pair outside them may have come within the cutoff."""
        found = self._pairs.survey(positions, cell)
        if found == VALID:
            return
        if found == NOT_FINITE:
            atoms = np.flatnonzero(~np.isfinite(positions).all(axis=1))[:5]
            raise NotFiniteError(f"positions of atoms {atoms.tolist()} or the cell are NaN", step)
        if found == CELL_TOO_SMALL:
            half = float(neighbors.heights(cell).min()) / 2.0
            raise CutoffError(
                f"the cutoff of {self.cutoff_A:g} Å exceeds half the smallest height of the cell, "
                f"{half:.6g} Å; take a larger supercell or a cutoff below that (if the crystal has "
                "collapsed on the way here, the force field lacks what holds it apart)",
                step,
            )
        self.restore_list(positions, cell)

    def list_state(self) -> tuple[FloatArray, FloatArray] | None:
        """Return positions and cell at which the lists were last built."""
        return self._list

    def restore_list(self, positions: FloatArray, cell: FloatArray) -> None:
        """Build lists, mesh and k-vectors; a pure function of positions and cell."""
        self._list = positions.copy(), cell.copy()
        self._pairs.build(positions, cell)
        if self.accuracy == "high":
            self._triples = ewald.k_vectors(cell, self._k_max)
        else:
            shape = pme.mesh_shape(cell, MESH_SPACING / self.alpha)
            if self._mesh is None or tuple(self._mesh.shape) != shape:
                self._mesh = pme.make_mesh(shape, len(self._charged))

    def slow(
        self, positions: FloatArray, cell: FloatArray, out: ForceBuffers, *, energies: bool = True
    ) -> None:
        """Evaluate Buckingham pairs and the Coulomb sum; `update` must have been called.

        Raises
        ------
        AtomsTooCloseError
            If a pair has fallen into the unphysical well of its Buckingham terms.
        LostAtomsError
            If a molecule is torn.
        """
        out.virial[:] = 0.0
        out.energies[:] = 0.0
        self._pairs.evaluate(positions, cell, out.virial, out.energies if energies else None)
        self._inside(positions, out)
        gather_forces(
            self._pairs.forces, self._pairs.slot, self._slot_forces, self.bonded.slot, out.forces
        )
        out.energies[3] = self._reciprocal(positions, cell, out)
        if not energies:
            out.energies[:] = np.nan

    def _inside(self, positions: FloatArray, out: ForceBuffers) -> None:
        """Overwrite the slots' forces with those of pairs inside molecules."""
        furthest = intramolecular_forces(
            positions,
            self._slots,
            self._intramolecular,
            self._screening_inside,
            self._slot_forces,
            out.virial,
            out.energies,
        )
        if furthest > self._reach_inside**2:
            raise LostAtomsError(
                f"two atoms of one anion are {furthest**0.5:.3g} Å apart, at most "
                f"{self._reach_inside:.3g} Å is believed: the anion is torn; check its bonds and "
                "pairs in the parameter file, or try a shorter timestep"
            )

    def _reciprocal(self, positions: FloatArray, cell: FloatArray, out: ForceBuffers) -> float:
        forces, virial = out.forces, out.virial
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
        background = self._background / float(cell_volume(cell))
        for k in range(3):
            virial[k, k] += background
        return float(energy) + self._self_energy + background

    def parts(self, positions: FloatArray, cell: FloatArray) -> dict[str, Callable[[], object]]:
        """Return each part of the work as a call of its own, for timing."""
        self.update(positions, cell)
        out = ForceBuffers.empty(self.n_atoms, len(self.slow_terms))
        slots = np.ascontiguousarray(positions[self.bonded.atoms].T)
        energies, virial = np.zeros(2), np.zeros((3, 3))
        return {
            "list_check": lambda: self._pairs.survey(positions, cell),
            "list": lambda: self.restore_list(positions, cell),
            "pairs": lambda: self._pairs.evaluate(positions, cell, out.virial, None),
            "intramolecular": lambda: self._inside(positions, out),
            "reciprocal": lambda: self._reciprocal(positions, cell, out),
            "bonded": lambda: bonded.bonded_forces(
                slots, self.bonded, self._slot_forces, virial, energies
            ),
        }

    def single_point(self, positions: FloatArray, cell: FloatArray) -> SinglePoint:
        """Evaluate one configuration with energies by term."""
        positions = np.ascontiguousarray(positions, dtype=np.float64)
        cell = np.ascontiguousarray(cell, dtype=np.float64)
        self.update(positions, cell)
        fast = bonded.atom_forces(positions, self.bonded)
        slow = ForceBuffers.empty(self.n_atoms, len(self.slow_terms))
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


@nb.njit(cache=True, nogil=True)
def gather_forces(
    between: FloatArray,
    between_slot: IntArray,
    inside: FloatArray,
    inside_slot: IntArray,
    out: FloatArray,
) -> None:
    """Add forces between (3, n) and inside molecules (3, m), from slots to atoms (n_atoms, 3)."""
    for i in range(out.shape[0]):
        a = between_slot[i]
        b = inside_slot[i]
        for k in range(3):
            out[i, k] = between[k, a] + inside[k, b]
