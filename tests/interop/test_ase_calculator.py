"""The ASE calculator: LAMMPS's numbers in ASE's units, derivatives, molecules, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import CalculatorError
from ase.io import read
from ase.optimize import BFGS

from lbhsweep.errors import CutoffError, ForceFieldError, StructureError
from lbhsweep.interop.ase import LbhCalculator, atoms_from_structure, structure_from_atoms
from lbhsweep.physics.crystal import build_alpha, remove_lithium
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.topology import build_topology

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
CELLS = sorted(path.stem for path in REFERENCE.glob("*.json"))
EV = 96.48533212331
"""kJ/mol per eV, CODATA 2018."""


def small_cell(seed=0):
    """One triclinic cell, shaken, so that no force or stress component vanishes."""
    atoms = atoms_from_structure(build_alpha((1, 1, 1)))
    rng = np.random.default_rng(seed)
    strain = np.eye(3) + np.array([[0.03, 0.0, 0.0], [0.05, 0.02, 0.0], [-0.04, 0.03, 0.04]])
    atoms.set_cell(atoms.cell @ strain, scale_atoms=True)
    atoms.positions += rng.normal(0, 0.04, atoms.positions.shape)
    return atoms


def small_calculator(**changes):
    return LbhCalculator(**{"cutoff": 4.5, "shift": True} | changes)


@pytest.mark.parametrize("given", [True, False], ids=["molecules given", "molecules found"])
@pytest.mark.parametrize("name", CELLS)
def test_agrees_with_lammps(name, given):
    arrays = np.load(REFERENCE / f"{name}.npz")
    described = json.loads((REFERENCE / f"{name}.json").read_text())
    atoms = Atoms(arrays["symbols"].tolist(), arrays["positions"], cell=arrays["cell"], pbc=True)
    if given:
        atoms.set_array("molecule", arrays["molecule"])
    atoms.calc = LbhCalculator(shift=described["pair_energy_shifted"])
    energy = atoms.get_potential_energy() * EV
    assert energy == pytest.approx(described["energy_kJ_mol"]["pe"], rel=1e-6)
    difference = atoms.get_forces() * EV - arrays["forces"]
    if name == "alpha_0K_2x2x2":
        assert abs(difference).max() < 1e-3
    else:
        scale = np.sqrt(np.mean(arrays["forces"] ** 2))
        assert np.sqrt(np.mean(difference**2)) < 1e-6 * scale
    virial = -atoms.get_stress(voigt=False) * atoms.get_volume() * EV
    # LAMMPS's virial of 1e4 kJ/mol carries its own 2e-7 in the Coulomb constant.
    np.testing.assert_allclose(virial, arrays["virial"], atol=0.02)


def test_forces_are_the_gradient_of_the_energy():
    atoms = small_cell()
    atoms.calc = small_calculator()
    forces = atoms.get_forces()
    h = 1e-4
    for index, axis in ((0, 0), (9, 1), (33, 2), (21, 0), (70, 1)):
        energies = []
        for step in (h, -2 * h):
            atoms.positions[index, axis] += step
            energies.append(atoms.get_potential_energy())
        atoms.positions[index, axis] += h
        assert forces[index, axis] == pytest.approx(
            (energies[1] - energies[0]) / (2 * h), rel=1e-5, abs=1e-5
        )


def test_stress_is_the_derivative_of_the_energy_by_strain():
    atoms = small_cell()
    atoms.calc = small_calculator()
    stress = atoms.get_stress()
    h = 1e-5
    for k, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))):
        energies = []
        for sign in (1, -1):
            strain = np.eye(3)
            strain[i, j] += sign * h / 2
            strain[j, i] += sign * h / 2
            moved = atoms.copy()
            moved.set_cell(atoms.cell @ strain, scale_atoms=True)
            moved.calc = atoms.calc
            energies.append(moved.get_potential_energy())
        slope = (energies[0] - energies[1]) / (2 * h) / atoms.get_volume()
        assert stress[k] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_order_images_and_given_molecules_make_no_difference():
    atoms = small_cell()
    atoms.calc = small_calculator()
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    order = np.random.default_rng(3).permutation(len(atoms))
    other = atoms[order]
    other.positions += [3.0, -8.0, 1.0]
    other.wrap()
    for keep in (True, False):
        if not keep:
            del other.arrays["molecule"]
        other.calc = small_calculator()
        assert other.get_potential_energy() == pytest.approx(energy, rel=1e-11)
        np.testing.assert_allclose(other.get_forces(), forces[order], atol=1e-9)


def test_mirrored_cell_has_the_same_energy():
    atoms = small_cell()
    atoms.calc = small_calculator()
    mirror = np.diag([1.0, 1.0, -1.0])
    other = atoms.copy()
    other.set_cell(atoms.cell @ mirror, scale_atoms=True)
    other.calc = small_calculator()
    assert other.get_potential_energy() == pytest.approx(atoms.get_potential_energy(), rel=1e-11)
    np.testing.assert_allclose(other.get_forces(), atoms.get_forces() @ mirror, atol=1e-9)


@pytest.mark.parametrize("given", [True, False])
def test_moving_atoms_give_what_a_fresh_calculator_gives(given):
    atoms = small_cell()
    if not given:
        del atoms.arrays["molecule"]
    atoms.calc = small_calculator()
    rng = np.random.default_rng(1)
    for step in range(5):
        atoms.get_potential_energy()
        atoms.positions += rng.normal(0, 0.03, atoms.positions.shape) + 2.0
        atoms.set_cell(atoms.cell * 1.004, scale_atoms=False)
        if step % 2:
            atoms.wrap()
        fresh = atoms.copy()
        fresh.calc = small_calculator()
        np.testing.assert_allclose(atoms.get_forces(), fresh.get_forces(), atol=1e-9)
        np.testing.assert_allclose(atoms.get_stress(), fresh.get_stress(), atol=1e-11)


def test_what_depends_on_species_alone_is_kept(monkeypatch):
    built = []
    monkeypatch.setattr(
        "lbhsweep.interop.ase.build_topology",
        lambda *arguments: built.append(1) or build_topology(*arguments),
    )
    atoms = small_cell()
    atoms.calc = small_calculator()
    for _ in range(3):
        atoms.rattle(0.01, seed=4)
        atoms.get_potential_energy()
    assert len(built) == 1
    atoms.calc.set(cutoff=4.4)
    atoms.get_potential_energy()
    assert len(built) == 2


def test_bonds_that_changed_are_noticed():
    # Two H of one anion exchange places: the same numbers and molecules, other bonds.
    atoms = small_cell()
    atoms.calc = small_calculator()
    energy = atoms.get_potential_energy()
    hydrogen = [atom.index for atom in atoms if atom.symbol == "H"][:2]
    atoms.positions[hydrogen] = atoms.positions[hydrogen[::-1]]
    assert atoms.get_potential_energy() == pytest.approx(energy, rel=1e-11)


def test_changed_molecule_numbers_are_noticed():
    atoms = small_cell()
    atoms.calc = small_calculator()
    energy = atoms.get_potential_energy()
    atoms.arrays["molecule"] = np.where(atoms.arrays["molecule"] > 0, 7, 0)
    with pytest.raises(StructureError, match="molecule 7 is in pieces"):
        atoms.get_potential_energy()
    del atoms.arrays["molecule"]
    assert atoms.get_potential_energy() == pytest.approx(energy, rel=1e-12)


def test_missing_lithium_is_compensated_as_chosen():
    atoms = atoms_from_structure(remove_lithium(build_alpha((1, 1, 1)), 2, seed=0))
    energies = set()
    for mode in ("anions", "cations", "background"):
        atoms.calc = small_calculator(charge_compensation=mode)
        energies.add(round(atoms.get_potential_energy(), 6))
    assert len(energies) == 3


def test_potentials_may_be_names_files_or_objects(tmp_path):
    atoms = small_cell()
    energies = []
    shipped = Path(__file__).parents[2] / "lbhsweep" / "physics" / "parameters"
    copy = tmp_path / "mine.yaml"
    copy.write_text((shipped / "lbh-2021-stiff.yaml").read_text())
    for potential in ("lbh-2021-stiff", copy, load_force_field("lbh-2021-stiff"), "lbh-2021"):
        atoms.calc = small_calculator(potential=potential)
        energies.append(atoms.get_potential_energy())
    assert energies[0] == energies[1] == energies[2]
    assert energies[3] < energies[0]


def refused(atoms, message, **changes):
    """Both those who know lbhsweep's errors and those who know ASE's catch it."""
    for error in (StructureError, CalculatorError):
        atoms.calc = small_calculator(**changes)
        with pytest.raises(error, match=message):
            atoms.get_potential_energy()


def test_foreign_species_are_refused():
    refused(
        Atoms("NaCl", [[0, 0, 0], [2.8, 0, 0]], cell=[20] * 3, pbc=True),
        "atom 0 is Na, but force field 'lbh-2021' knows only Li, B, H",
    )


def test_broken_anions_are_refused():
    atoms = small_cell()
    del atoms.arrays["molecule"]
    del atoms[next(atom.index for atom in atoms if atom.symbol == "H")]
    refused(atoms, r"B12H11, but force field 'lbh-2021' describes B12H12")


def test_cells_that_are_not_periodic_are_refused():
    atoms = small_cell()
    atoms.pbc = [True, True, False]
    refused(atoms, r"periodic along \[True, True, False\], wanted all three")
    atoms.pbc = True
    atoms.cell[2] = atoms.cell[1]
    refused(atoms, "has no volume")


def test_molecules_that_are_no_numbers_are_refused():
    atoms = small_cell()
    del atoms.arrays["molecule"]
    atoms.set_array("molecule", np.full(len(atoms), 0.5))
    refused(atoms, "holds float64 of shape .* wanted one whole number for each atom")


def test_empty_cells_are_refused():
    refused(Atoms(cell=[20] * 3, pbc=True), "has no atoms")


def test_cutoff_over_half_the_box_is_refused():
    atoms = small_cell()
    atoms.calc = LbhCalculator(cutoff=9.0)
    with pytest.raises(CutoffError, match="exceeds half the smallest height"):
        atoms.get_potential_energy()


def test_unknown_parameters_are_refused():
    with pytest.raises(TypeError, match="unknown parameter 'cutof', wanted one of potential"):
        LbhCalculator().set(cutof=8.0)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"cutoff": -1.0}, ValueError, "cutoff is -1.0, wanted a positive length in Å"),
        ({"cutoff": float("nan")}, ValueError, "cutoff is nan"),
        ({"accuracy": "some"}, ValueError, "accuracy is 'some', wanted one of production, high"),
        ({"charge_compensation": "no"}, ValueError, "wanted one of anions, cations, background"),
        ({"potential": "lbh"}, ForceFieldError, "unknown potential 'lbh'"),
    ],
)
def test_impossible_parameters_are_refused_at_once(changes, error, message):
    with pytest.raises(error, match=message):
        LbhCalculator(**changes)


def test_trajectories_of_a_relaxation_can_be_written_and_read(tmp_path):
    atoms = small_cell()
    atoms.calc = small_calculator(potential=load_force_field("lbh-2021"))
    before = atoms.get_potential_energy()
    path = tmp_path / "relax.traj"
    with BFGS(atoms, trajectory=str(path), logfile=None) as optimizer:
        optimizer.run(steps=5)
    assert atoms.get_potential_energy() < before
    assert read(path, -1).get_potential_energy() == atoms.get_potential_energy()


def test_structures_come_back_from_atoms():
    structure = remove_lithium(build_alpha((1, 2, 1)), 1, seed=3)
    again = structure_from_atoms(atoms_from_structure(structure), load_force_field("lbh-2021"))
    assert again.symbols == structure.symbols
    assert (again.positions == structure.positions).all()
    assert (again.cell == structure.cell).all()
    assert (again.molecule == structure.molecule).all()
