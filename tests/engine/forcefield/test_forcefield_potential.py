"""The whole potential: derivatives of every term, LAMMPS's numbers, guards."""

import json
from pathlib import Path

import numpy as np
import pytest

from lbhsweep.engine.force_buffers import ForceBuffers
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.engine.molecules.bonded import atom_forces
from lbhsweep.errors import AtomsTooCloseError, CutoffError, NotFiniteError
from lbhsweep.physics.charges import compensated_charges
from lbhsweep.physics.crystal import build_alpha, remove_lithium
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.molecules import find_molecules
from lbhsweep.physics.structure import Structure

REFERENCE = Path(__file__).parents[2] / "data" / "reference"
CELLS = sorted(path.stem for path in REFERENCE.glob("*.json"))


def reference(name):
    """A structure with whole anions, its charges, and what LAMMPS found."""
    arrays = np.load(REFERENCE / f"{name}.npz")
    described = json.loads((REFERENCE / f"{name}.json").read_text())
    symbols = tuple(str(s) for s in arrays["symbols"])
    molecule, positions = find_molecules(symbols, arrays["positions"], arrays["cell"])
    return Structure(symbols, positions, arrays["cell"], molecule), arrays, described


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


@pytest.mark.parametrize("accuracy", ["high", "production"])
@pytest.mark.parametrize("name", CELLS)
def test_agrees_with_lammps(name, accuracy):
    structure, arrays, described = reference(name)
    potential = ForceFieldPotential(
        structure,
        load_force_field("lbh-2021"),
        arrays["charges"],
        cutoff_A=described["cutoff_A"],
        shift=described["pair_energy_shifted"],
        accuracy=accuracy,
    )
    found = potential.single_point(structure.positions, structure.cell)
    lammps = described["energy_kJ_mol"]
    expected = {
        "buckingham": lammps["evdwl"],
        "coulomb": lammps["ecoul"] + lammps["elong"],
        "bond": lammps["ebond"],
        "angle": lammps["eangle"],
    }
    energy_tolerance, force_tolerance = (1e-6, 1e-6) if accuracy == "high" else (3e-5, 1e-4)
    for term, energy in expected.items():
        assert found.energies[term] == pytest.approx(energy, rel=energy_tolerance), term
    difference = found.forces - arrays["forces"]
    if rms(arrays["forces"]) < 1.0:
        # Forces of the relaxed crystal nearly vanish: an absolute measure, in kJ/mol/Å.
        assert abs(difference).max() < (1e-3 if accuracy == "high" else 1e-2)
    else:
        assert rms(difference) < force_tolerance * rms(arrays["forces"])
    pressure_error = np.trace(found.virial - arrays["virial"]) / (3 * described["volume_A3"])
    assert abs(pressure_error) / 0.602214 < (2e-6 if accuracy == "high" else 5e-4)  # GPa


def small_cell(seed=3, shear=0.6):
    """One cubic cell, shaken and sheared, so that no force or stress vanishes."""
    structure = build_alpha((1, 1, 1))
    rng = np.random.default_rng(seed)
    strain = np.eye(3) + np.array([[0.02, 0, 0], [shear / 10, 0.03, 0], [-0.02, 0.03, 0.05]])
    positions = structure.positions @ strain + rng.normal(0, 0.05, structure.positions.shape)
    return Structure(structure.symbols, positions, structure.cell @ strain, structure.molecule)


def evaluate(potential, positions, cell):
    """Energies by term; and forces and virial of the fast and the slow terms."""
    fast = atom_forces(positions, potential.bonded)
    slow = ForceBuffers.empty(potential.n_atoms, 4)
    potential.update(positions, cell)
    potential.slow(positions, cell, slow)
    return fast, slow


MODES = [None, "anions", "cations", "background"]


def compensated(mode, accuracy, **options):
    """A small cell, two lithium short unless `mode` is None, and its potential."""
    structure = small_cell()
    force_field = load_force_field("lbh-2021")
    charges = None
    if mode is not None:
        structure = remove_lithium(structure, 2, seed=1)
        charges = compensated_charges(structure, force_field, mode)
    potential = ForceFieldPotential(
        structure, force_field, charges, cutoff_A=4.6, accuracy=accuracy, **options
    )
    return structure, potential


@pytest.mark.parametrize("mode", MODES)
def test_forces_and_virials_are_derivatives(mode):
    # Shifted, or pairs that cross the cutoff under strain would step the energy.
    structure, potential = compensated(mode, "high", shift=True)
    positions, cell = structure.positions, structure.cell
    fast, slow = evaluate(potential, positions, cell)
    h = 1e-5
    rng = np.random.default_rng(0)

    def energies(p, c):
        f, s = evaluate(potential, p, c)
        return f.energies.sum(), s.energies.sum()

    for i in rng.choice(len(positions), 8, replace=False):
        for k in range(3):
            up, down = positions.copy(), positions.copy()
            up[i, k] += h
            down[i, k] -= h
            plus, minus = energies(up, cell), energies(down, cell)
            assert fast.forces[i, k] == pytest.approx(
                -(plus[0] - minus[0]) / (2 * h), rel=1e-6, abs=1e-4
            )
            assert slow.forces[i, k] == pytest.approx(
                -(plus[1] - minus[1]) / (2 * h), rel=1e-4, abs=3e-2
            )
    for a in range(3):
        for b in range(3):
            strain = np.zeros((3, 3))
            strain[a, b] = h
            plus = energies(positions @ (np.eye(3) + strain), cell @ (np.eye(3) + strain))
            minus = energies(positions @ (np.eye(3) - strain), cell @ (np.eye(3) - strain))
            assert fast.virial[a, b] == pytest.approx(-(plus[0] - minus[0]) / (2 * h), abs=1e-3)
            assert slow.virial[a, b] == pytest.approx(
                -(plus[1] - minus[1]) / (2 * h), rel=1e-4, abs=0.5
            )


@pytest.mark.parametrize("mode", MODES)
def test_production_agrees_with_high_accuracy(mode):
    structure, exact = compensated(mode, "high")
    _, potential = compensated(mode, "production")
    wanted = exact.single_point(structure.positions, structure.cell)
    found = potential.single_point(structure.positions, structure.cell)
    assert found.energy == pytest.approx(wanted.energy, rel=2e-5)
    assert rms(found.forces - wanted.forces) < 1e-4 * rms(wanted.forces)
    # Of the Coulomb virial, a few thousand kJ/mol.
    np.testing.assert_allclose(found.virial, wanted.virial, atol=0.2)
    # The background alone: its pressure is that of the energy in the volume.
    if mode == "background":
        assert abs(potential.charges.sum()) > 1.0


@pytest.mark.parametrize("mode", [None, "background"])
def test_pressure_of_production_runs_is_the_derivative_in_the_volume(mode):
    structure, potential = compensated(mode, "production", shift=True)
    positions, cell = structure.positions, structure.cell
    h = 1e-3
    plus, minus = (
        potential.single_point(positions * (1 + x), cell * (1 + x)).energy for x in (h, -h)
    )
    virial = potential.single_point(positions, cell).virial
    # -dE/dε of ε r; half a kJ/mol is 0.3 MPa here.
    assert np.trace(virial) == pytest.approx(-(plus - minus) / (2 * h), abs=1.0)


def test_energy_is_invariant_under_translation_and_choice_of_images():
    structure = small_cell()
    potential = ForceFieldPotential(
        structure, load_force_field("lbh-2021"), cutoff_A=4.5, accuracy="high"
    )
    before = potential.single_point(structure.positions, structure.cell)
    rng = np.random.default_rng(1)
    anions = structure.molecule.max() + 1
    jumps = rng.integers(-3, 4, (anions, 3))[structure.molecule]
    jumps[structure.molecule == 0] = rng.integers(-3, 4, ((structure.molecule == 0).sum(), 3))
    moved = structure.positions + jumps @ structure.cell + np.array([0.3, -1.0, 2.0])
    fresh = ForceFieldPotential(
        structure, load_force_field("lbh-2021"), cutoff_A=4.5, accuracy="high"
    )
    after = fresh.single_point(moved, structure.cell)
    assert after.energy == pytest.approx(before.energy, rel=1e-10)
    np.testing.assert_allclose(after.forces, before.forces, atol=1e-6)


def test_list_gives_the_same_as_a_fresh_one_until_it_is_rebuilt():
    structure = small_cell()
    force_field = load_force_field("lbh-2021")
    potential = ForceFieldPotential(structure, force_field, cutoff_A=4.0)
    potential.update(structure.positions, structure.cell)
    built_at = potential.list_state()[0].copy()
    rng = np.random.default_rng(5)
    positions = structure.positions.copy()
    for _ in range(6):
        positions += rng.normal(0, 0.02, positions.shape)
        _, slow = evaluate(potential, positions, structure.cell)
        _, fresh = evaluate(
            ForceFieldPotential(structure, force_field, cutoff_A=4.0), positions, structure.cell
        )
        # Another order of sums in float32.
        np.testing.assert_allclose(slow.forces, fresh.forces, atol=3e-5)
        np.testing.assert_allclose(slow.energies, fresh.energies, rtol=1e-6)
    assert (potential.list_state()[0] == built_at).all()


def test_restored_list_gives_the_same_bits():
    structure = small_cell()
    force_field = load_force_field("lbh-2021")
    potential = ForceFieldPotential(structure, force_field, cutoff_A=4.0)
    potential.update(structure.positions, structure.cell)
    moved = structure.positions + 0.05
    moved[3] += 0.2
    _, slow = evaluate(potential, moved, structure.cell)
    other = ForceFieldPotential(structure, force_field, cutoff_A=4.0)
    other.restore_list(*potential.list_state())
    _, again = evaluate(other, moved, structure.cell)
    assert (slow.forces == again.forces).all()
    assert (slow.virial == again.virial).all()
    assert (slow.energies == again.energies).all()


def test_cutoff_over_half_the_box_is_refused():
    structure = small_cell()
    potential = ForceFieldPotential(structure, load_force_field("lbh-2021"), cutoff_A=5.5)
    with pytest.raises(CutoffError, match=r"cutoff of 5\.5 Å exceeds half .* larger supercell"):
        potential.update(structure.positions, structure.cell, 12)


def test_atoms_in_the_buckingham_well_are_named():
    structure = small_cell()
    potential = ForceFieldPotential(structure, load_force_field("lbh-2021"), cutoff_A=4.0)
    symbols = np.array(structure.symbols)
    first = np.flatnonzero((symbols == "H") & (structure.molecule == 1))[0]
    second = np.flatnonzero((symbols == "H") & (structure.molecule == 2))[0]
    positions = structure.positions.copy()
    positions[first] = positions[second] + [0.3, 0.0, 0.0]
    potential.update(positions, structure.cell)
    pattern = rf"atoms ({first}|{second}) \(H\) and ({first}|{second}) \(H\) are 0\.300 Å apart"
    with pytest.raises(AtomsTooCloseError, match=pattern):
        potential.slow(positions, structure.cell, ForceBuffers.empty(potential.n_atoms, 4))


def test_not_a_number_is_never_a_force():
    structure = small_cell()
    potential = ForceFieldPotential(structure, load_force_field("lbh-2021"), cutoff_A=4.0)
    positions = structure.positions.copy()
    positions[17, 1] = np.nan
    with pytest.raises(NotFiniteError, match=r"step 9: .*\[17\]"):
        potential.update(positions, structure.cell, 9)
