"""The final structure of a run, as ASE's `Atoms` and in the file formats that ASE writes."""

from __future__ import annotations

import warnings
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms

from lbhsweep.atomic import storing
from lbhsweep.errors import StoreError, StructureError
from lbhsweep.interop.ase_atoms import MOLECULE, structure_from_atoms
from lbhsweep.interop.lammps import data_file
from lbhsweep.interop.trajectory import wrapped
from lbhsweep.interop.trajectory_ase import ANGSTROM_PER_PS
from lbhsweep.physics.charges import compensated_charges, species_charges
from lbhsweep.physics.conventional import ConventionalCrystal
from lbhsweep.physics.files.formats import format_of
from lbhsweep.physics.files.from_ase import plain_reason
from lbhsweep.physics.files.read import read_structure_file
from lbhsweep.physics.forcefield import DEFAULT_FORCE_FIELD, ForceField, load_force_field
from lbhsweep.physics.structure import composition
from lbhsweep.simulation.end_state import EndState
from lbhsweep.simulation.setup import build_structure
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import RunPoint

SAME_VOLUME = 1e-3
"""Relative difference of volumes that the digits of a format may leave."""
WANTED = "an ending such as .extxyz, .cif, .vasp or .data"


def final_atoms(
    folder: SweepFolder,
    point: RunPoint,
    crystal: ConventionalCrystal | None = None,
    *,
    force_field: ForceField | None = None,
    wrap: bool = False,
) -> Atoms:
    """Return the atoms of a done run at its end.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder.
    point : RunPoint
        The run.
    crystal : ConventionalCrystal, optional
        Its start, if it wasn't built.
    force_field : ForceField, optional
        If given, atoms have the charges of the run.
    wrap : bool
        Whether to wrap ions into the cell, anions whole.

    Returns
    -------
    ase.Atoms
        Periodic, with cell, velocities and ``arrays["molecule"]``.

    Raises
    ------
    StructureError
        If the run isn't done, or was synthetic.
    StoreError
        If its record can't be read.
    """
    name = run_id(point)
    path = folder.record_path(name)
    end = EndState.from_record(read_record(path).arrays) if path.exists() else None
    if end is None:
        raise StructureError(
            f"{point.label}: has no final structure, wanted a run that is done and not synthetic; "
            f"see 'lbhsweep logs {folder.path} {name[:12]}'"
        )
    structure = build_structure(point, crystal)
    positions = end.positions
    if wrap:
        positions = wrapped(positions, end.cell, structure.molecule)
    atoms = Atoms(structure.symbols, positions, cell=end.cell, pbc=True, info={"run_id": name})
    atoms.set_array(MOLECULE, np.asarray(structure.molecule))
    atoms.set_velocities(end.velocities * ANGSTROM_PER_PS)
    if force_field is not None:
        mode = point.system.charge_compensation
        atoms.set_initial_charges(compensated_charges(structure, force_field, mode))
    return atoms


def write_atoms(path: Path, atoms: Atoms, force_field: ForceField | None = None) -> None:
    """Write atoms in the format of the file's ending.

    Parameters
    ----------
    path : Path
        The file.
    atoms : ase.Atoms
        With ``arrays["molecule"]``.
    force_field : ForceField, optional
        Defines bonds and angles of LAMMPS data, and charges if the atoms have none; by default
        that of Li2B12H12.

    Raises
    ------
    StructureError
        If ASE knows no such format, can't write these atoms in it, or it can't hold them: what was
        written must be readable as a start or by ``lbhsweep evaluate``.
    StoreError
        If the file can't be written.
    """
    kind = format_of(path.name)
    try:
        with storing(path), warnings.catch_warnings():
            # ASE warns of its own plans; what was written is checked below.
            warnings.simplefilter("ignore")
            if kind == "lammps-data":
                path.write_text(_lammps_data(atoms, force_field), encoding="utf-8")
            elif kind == "vasp" or "POSCAR" in path.name:
                ase.io.write(path, atoms, format="vasp", direct=True, sort=True)
            else:
                ase.io.write(path, atoms, format=kind)
    except StoreError:
        raise
    except Exception as error:
        # Whatever a writer of ASE meets.
        path.unlink(missing_ok=True)
        reason = plain_reason(error)
        raise StructureError(f"{path}: ASE can't write it ({reason}); wanted {WANTED}") from error
    _require_readable(path, atoms)


def _require_readable(path: Path, atoms: Atoms) -> None:
    """Delete what can't be read back: pictures, and formats without a periodic cell."""
    try:
        found = read_structure_file(path)
        volume = float(abs(np.linalg.det(found.cell)))
        got = f"{composition(found.symbols)} in {volume:.1f} Å³"
        is_same = composition(found.symbols) == composition(list(atoms.symbols)) and np.isclose(
            volume, atoms.cell.volume, rtol=SAME_VOLUME
        )
    except StructureError as error:
        is_same, got = False, str(error)
    if not is_same:
        path.unlink(missing_ok=True)
        raise StructureError(
            f"{path}: this format does not keep the crystal (read back: {got:.200}); wanted "
            f"{WANTED}"
        )


def _lammps_data(atoms: Atoms, force_field: ForceField | None) -> str:
    """Write data that LAMMPS can run: ASE's own writer has neither bonds nor angles."""
    force_field = force_field or load_force_field(DEFAULT_FORCE_FIELD)
    structure = structure_from_atoms(atoms, force_field)
    velocities = atoms.get_velocities() / ANGSTROM_PER_PS
    given = atoms.arrays.get("initial_charges")
    charges = species_charges(structure, force_field) if given is None else np.asarray(given)
    return data_file(structure, velocities, force_field, charges)
