"""Where a run ended, in other programs' files."""

from contextlib import nullcontext

import ase.io
import numpy as np
import pytest
from click.testing import CliRunner
from execution.serial_executor import SerialExecutor
from interop.run_lammps import lammps

from lbhsweep.cli import command
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.errors import StructureError
from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.execution.worker.workload import MolecularDynamics
from lbhsweep.interop.ase_atoms import structure_from_atoms
from lbhsweep.interop.final_structure import final_atoms, write_atoms
from lbhsweep.interop.lammps import KCAL, force_commands
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.simulation.end_state import EndState
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record
from lbhsweep.sweep import expand_grid, load_sweep, run_id

SWEEP = """\
name: final
system: {supercell: 1}
model: {cutoff: 4.5 Å}
axes: {pressure: 0 GPa, temperature: 400 K, replica: 1}
protocol: {hold: {equilibrate: 0.02 ps, produce: 0.1 ps}}
dynamics: {sample_every: 2 fs}
observables: [thermo]
"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A folder with one real run, its point and where it ended."""
    path = tmp_path_factory.mktemp("final")
    file = path / "sweep.yaml"
    file.write_text(SWEEP)
    grid = expand_grid(load_sweep(file))
    folder = SweepFolder(path / "out")
    workload = MolecularDynamics(tuple(grid.force_fields.values()))
    run_sweep(folder, grid, SWEEP, workload, lambda: nullcontext(SerialExecutor()))
    (point,) = grid.points
    return (
        folder,
        point,
        EndState.from_record(read_record(folder.record_path(run_id(point))).arrays),
    )


@pytest.mark.parametrize("name", ["end.extxyz", "end.cif", "end.vasp", "POSCAR", "end.data"])
def test_the_end_is_read_back_by_ase(sweep, tmp_path, name):
    folder, point, end = sweep
    path = tmp_path / name
    done = CliRunner().invoke(
        command, ["export", "structure", str(folder.path), "400 K", "--output", str(path), "--wrap"]
    )
    assert done.exit_code == 0, done.output
    options = {"format": "lammps-data"} if name == "end.data" else {}
    read = ase.io.read(path, **options)
    assert len(read) == len(end.positions)
    assert read.cell.volume == pytest.approx(np.linalg.det(end.cell), rel=1e-6)
    assert sorted(read.get_chemical_symbols()) == sorted(final_atoms(folder, point).symbols)
    wanted = np.sort(final_atoms(folder, point, wrap=True).get_all_distances(mic=True), axis=None)
    found = np.sort(read.get_all_distances(mic=True), axis=None)
    assert np.allclose(found, wanted, atol=2e-3)


def test_lammps_continues_from_an_end_with_its_charges_bonds_and_velocities(sweep, tmp_path):
    folder, point, end = sweep
    force_field = load_force_field("lbh-2021")
    atoms = final_atoms(folder, point, force_field=force_field)
    write_atoms(tmp_path / "end.data", atoms, force_field)
    structure = structure_from_atoms(atoms, force_field)
    found = ForceFieldPotential(structure, force_field, cutoff_A=4.5, accuracy="high").single_point(
        structure.positions, structure.cell
    )
    commands = force_commands(
        "end.data", force_field, cutoff_A=4.5, shift=False, kspace="ewald 1.0e-7"
    )
    commands += [
        "thermo_style custom step pe ke",
        "thermo_modify norm no format float %.12g",
        "run 0",
    ]
    (tmp_path / "in.end").write_text("\n".join(commands) + "\n")
    row = lammps(tmp_path, "in.end")
    assert row["PotEng"] * KCAL == pytest.approx(found.energy, rel=1e-6)
    masses = np.array([force_field.species[symbol].mass for symbol in structure.symbols])
    kinetic = 0.5 * (masses * (end.velocities**2).sum(axis=1)).sum() * 0.01
    assert row["KinEng"] * KCAL == pytest.approx(kinetic, rel=1e-6)


def test_extended_xyz_keeps_velocities_and_anions(sweep, tmp_path):
    folder, point, end = sweep
    atoms = final_atoms(folder, point)
    assert np.array_equal(atoms.positions, end.positions)
    write_atoms(tmp_path / "x.extxyz", atoms)
    read = ase.io.read(tmp_path / "x.extxyz")
    assert np.allclose(read.get_velocities(), atoms.get_velocities(), atol=1e-6)
    assert np.array_equal(read.arrays["molecule"], atoms.arrays["molecule"])


def test_runs_without_an_end_and_unknown_formats_are_refused(sweep, tmp_path):
    folder, point, _ = sweep
    with pytest.raises(StructureError, match=r"has no final structure, wanted a run that is done"):
        final_atoms(SweepFolder(tmp_path), point)
    with pytest.raises(StructureError, match=r"x\.foo: ASE can't write it"):
        write_atoms(tmp_path / "x.foo", final_atoms(folder, point))
    assert not (tmp_path / "x.foo").exists()
