"""Averages over blocks equal averages over all samples, whatever the blocks."""

from dataclasses import replace

import numpy as np
import pytest
from ase.cell import Cell
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.crystals import measured
from observables.processes import autoregressive, independent

from lbhsweep.engine.dynamics.state import State
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.statistics.block_sums import BlockSums
from lbhsweep.observables.thermo import NAMES, Thermo, lattice_parameters
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.units import BOLTZMANN, GPA

PRESSURE = 0.4 * GPA


def plan(group="hold", n_blocks=64, n_bins=1, ensemble="npt"):
    return MeasurementPlan(
        group=group,
        n_blocks=n_blocks,
        n_bins=n_bins,
        n_formula=32,
        supercell=(2, 2, 2),
        mass=32 * 155.696,
        pressure=PRESSURE,
        temperature=400.0,
        ensemble=ensemble,
        structure=build_alpha((2, 2, 2)),
        masses=np.full(832, 6.0),
        charges=np.zeros(832),
        outer_step=0.002,
        sample_every=10,
        produce_steps=10 * n_blocks,
        axes={},
    )


def sample(block, edge=19.6, potential=-29000.0, kinetic=3000.0, cell=None):
    cell = np.eye(3) * edge if cell is None else cell
    state = State.at_rest(np.zeros((2, 3)), cell, 1)
    volume = float(np.linalg.det(cell))
    return Sample(0, block, state, measured(kinetic, potential, -25000.0, 401.0, 0.3 * GPA, volume))


def test_quantities_are_per_formula_unit_in_the_catalogues_units():
    thermo = Thermo(plan(n_blocks=8))
    for block in range(8):
        thermo.sample(sample(block))
    result = thermo.result()
    volume = 19.6**3 / 32
    expected = {
        "volume": volume,
        "potential_energy": -29000.0 / 32,
        "kinetic_energy": 3000.0 / 32,
        "enthalpy": -26000.0 / 32 + PRESSURE * volume,
        "kinetic_temperature": 401.0,
        "pressure_measured": 0.3,
        "lattice_a": 9.8,
        "lattice_gamma": 90.0,
        "conserved_energy": -25000.0 / 32,
        "sample_count": 8,
    }
    for name, value in expected.items():
        assert result[name] == pytest.approx(value, rel=1e-12), name


@pytest.mark.parametrize("group", ["hold", "ramp"])
def test_results_are_exactly_what_the_catalogue_lists_for_the_group(group):
    thermo = Thermo(plan(group, 16, 1 if group == "hold" else 2))
    for block in range(16):
        thermo.sample(sample(block))
    listed = {q.name for q in CATALOGUE.values() if group in q.groups and q.name in BELONGS}
    listed |= {stderr_name(name) for name in listed if CATALOGUE[name].averaged}
    assert thermo.result().keys() - {"equilibrated"} == listed


BELONGS = {
    *NAMES,
    "cell",
    "correlation_time",
    "equilibration_time",
    "sample_count",
    "n_effective",
    "heat_capacity_fluctuation",
    "volume_series",
    "enthalpy_series",
    "kinetic_temperature_series",
    "potential_energy_sample",
    "volume_sample",
}


def test_heat_capacity_of_a_known_spread_of_the_enthalpy():
    """Var(H) = k_B T² C for a gaussian enthalpy of known C."""
    heat_capacity = 4000.0
    total = heat_capacity * 32 * 155.696 / 1e6
    spread = np.sqrt(BOLTZMANN * 400.0**2 * total)
    thermo = Thermo(plan(n_blocks=512))
    rng = np.random.default_rng(6)
    for k in range(512 * 8):
        energy = spread * rng.normal()
        thermo.sample(sample(k // 8, potential=-29000.0 + energy, kinetic=0.5 * total * 401.0))
    result = thermo.result()
    error = result["heat_capacity_fluctuation_stderr"]
    assert error == pytest.approx(heat_capacity * np.sqrt(2.0 / 4096), rel=0.15)
    assert result["heat_capacity_fluctuation"] == pytest.approx(heat_capacity, abs=4 * error)
    assert result["equilibrated"] == 1


@pytest.mark.parametrize("n_independent", [20, 50, 200])
def test_weighted_means_of_heat_capacities_are_unbiased(n_independent):
    """Small values don't have small errors, so that 1/σ² does not prefer them."""
    heat_capacity = 4000.0
    total = heat_capacity * 32 * 155.696 / 1e6
    spread = np.sqrt(BOLTZMANN * 400.0**2 * total)
    rng = np.random.default_rng(n_independent)
    found = []
    for series in independent(rng, (150, 200), n_independent):
        thermo = Thermo(plan(n_blocks=200))
        for block, x in enumerate(series):
            energies = {"potential": -29000.0 + spread * x, "kinetic": 0.5 * total * 401.0}
            thermo.sample(sample(block, **energies))
        result = thermo.result()
        names = ("heat_capacity_fluctuation", "heat_capacity_fluctuation_stderr")
        found.append([result[name] for name in names])
    value, error = np.array(found).T / heat_capacity
    assert 0.57 < np.mean(np.abs(value - 1.0) < error) < 0.77
    assert 0.7 < np.mean(((value - 1.0) / error) ** 2) < 1.4
    weighted = np.average(value, weights=error**-2)
    assert weighted == pytest.approx(1.0, abs=0.02 + 2.5 * value.std() / np.sqrt(150))
    # With errors in proportion to the values it was 0.86 for 20 independent samples.
    assert weighted > value.mean() - 0.02


def test_there_is_no_heat_capacity_at_constant_pressure_without_a_barostat():
    thermo = Thermo(plan(n_blocks=8, ensemble="nvt"))
    for block in range(8):
        thermo.sample(sample(block))
    assert "heat_capacity_fluctuation" not in thermo.result()


def test_a_drifting_hold_is_not_equilibrated():
    thermo = Thermo(plan())
    rng = np.random.default_rng(1)
    for k in range(640):
        thermo.sample(sample(k // 10, edge=19.6 + 0.0005 * k + 0.01 * rng.normal()))
    result = thermo.result()
    assert result["equilibrated"] == 0
    assert result["volume_series"].shape == (64,)
    assert np.all(np.diff(result["volume_series"][::8]) > 0)


def synthetic_hold(coefficient, *, n_blocks=256, drift=0.0, seed=3):
    """A hold whose volume remembers; production lasts 0.02 ps a block."""
    thermo = Thermo(plan(n_blocks=n_blocks))
    edges = 0.02 * autoregressive(np.random.default_rng(seed), (n_blocks,), coefficient)
    for block, edge in enumerate(19.6 + edges + drift * np.linspace(0.0, 1.0, n_blocks)):
        thermo.sample(sample(block, edge=edge))
    return thermo.result()


def test_a_settled_hold_says_how_long_it_remembers():
    result = synthetic_hold(0.6)
    assert result["equilibrated"] == 1
    # g = 4 blocks of 0.02 ps, of which half are the integrated time.
    assert result["correlation_time"] == pytest.approx(0.04, rel=0.3)
    assert 0.0 <= result["equilibration_time"] < 0.5 * 256 * 0.02
    assert result["n_effective"] == pytest.approx(64, rel=0.3)


def test_a_hold_within_its_own_correlation_time_is_too_short_and_not_settled():
    result = synthetic_hold(0.99)
    assert result["equilibrated"] == 2
    assert result["correlation_time"] > 256 * 0.02 / 30.0
    assert result["n_effective"] < 15.0
    assert synthetic_hold(0.0, n_blocks=7)["equilibrated"] == 2
    # However short, a drift is a drift.
    assert synthetic_hold(0.99, drift=1.0)["equilibrated"] == 0


def test_values_of_one_instant_are_those_of_the_last_sample_of_each_block():
    thermo = Thermo(plan(n_blocks=8))
    rng = np.random.default_rng(12)
    potential = -29000.0 + rng.normal(size=(8, 5))
    for block, sample_number in np.ndindex(8, 5):
        edge = 19.6 + 0.001 * sample_number
        thermo.sample(sample(block, edge=edge, potential=potential[block, sample_number]))
    result = thermo.result()
    np.testing.assert_allclose(result["potential_energy_sample"], potential[:, -1] / 32)
    np.testing.assert_allclose(result["volume_sample"], 19.604**3 / 32)


def test_without_a_changing_volume_the_enthalpy_counts():
    thermo = Thermo(plan(n_blocks=64, ensemble="nvt"))
    rng = np.random.default_rng(4)
    for block in range(64):
        thermo.sample(sample(block, potential=-29000.0 + rng.normal()))
    result = thermo.result()
    assert result["volume_stderr"] == 0.0
    assert result["n_effective"] == pytest.approx(64, rel=0.3)
    assert result["equilibrated"] == 1


@pytest.mark.parametrize("group", ["hold", "ramp"])
def test_the_cell_is_the_mean_of_its_lattice_vectors_per_conventional_cell(group):
    thermo = Thermo(replace(plan(group, 64, 4 if group == "ramp" else 1), supercell=(2, 3, 4)))
    rng = np.random.default_rng(11)
    mean = np.array([[19.0, 0.0, 0.0], [0.5, 30.0, 0.0], [-1.0, 0.25, 41.0]])
    cells = mean + 0.1 * np.tri(3) * rng.normal(size=(64, 3, 3))
    for block, cell in enumerate(cells):
        thermo.sample(sample(block, cell=cell))
    result = thermo.result()
    repeats = np.array([[2.0], [3.0], [4.0]])
    if group == "hold":
        np.testing.assert_allclose(result["cell"], cells.mean(axis=0) / repeats, atol=1e-12)
    else:
        by_bin = cells.reshape(4, 16, 3, 3).mean(axis=1) / repeats
        np.testing.assert_allclose(result["cell"], by_bin, atol=1e-12)
    error = result["cell_stderr"]
    assert error.shape == result["cell"].shape
    expected = 0.1 / np.sqrt(64 if group == "hold" else 16) / repeats * np.tri(3)
    ratio = (error / np.where(expected > 0.0, expected, np.inf))[..., expected > 0.0]
    assert 0.8 < ratio.mean() < 1.4
    assert np.all(error[..., expected == 0.0] == 0.0)


def test_bins_of_a_ramp_are_averaged_apart_and_the_trend_is_no_error():
    thermo = Thermo(plan("ramp", 32, 4))
    rng = np.random.default_rng(2)
    edges = 19.6 + 0.01 * np.arange(32) + 1e-4 * rng.normal(size=32)
    for block, edge in enumerate(edges):
        thermo.sample(sample(block, edge=edge))
    result = thermo.result()
    assert result["volume"].shape == (4,)
    np.testing.assert_allclose(result["volume"], (edges**3 / 32).reshape(4, 8).mean(axis=1))
    assert np.all(result["volume_stderr"] < 0.02)
    assert np.all(np.diff(result["volume"]) > 2.0)
    np.testing.assert_array_equal(result["sample_count"], 8)


def test_an_empty_bin_has_no_value():
    thermo = Thermo(plan("ramp", 16, 2))
    for block in range(8):
        thermo.sample(sample(block))
    result = thermo.result()
    assert np.isfinite(result["volume"][0])
    assert np.isnan(result["volume"][1])
    assert np.isnan(result["volume_stderr"][1])
    assert result["sample_count"][1] == 0


def test_n_effective_counts_independent_samples():
    """40 samples in each block all alike: as many independent ones as blocks."""
    thermo = Thermo(plan(n_blocks=256))
    rng = np.random.default_rng(8)
    for block, edge in enumerate(19.6 + 0.02 * rng.normal(size=256)):
        for _ in range(40):
            thermo.sample(sample(block, edge=edge))
    assert thermo.result()["n_effective"] == pytest.approx(256, rel=0.15)


def test_n_effective_of_a_bin_counts_independent_samples():
    results = []
    for seed in range(12):
        thermo = Thermo(plan("ramp", 80, 10))
        rng = np.random.default_rng(seed)
        for block in range(80):
            for _ in range(5):
                thermo.sample(sample(block, edge=19.6 + 0.002 * block + 0.02 * rng.normal()))
        results.append(thermo.result())
        np.testing.assert_array_equal(results[-1]["sample_count"], 40)
    # The inefficiency of a short series is at least one and noisy, so the count errs low.
    assert 20 < np.mean([one["n_effective"] for one in results]) <= 40
    expected = 3 * 19.6**2 * 0.02 / 32 / np.sqrt(40)
    stated = np.mean([one["volume_stderr"] for one in results])
    assert stated == pytest.approx(expected, rel=0.15)


@settings(max_examples=30, deadline=None)
@given(split=st.integers(0, 40), seed=st.integers(0, 1000))
def test_restoring_changes_no_bit(split, seed):
    rng = np.random.default_rng(seed)
    samples = [sample(int(k * 16 / 40), 19.6 + 0.1 * rng.normal()) for k in range(40)]
    whole, first, second = (Thermo(plan(n_blocks=16)) for _ in range(3))
    for one in samples:
        whole.sample(one)
    for one in samples[:split]:
        first.sample(one)
    second.restore(first.state())
    for one in samples[split:]:
        second.sample(one)
    for name, array in whole.result().items():
        np.testing.assert_array_equal(second.result()[name], array)


@settings(max_examples=50)
@given(values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=60), n_blocks=st.integers(1, 8))
def test_block_sums_give_means_and_variances_of_each_block(values, n_blocks):
    sums = BlockSums(n_blocks, 1)
    offset = 1e6
    for k, value in enumerate(values):
        sums.add(k % n_blocks, np.array([offset + value]))
    for block in range(min(n_blocks, len(values))):
        inside = np.array(values[block::n_blocks])
        assert sums.means()[block, 0] == pytest.approx(offset + inside.mean(), abs=1e-6)
        assert sums.variances()[block, 0] == pytest.approx(inside.var(), abs=1e-6, rel=1e-6)


def test_lattice_parameters_of_a_triclinic_cell():
    wanted = [9.1, 10.2, 11.3, 80.0, 95.0, 100.0]
    assert lattice_parameters(np.array(Cell.fromcellpar(wanted))) == pytest.approx(
        wanted, rel=1e-12
    )
