"""Phases between the holds, from results as the store lays them out."""

import numpy as np
import pytest
import xarray as xr
from analysis.phases.test_reweighting import KINETIC, N_FORMULA, exact, sample

from lbhsweep.analysis.phases.properties import LEAST_EFFECTIVE, analyze_phase_properties
from lbhsweep.store.one_phase import Equilibrated
from lbhsweep.store.schema import Status

DIMS = ("pressure", "temperature", "replica")
MOLAR_MASS = 155.7
INTERVAL_PS = 0.4


def holds(temperatures, pressures=(0.0,), replicas=2, n=200, memory=1, seed=0):
    """Holds whose samples repeat each independent one `memory` times."""
    rng = np.random.default_rng(seed)
    shape = (len(pressures), len(temperatures), replicas)
    energy, volume = np.empty((*shape, n)), np.empty((*shape, n))
    for i, j, k in np.ndindex(*shape):
        state = sample(temperatures[j], pressures[i], n // memory, rng)
        energy[i, j, k] = np.repeat(state.potential_energy, memory)
        volume[i, j, k] = np.repeat(state.volume, memory)
    t = np.array(temperatures)[:, None]
    constant = {
        "volume": 250.0,
        "alpha_order": 0.8,
        "alpha_lithium": 0.34,
        "correlation_time": 0.5 * memory * INTERVAL_PS,
        "kinetic_temperature": t,
        "kinetic_energy": KINETIC * t,
        "status": Status.DONE,
        "equilibrated": Equilibrated.YES,
    }
    variables = {name: (DIMS, np.broadcast_to(v, shape).copy()) for name, v in constant.items()}
    variables["potential_energy_sample"] = ((*DIMS, "time"), energy)
    variables["volume_sample"] = ((*DIMS, "time"), volume)
    coords = {
        "pressure": list(pressures),
        "temperature": list(temperatures),
        "replica": np.arange(replicas),
        "time": INTERVAL_PS * np.arange(n),
    }
    return xr.Dataset(variables, coords)


def analyze(dataset):
    return analyze_phase_properties(dataset, N_FORMULA, MOLAR_MASS)


def test_between_holds_the_phase_is_what_it_is():
    found = analyze(holds((450.0, 475.0, 500.0), pressures=(0.0, 0.1))).sel(phase="alpha")
    assert found["temperature"].values.tolist() == np.arange(450.0, 501.0, 5.0).tolist()
    assert found["pressure"].values.tolist() == pytest.approx([0, 0.025, 0.05, 0.075, 0.1])
    assert str(found["reason"].item()) == ""
    assert not found["refused"].any()
    z = []
    for i, j in np.ndindex(found["volume"].shape):
        at = found.isel(pressure=i, temperature=j)
        truth = exact(float(at["temperature"]), float(at["pressure"]))
        truth["heat_capacity"] *= 1e6 / MOLAR_MASS
        z.append([(float(at[n]) - truth[n]) / float(at[f"{n}_stderr"]) for n in truth])
    # Neighbouring cells share their samples, so they are off together.
    assert np.abs(np.mean(z, axis=0)).max() < 2.5
    assert np.abs(z).max() < 4.0


def test_samples_that_remember_are_thinned():
    plain, slow = (
        analyze(holds((475.0,), memory=memory)).sel(phase="alpha", temperature=475.0, pressure=0.0)
        for memory in (1, 4)
    )
    assert float(plain["n_effective"]) == pytest.approx(400.0)
    assert float(slow["n_effective"]) == pytest.approx(100.0)
    ratio = float(slow["enthalpy_stderr"] / plain["enthalpy_stderr"])
    assert ratio == pytest.approx(2.0, rel=0.2)


def test_holds_too_far_apart_leave_a_hole_and_a_reason():
    found = analyze(holds((400.0, 420.0, 620.0, 640.0))).sel(phase="alpha", pressure=0.0)
    reason = str(found["reason"].item())
    assert "2 groups" in reason
    assert "400 to 420 K" in reason
    known = np.isfinite(found["volume"])
    assert known.sel(temperature=[400.0, 410.0, 420.0, 630.0]).all()
    assert not known.sel(temperature=slice(425.0, 615.0)).any()


def test_free_energies_that_were_not_found_are_not_used(monkeypatch):
    monkeypatch.setattr("lbhsweep.analysis.phases.reweighting.CONVERGED", 0.0)
    found = analyze(holds((475.0, 500.0))).sel(phase="alpha")
    assert "did not converge for 475 to 500 K" in str(found["reason"].item())
    assert np.isnan(found["volume"]).all()


def test_what_a_few_samples_cannot_tell_is_refused():
    found = analyze(holds((500.0,), replicas=1, n=int(LEAST_EFFECTIVE) - 5))
    at = found.sel(phase="alpha", temperature=500.0, pressure=0.0)
    assert at["refused"] == 1
    assert np.isnan(at["volume"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"equilibrated": Equilibrated.NO}, "no settled hold"),
        ({"equilibrated": Equilibrated.TOO_SHORT}, "no settled hold"),
        ({"status": Status.FAILED}, "no settled hold"),
        ({"alpha_order": 0.1}, "no settled hold"),
        ({"volume_sample": np.nan}, "no settled hold"),
        ({"volume_sample": 250.0}, "no settled hold"),
    ],
)
def test_what_does_not_count_is_never_used(change, told):
    dataset = holds((475.0, 500.0))
    for name, value in change.items():
        dataset[name] = xr.full_like(dataset[name], value)
    found = analyze(dataset).sel(phase="alpha")
    assert np.isnan(found["volume"]).all()
    assert told in str(found["reason"].item())


def test_old_results_say_what_was_not_measured():
    dataset = holds((475.0, 500.0))
    found = analyze(dataset.drop_vars("potential_energy_sample"))
    assert "potential_energy_sample" in str(found["reason"].values[0])
    nameless = analyze_phase_properties(dataset, None, MOLAR_MASS)
    assert "supercell" in str(nameless["reason"].values[0])
