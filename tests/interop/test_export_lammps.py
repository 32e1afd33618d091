"""LAMMPS itself finds the energies and forces that an exported run says it must."""

import json
from dataclasses import replace

import numpy as np
import pytest
from interop.run_lammps import lammps
from simulation.simulation_points import FORCE_FIELD, coexist_point

from lbhsweep.errors import ForceFieldError, StructureError
from lbhsweep.interop.lammps import data_file, force_commands
from lbhsweep.interop.lammps_export import COLUMNS, export_run
from lbhsweep.physics.charges import compensated_charges
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.simulation.end_state import EndState
from lbhsweep.simulation.setup import build_structure
from lbhsweep.sweep import expand_grid, load_sweep

SWEEP = """\
name: export
system: {{supercell: 2, charge_compensation: {compensation}}}
model: {{cutoff: 8 Å, shift: {shift}}}
axes: {{potential: {potential}, pressure: 0.2 GPa, temperature: 500 K, n_vacancies: {vacancies}}}
protocol: {{hold: {{equilibrate: 1 ps, produce: 1 ps}}}}
"""


def the_point(folder, potential="lbh-2021", vacancies=0, compensation="anions", shift="false"):
    file = folder / "sweep.yaml"
    file.write_text(
        SWEEP.format(
            potential=potential, vacancies=vacancies, compensation=compensation, shift=shift
        )
    )
    grid = expand_grid(load_sweep(file))
    (point,) = grid.points
    return point, grid.force_fields[potential]


def assert_same(folder):
    """See that LAMMPS agrees by term, in total and in every force."""
    found = lammps(folder)
    expected = json.loads((folder / "expected.json").read_text())
    ours = expected["energies_kcal_mol"]
    terms = {
        "buckingham": found["E_vdwl"],
        "coulomb": found["E_coul"] + found["E_long"],
        "bond": found["E_bond"],
        "angle": found["E_angle"],
        "total": found["PotEng"],
    }
    assert terms.keys() == ours.keys()
    for term, energy in terms.items():
        assert ours[term] == pytest.approx(energy, rel=1e-6), term
    rows = np.loadtxt(folder / "forces.dump", skiprows=9)
    forces = np.array(expected["forces_kcal_mol_A"])
    assert np.array_equal(rows[:, 0], np.arange(1, len(forces) + 1))
    # Of a relaxed crystal they all but cancel; thermal ones are 10 kcal/mol/Å.
    assert np.abs(rows[:, 1:] - forces).max() < 2e-4


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"potential": "lbh-2021-fullk", "shift": "true"},
        {"potential": "lbh-2021-stiff", "vacancies": 2},
    ],
    ids=["printed", "full-k-shifted", "stiff-vacancies"],
)
def test_lammps_finds_the_first_energies_and_forces(tmp_path, keys):
    point, force_field = the_point(tmp_path, **keys)
    done = export_run(tmp_path / "out", point, force_field)
    assert done.energies.keys() == COLUMNS.keys()
    assert_same(tmp_path / "out")


def test_a_run_that_follows_in_a_tilted_cell_is_rotated_for_lammps(tmp_path):
    point, force_field = the_point(tmp_path)
    structure = build_structure(point)
    rng = np.random.default_rng(3)
    strain = np.eye(3) + 0.02 * rng.normal(size=(3, 3))
    centres = np.array([structure.positions[structure.molecule == m].mean(axis=0)
                        for m in range(1, structure.molecule.max() + 1)])  # fmt: skip
    moved = structure.positions @ strain
    for m, centre in enumerate(centres, 1):
        # Anions keep their shape, as they do in a run.
        mine = structure.molecule == m
        moved[mine] = structure.positions[mine] - centre + centre @ strain
    moved += 0.02 * rng.normal(size=moved.shape)
    end = EndState(moved, rng.normal(size=moved.shape), structure.cell @ strain, np.zeros((3, 3)))
    follower = replace(point, follows="0" * 64)
    export_run(tmp_path / "out", follower, force_field, end)
    assert "xy xz yz" in (tmp_path / "out" / "start.data").read_text()
    assert_same(tmp_path / "out")
    with pytest.raises(StructureError, match="follows run"):
        export_run(tmp_path / "no", follower, force_field, None)


def test_lammps_can_do_the_exported_run(tmp_path):
    point, force_field = the_point(tmp_path)
    export_run(tmp_path, point, force_field)
    short = (tmp_path / "in.run").read_text().replace("run 500", "run 3")
    assert short.count("run 3\n") == 2
    (tmp_path / "in.short").write_text(short)
    first = lammps(tmp_path, "in.short")
    assert first["Volume"] > 0
    assert "fix move all npt temp 500 500 100 iso" in short


def test_what_lammps_cannot_exclude_is_refused():
    force_field = replace(load_force_field("lbh-2021"), exclusion_depth=2)
    structure = build_alpha((1, 1, 1))
    charges = compensated_charges(structure, force_field, "anions")
    with pytest.raises(ForceFieldError, match="exclusion_depth is 2"):
        data_file(structure, np.zeros((structure.n_atoms, 3)), force_field, charges)
    commands = force_commands("x", force_field, cutoff_A=8.0, shift=True, kspace="pppm 1e-4")
    assert "pair_modify shift yes" in commands


def test_a_run_in_which_two_phases_meet_is_refused(tmp_path):
    with pytest.raises(StructureError, match="wanted a hold or a ramp"):
        export_run(tmp_path, coexist_point(), FORCE_FIELD)
    assert not list(tmp_path.iterdir())
