"""Whole force fields, shipped and users' own, against sums written down in plain NumPy."""

import numpy as np
import pytest
from engine.plain_forces import (
    PairMatrices,
    brute_force_pairs,
    brute_force_reciprocal,
    plain_bonded,
)

from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.errors import AtomsTooCloseError, LostAtomsError, NotFiniteError
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field, shipped_force_fields
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import build_topology
from lbhsweep.units import COULOMB

SALT = """
name: salt
source: made up for tests
convention: half
exclusion_depth: 0
species:
  Na: {mass: 22.99, charge: 1}
  Cl: {mass: 35.45, charge: -1}
buckingham:
  - {pair: [Na, Cl], A: 120000.0, rho: 0.317, C: 650.0}
  - {pair: [Cl, Cl], A: 330000.0, rho: 0.317, C: 7000.0}
"""
# Twelve-cornered anions with one carbon: kinds of one atom a molecule, at its edge.
CARBORANE = """
name: carborane
source: made up for tests
convention: full
exclusion_depth: 2
species:
  Li: {mass: 6.94, charge: 0.9}
  C: {mass: 12.011, charge: -0.1}
  B: {mass: 10.81, charge: 0.01}
  H: {mass: 1.008, charge: -0.075833333333333333}
anion: {C: 1, B: 11, H: 12}
buckingham:
  - {pair: [Li, B], A: 7793.7, rho: 0.2853}
  - {pair: [Li, C], A: 8793.7, rho: 0.2753}
  - {pair: [Li, H], A: 7375.3, rho: 0.3023}
  - {pair: [H, H], A: 209905.0, rho: 0.2085, C: 41.84}
  - {pair: [C, H], A: 109905.0, rho: 0.2285}
  - {pair: [B, C], C: 20.0}
bonds:
  - {pair: [B, B], k: 62.5, length: 1.79, max_length: 2.8}
  - {pair: [B, C], k: 70.5, length: 1.70, max_length: 2.8}
  - {pair: [B, H], k: 481.0, length: 1.20, max_length: 1.7}
  - {pair: [C, H], k: 500.0, length: 1.10, max_length: 1.7}
angles:
  - {triple: [H, B, B], k: 41.0, theta: 2*pi/3}
  - {triple: [H, C, B], k: 45.0, theta: 2*pi/3}
"""


def shaken(structure, seed=2):
    """Moved off its sites, and sheared."""
    rng = np.random.default_rng(seed)
    strain = np.eye(3) + np.array([[0.02, 0, 0], [0.09, 0.03, 0], [-0.05, 0.04, -0.01]])
    return Structure(
        structure.symbols,
        structure.positions @ strain + rng.normal(0, 0.05, structure.positions.shape),
        structure.cell @ strain,
        structure.molecule,
    )


def salt():
    sites = np.stack(np.meshgrid(*[range(4)] * 3), axis=-1).reshape(-1, 3)
    symbols = np.where(sites.sum(axis=1) % 2 == 0, "Na", "Cl")
    return Structure(tuple(symbols), sites * 2.8, 11.2 * np.eye(3), np.zeros(64, np.int32))


def carborane():
    """Two boron of the crystal's each anion and two lithium fewer: Li[CB11H12]."""
    structure = build_alpha((1, 1, 1))
    symbols = np.array(structure.symbols)
    for m in np.unique(structure.molecule[structure.molecule > 0]):
        symbols[np.flatnonzero((structure.molecule == m) & (symbols == "B"))[m]] = "C"
    keep = np.ones(len(symbols), bool)
    keep[np.flatnonzero(symbols == "Li")[::2]] = False
    return Structure(
        tuple(symbols[keep]), structure.positions[keep], structure.cell, structure.molecule[keep]
    )


def brute_force(structure, force_field, charges, cutoff, alpha):
    topology = build_topology(structure, force_field)
    n = len(structure.symbols)
    excluded = np.zeros((n, n), bool)
    excluded[tuple(topology.exclusions.T)] = True
    arguments = structure.positions, structure.cell
    real = brute_force_pairs(
        *arguments,
        PairMatrices.of(structure.symbols, charges, force_field),
        excluded | excluded.T,
        cutoff,
        alpha,
    )
    parts = (
        real,
        brute_force_reciprocal(*arguments, charges, alpha),
        plain_bonded(structure.positions, topology),
    )
    energies = {name: value for part in parts for name, value in part.energies.items()}
    return energies, sum(p.forces for p in parts), sum(p.virial for p in parts)


def require_agreement(structure, force_field, cutoff, accuracy):
    potential = ForceFieldPotential(structure, force_field, cutoff_A=cutoff, accuracy=accuracy)
    found = potential.single_point(structure.positions, structure.cell)
    # The reference's own splitting is the fine one in either case.
    alpha = 4.8 / cutoff
    energies, forces, virial = brute_force(structure, force_field, potential.charges, cutoff, alpha)
    coulomb = sum(value for name, value in energies.items() if name.startswith("coulomb"))
    expected = {
        "buckingham": energies["buckingham"],
        "coulomb": coulomb,
        "bond": energies["bond"],
        "angle": energies["angle"],
    }
    energy_tolerance, tolerance = (1e-8, 1e-7) if accuracy == "high" else (3e-5, 2e-4)
    for term, energy in expected.items():
        assert found.energies[term] == pytest.approx(energy, rel=energy_tolerance), term
    # Forces of a shaken crystal nearly cancel: the error is that of bare charges 3 Å apart.
    rms = np.sqrt(np.mean(forces**2)) + COULOMB * np.mean(potential.charges**2) / 9.0
    assert np.sqrt(np.mean((found.forces - forces) ** 2)) < tolerance * rms
    assert abs(found.virial - virial).max() < tolerance * abs(coulomb)


@pytest.mark.parametrize("accuracy", ["high", "production"])
@pytest.mark.parametrize("name", shipped_force_fields())
def test_shipped_potentials(name, accuracy):
    require_agreement(shaken(build_alpha((1, 1, 1))), load_force_field(name), 4.5, accuracy)


@pytest.mark.parametrize("accuracy", ["high", "production"])
@pytest.mark.parametrize(("text", "make"), [(SALT, salt), (CARBORANE, carborane)])
def test_users_own_files(tmp_path, text, make, accuracy):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    require_agreement(shaken(make()), load_force_field(path), 4.4, accuracy)


@pytest.mark.parametrize(("cutoff", "accuracy"), [(3.0, "high"), (3.0, "production")])
def test_short_cutoffs_are_as_exact(cutoff, accuracy):
    structure = shaken(build_alpha((1, 1, 1)))
    require_agreement(structure, load_force_field("lbh-2021"), cutoff, accuracy)


def test_repulsion_stays_nothing_at_long_distances(tmp_path):
    # r/ρ up to 180, where the exponential leaves float32's range.
    path = tmp_path / "own.yaml"
    path.write_text(SALT.replace("rho: 0.317, C: 650.0", "rho: 0.05, C: 650.0"))
    sites = np.stack(np.meshgrid(*[range(4)] * 3), axis=-1).reshape(-1, 3)
    symbols = np.where(sites.sum(axis=1) % 2 == 0, "Na", "Cl")
    rng = np.random.default_rng(4)
    positions = sites * 4.6 + rng.uniform(-0.3, 0.3, sites.shape)
    structure = Structure(tuple(symbols), positions, 18.4 * np.eye(3), np.zeros(64, np.int32))
    for accuracy in ("high", "production"):
        require_agreement(structure, load_force_field(path), 9.1, accuracy)


def moved(structure, atom, place):
    positions = structure.positions.copy()
    positions[atom] = place
    return positions


@pytest.fixture(scope="module")
def crystal():
    structure = shaken(build_alpha((1, 1, 1)))
    return structure, ForceFieldPotential(structure, load_force_field("lbh-2021"), cutoff_A=4.5)


def test_atoms_too_close_through_the_boundary_are_named(crystal):
    structure, potential = crystal
    symbols = np.array(structure.symbols)
    lithium = np.flatnonzero(symbols == "Li")[3]
    hydrogen = np.flatnonzero(symbols == "H")[20]
    there = structure.positions[hydrogen] + [0.0, 0.07, 0.0]
    positions = moved(structure, lithium, there + np.array([7, -2, 1]) @ structure.cell)
    with pytest.raises(AtomsTooCloseError, match=r"0\.070 Å apart") as failure:
        potential.single_point(positions, structure.cell)
    assert {f"{lithium} (Li)", f"{hydrogen} (H)"} <= {
        part.strip()
        for part in failure.value.message[len("atoms ") :].split(" are ")[0].split("and")
    }


def test_a_torn_anion_is_noticed(crystal):
    structure, potential = crystal
    hydrogen = np.flatnonzero(np.array(structure.symbols) == "H")[0]
    positions = moved(structure, hydrogen, structure.positions[hydrogen] + structure.cell[0])
    with pytest.raises(LostAtomsError, match="the anion is torn"):
        potential.single_point(positions, structure.cell)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named_with_its_step(crystal, value):
    structure, potential = crystal
    positions = structure.positions.copy()
    positions[[5, 40], 2] = value
    with pytest.raises(NotFiniteError, match=r"step 31: .*\[5, 40\]"):
        potential.update(positions, structure.cell, 31)
    with pytest.raises(NotFiniteError, match=r"the cell"):
        potential.update(structure.positions, structure.cell * np.nan, 31)
