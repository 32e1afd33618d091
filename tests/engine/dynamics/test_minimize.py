import numpy as np
import pytest
from engine.toy_potentials import EinsteinCrystal, SoftSpheres, dimers, fcc

from lbhsweep.engine.dynamics.minimize import minimize
from lbhsweep.errors import NotFiniteError
from lbhsweep.units import GPA


def shaken(amount=0.3, seed=2):
    positions, cell = fcc(2, 4.4)
    return positions + amount * np.random.default_rng(seed).normal(size=positions.shape), cell


def test_a_shaken_crystal_goes_back_to_its_sites():
    perfect, _ = fcc(2, 4.4)
    positions, cell = shaken()
    minimum = minimize(SoftSpheres(32), positions, cell, tolerance=1e-3, max_steps=2000)
    assert minimum.converged
    assert minimum.largest_force <= 1e-3
    shift = (minimum.positions - perfect).mean(axis=0)
    np.testing.assert_allclose(minimum.positions - shift, perfect, atol=2e-3)
    np.testing.assert_array_equal(minimum.cell, cell)


def test_the_cell_relaxes_to_where_pressure_balances():
    """B V₀ ln(V/V₀)/V = -P for the toy's static energy."""
    rng = np.random.default_rng(0)
    cell = np.eye(3) * 10.0
    pressure, modulus = 0.1 * GPA, 1.0 * GPA
    potential = EinsteinCrystal(rng.random((4, 3)), np.ones(4), 50.0, modulus, 1e3)
    start = potential.sites @ cell + rng.normal(size=(4, 3))
    minimum = minimize(
        potential, start, cell, relax_cell=True, pressure=pressure, tolerance=1e-6, max_steps=5000
    )
    volume = np.linalg.det(minimum.cell)
    assert minimum.converged
    assert modulus * 1e3 * np.log(volume / 1e3) / volume == pytest.approx(-pressure, rel=1e-5)
    expected = 0.5 * modulus * 1e3 * np.log(volume / 1e3) ** 2 + pressure * volume
    assert minimum.energy == pytest.approx(expected, rel=1e-6)


def test_the_energy_falls_and_the_result_repeats_to_the_last_bit():
    positions, cell = shaken()
    before = minimize(SoftSpheres(32), positions, cell, max_steps=1)
    first, second = (minimize(SoftSpheres(32), positions, cell, tolerance=0.01) for _ in range(2))
    assert not before.converged
    assert first.energy < before.energy
    np.testing.assert_array_equal(first.positions, second.positions)


def test_too_few_steps_are_reported_not_hidden():
    minimum = minimize(SoftSpheres(32), *shaken(), tolerance=1e-9, max_steps=5)
    assert (minimum.steps, minimum.converged) == (5, False)


def test_overlapping_atoms_are_an_error():
    positions, cell = fcc(2, 4.4)
    positions[1] = positions[0]
    with np.errstate(all="ignore"), pytest.raises(NotFiniteError, match="atoms overlap"):
        minimize(SoftSpheres(32), positions, cell)


def test_bonds_relax_too():
    positions, cell = fcc(2, 4.4)
    potential = SoftSpheres(32, bonds=dimers(32, 100.0, 2.9))
    minimum = minimize(potential, positions, cell, tolerance=1e-3, max_steps=5000)
    assert minimum.converged
    before = np.linalg.norm(positions[1::2] - positions[::2], axis=1)
    after = np.linalg.norm(minimum.positions[1::2] - minimum.positions[::2], axis=1)
    assert (after < before - 0.05).all()


@pytest.mark.parametrize("relax_cell", [False, True])
def test_frozen_atoms_only_follow_the_cell(relax_cell):
    positions, cell = shaken()
    frozen = np.arange(32) < 6
    minimum = minimize(
        SoftSpheres(32),
        positions,
        cell,
        relax_cell=relax_cell,
        pressure=0.3 * GPA,
        frozen=frozen,
        tolerance=1e-2,
        max_steps=5000,
    )
    assert minimum.converged
    before = positions @ np.linalg.inv(cell)
    moved = np.abs(minimum.positions @ np.linalg.inv(minimum.cell) - before).max(axis=1)
    assert moved[frozen].max() < 1e-12
    assert moved[~frozen].min() > 1e-4
    assert (minimum.cell[0, 0] != cell[0, 0]) == relax_cell
