"""Averages and fluctuations against statistical mechanics in closed form."""

import contextlib
import io
import warnings

import numpy as np
import pytest
from engine.toy_potentials import EinsteinCrystal, SoftSpheres, dimers, fcc
from scipy import stats

from lbhsweep.engine.dynamics.barostat import (
    MODES,
    barostat_with_time,
    piston_energy,
    thermalise_piston,
)
from lbhsweep.engine.dynamics.integrate import Dynamics, Integrator
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.engine.dynamics.thermostat import rescaling_factor
from lbhsweep.engine.dynamics.watchdog import Limits
from lbhsweep.engine.molecules.bonded import bonded_tables
from lbhsweep.units import BOLTZMANN, GPA

with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
    # Its dependency pymbar warns and prints about the absence of JAX.
    warnings.simplefilter("ignore")
    import physical_validation

TEMPERATURE = 300.0
KT = BOLTZMANN * TEMPERATURE
LENIENT = Limits(1e6, 1.0, (0.0, 1e9), 1e9, 1e9, 1e9)
MASSES = [10.0, 12.0, 14.0, 20.0]


def energies(integrator):
    """Potential energy, kinetic energy, volume."""
    return integrator.potential_energy, integrator.kinetic_energy, integrator.state.volume


def trajectory(
    potential,
    start,
    dynamics,
    temperature,
    n_samples,
    every,
    *,
    look=energies,
    frozen=None,
    molecule=None,
    seed=5,
):
    """Sample what `look` sees, in rows."""
    state = State.at_rest(*start, seed)
    draw_velocities(state, potential.masses, temperature, frozen)
    integrator = Integrator(
        potential, state, dynamics, limits=LENIENT, frozen=frozen, molecule=molecule
    )
    mobile = np.ones(len(state.positions)) if frozen is None else ~frozen
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(-40, n_samples):
        for _ in range(every):
            integrator.advance(temperature)
        if k >= 0:
            rows.append(look(integrator))
        stir(integrator, mobile, rng)
    return np.moveaxis(np.array(rows), 0, -1)


def stir(integrator, mobile, rng):
    """Turn the velocities to another direction in phase space.

    Their distribution at given kinetic energy is uniform, so this leaves every ensemble as it is;
    without it the modes of a harmonic crystal or an ideal gas would never meet.
    """
    state, masses = integrator.state, integrator.potential.masses * mobile
    before = integrator.kinetic_energy
    velocities = rng.normal(size=state.velocities.shape) * mobile[:, None]
    velocities /= np.sqrt(integrator.potential.masses)[:, None]
    if mobile.all():
        velocities -= masses @ velocities / masses.sum()
    state.velocities[:] = velocities
    state.velocities *= np.sqrt(before / integrator.kinetic_energy)


def crystal(**options):
    """Four atoms tethered in a cube of 10 Å, and where they start."""
    rng = np.random.default_rng(0)
    cell = np.eye(3) * 10.0
    potential = EinsteinCrystal(rng.random((4, 3)), MASSES, 50.0, **options)
    return potential, (potential.sites @ cell, cell)


def test_the_thermostat_alone_gives_the_canonical_kinetic_energy():
    """The rescaled kinetic energy is a gamma number of shape N_f/2, whatever it was before."""
    n_dof, target = 9, 4.5 * KT
    values = np.empty(4000)
    kinetic = 20.0 * target
    for k in range(-100, len(values)):
        kinetic *= rescaling_factor(kinetic, target, n_dof, 0.3, 9, k + 100, 1) ** 2
        values[max(k, 0)] = kinetic
    assert stats.kstest(values[::5], stats.gamma(n_dof / 2, scale=KT).cdf).pvalue > 1e-3


def test_the_thermostat_relaxes_the_mean_exponentially():
    """⟨K(t)⟩ = K̄ + (K(0) - K̄) exp(-t/τ), exactly for any step."""
    n_dof, target, start, decay = 9, 4.5 * KT, 13.0, 0.3
    after = [
        start * rescaling_factor(start, target, n_dof, decay, 3, k, 1) ** 2 for k in range(20000)
    ]
    error = np.std(after) / np.sqrt(len(after))
    assert np.mean(after) == pytest.approx(target + decay * (start - target), abs=4 * error)


SHAPES = tuple(mode for mode in MODES if mode != "uniaxial")
"""Modes in which the cell's shape is free or fixed whatever its volume."""


@pytest.fixture(scope="module")
def einstein_nvt():
    return trajectory(*crystal(), Dynamics("nvt", 0.005, 1, 0.05), TEMPERATURE, 2400, 12)


@pytest.mark.parametrize("row", [0, 1])
def test_harmonic_energies_are_canonical(einstein_nvt, row):
    """Potential and kinetic energy of 9 harmonic modes: gamma numbers of shape 9/2 and scale kT."""
    # The Verlet map of an oscillator widens U by 1/(1 - (ω dt/2)²): 0.3 % at most here.
    assert stats.kstest(einstein_nvt[row, ::3], stats.gamma(4.5, scale=KT).cdf).pvalue > 1e-3
    assert einstein_nvt[row].mean() == pytest.approx(4.5 * KT, rel=0.03)
    assert einstein_nvt[row].var() == pytest.approx(4.5 * KT**2, rel=0.12)


def test_mobile_atoms_among_frozen_ones_are_canonical():
    """Two atoms have six harmonic modes and six degrees of freedom, none of them taken away."""
    frozen = np.array([True, False, True, False])
    dynamics = Dynamics("nvt", 0.005, 1, 0.05)
    rows = trajectory(*crystal(), dynamics, TEMPERATURE, 2000, 8, frozen=frozen)
    for row in rows[:2, ::4]:
        assert stats.kstest(row, stats.gamma(3.0, scale=KT).cdf).pvalue > 1e-3


PRESSURE = 2.0 * KT / 1000.0
TETHER = 10.0


def pistons(integrator):
    """Volume, energy of the shape, strain rate, and (P_int - P) V."""
    state = integrator.state
    excess = state.volume * (integrator.pressure_tensor - PRESSURE * np.eye(3))
    return np.array(
        [state.volume, integrator._slow.energies[2], *state.strain_rate.flat, *excess.flat]
    )


@pytest.fixture(scope="module", params=SHAPES)
def free_cell(request):
    """A cell with a rigid shape but no equation of state, at two speeds."""
    dynamics = Dynamics("npt", 0.002, 2, 0.05, 0.06, PRESSURE, TEMPERATURE, request.param)
    system = crystal(rigidity=20.0 * KT)
    rows = trajectory(*system, dynamics, TEMPERATURE, 2000, 30, look=pistons)
    return request.param, rows, dynamics


def test_volumes_of_a_free_cell_follow_the_exact_law(free_cell):
    """P(V) ∝ V exp(-PV/kT): the centre of mass gives the factor V.

    Another constant of the piston's steady push would give another shape of the law.
    """
    volumes = free_cell[1][0, ::3]
    scale = KT / PRESSURE
    assert stats.kstest(volumes, stats.gamma(2.0, scale=scale).cdf).pvalue > 1e-3
    assert stats.kstest(volumes, stats.gamma(1.0, scale=scale).cdf).pvalue < 1e-6
    assert stats.kstest(volumes, stats.gamma(3.0, scale=scale).cdf).pvalue < 1e-6


def test_shapes_of_a_free_cell_follow_the_exact_law(free_cell):
    """Unimodular cells are distributed as exp(-Φ/kT) times their invariant measure.

    With exp(s_i) the principal stretches at unit volume: flat in s for three lengths, and
    Π sinh|s_i - s_j| for all components (Helgason, Groups and Geometric Analysis, I.5).
    """
    mode, rows, _ = free_cell
    if mode == "isotropic":
        np.testing.assert_allclose(rows[1], 0.0, atol=1e-9)
        return
    grid = np.linspace(-1.5, 1.5, 601)
    a, b = np.meshgrid(grid, grid)
    s = np.stack([a, b, -a - b]).reshape(3, -1)
    energy = 20.0 * (np.exp(2.0 * s).mean(axis=0) - 1.0)
    weight = np.exp(-energy)
    if mode == "triclinic":
        weight *= np.abs(np.prod(np.sinh(s - np.roll(s, 1, axis=0)), axis=0))
    order = np.argsort(energy)
    cumulative = np.cumsum(weight[order]) / weight.sum()
    law = stats.kstest(rows[1] / KT, lambda x: np.interp(x, energy[order], cumulative))
    assert law.pvalue > 1e-3


def test_pistons_and_pressures_of_a_free_cell_share_alike(free_cell):
    """⟨W tr g²⟩/kT counts the piston's components, and ⟨(P_int - P) V⟩ = -2 kT on average."""
    mode, rows, dynamics = free_cell
    barostat = barostat_with_time(mode, dynamics.barostat_time, 9, TEMPERATURE, centre_rests=True)
    components = {"isotropic": 1, "orthorhombic": 3, "triclinic": 6}[mode]
    rates, excess = rows[2:11], rows[11:]
    square = barostat.inertia * (rates**2).sum(axis=0) / KT
    assert square.mean() == pytest.approx(components, abs=4 * square.std() / np.sqrt(len(square)))
    assert np.count_nonzero(rates.any(axis=1)) == (9 if mode == "triclinic" else 3)
    mean = excess.mean(axis=1).reshape(3, 3) / KT
    error = excess.std(axis=1).max() / KT / np.sqrt(excess.shape[1])
    if mode == "isotropic":
        assert np.trace(mean) / 3.0 == pytest.approx(-2.0, abs=4 * error)
    else:
        np.testing.assert_allclose(np.diag(mean), -2.0, atol=4 * error)
    np.testing.assert_allclose(mean - np.diag(np.diag(mean)), 0.0, atol=4 * error)


@pytest.mark.parametrize("mode", SHAPES)
def test_volumes_of_an_ideal_gas_of_bonded_pairs_follow_the_exact_law(mode):
    """P(V) ∝ V^n exp(-PV/kT) for n dimers, whose bonds are the fast forces."""
    n_dimers, cell = 3, np.eye(3) * 12.0
    sites = np.random.default_rng(1).random((2 * n_dimers, 3))
    sites[1::2] = sites[::2] + np.array([0.1, 0.0, 0.0])
    masses = np.linspace(8.0, 20.0, 2 * n_dimers)
    bonds = dimers(2 * n_dimers, 300.0, 1.2)
    potential = EinsteinCrystal(sites, masses, 0.0, rigidity=20.0 * KT, bonds=bonds)
    pressure = n_dimers * KT / 1700.0
    dynamics = Dynamics("npt", 0.002, 3, 0.05, 0.08, pressure, TEMPERATURE, mode)
    volumes = trajectory(potential, (sites @ cell, cell), dynamics, TEMPERATURE, 1200, 30)[2, ::3]
    law = stats.gamma(n_dimers + 1.0, scale=KT / pressure)
    assert stats.kstest(volumes, law.cdf).pvalue > 1e-3


def test_volumes_of_a_cell_with_one_free_length_follow_the_exact_law():
    """P(V) ∝ V exp(-PV/kT): the volume is proportional to that length."""
    dynamics = Dynamics("npt", 0.002, 2, 0.05, 0.06, PRESSURE, TEMPERATURE, "uniaxial")
    volumes = trajectory(*crystal(), dynamics, TEMPERATURE, 2000, 30)[2, ::3]
    scale = KT / PRESSURE
    assert stats.kstest(volumes, stats.gamma(2.0, scale=scale).cdf).pvalue > 1e-3
    assert stats.kstest(volumes, stats.gamma(1.0, scale=scale).cdf).pvalue < 1e-6
    assert stats.kstest(volumes, stats.gamma(3.0, scale=scale).cdf).pvalue < 1e-6


def test_volumes_among_frozen_atoms_follow_the_exact_law():
    """P(V) ∝ exp(-PV/kT): frozen sites hold the others, so no free centre gives a factor V."""
    frozen = np.array([True, False, False, False])
    dynamics = Dynamics("npt", 0.003, 2, 0.05, 0.06, PRESSURE, TEMPERATURE)
    volumes = trajectory(*crystal(), dynamics, TEMPERATURE, 1200, 30, frozen=frozen)[2, ::3]
    scale = KT / PRESSURE
    assert stats.kstest(volumes, stats.gamma(1.0, scale=scale).cdf).pvalue > 1e-3
    assert stats.kstest(volumes, stats.gamma(2.0, scale=scale).cdf).pvalue < 1e-6


@pytest.mark.parametrize("mode", SHAPES)
def test_volumes_around_a_frozen_molecule_follow_the_exact_law(mode):
    """P(V) ∝ exp(-PV/kT) for a dimer of one site: its strained bond and tethers never change."""
    rows = with_frozen_dimer(0.0, mode, rigidity=20.0 * KT)
    law = stats.gamma(1.0, scale=KT / PRESSURE)
    assert stats.kstest(rows[2, ::3], law.cdf).pvalue > 1e-3


def test_a_frozen_molecule_resists_strain_by_its_surroundings_alone():
    """The others follow, so a dimer d of sites Δs apart costs ¼ k |d - h Δs|²: by quadrature."""
    rows = with_frozen_dimer(0.2, "isotropic")
    grid = np.linspace(0.1, 2e4, 200_000)
    stretched = np.cbrt(grid) * 0.2
    weight = np.exp(-(PRESSURE * grid + 0.25 * TETHER * (2.0 - stretched) ** 2) / KT)
    cumulative = np.cumsum(weight) / weight.sum()
    law = stats.kstest(rows[2, ::3], lambda v: np.interp(v, grid, cumulative))
    assert law.pvalue > 1e-3


def with_frozen_dimer(apart, mode, **options):
    """Four tethered atoms, two of which are a frozen dimer of 2 Å: energies."""
    sites = np.random.default_rng(0).random((4, 3))
    sites[1] = sites[0] + np.array([apart, 0.0, 0.0])
    none, molecule = np.zeros(0), np.array([1, 1, 0, 0])
    bond = np.array([[0, 1]]), np.array([300.0]), np.array([1.5])
    bonds = bonded_tables(molecule, *bond, np.zeros((0, 3), np.int32), none, none)
    potential = EinsteinCrystal(sites, MASSES, TETHER, bonds=bonds, **options)
    cell = np.eye(3) * 10.0
    start = sites @ cell
    start[1] = start[0] + np.array([2.0, 0.0, 0.0])
    dynamics = Dynamics("npt", 0.002, 3, 0.05, 0.06, PRESSURE, TEMPERATURE, mode)
    held = {"frozen": np.arange(4) < 2, "molecule": molecule}
    return trajectory(potential, (start, cell), dynamics, TEMPERATURE, 1200, 30, **held)


def test_volumes_follow_the_equation_of_state():
    """P(V) ∝ V exp(-(PV + Φ(V))/kT), Φ = B V₀ ln²(V/V₀)/2, by quadrature."""
    pressure, modulus = 0.02 * GPA, 0.05 * GPA
    dynamics = Dynamics("npt", 0.003, 2, 0.05, 0.06, pressure, TEMPERATURE)
    system = crystal(bulk_modulus=modulus, volume=1e3)
    volumes = trajectory(*system, dynamics, TEMPERATURE, 1200, 20)[2, ::2]
    grid = np.linspace(100.0, 3000.0, 20_000)
    exponent = pressure * grid + 0.5 * modulus * 1e3 * np.log(grid / 1e3) ** 2
    weight = grid * np.exp(-(exponent - exponent.min()) / KT)
    cumulative = np.cumsum(weight) / weight.sum()
    law = stats.kstest(volumes, lambda v: np.interp(v, grid, cumulative))
    assert law.pvalue > 1e-3
    mean = (grid * weight).sum() / weight.sum()
    assert volumes.mean() == pytest.approx(mean, rel=0.02)


@pytest.mark.parametrize("mode", MODES)
def test_the_piston_alone_is_thermal(mode):
    """Each component is normal under its own heat bath, and independent of the others."""
    barostat = barostat_with_time(mode, 1.0, 27, TEMPERATURE, centre_rests=True)
    rate, values, heat = np.zeros((3, 3)), [], 0.0
    for k in range(8000):
        heat += thermalise_piston(rate, TEMPERATURE, 0.2, barostat, 4, k, 3)
        values.append(rate[np.triu_indices(3)])
    assert piston_energy(rate, barostat.inertia) == pytest.approx(heat, rel=1e-9)
    columns = np.array(values)[::4].T
    spread = np.sqrt(KT / barostat.inertia)
    if mode == "isotropic":
        np.testing.assert_array_equal(rate, rate[0, 0] * np.eye(3))
        columns, expected = columns[:1], [spread / np.sqrt(3.0)]
    elif mode == "orthorhombic":
        assert not columns[[1, 2, 4]].any()
        columns, expected = columns[[0, 3, 5]], [spread] * 3
    elif mode == "uniaxial":
        assert not columns[:5].any()
        columns, expected = columns[5:], [spread]
    else:
        expected = np.where(np.isin(np.arange(6), [0, 3, 5]), spread, spread / np.sqrt(2.0))
    for column, width in zip(columns, expected, strict=True):
        assert stats.kstest(column, stats.norm(scale=width).cdf).pvalue > 1e-3
    correlation = np.atleast_2d(np.corrcoef(columns))
    assert np.abs(correlation - np.eye(len(columns))).max() < 0.1


def as_data(potential, ensemble, temperature, pressure, rows, *, frozen=None):
    """Lay a trajectory out as physical_validation reads it."""
    pv = physical_validation.data
    potential_energy, kinetic, volume = rows
    masses = potential.masses if frozen is None else potential.masses[~frozen]
    n = len(masses)
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
        natoms=n,
        nconstraints=0,
        ndof_reduction_tra=3 if frozen is None else 0,
        ndof_reduction_rot=0,
        mass=masses,
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


def check(first, second):
    for one in (first, second):
        assert physical_validation.kinetic_energy.distribution(one, strict=True, verbosity=0) > 1e-3
    deviations = physical_validation.ensemble.check(
        first, second, total_energy=False, bootstrap_seed=1, verbosity=0
    )
    assert np.max(np.abs(deviations)) < 3.5


def bonded_spheres(ensemble, temperature, pressure):
    """A fluid of soft dimers, bonds every inner step."""
    positions, cell = fcc(2, 5.0)
    potential = SoftSpheres(len(positions), bonds=dimers(len(positions), 200.0, 3.0))
    dynamics = Dynamics(ensemble.lower(), 0.002, 3, 0.1, 0.2, pressure, 300.0)
    start, seed = (positions, cell), int(temperature)
    rows = trajectory(potential, start, dynamics, temperature, 500, 12, seed=seed)
    return as_data(potential, ensemble, temperature, pressure, rows)


@pytest.mark.parametrize(
    ("ensemble", "points"),
    [
        ("NVT", [(300.0, 0.0), (320.0, 0.0)]),
        ("NPT", [(300.0, 0.8 * GPA), (315.0, 0.8 * GPA)]),
        ("NPT", [(300.0, 0.8 * GPA), (300.0, 0.9 * GPA)]),
    ],
)
def test_physical_validation_finds_the_ensemble_of_a_fluid(ensemble, points):
    check(*(bonded_spheres(ensemble, *point) for point in points))


def elastic_crystal(mode, temperature, pressure, frozen):
    """Tethered dimers in an elastic cell: bonds are fast; tethers, size and shape slow."""
    sites = np.random.default_rng(2).random((12, 3))
    sites[1::2] = sites[::2] + np.array([0.1, 0.1, 0.0])
    bonds = dimers(12, 300.0, 1.5)
    potential = EinsteinCrystal(
        sites, np.linspace(8.0, 20.0, 12), 40.0, 0.3 * GPA, 1e3, 60.0, bonds
    )
    dynamics = Dynamics("npt", 0.002, 3, 0.05, 0.1, pressure, 300.0, mode)
    start, seed = (sites @ np.eye(3) * 10.0, np.eye(3) * 10.0), int(1e3 * temperature * pressure)
    held = {"frozen": frozen, "molecule": np.arange(12) // 2}
    rows = trajectory(potential, start, dynamics, temperature, 600, 20, seed=seed, **held)
    return as_data(potential, "NPT", temperature, pressure, rows, frozen=frozen)


@pytest.mark.parametrize("frozen", [None, np.arange(12) < 4], ids=["mobile", "frozen"])
@pytest.mark.parametrize("mode", MODES)
def test_physical_validation_finds_the_ensemble_of_a_crystal(mode, frozen):
    points = [(300.0, 0.05 * GPA), (330.0, 0.08 * GPA)]
    check(*(elastic_crystal(mode, *point, frozen) for point in points))
