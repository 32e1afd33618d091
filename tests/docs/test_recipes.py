"""The documentation's recipes do what they say."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from docs.recipes import CellAnisotropy, Tethers, gruneisen
from lbhsweep.engine.dynamics.integrate import Dynamics, Integrator
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.engine.dynamics.watchdog import Limits
from lbhsweep.units import BOLTZMANN


def test_the_observable_resumes_to_the_last_bit():
    plan = SimpleNamespace(sample_every=5)
    looks = [
        SimpleNamespace(state=SimpleNamespace(cell=np.diag([10.0, 10.0, 10.0 * np.exp(-k / 100)])))
        for k in range(8)
    ]
    whole, first, second = (CellAnisotropy(plan) for _ in range(3))
    for look in looks:
        whole.sample(look)
    for look in looks[:3]:
        first.sample(look)
    second.restore(first.state())
    for look in looks[3:]:
        second.sample(look)
    found = whole.result()["cell_anisotropy"]
    np.testing.assert_array_equal(second.result()["cell_anisotropy"], found)
    expected = np.sqrt(np.mean((np.arange(8) / 100) ** 2))
    np.testing.assert_allclose(found, [0.0, expected], rtol=1e-12)
    assert np.isnan(CellAnisotropy(plan).result()["cell_anisotropy"]).all()


def test_the_product_has_a_reason_where_it_lacks():
    properties = xr.Dataset(
        {
            "volume": ("temperature", [250.0, 250.0]),
            "heat_capacity": ("temperature", [4400.0, 4400.0]),
            "expansivity": ("temperature", [1.5e-4, np.nan]),
            "compressibility": ("temperature", [0.12, 0.12]),
        },
        coords={"molar_mass": 155.7},
    )
    found = gruneisen(properties)
    # 1.5e-4 · 250 Å³ · N_A / (0.12/GPa · 4400 J/kg/K · 155.7 g/mol)
    expected = 1.5e-4 * 250e-30 * 6.02214076e23 / (0.12e-9 * 4400 * 0.1557)
    assert float(found["gruneisen"][0]) == pytest.approx(expected)
    assert found["reason"].values.tolist() == ["", "no expansivity, compressibility or C_P here"]


def test_the_potential_conserves_energy_and_thermalises():
    rng = np.random.default_rng(0)
    sites, cell = rng.random((24, 3)), np.diag([11.0, 12.0, 13.0])
    potential = Tethers(sites, np.full(24, 10.0), 60.0)
    state = State.at_rest(sites @ cell, cell, seed=1)
    draw_velocities(state, potential.masses, 400.0)
    dynamics = Dynamics(ensemble="nve", timestep=0.5e-3, inner_steps=4)
    wide = Limits(volume_per_atom=(1.0, 500.0))
    integrator = Integrator(potential, state, dynamics, limits=wide)
    first = integrator.conserved_energy
    energies = []
    for _ in range(2000):
        integrator.advance()
        energies.append(integrator.conserved_energy)
    thermal = BOLTZMANN * 400.0 * 24
    assert np.abs(np.array(energies) - first).max() < 1e-3 * thermal
