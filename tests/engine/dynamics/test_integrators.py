"""Reversibility, order of convergence and conservation, before any statistics."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from engine.toy_potentials import EinsteinCrystal, SoftSpheres, dimers, fcc
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.engine.dynamics.barostat import MODES
from lbhsweep.engine.dynamics.integrate import Dynamics, Integrator
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.engine.dynamics.watchdog import Limits
from lbhsweep.errors import (
    BoxCollapseError,
    EnergyDriftError,
    LostAtomsError,
    NotFiniteError,
    StructureError,
)
from lbhsweep.units import BOLTZMANN, GPA

TEMPERATURE = 300.0
PRESSURE = 0.05 * GPA
DILUTE = Limits(volume_per_atom=(5.0, 500.0))
CORES = [("nve", "isotropic"), *(("npt", mode) for mode in MODES)]


class WithoutBaths(Integrator):
    """The deterministic core: constant enthalpy when the ensemble is NPT."""

    def _make_scheme(self, *, centre_rests):
        scheme = super()._make_scheme(centre_rests=centre_rests)
        return scheme._replace(thermostatted=False, barostat=scheme.barostat._replace(friction=0.0))


def tethered(seed=1, n_atoms=8):
    """Two speeds of force: bonds every inner step, tethers and elasticity every outer step."""
    rng = np.random.default_rng(seed)
    cell = np.diag([9.0, 10.0, 11.0])
    sites = rng.random((n_atoms, 3))
    sites[1::2] = sites[::2] + np.array([0.2, 0.1, -0.2])
    bonds = dimers(n_atoms, 200.0, 3.0)
    masses = rng.uniform(5, 20, n_atoms)
    potential = EinsteinCrystal(sites, masses, 40.0, 0.5 * GPA, 950.0, 100.0, bonds)
    state = State.at_rest(sites @ cell, cell, seed)
    draw_velocities(state, potential.masses, TEMPERATURE)
    return potential, state


def spheres(seed=1):
    positions, cell = fcc(2, 4.4)
    potential = SoftSpheres(len(positions), bonds=dimers(len(positions), 300.0, 3.1))
    state = State.at_rest(positions, cell, seed)
    draw_velocities(state, potential.masses, TEMPERATURE)
    return potential, state


def run(system, dynamics, n_steps, kind=WithoutBaths, **options):
    potential, state = system
    integrator = kind(potential, state, dynamics, limits=DILUTE, **options)
    for _ in range(n_steps):
        integrator.advance(TEMPERATURE)
    return integrator


def with_frozen(system):
    """Freeze every third of the atoms, and a whole dimer."""
    potential, state = system
    frozen = np.arange(state.n_atoms) % 3 == 0
    frozen[1] = True
    draw_velocities(state, potential.masses, TEMPERATURE, frozen)
    return {"frozen": frozen, "molecule": np.arange(state.n_atoms) // 2 + 1}


@pytest.mark.parametrize(("ensemble", "barostat"), CORES)
@pytest.mark.parametrize("inner_steps", [1, 3])
def test_the_error_falls_with_the_square_of_the_timestep(ensemble, barostat, inner_steps):
    def end(n_steps):
        dt = 0.24 / n_steps / inner_steps
        dynamics = Dynamics(ensemble, dt, inner_steps, 0.1, 0.2, PRESSURE, barostat=barostat)
        state = run(tethered(), dynamics, n_steps).state
        return np.concatenate([state.positions.ravel(), state.cell.ravel()])

    exact = end(3840)
    counts = np.array([60, 120, 240, 480])
    errors = [np.linalg.norm(end(n) - exact) for n in counts]
    slope = np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(("ensemble", "barostat"), CORES)
@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("make", [tethered, spheres])
def test_reversing_the_motion_leads_back(ensemble, barostat, freeze, make):
    system = make()
    frozen = with_frozen(system) if freeze else {}
    start = system[1].positions.copy(), system[1].cell.copy()
    dynamics = Dynamics(ensemble, 0.002, 2, 0.1, 0.2, PRESSURE, barostat=barostat)
    state = run(system, dynamics, 100, **frozen).state
    assert np.abs(state.positions - start[0]).max() > 0.1
    state.velocities *= -1.0
    state.strain_rate *= -1.0
    run(system, dynamics, 100, **frozen)
    np.testing.assert_allclose(state.positions, start[0], atol=1e-9)
    np.testing.assert_allclose(state.cell, start[1], atol=1e-9)


@pytest.mark.parametrize("inner_steps", [1, 4])
def test_energy_is_conserved_without_baths(inner_steps):
    integrator = WithoutBaths(*spheres(), Dynamics("nve", 0.001 / inner_steps, inner_steps))
    energies = []
    for _ in range(1000):
        integrator.advance()
        energies.append(integrator.conserved_energy)
    thermal = integrator.n_dof * BOLTZMANN * TEMPERATURE
    assert np.std(energies) < 2e-4 * thermal
    drift = np.polyfit(np.arange(1000), energies, 1)[0] * 1000
    assert abs(drift) < 2e-4 * thermal


@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("barostat", MODES)
def test_the_conserved_energy_accounts_for_all_work_while_both_targets_ramp(barostat, freeze):
    """Its error must come from the timestep alone, so it falls with the square of it."""

    def spread(n_steps):
        potential, state = system = tethered()
        frozen = with_frozen(system) if freeze else {}
        dynamics = Dynamics("npt", 1.0 / n_steps, 2, 0.1, 0.3, PRESSURE, barostat=barostat)
        integrator = Integrator(potential, state, dynamics, limits=DILUTE, **frozen)
        energies = []
        for k in range(n_steps):
            share = k / n_steps
            integrator.advance(300.0 + 300.0 * share, PRESSURE * (1.0 + 2.0 * share))
            energies.append(integrator.conserved_energy)
        assert abs(state.thermostat_work) > 5.0
        assert abs(state.barostat_work) > 5.0
        assert state.pressure == pytest.approx(3.0 * PRESSURE, rel=0.01)
        return np.ptp(energies)

    coarse, fine = spread(400), spread(1600)
    assert coarse < 1.5
    assert fine < coarse / 8.0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 2**40), core=st.sampled_from([("nvt", "isotropic"), *CORES]))
def test_the_centre_of_mass_stays_at_rest(seed, core):
    potential, state = spheres(seed)
    dynamics = Dynamics(core[0], 0.002, 1, 0.1, 0.5, PRESSURE, barostat=core[1])
    run((potential, state), dynamics, 20, Integrator)
    momentum = potential.masses @ state.velocities
    scale = potential.masses @ np.abs(state.velocities)
    assert np.abs(momentum).max() < 1e-12 * scale.max()


def test_an_isotropic_barostat_keeps_the_shape_of_the_cell():
    potential, state = tethered()
    shape = state.cell / np.cbrt(state.volume)
    run((potential, state), Dynamics("npt", 0.002, 2, 0.1, 0.2, PRESSURE), 100, Integrator)
    assert abs(state.volume - 990.0) > 1.0
    np.testing.assert_allclose(state.cell / np.cbrt(state.volume), shape, rtol=1e-12, atol=1e-15)


def test_each_barostat_changes_what_its_mode_leaves_free():
    for barostat, changes in (
        ("orthorhombic", np.eye(3)),
        ("uniaxial", np.diag([0.0, 0.0, 1.0])),
        ("triclinic", np.ones((3, 3))),
    ):
        potential, state = tethered()
        start = state.cell.copy()
        dynamics = Dynamics("npt", 0.002, 2, 0.1, 0.2, PRESSURE, barostat=barostat)
        run((potential, state), dynamics, 100, Integrator)
        np.testing.assert_array_equal(np.abs(state.cell - start) > 1e-4, changes)
        np.testing.assert_array_equal(state.strain_rate, state.strain_rate.T)


@pytest.mark.parametrize("barostat", ["orthorhombic", "uniaxial"])
def test_a_barostat_of_lengths_refuses_a_skewed_cell(barostat):
    potential, state = tethered()
    state.cell[1, 0] = 0.5
    with pytest.raises(StructureError, match="take barostat triclinic"):
        Integrator(potential, state, Dynamics("npt", 0.002, barostat=barostat))


@pytest.mark.parametrize(("ensemble", "barostat"), [("nvt", "isotropic"), *CORES])
def test_frozen_atoms_stay_where_they_are_in_the_cell(ensemble, barostat):
    def placed():
        """Scaled places, the first dimer's being that of its centre, and the dimer itself."""
        scaled = state.positions @ np.linalg.inv(state.cell)
        scaled[:2] = scaled[:2].mean(axis=0)
        return scaled, state.positions[1] - state.positions[0]

    _, state = system = spheres()
    options = with_frozen(system)
    frozen = options["frozen"]
    scaled, dimer = placed()
    dynamics = Dynamics(ensemble, 0.002, 2, 0.05, 0.2, PRESSURE, barostat=barostat)
    integrator = run(system, dynamics, 100, Integrator, **options)
    moved = np.abs(placed()[0] - scaled).max(axis=1)
    assert moved[frozen].max() < 1e-12
    assert moved[~frozen].min() > 1e-4
    np.testing.assert_allclose(placed()[1], dimer, rtol=0.0, atol=1e-12)
    assert not state.velocities[frozen].any()
    assert integrator.n_dof == 3 * np.count_nonzero(~frozen)
    if ensemble == "npt":
        assert np.abs(state.cell - fcc(2, 4.4)[1]).max() > 1e-3


def test_nothing_runs_when_everything_is_frozen():
    potential, state = tethered()
    with pytest.raises(StructureError, match="8 of 8 atoms are frozen"):
        Integrator(potential, state, Dynamics("nve", 0.001), frozen=np.ones(8, bool))


def test_velocities_start_at_the_temperature_with_the_centre_at_rest():
    potential, state = spheres()
    integrator = Integrator(potential, state, Dynamics("nve", 0.001))
    kinetic = integrator.kinetic_energy
    assert integrator.temperature_of(kinetic) == pytest.approx(TEMPERATURE, rel=1e-12)
    np.testing.assert_allclose(potential.masses @ state.velocities, 0.0, atol=1e-9)


def test_frozen_atoms_get_no_share_of_the_temperature():
    potential, state = system = spheres()
    options = with_frozen(system)
    integrator = Integrator(potential, state, Dynamics("nve", 0.001), **options)
    kinetic = integrator.kinetic_energy
    assert integrator.temperature_of(kinetic) == pytest.approx(TEMPERATURE, rel=1e-12)
    assert not state.velocities[options["frozen"]].any()


def test_pressure_is_minus_the_slope_of_the_energy_in_the_strain():
    potential, state = system = tethered()
    run(system, Dynamics("nvt", 0.002, 2, 0.1), 50, Integrator)

    def energy(strain):
        deformation = np.eye(3) + strain
        other = State.at_rest(state.positions @ deformation, state.cell @ deformation, 1)
        return Integrator(potential, other, Dynamics("nve", 0.001)).potential_energy

    integrator = Integrator(potential, state, Dynamics("nve", 0.001))
    kinetic = np.einsum("i,ia,ib->ab", potential.masses, state.velocities, state.velocities) / 100
    h = 1e-6
    for a in range(3):
        for b in range(3):
            step = np.zeros((3, 3))
            step[a, b] += 0.5 * h
            step[b, a] += 0.5 * h
            slope = (energy(step) - energy(-step)) / (2 * h)
            found = integrator.pressure_tensor[a, b] * state.volume
            assert found == pytest.approx(kinetic[a, b] - slope, abs=1e-4)
    trace = np.trace(integrator.pressure_tensor)
    assert integrator.pressure == pytest.approx(trace / 3.0, rel=1e-12)


def test_watchdog_names_the_atom_that_flew_off():
    potential, state = spheres()
    state.velocities[5, 1] = 3000.0
    with pytest.raises(LostAtomsError, match=r"^step 1: atom 5 moves 5.98 Å"):
        run((potential, state), Dynamics("nve", 0.002), 1)


@pytest.mark.parametrize("spoilt", ["positions", "velocities"])
def test_watchdog_sees_what_is_not_a_number_before_forces_do(spoilt):
    potential, state = spheres()
    integrator = Integrator(potential, state, Dynamics("nve", 0.002))
    getattr(state, spoilt)[6, 2] = np.nan
    with pytest.raises(NotFiniteError, match="atom 6"):
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
@pytest.mark.parametrize("barostat", MODES)
def test_watchdog_stops_a_piston_gone_wild(rate, error, barostat):
    potential, state = tethered()
    np.fill_diagonal(state.strain_rate, rate)
    cell = state.cell.copy()
    dynamics = Dynamics("npt", 0.002, 1, 0.1, 10.0, PRESSURE, barostat=barostat)
    with pytest.raises(error, match=r"^step 1: "):
        run((potential, state), dynamics, 1)
    np.testing.assert_array_equal(state.cell, cell)


def test_watchdog_sees_a_temperature_run_away():
    potential, state = tethered()
    dynamics = Dynamics("nve", 0.002)
    with pytest.raises(LostAtomsError, match="kinetic temperature is"):
        run_limited(potential, state, dynamics, Limits(9.0, 0.1, (1.0, 500.0), 250.0))


@pytest.mark.parametrize("ensemble", ["nve", "nvt", "npt"])
def test_watchdog_sees_energy_that_comes_from_too_long_a_timestep(ensemble):
    """Three quarters of the longest stable step: no atom flies off, but energy comes in."""
    dynamics = Dynamics(ensemble, 0.019, 1, 0.1, 2.0, PRESSURE)
    with pytest.raises(EnergyDriftError, match=r"kT per atom .* take a shorter timestep"):
        run_limited(*spheres(), dynamics, Limits(20.0, 0.1, (1.0, 500.0), 1e9), 20_000)


@pytest.mark.parametrize("per_nanosecond", [0.5, -0.5, 2.0, -2.0])
def test_watchdog_believes_slow_drifts_for_ever_and_fast_ones_for_a_while(per_nanosecond):
    limits, followed, thermal = Limits(), 7.0, 250.0
    trips = None
    for step in range(16, 10_000_000, 16 * 5000):
        conserved = 7.0 + per_nanosecond * thermal * step * 2e-6
        try:
            followed = limits.follow_drift(conserved, followed, thermal, 16 * 10.0, step)
        except EnergyDriftError as error:
            trips = error.step * 2e-6
            break
    # Beyond belief by 1 kT per atom and ns, it takes 0.5 ns to gather half a kT.
    assert (trips is None) if abs(per_nanosecond) < 1.0 else trips == pytest.approx(0.5, abs=0.2)


def test_watchdog_sees_a_sudden_gain_late_in_a_run():
    limits = Limits()
    assert limits.follow_drift(10.1, 10.0, 1.0, 1000.0, 1) == 10.1
    with pytest.raises(EnergyDriftError, match=r"^step 9: .* 11 kJ/mol, \+0.99"):
        limits.follow_drift(11.0, 10.0, 1.0, 10.0, 9)
    with pytest.raises(EnergyDriftError):
        limits.follow_drift(np.nan, 10.0, 1.0, 10.0, 9)


def run_limited(potential, state, dynamics, limits, n_steps=200):
    integrator = Integrator(potential, state, dynamics, limits=limits)
    for _ in range(n_steps):
        integrator.advance(TEMPERATURE)


def flexible(barostat):
    """A few steps with everything switched on."""
    system = spheres()
    options = with_frozen(system)
    dynamics = Dynamics("npt", 0.002, 2, 0.1, 0.2, 0.3, barostat=barostat)
    state = run(system, dynamics, 5, Integrator, **options).state
    return np.vstack([state.positions, state.velocities, state.cell, state.strain_rate])


def test_kernels_give_the_same_without_compilation(tmp_path):
    script = textwrap.dedent("""
        import sys
        import numpy as np
        sys.path.insert(0, sys.argv[1])
        from engine.dynamics.test_integrators import flexible
        np.save(sys.argv[2], np.vstack([flexible(mode) for mode in sys.argv[3:]]))
    """)
    tests, result = Path(__file__).parents[2], tmp_path / "interpreted.npy"
    compiled = np.vstack([flexible(mode) for mode in MODES])
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error", "-c", script, tests, result, *MODES]
    subprocess.run(command, env=environment, check=True)
    np.testing.assert_allclose(np.load(result), compiled, rtol=1e-11, atol=1e-13)
