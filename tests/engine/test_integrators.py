"""Reversibility, order of convergence and conservation, before any statistics."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_potentials import EinsteinCrystal, SoftSpheres, fcc

from lbhsweep.engine.integrate import Dynamics, Integrator
from lbhsweep.engine.state import State, draw_velocities
from lbhsweep.engine.watchdog import Limits
from lbhsweep.errors import BoxCollapseError, LostAtomsError, NotFiniteError
from lbhsweep.units import BOLTZMANN, GPA

TEMPERATURE = 300.0
PRESSURE = 0.05 * GPA
DILUTE = Limits(volume_per_atom=(5.0, 500.0))


class WithoutBaths(Integrator):
    """The deterministic core: constant enthalpy when the ensemble is NPT."""

    def _couple_baths(self, temperature, *, last):
        pass


def tethered(seed=1, n_atoms=8):
    """Two speeds of force: tethers every inner step, a static bulk modulus every outer step."""
    rng = np.random.default_rng(seed)
    cell = np.diag([9.0, 10.0, 11.0])
    sites = rng.random((n_atoms, 3))
    potential = EinsteinCrystal(sites, rng.uniform(5, 20, n_atoms), 40.0, 0.5 * GPA, 950.0)
    state = State.at_rest(sites @ cell, cell, seed)
    draw_velocities(state, potential.masses, TEMPERATURE)
    return potential, state


def spheres(seed=1):
    positions, cell = fcc(2, 4.4)
    potential = SoftSpheres(len(positions))
    state = State.at_rest(positions, cell, seed)
    draw_velocities(state, potential.masses, TEMPERATURE)
    return potential, state


def run(system, dynamics, n_steps, kind=WithoutBaths):
    potential, state = system
    integrator = kind(potential, state, dynamics, limits=DILUTE)
    for _ in range(n_steps):
        integrator.advance(TEMPERATURE)
    return integrator


@pytest.mark.parametrize("ensemble", ["nve", "npt"])
@pytest.mark.parametrize("inner_steps", [1, 3])
def test_the_error_falls_with_the_square_of_the_timestep(ensemble, inner_steps):
    def end(n_steps):
        dt = 0.24 / n_steps / inner_steps
        dynamics = Dynamics(ensemble, dt, inner_steps, 0.1, 0.2, PRESSURE)
        state = run(tethered(), dynamics, n_steps).state
        return np.concatenate([state.positions.ravel(), state.cell.ravel()])

    exact = end(3840)
    counts = np.array([30, 60, 120, 240])
    errors = [np.linalg.norm(end(n) - exact) for n in counts]
    slope = np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("ensemble", ["nve", "npt"])
@pytest.mark.parametrize("make", [tethered, spheres])
def test_reversing_the_motion_leads_back(ensemble, make):
    system = make()
    start = system[1].positions.copy(), system[1].cell.copy()
    dynamics = Dynamics(ensemble, 0.002, 2, 0.1, 0.2, PRESSURE)
    state = run(system, dynamics, 100).state
    assert np.abs(state.positions - start[0]).max() > 0.1
    state.velocities *= -1.0
    state.strain_rate *= -1.0
    run(system, dynamics, 100)
    np.testing.assert_allclose(state.positions, start[0], atol=1e-9)
    np.testing.assert_allclose(state.cell, start[1], atol=1e-9)


def test_energy_is_conserved_without_baths():
    integrator = WithoutBaths(*spheres(), Dynamics("nve", 0.001))
    energies = []
    for _ in range(1000):
        integrator.advance()
        energies.append(integrator.conserved_energy)
    thermal = integrator.freedom * BOLTZMANN * TEMPERATURE
    assert np.std(energies) < 2e-4 * thermal
    drift = np.polyfit(np.arange(1000), energies, 1)[0] * 1000
    assert abs(drift) < 2e-4 * thermal


def test_the_conserved_energy_accounts_for_baths_and_piston_on_a_ramp():
    """Its error must come from the timestep alone, so it falls with the square of it."""

    def spread(n_steps):
        potential, state = tethered()
        dynamics = Dynamics("npt", 2.0 / n_steps, 1, 0.1, 0.1, PRESSURE)
        integrator = Integrator(potential, state, dynamics, limits=DILUTE)
        energies = []
        for k in range(n_steps):
            integrator.advance(300.0 + 300.0 * k / n_steps)
            energies.append(integrator.conserved_energy)
        assert abs(state.thermostat_work) > 5.0
        assert abs(state.barostat_work) > 0.1
        return np.ptp(energies)

    coarse, fine = spread(400), spread(1600)
    assert coarse < 1.0
    assert fine < coarse / 8.0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 2**40), ensemble=st.sampled_from(["nve", "nvt", "npt"]))
def test_the_centre_of_mass_stays_at_rest(seed, ensemble):
    potential, state = spheres(seed)
    run((potential, state), Dynamics(ensemble, 0.002, 1, 0.1, 0.5, PRESSURE), 20, Integrator)
    momentum = potential.masses @ state.velocities
    scale = potential.masses @ np.abs(state.velocities)
    assert np.abs(momentum).max() < 1e-12 * scale.max()


def test_an_isotropic_barostat_keeps_the_shape_of_the_cell():
    potential, state = tethered()
    shape = state.cell / np.cbrt(state.volume)
    run((potential, state), Dynamics("npt", 0.002, 2, 0.1, 0.2, PRESSURE), 100, Integrator)
    assert abs(state.volume - 990.0) > 1.0
    np.testing.assert_allclose(state.cell / np.cbrt(state.volume), shape, rtol=1e-12, atol=1e-15)


def test_velocities_start_at_the_temperature_with_the_centre_at_rest():
    potential, state = spheres()
    integrator = Integrator(potential, state, Dynamics("nve", 0.001))
    kinetic = integrator.kinetic_energy
    assert integrator.temperature_of(kinetic) == pytest.approx(TEMPERATURE, rel=1e-12)
    np.testing.assert_allclose(potential.masses @ state.velocities, 0.0, atol=1e-9)


def test_pressure_is_that_of_the_equation_of_state():
    potential, state = tethered()
    integrator = Integrator(potential, state, Dynamics("nve", 0.001))
    static = -0.5 * GPA * 950.0 * np.log(state.volume / 950.0)
    expected = (2.0 * integrator.kinetic_energy + 3.0 * static) / 3.0 / state.volume
    assert integrator.pressure == pytest.approx(expected, rel=1e-12)


def test_watchdog_names_the_atom_that_flew_off():
    potential, state = spheres()
    state.velocities[5, 1] = 3000.0
    with pytest.raises(LostAtomsError, match=r"^step 1: atom 5 moves 6 Å"):
        run((potential, state), Dynamics("nve", 0.002), 1)


@pytest.mark.parametrize("spoilt", ["positions", "velocities"])
def test_watchdog_sees_what_is_not_a_number_before_forces_do(spoilt):
    potential, state = spheres()
    integrator = Integrator(potential, state, Dynamics("nve", 0.002))
    getattr(state, spoilt)[7, 2] = np.nan
    with pytest.raises(NotFiniteError, match="atom 7"):
        integrator.advance()
    assert potential.rebuilds == 1


def test_watchdog_sees_a_collapsing_box():
    potential, state = tethered()
    np.fill_diagonal(state.strain_rate, -30.0)
    dynamics = Dynamics("npt", 0.002, 1, 0.1, 10.0, PRESSURE)
    with pytest.raises(BoxCollapseError, match="Å³ per atom, wanted 30 to"):
        run_limited(potential, state, dynamics, Limits(9.0, 0.1, (30.0, 200.0), 1e9))


@pytest.mark.parametrize(
    ("rate", "error"), [(1e6, BoxCollapseError), (-1e6, BoxCollapseError), (np.nan, NotFiniteError)]
)
def test_watchdog_stops_a_piston_gone_wild(rate, error):
    potential, state = tethered()
    np.fill_diagonal(state.strain_rate, rate)
    with pytest.raises(error, match=r"^step 1: "):
        run((potential, state), Dynamics("npt", 0.002, 1, 0.1, 10.0, PRESSURE), 1)


def test_watchdog_sees_a_temperature_run_away():
    potential, state = tethered()
    dynamics = Dynamics("nve", 0.002)
    with pytest.raises(LostAtomsError, match="kinetic temperature is"):
        run_limited(potential, state, dynamics, Limits(9.0, 0.1, (1.0, 500.0), 250.0))


def run_limited(potential, state, dynamics, limits):
    integrator = WithoutBaths(potential, state, dynamics, limits=limits)
    for _ in range(200):
        integrator.advance(TEMPERATURE)


def test_kernels_give_the_same_without_compilation(tmp_path):
    script = textwrap.dedent("""
        import sys
        import numpy as np
        sys.path.insert(0, sys.argv[1])
        from test_integrators import Dynamics, Integrator, run, spheres
        state = run(spheres(), Dynamics("npt", 0.002, 2, 0.1, 0.2, 0.3), 10, Integrator).state
        np.save(sys.argv[2], np.vstack([state.positions, state.velocities, state.cell]))
    """)
    here, result = Path(__file__).parent, tmp_path / "interpreted.npy"
    potential, state = spheres()
    run((potential, state), Dynamics("npt", 0.002, 2, 0.1, 0.2, 0.3), 10, Integrator)
    compiled = np.vstack([state.positions, state.velocities, state.cell])
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error", "-c", script, here, result]
    subprocess.run(command, env=environment, check=True)
    np.testing.assert_allclose(np.load(result), compiled, rtol=1e-12)
