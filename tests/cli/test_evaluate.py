"""``lbhsweep evaluate``: its numbers, its text and its refusals."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import read
from click.testing import CliRunner

from lbhsweep.cli.evaluate import command
from lbhsweep.interop.ase import atoms_from_structure
from lbhsweep.physics.crystal import build_alpha

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
GPA = 0.602214076
"""kJ/mol/Å³ per GPa."""


def evaluate(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def cell(tmp_path):
    """One cubic cell of the crystal in a file."""
    path = tmp_path / "cell.extxyz"
    atoms_from_structure(build_alpha((1, 1, 1))).write(path)
    return path


@pytest.mark.parametrize("name", ["alpha_300K_triclinic", "beta_600K_4vacancies"])
def test_json_is_what_lammps_found(tmp_path, name):
    arrays = np.load(REFERENCE / f"{name}.npz")
    described = json.loads((REFERENCE / f"{name}.json").read_text())
    path = tmp_path / "snapshot.extxyz"
    atoms = Atoms(arrays["symbols"].tolist(), arrays["positions"], cell=arrays["cell"], pbc=True)
    atoms.write(path)
    outcome = evaluate(path, "--json")
    assert outcome.exit_code == 0, outcome.output
    found = json.loads(outcome.stdout)
    lammps = described["energy_kJ_mol"]
    assert found["energies_kJ_mol"] == pytest.approx(
        {
            "buckingham": lammps["evdwl"],
            "coulomb": lammps["ecoul"] + lammps["elong"],
            "bond": lammps["ebond"],
            "angle": lammps["eangle"],
            "total": lammps["pe"],
        },
        rel=2e-6,
    )
    volume = described["volume_A3"]
    assert found["volume_A3"] == pytest.approx(volume, rel=1e-7)
    stress = -arrays["virial"] / volume / GPA
    np.testing.assert_allclose(found["stress_GPa"], stress, atol=1e-5)
    assert found["pressure_GPa"] == pytest.approx(-np.trace(stress) / 3, abs=1e-5)
    forces = np.array(found["forces_kJ_mol_A"])
    np.testing.assert_allclose(forces, arrays["forces"], atol=2e-3)
    assert found["max_force_kJ_mol_A"] == pytest.approx(
        np.linalg.norm(arrays["forces"], axis=1).max(), rel=1e-5
    )
    assert found["rms_force_kJ_mol_A"] == pytest.approx(
        np.sqrt(np.mean(arrays["forces"] ** 2)), rel=1e-5
    )
    assert (found["formula_units"], found["n_atoms"]) == (32, len(atoms))


def test_text_says_the_same_as_json(cell):
    text = evaluate(cell, "--cutoff", 4.5)
    found = json.loads(evaluate(cell, "--cutoff", 4.5, "--json").stdout)
    assert text.exit_code == 0, text.output
    rows = {line.split()[0]: line.split()[1:] for line in text.stdout.splitlines() if line.split()}
    for term, energy in found["energies_kJ_mol"].items():
        assert rows[term] == [f"{energy:.6f}", f"{energy / 4:.6f}"]
    assert rows["pressure"] == [f"{found['pressure_GPa']:.6f}", "GPa"]
    assert "B48H48Li8, 4 formula units" in text.stdout


def test_options_reach_the_physics(cell):
    outcomes = [
        json.loads(evaluate(cell, "--cutoff", 4.5, "--json", *options).stdout)
        for options in (
            (),
            ("--shift",),
            ("--accuracy", "production"),
            ("--potential", "lbh-2021-fullk"),
        )
    ]
    energies = [one["energies_kJ_mol"] for one in outcomes]
    assert energies[1]["buckingham"] != energies[0]["buckingham"]
    assert energies[1]["coulomb"] == energies[0]["coulomb"]
    assert 0 < abs(energies[2]["coulomb"] / energies[0]["coulomb"] - 1) < 1e-3
    assert energies[3]["bond"] == pytest.approx(2 * energies[0]["bond"], rel=1e-12)
    assert outcomes[3]["potential"] == "lbh-2021-fullk"


def refused(*arguments):
    outcome = evaluate(*arguments)
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr
    assert isinstance(outcome.exception, SystemExit)
    return outcome.stderr


def test_bad_input_is_refused_without_a_traceback(tmp_path, cell):
    assert "nope.cif: can't be read (No such file or directory)" in refused(tmp_path / "nope.cif")
    (tmp_path / "text.extxyz").write_text("hello\n")
    assert "ASE can't read it as extxyz" in refused(tmp_path / "text.extxyz")
    assert "exceeds half the smallest height" in refused(cell)
    assert "wanted a positive length in Å" in refused(cell, "--cutoff", "nan")
    assert "unknown potential 'lbh'" in refused(cell, "--potential", "lbh")
    assert "can't be read" in refused(cell, "--potential", tmp_path / "none.yaml")
    assert "'--accuracy'" in refused(cell, "--accuracy", "some")
    (tmp_path / "bad.yaml").write_text("name: bad\n")
    assert "bad.yaml:1: file: 'species' is missing" in refused(
        cell, "--potential", tmp_path / "bad.yaml"
    )


def test_structures_that_the_force_field_does_not_describe_are_refused(tmp_path):
    path = tmp_path / "salt.extxyz"
    Atoms("NaCl", [[0, 0, 0], [2.8, 0, 0]], cell=[20] * 3, pbc=True).write(path)
    assert "atom 0 is Na, but force field 'lbh-2021' knows only Li, B, H" in refused(path)
    Atoms("Li", [[0, 0, 0]]).write(path)
    assert "no periodic cell along all three axes" in refused(path)


def test_a_missing_cation_is_reported(cell, tmp_path):
    atoms = read(cell)
    del atoms[next(atom.index for atom in atoms if atom.symbol == "Li")]
    atoms.write(tmp_path / "vacancy.extxyz")
    text = evaluate(tmp_path / "vacancy.extxyz", "--cutoff", 4.5).stdout
    assert "carry -0.85 e (vacancies?), compensated by: anions" in text
    assert "vacancies?" not in evaluate(cell, "--cutoff", 4.5).stdout


def test_lithium_alone_has_no_formula_unit(tmp_path):
    path = tmp_path / "lithium.extxyz"
    Atoms("Li", [[0, 0, 0]], cell=[20] * 3, pbc=True).write(path)
    outcome = evaluate(path, "--charge-compensation", "background")
    assert outcome.exit_code == 0, outcome.output
    assert "0 formula units" in outcome.stdout


def test_without_ase_the_remedy_is_named(monkeypatch, cell):
    monkeypatch.setitem(sys.modules, "ase.io", None)
    assert "pip install 'lbhsweep[ase]'" in refused(cell, "--cutoff", 4.5)
