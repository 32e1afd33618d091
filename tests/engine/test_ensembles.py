"""Averages and fluctuations against statistical mechanics in closed form."""

import contextlib
import io
import warnings

import numpy as np
import pytest
from scipy import stats
from toy_potentials import EinsteinCrystal, SoftSpheres, fcc

from lbhsweep.engine.barostat import Barostat
from lbhsweep.engine.integrate import Dynamics, Integrator
from lbhsweep.engine.state import State, draw_velocities
from lbhsweep.engine.thermostat import rescaling_factor
from lbhsweep.engine.watchdog import Limits
from lbhsweep.units import BOLTZMANN, GPA

with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
    # Its dependency pymbar warns and prints about the absence of JAX.
    warnings.simplefilter("ignore")
    import physical_validation

TEMPERATURE = 300.0
KT = BOLTZMANN * TEMPERATURE
LENIENT = Limits(1e6, 1.0, (0.0, 1e9), 1e9)


def trajectory(potential, start, dynamics, temperature, n_samples, every, seed=5):
    """Sample (potential energy, kinetic energy, volume)."""
    state = State.at_rest(*start, seed)
    draw_velocities(state, potential.masses, temperature)
    integrator = Integrator(potential, state, dynamics, limits=LENIENT)
    for _ in range(500):
        integrator.advance(temperature)
    rows = []
    for _ in range(n_samples):
        for _ in range(every):
            integrator.advance(temperature)
        rows.append([integrator.potential_energy, integrator.kinetic_energy, state.volume])
    return np.array(rows).T


def test_the_thermostat_alone_gives_the_canonical_kinetic_energy():
    """The rescaled kinetic energy is a gamma number of shape N_f/2, whatever it was before."""
    freedom, target = 9, 4.5 * KT
    values = np.empty(4000)
    kinetic = 20.0 * target
    for k in range(-100, len(values)):
        kinetic *= rescaling_factor(kinetic, target, freedom, 0.3, 9, k + 100, 1) ** 2
        values[max(k, 0)] = kinetic
    assert stats.kstest(values[::5], stats.gamma(freedom / 2, scale=KT).cdf).pvalue > 1e-3


def test_the_thermostat_relaxes_the_mean_exponentially():
    """⟨K(t)⟩ = K̄ + (K(0) - K̄) exp(-t/τ), exactly for any step."""
    freedom, target, start, decay = 9, 4.5 * KT, 13.0, 0.3
    after = [
        start * rescaling_factor(start, target, freedom, decay, 3, k, 1) ** 2 for k in range(20000)
    ]
    error = np.std(after) / np.sqrt(len(after))
    assert np.mean(after) == pytest.approx(target + decay * (start - target), abs=4 * error)


@pytest.fixture(scope="module")
def einstein_nvt():
    rng = np.random.default_rng(0)
    cell = np.eye(3) * 10.0
    potential = EinsteinCrystal(rng.random((4, 3)), [10.0, 12.0, 14.0, 20.0], 50.0)
    dynamics = Dynamics("nvt", 0.005, 1, 0.05)
    return trajectory(potential, (potential.sites @ cell, cell), dynamics, TEMPERATURE, 4000, 8)


@pytest.mark.parametrize("row", [0, 1])
def test_harmonic_energies_are_canonical(einstein_nvt, row):
    """Potential and kinetic energy of 9 harmonic modes: gamma numbers of shape 9/2 and scale kT."""
    # The Verlet map of an oscillator widens U by 1/(1 - (ω dt/2)²): 0.3 % at most here.
    assert stats.kstest(einstein_nvt[row, ::8], stats.gamma(4.5, scale=KT).cdf).pvalue > 1e-3
    assert einstein_nvt[row].mean() == pytest.approx(4.5 * KT, rel=0.03)
    assert einstein_nvt[row].var() == pytest.approx(4.5 * KT**2, rel=0.12)


def test_volumes_of_free_sites_follow_the_exact_law():
    """With no static energy P(V) ∝ V exp(-PV/kT): the centre of mass gives the factor V.

    Leaving out either k_B T of the piston's constant push would give another shape.
    """
    rng = np.random.default_rng(0)
    cell = np.eye(3) * 10.0
    pressure = 2.0 * KT / 1000.0
    potential = EinsteinCrystal(rng.random((4, 3)), [10.0, 12.0, 14.0, 20.0], 50.0)
    dynamics = Dynamics("npt", 0.006, 1, 0.05, 0.06, pressure, TEMPERATURE)
    start = potential.sites @ cell, cell
    volumes = trajectory(potential, start, dynamics, TEMPERATURE, 1500, 40)[2]
    law = stats.gamma(2.0, scale=KT / pressure)
    assert stats.kstest(volumes, law.cdf).pvalue > 1e-3
    assert stats.kstest(volumes, stats.gamma(1.0, scale=KT / pressure).cdf).pvalue < 1e-6
    assert stats.kstest(volumes, stats.gamma(3.0, scale=KT / pressure).cdf).pvalue < 1e-6


def test_volumes_follow_the_equation_of_state():
    """P(V) ∝ V exp(-(PV + Φ(V))/kT), Φ = B V₀ ln²(V/V₀)/2, by quadrature."""
    rng = np.random.default_rng(0)
    cell = np.eye(3) * 10.0
    pressure, modulus = 0.02 * GPA, 0.05 * GPA
    potential = EinsteinCrystal(rng.random((4, 3)), [10.0, 12.0, 14.0, 20.0], 50.0, modulus, 1e3)
    dynamics = Dynamics("npt", 0.003, 2, 0.05, 0.06, pressure, TEMPERATURE)
    start = potential.sites @ cell, cell
    volumes = trajectory(potential, start, dynamics, TEMPERATURE, 1500, 20)[2]
    grid = np.linspace(100.0, 3000.0, 20_000)
    exponent = pressure * grid + 0.5 * modulus * 1e3 * np.log(grid / 1e3) ** 2
    weight = grid * np.exp(-(exponent - exponent.min()) / KT)
    cumulative = np.cumsum(weight) / weight.sum()
    law = stats.kstest(volumes, lambda v: np.interp(v, grid, cumulative))
    assert law.pvalue > 1e-3
    mean = (grid * weight).sum() / weight.sum()
    assert volumes.mean() == pytest.approx(mean, rel=0.02)


def test_the_piston_alone_is_thermal():
    """Its strain rate is normal with variance kT/W under its own heat bath."""
    barostat = Barostat.with_time(0.0, 1.0, 27, TEMPERATURE)
    eta, values = 0.0, []
    for k in range(8000):
        eta = barostat.thermalise(eta, 0.2, TEMPERATURE, 4, k, 3)
        values.append(eta)
    spread = np.sqrt(KT / barostat.inertia)
    assert stats.kstest(values[::4], stats.norm(scale=spread).cdf).pvalue > 1e-3


def spheres_data(ensemble, temperature, pressure):
    """Simulate a fluid of soft spheres, laid out as physical_validation reads it."""
    positions, cell = fcc(2, 5.0)
    potential = SoftSpheres(len(positions))
    dynamics = Dynamics(ensemble.lower(), 0.006, 1, 0.1, 0.2, pressure, 300.0)
    rows = trajectory(
        potential, (positions, cell), dynamics, temperature, 500, 12, seed=int(temperature)
    )
    pv = physical_validation.data
    potential_energy, kinetic, volume = rows
    n = potential.n_atoms
    units = pv.UnitData(
        kb=BOLTZMANN,
        energy_str="kJ/mol",
        energy_conversion=1.0,
        length_str="A",
        length_conversion=0.1,
        volume_str="A^3",
        volume_conversion=1e-3,
        temperature_str="K",
        temperature_conversion=1.0,
        pressure_str="kJ/mol/A^3",
        pressure_conversion=1e4 / GPA,
        time_str="ps",
        time_conversion=1.0,
    )
    system = pv.SystemData(
        natoms=n, nconstraints=0, ndof_reduction_tra=3, ndof_reduction_rot=0, mass=potential.masses
    )
    held = {"volume": volume[0]} if ensemble == "NVT" else {"pressure": pressure}
    return pv.SimulationData(
        units=units,
        system=system,
        ensemble=pv.EnsembleData(ensemble, natoms=n, temperature=temperature, **held),
        observables=pv.ObservableData(
            kinetic_energy=kinetic,
            potential_energy=potential_energy,
            total_energy=kinetic + potential_energy,
            volume=volume,
        ),
    )


@pytest.mark.parametrize(
    ("ensemble", "points"),
    [
        ("NVT", [(300.0, 0.0), (330.0, 0.0)]),
        ("NPT", [(300.0, 0.8 * GPA), (330.0, 0.8 * GPA)]),
        ("NPT", [(300.0, 0.8 * GPA), (300.0, 0.9 * GPA)]),
    ],
)
def test_physical_validation_finds_the_ensemble(ensemble, points):
    data = [spheres_data(ensemble, *point) for point in points]
    for one in data:
        assert physical_validation.kinetic_energy.distribution(one, strict=True, verbosity=0) > 1e-3
    deviations = physical_validation.ensemble.check(
        *data, total_energy=False, bootstrap_seed=1, verbosity=0
    )
    assert np.max(np.abs(deviations)) < 3.5
