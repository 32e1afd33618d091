"""Spectra of real runs: at the crystal's own frequencies, and the same however interrupted."""

from dataclasses import replace

import numpy as np
import pytest
from simulation.simulation_points import hold_point

from lbhsweep.engine.dynamics.minimize import minimize
from lbhsweep.errors import InterruptedRun
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.setup import build_potential, build_structure
from lbhsweep.simulation.simulate import simulate
from lbhsweep.sweep.sampling import inner_axes
from lbhsweep.units import ACCELERATION, LIGHT_SPEED


def point_of(name, temperature_K=300.0, **changes):
    """8.4 ps, two windows, of one cubic cell with some force field."""
    point = hold_point(0.4, 8.4, temperature_K, observables=("spectra", "thermo"), **changes)
    model = {"potential": name, "potential_digest": load_force_field(name).digest}
    return replace(point, model=replace(point.model, **model))


def run(point, workdir, **how):
    return simulate(point, workdir, force_field=load_force_field(point.model.potential), **how)


def normal_modes(point):
    """Compute the wavenumbers (312,) of the relaxed cell's vibrations, from its Hessian."""
    structure = build_structure(point)
    potential = build_potential(point, structure, load_force_field(point.model.potential))
    minimum = minimize(
        potential, structure.positions, structure.cell, relax_cell=True, tolerance=0.05
    )
    hessian = np.empty((312, 312))
    for k in range(312):
        forces = []
        for shift in (-0.01, 0.01):
            moved = minimum.positions.copy()
            moved.flat[k] += shift
            forces.append(potential.single_point(moved, minimum.cell).forces.ravel())
        hessian[k] = (forces[0] - forces[1]) / 0.02
    root = np.sqrt(np.repeat(potential.masses, 3))
    squares = np.linalg.eigvalsh(0.5 * (hessian + hessian.T) * ACCELERATION / np.outer(root, root))
    return np.sqrt(np.maximum(squares, 0.0)) / (2.0 * np.pi * LIGHT_SPEED)


@pytest.mark.parametrize("name", ["lbh-2021", "lbh-2021-fullk"])
def test_a_cold_crystal_vibrates_at_the_frequencies_of_its_hessian(name, tmp_path):
    point = point_of(name, temperature_K=10.0, ensemble="nvt")
    modes = normal_modes(point)
    # Velocity Verlet with 0.5 fs is fast by (ω δt)²/24.
    modes *= 1.0 + (2.0 * np.pi * LIGHT_SPEED * modes * 0.0005) ** 2 / 24.0
    wavenumbers = np.array(inner_axes(point)["wavenumber"])
    distance = np.abs(wavenumbers[:, None] - modes).min(axis=1)
    fast, centres = wavenumbers > 1300.0, []
    for replica in range(4):
        one = replace(point, replica=replica)
        g = run(one, tmp_path / str(replica)).arrays["vdos_internal"]
        assert g[distance > 2.5 * wavenumbers[1]].sum() < 0.01 * g.sum()
        centres.append((g * wavenumbers)[fast].sum() / g[fast].sum())
    # A cold mode keeps the energy of its first velocity, whose square scatters by √2 of its mean.
    stretching = modes[modes > 1300.0]
    scatter = stretching.std() * np.sqrt(2.0 / (len(stretching) * len(centres)))
    assert np.mean(centres) == pytest.approx(stretching.mean(), abs=3.5 * scatter)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Two windows of a warm crystal whose volume may change."""
    return run(point_of("lbh-2021-fullk"), tmp_path_factory.mktemp("undisturbed")).arrays


def test_a_run_fills_every_quantity(undisturbed):
    point = point_of("lbh-2021-fullk")
    promised = rehearse(point).arrays
    assert undisturbed.keys() == promised.keys()
    for name, array in undisturbed.items():
        assert array.shape == promised[name].shape, name
        assert np.isfinite(array).all(), name
    assert undisturbed["spectra_windows"] == 2.0


def test_a_warm_crystals_spectrum_counts_its_degrees_of_freedom(undisturbed):
    wavenumbers = np.array(inner_axes(point_of("lbh-2021-fullk"))["wavenumber"])
    n_dof = {"li": 6, "translation": 3, "libration": 3, "internal": 66, "b": 36, "h": 36}
    for group, expected in n_dof.items():
        g = undisturbed[f"vdos_{group}"]
        assert g.min() >= 0.0
        # Sums of two wavenumbers of the anharmonic anion lie beyond what is stored.
        assert np.trapezoid(g, wavenumbers) == pytest.approx(expected, rel=3e-3)
    stretching = undisturbed["vdos_h"] * (wavenumbers > 2000.0)
    assert np.trapezoid(stretching, wavenumbers) == pytest.approx(12.0, rel=0.4)
    assert wavenumbers[stretching.argmax()] == pytest.approx(2429.0, abs=50.0)
    slow = {mode: undisturbed[f"vdos_{mode}"] for mode in ("li", "translation", "libration")}
    for mode, g in slow.items():
        assert g[wavenumbers > 600.0].sum() < 0.02 * g.sum(), mode
    assert -3500.0 < undisturbed["heat_capacity_quantum_correction"] < -1000.0
    difference = undisturbed["vibrational_entropy_quantum"]
    assert difference > undisturbed["vibrational_entropy_classical"]


def test_an_interrupted_run_gives_the_same_bits(undisturbed, tmp_path):
    """Stopped while equilibrating, in a window, and between two."""
    point = point_of("lbh-2021-fullk")
    for n_steps in (30, 1700, 519, 900):
        left = iter(range(n_steps))
        with pytest.raises(InterruptedRun):
            run(point, tmp_path, should_stop=lambda left=left: next(left, None) is None)
    again = run(point, tmp_path).arrays
    for name, array in undisturbed.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)
