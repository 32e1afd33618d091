"""Ewald and PME against Madelung constants, each other, and finite differences."""

import numpy as np
import pytest
from scipy.special import erfcinv

from lbhsweep.engine import ewald, neighbors, pme
from lbhsweep.engine.pair import Screened, erf_polynomial, pair_forces
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
    forces, virial, energies = np.zeros((3, n)), np.zeros((3, 3)), np.zeros(2)
    translations = np.zeros((n, 3), np.int32)
    neighbors.wrap_translations(positions, np.linalg.inv(cell), translations)
    wrapped = np.empty((3, n))
    neighbors.wrap(positions, cell, translations, wrapped)
    images = np.empty((neighbors.IMAGE_SPAN**3, 3))
    neighbors.image_vectors(cell, images)
    polynomial = erf_polynomial(alpha, cutoff)
    none = neighbors.exclusions_by_atom(np.zeros((0, 2), np.int32), n)
    values = sorted(set(charges))
    groups = [np.flatnonzero(charges == q).astype(np.uint32) for q in values]
    for p in range(len(values)):
        for q in range(p, len(values)):
            pairs = neighbors.build_pair_list(
                wrapped, cell, translations, np.zeros(n, np.int32), none,
                groups[p], groups[q], cutoff,
            )  # fmt: skip
            scratch = np.empty((3, int(np.diff(pairs.start).max(initial=1))))
            pair_forces(
                wrapped, images, pairs, None, None,
                Screened(COULOMB * values[p] * values[q], polynomial), 0.0, cutoff, 0.0,
                *scratch, forces, virial, energies,
            )  # fmt: skip
    charged = np.arange(n, dtype=np.uint32)
    energy = energies.sum() + ewald.self_energy(charges, alpha)
    if mesh_spacing is None:
        triples = ewald.k_vectors(cell, 2 * alpha * alpha * cutoff)
        energy += ewald.ewald_forces(
            positions, cell, charges, charged, triples, alpha, forces, virial
        )
    else:
        mesh = pme.make_mesh(neighbors.heights(cell), mesh_spacing)
        energy += pme.pme_forces(positions, cell, charges, charged, mesh, alpha, forces, virial)
    background = ewald.background_energy(charges, alpha, abs(np.linalg.det(cell)))
    return energy + background, forces.T, virial + background * np.eye(3)


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
