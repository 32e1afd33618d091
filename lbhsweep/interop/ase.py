"""An ASE calculator of the force fields, for every tool that uses ASE."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, CalculatorSetupError, all_changes

from lbhsweep.arrays import FloatArray, Int32Array
from lbhsweep.engine.forcefield.potential import Accuracy, ForceFieldPotential
from lbhsweep.errors import ForceFieldError, StructureError
from lbhsweep.interop.ase_atoms import (
    MOLECULE,
    atoms_from_structure,
    structure_from_atoms,
)
from lbhsweep.physics.charges import Compensation, compensated_charges
from lbhsweep.physics.forcefield import DEFAULT_FORCE_FIELD, ForceField, load_force_field
from lbhsweep.physics.molecules import make_whole
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import build_topology
from lbhsweep.units import EV

__all__ = [
    "CalculatorStructureError",
    "LbhCalculator",
    "atoms_from_structure",
    "structure_from_atoms",
]

PARAMETERS = ("potential", "cutoff", "shift", "accuracy", "charge_compensation")
CHOICES = {"accuracy": get_args(Accuracy), "charge_compensation": get_args(Compensation)}
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


class CalculatorStructureError(StructureError, CalculatorSetupError):  # type: ignore[misc]
    """The atoms are not what the force field describes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """Data that depend on species and bonds only, kept between calculations."""

    force_field: ForceField
    potential: ForceFieldPotential
    symbols: tuple[str, ...]
    molecule: Int32Array
    bonds: Int32Array
    bond_limit: FloatArray

    def whole(self, atoms: Atoms) -> FloatArray | None:
        """Return whole molecules; None if the known bonds are no longer valid."""
        cell = np.array(atoms.cell)
        try:
            positions = make_whole(
                self.symbols, np.array(atoms.positions), cell, self.molecule, self.force_field
            )
        except StructureError:
            return None
        ends = positions[self.bonds]
        lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
        return positions if (lengths < self.bond_limit).all() else None


class LbhCalculator(Calculator):  # type: ignore[misc]
    """Energy, forces and stress of Li2B12H12 and similar crystals.

    Parameters
    ----------
    potential : str, Path or ForceField
        A shipped parameter set, or the path of a parameter file.
    cutoff : float
        Of pairs and of the real-space Coulomb sum, Å; at most half the smallest height of the
        cell.
    shift : bool
        Whether Buckingham energies are shifted to zero at the cutoff.
    accuracy : {'high', 'production'}
        The Ewald sum converged to 1e-9, or the particle mesh of production runs.
    charge_compensation : {'anions', 'cations', 'background'}
        What makes a cell with missing Li neutral; see `compensated_charges`.

    Raises
    ------
    ValueError
        If a parameter is impossible; `SpecError` or `ForceFieldError` for a potential.

    Notes
    -----
    Anions are taken from ``atoms.arrays["molecule"]`` (0 for Li, otherwise the anion's number)
    if there, otherwise found by their bonds.  Units are ASE's: eV, eV/Å, eV/Å³; the stress has
    ASE's sign and order (positive in tension; xx, yy, zz, yz, xz, xy).

    `calculate` raises `CalculatorStructureError` for species that the force field lacks,
    incomplete anions and cells that are not periodic, and `CutoffError` for cells too small.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]
    default_parameters: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        potential: str | Path | ForceField = DEFAULT_FORCE_FIELD,
        cutoff: float = 9.0,
        shift: bool = False,
        accuracy: Accuracy = "high",
        charge_compensation: Compensation = "anions",
    ) -> None:
        self._prepared: _Prepared | None = None
        self._force_field: ForceField
        super().__init__(
            potential=potential,
            cutoff=cutoff,
            shift=shift,
            accuracy=accuracy,
            charge_compensation=charge_compensation,
        )

    def set(self, **changes: Any) -> dict[str, Any]:
        """Change parameters; results and prepared data are dropped.

        Raises
        ------
        TypeError
            If a parameter is unknown.
        ValueError
            If a value is impossible; `SpecError` or `ForceFieldError` for a potential.
        """
        for name, value in changes.items():
            _require_possible(name, value)
        if "potential" in changes:
            given = changes["potential"]
            known = isinstance(given, ForceField)
            self._force_field = given if known else load_force_field(given)
            # As text, because ASE writes parameters into trajectories.
            changes["potential"] = given.name if known else str(given)
        self.reset()
        self._prepared = None
        changed: dict[str, Any] = super().set(**changes)
        return changed

    def check_state(self, atoms: Atoms, tol: float = 1e-15) -> list[str]:
        """Return what changed since the last calculation, molecule numbers included."""
        changes: list[str] = super().check_state(atoms, tol)
        if self.atoms is not None and not np.array_equal(
            self.atoms.arrays.get(MOLECULE, ()), atoms.arrays.get(MOLECULE, ())
        ):
            changes.append(MOLECULE)
        return changes

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Evaluate all properties at once."""
        super().calculate(atoms, properties, system_changes)
        known = {"positions", "cell", "initial_charges", "initial_magmoms"}
        if not known.issuperset(system_changes):
            self._prepared = None
        prepared = self._prepared
        positions = prepared.whole(self.atoms) if prepared else None
        if prepared is None or positions is None:
            prepared, positions = self._prepare(self.atoms)
        found = prepared.potential.single_point(positions, np.array(self.atoms.cell))
        stress = -found.virial / EV / self.atoms.get_volume()
        self.results = {
            "energy": found.energy / EV,
            "free_energy": found.energy / EV,
            "forces": found.forces / EV,
            "stress": np.array([(stress[i, j] + stress[j, i]) / 2 for i, j in VOIGT]),
        }

    def _prepare(self, atoms: Atoms) -> tuple[_Prepared, FloatArray]:
        chosen, force_field = self.parameters, self._force_field
        try:
            structure = structure_from_atoms(atoms, force_field)
            bonds, limit = _bonds(structure, force_field)
            charges = compensated_charges(structure, force_field, chosen.charge_compensation)
            potential = ForceFieldPotential(
                structure,
                force_field,
                charges,
                cutoff_A=chosen.cutoff,
                shift=chosen.shift,
                accuracy=chosen.accuracy,
            )
        except (StructureError, ForceFieldError) as error:
            raise CalculatorStructureError(str(error)) from error
        self._prepared = _Prepared(
            force_field, potential, structure.symbols, structure.molecule, bonds, limit
        )
        return self._prepared, structure.positions


def _require_possible(name: str, value: Any) -> None:
    if name not in PARAMETERS:
        raise TypeError(f"unknown parameter {name!r}, wanted one of {', '.join(PARAMETERS)}")
    if name == "cutoff" and not 0.0 < value < np.inf:
        raise ValueError(f"cutoff is {value}, wanted a positive length in Å")
    known = CHOICES.get(name, (value,))
    if value not in known:
        raise ValueError(f"{name} is {value!r}, wanted one of {', '.join(known)}")


def _bonds(structure: Structure, force_field: ForceField) -> tuple[Int32Array, FloatArray]:
    """Return the bonded pairs and their largest lengths, by which outdated bonds are noticed."""
    bonds = build_topology(structure, force_field).bonds
    longest = {frozenset((bond.a, bond.b)): bond.max_length for bond in force_field.bonds}
    symbols = structure.symbols
    limit = [longest[frozenset((symbols[i], symbols[j]))] for i, j in bonds]
    return bonds, np.array(limit)
