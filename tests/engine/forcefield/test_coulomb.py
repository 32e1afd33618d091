"""Ewald and PME against Madelung constants, each other, and finite differences."""

import numpy as np
import pytest
from engine.plain_forces import PairMatrices, brute_force_pairs, brute_force_reciprocal
from scipy.special import erfcinv

from lbhsweep.engine import neighbors
from lbhsweep.engine.forcefield import ewald, pme
from lbhsweep.engine.forcefield.pair_sum import PairSum
from lbhsweep.engine.forcefield.pair_table import PairTable
from lbhsweep.engine.forcefield.screening import erf_polynomial
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.units import COULOMB

# Madelung constants by nearest-neighbour distance (Borwein, Glasser, McPhedran, Wan & Zucker,
# Lattice Sums Then and Now, 2013; torch-pme's table of crystals uses the same).
CRYSTALS = {
    "NaCl": ([(0, 0, 0, 1), (0, 0.5, 0.5, 1), (0.5, 0, 0.5, 1), (0.5, 0.5, 0, 1),
              (0.5, 0, 0, -1), (0, 0.5, 0, -1), (0, 0, 0.5, -1), (0.5, 0.5, 0.5, -1)],
             0.5, 4, 1.7475645946331822),
    "CsCl": ([(0, 0, 0, 1), (0.5, 0.5, 0.5, -1)], np.sqrt(3) / 2, 1, 1.7626747730709),
    "ZnS": ([(0, 0, 0, 1), (0, 0.5, 0.5, 1), (0.5, 0, 0.5, 1), (0.5, 0.5, 0, 1),
             (0.25, 0.25, 0.25, -1), (0.25, 0.75, 0.75, -1), (0.75, 0.25, 0.75, -1),
             (0.75, 0.75, 0.25, -1)], np.sqrt(3) / 4, 4, 1.63805505338879),
    # Anti-fluorite, the lattice of the disordered phase: charges 2 and -1.
    "Li2O": ([(0, 0, 0, -2), (0, 0.5, 0.5, -2), (0.5, 0, 0.5, -2), (0.5, 0.5, 0, -2),
              *((x, y, z, 1) for x in (0.25, 0.75) for y in (0.25, 0.75) for z in (0.25, 0.75))],
             np.sqrt(3) / 4, 4, 5.03878488),
}  # fmt: skip


def coulomb(positions, cell, charges, cutoff, *, screening=1e-10, mesh_spacing=None):
    """Whole Coulomb energy, forces and virial of point charges without exclusions."""
    n = len(charges)
    alpha = float(erfcinv(screening)) / cutoff
    nothing_else = ForceField("charges", "", {}, (), (), (), 0)
    pairs = PairSum(
        np.zeros(n, np.int32),
        [("ion", float(q)) for q in charges],
        PairTable(nothing_else, cutoff, shift=False),
        erf_polynomial(alpha, cutoff, 1e-12),
        np.float64,
    )
    virial, energies = np.zeros((3, 3)), np.zeros(2)
    pairs.build(positions, cell)
    pairs.evaluate(positions, cell, virial, energies)
    forces = pairs.forces[:, pairs.slot].T.copy()
    charged = np.arange(n, dtype=np.uint32)
    energy = energies.sum() + ewald.self_energy(charges, alpha)
    if mesh_spacing is None:
        triples = ewald.k_vectors(cell, 2 * alpha * alpha * cutoff)
        energy += ewald.ewald_forces(
            positions, cell, charges, charged, triples, alpha, forces, virial
        )
    else:
        mesh = pme.make_mesh(pme.mesh_shape(cell, mesh_spacing), n)
        energy += pme.pme_forces(positions, cell, charges, charged, mesh, alpha, forces, virial)
    background = ewald.background_energy(charges, alpha, abs(np.linalg.det(cell)))
    return energy + background, forces, virial + background * np.eye(3)


@pytest.mark.parametrize("name", CRYSTALS)
@pytest.mark.parametrize("mesh", [None, 0.12])
@pytest.mark.parametrize("screening", [1e-8, 1e-10])
def test_madelung_constants(name, mesh, screening):
    sites, nearest, n_formula, madelung = CRYSTALS[name]
    cell = 4.0 * np.eye(3)
    positions = np.array([s[:3] for s in sites]) @ cell
    charges = np.array([s[3] for s in sites], float)
    energy, forces, _ = coulomb(
        positions, cell, charges, 4.0, screening=screening, mesh_spacing=mesh
    )
    expected = -madelung * COULOMB * n_formula / (nearest * 4.0)
    tolerance = 1e-7 if mesh is None else 2e-6
    assert energy == pytest.approx(expected, rel=tolerance)
    assert abs(forces).max() < 1e-4 * COULOMB


@pytest.fixture
def charged_cell():
    rng = np.random.default_rng(7)
    cell = np.array([[8.0, 0, 0], [1.5, 7.5, 0], [-1.0, 0.8, 9.0]])
    positions = rng.uniform(-1, 2, (10, 3)) @ cell
    charges = np.where(np.arange(10) % 2 == 0, 0.85, -0.6)
    return positions, cell, charges


@pytest.mark.parametrize("mesh", [None, 0.2])
def test_forces_and_virial_are_derivatives_even_with_a_net_charge(charged_cell, mesh):
    positions, cell, charges = charged_cell
    _, forces, virial = coulomb(positions, cell, charges, 4.5, mesh_spacing=mesh)
    h = 1e-4
    for i, k in [(0, 0), (3, 1), (9, 2)]:
        ends = []
        for sign in (1, -1):
            moved = positions.copy()
            moved[i, k] += sign * h
            ends.append(coulomb(moved, cell, charges, 4.5, mesh_spacing=mesh)[0])
        assert forces[i, k] == pytest.approx(-(ends[0] - ends[1]) / (2 * h), abs=2e-2)
    for a, b in [(0, 0), (1, 1), (2, 2), (0, 1), (2, 1)]:
        ends = []
        for sign in (1, -1):
            strain = np.eye(3)
            strain[a, b] += sign * h
            ends.append(
                coulomb(positions @ strain, cell @ strain, charges, 4.5, mesh_spacing=mesh)[0]
            )
        assert virial[a, b] == pytest.approx(-(ends[0] - ends[1]) / (2 * h), abs=5e-2)


def test_energy_does_not_depend_on_the_splitting(charged_cell):
    positions, cell, charges = charged_cell
    energies = [
        coulomb(positions, cell, charges, cutoff, screening=screening)[0]
        for cutoff, screening in [(4.5, 1e-10), (4.5, 1e-8), (7.0, 1e-10)]
    ]
    # What the loosest screening leaves out of the real-space sum.
    np.testing.assert_allclose(energies, energies[0], rtol=1e-6)


def test_mesh_converges_to_the_direct_sum(charged_cell):
    positions, cell, charges = charged_cell
    exact = coulomb(positions, cell, charges, 4.5)[1]
    errors = [
        np.linalg.norm(coulomb(positions, cell, charges, 4.5, mesh_spacing=s)[1] - exact)
        / np.linalg.norm(exact)
        for s in (0.5, 0.25, 0.125)
    ]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    assert errors[2] < 1e-6


def test_mesh_conserves_momentum(charged_cell):
    positions, cell, charges = charged_cell
    forces = coulomb(positions, cell, charges, 4.5, mesh_spacing=0.4)[1]
    np.testing.assert_allclose(forces.sum(axis=0), 0.0, atol=1e-9)


@pytest.mark.parametrize("mesh", [None, 0.15])
def test_whole_sum_equals_plain_numpy(charged_cell, mesh):
    positions, cell, charges = charged_cell
    none, zeros = (
        np.zeros((10, 10), bool),
        (np.zeros((10, 10)), np.ones((10, 10)), np.zeros((10, 10))),
    )
    matrices = PairMatrices(*zeros, COULOMB * np.outer(charges, charges))
    alpha = float(erfcinv(1e-10)) / 3.6
    real = brute_force_pairs(positions, cell, matrices, none, 3.6, alpha)
    reciprocal = brute_force_reciprocal(positions, cell, charges, alpha)
    energy, forces, virial = coulomb(positions, cell, charges, 3.6, mesh_spacing=mesh)
    tolerance = 1e-8 if mesh is None else 1e-6
    total = real.energies["coulomb_real"] + reciprocal.energies["coulomb_reciprocal"]
    assert energy == pytest.approx(total, rel=tolerance)
    scale = abs(forces).max()
    np.testing.assert_allclose(forces, real.forces + reciprocal.forces, atol=tolerance * scale)
    np.testing.assert_allclose(virial, real.virial + reciprocal.virial, atol=10 * tolerance * scale)


@pytest.mark.parametrize(
    "cell",
    [
        np.diag([40.0, 6.0, 6.0]),
        np.diag([6.0, 6.0, 60.0]),
        np.array([[7.0, 0, 0], [9.0, 6.5, 0], [-6.0, 10.0, 7.5]]),
        np.diag([25.0, 25.0, 25.0]),
    ],
    ids=["long", "tall", "skewed", "empty"],
)
def test_mesh_agrees_with_the_direct_sum_in_odd_cells(cell):
    rng = np.random.default_rng(3)
    positions = rng.uniform(-2, 2, (12, 3)) @ cell
    charges = np.tile([1.0, -0.7], 6)
    cutoff = 0.49 * neighbors.heights(cell).min()
    spacing = 0.25 * cutoff / float(erfcinv(1e-10))
    direct = coulomb(positions, cell, charges, cutoff)
    mesh = coulomb(positions, cell, charges, cutoff, mesh_spacing=spacing)
    assert mesh[0] == pytest.approx(direct[0], rel=1e-6)
    assert np.linalg.norm(mesh[1] - direct[1]) < 1e-5 * np.linalg.norm(direct[1])
    assert abs(mesh[2] - direct[2]).max() < 1e-5 * abs(direct[2]).max()


def test_a_charge_alone_feels_the_background_and_its_own_images():
    # The energy of a point charge's simple cubic lattice in a uniform background
    # (Brush, Sahlin & Teller, J. Chem. Phys. 45, 2102 (1966): -1.4186487/L), and its pressure.
    for edge in (5.0, 11.0):
        for mesh in (None, 0.1 * edge / 4.57):
            energy, forces, virial = coulomb(
                np.array([[0.3, 7.0, -2.0]]), edge * np.eye(3), np.ones(1), 0.45 * edge,
                mesh_spacing=mesh,
            )  # fmt: skip
            assert energy == pytest.approx(-2.8372974795 / 2 * COULOMB / edge, rel=1e-7)
            np.testing.assert_allclose(
                virial, energy / 3 * np.eye(3), rtol=0, atol=1e-6 * abs(energy)
            )
            np.testing.assert_allclose(forces, 0.0, atol=1e-6)
