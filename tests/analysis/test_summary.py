import json

import pytest
import xarray as xr
from made_up_material import Experiment, make_ramp, make_results
from made_up_transport import ENERGY, make_moving

from lbhsweep.analysis import analyze_results, summarize


@pytest.fixture(scope="module")
def summary():
    return summarize(analyze_results(make_results(Experiment(rates=(20.0,)))))


def test_it_is_plain_json_with_the_numbers_of_the_analysis(summary):
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    (material,) = summary["materials"]
    assert material["route"] == "ramp_midpoint"
    first = material["pressures"][0]
    assert first["transition_temperature"]["units"] == "K"
    assert first["transition_temperature"]["value"] == pytest.approx(480, abs=10)
    assert material["missing"] == []
    assert summary["runs"] == {"done": 18, "failed": 0, "missing": 0}


def test_the_largest_effects_are_at_a_simulated_pressure_inside_the_data(summary):
    (material,) = summary["materials"]
    for key in ("largest_entropy_change", "largest_temperature_change"):
        effect = material[key]
        assert effect["final_pressure_GPa"] == 0.4
        assert effect["initial_pressure_GPa"] == 0.0
        assert effect["stderr"] < abs(effect["value"]) / 3
    assert material["largest_entropy_change"]["value"] < -200
    assert material["largest_temperature_change"]["value"] > 30


def test_what_is_missing_is_named_with_pressure_and_branch():
    ramp = make_ramp(Experiment(rates=(20.0,), frozen_cooling=True))
    ramp["status"][:, :, 2] = 0
    (material,) = summarize(analyze_results(xr.DataTree.from_dict({"/ramp": ramp})))["materials"]
    missing = "\n".join(material["missing"])
    assert "heating only: an upper bound" in missing
    assert "0 GPa, ramp_cooling: no transition seen between" in missing
    assert material["pressures"][2]["transition_temperature"] is None


def test_nothing_to_summarize():
    assert summarize(analyze_results(xr.DataTree()))["materials"] == []


def test_diffusion_and_activation_energies_are_listed_where_they_are_known():
    few = Experiment(pressures=(0.2,), replicas=2, t_min=400.0, t_max=800.0, bin_K=50.0)
    hold = make_moving(few)
    hold["status"][..., -1, :] = 0
    (material,) = summarize(analyze_results(xr.DataTree.from_dict({"/hold": hold})))["materials"]
    assert json.loads(json.dumps(material["activation_energies"], allow_nan=False))
    found = {(e["quantity"], e["phase"]): e for e in material["activation_energies"]}
    energy = found["diffusion", "beta"]
    assert (energy["pressure_GPa"], energy["t_max_K"], energy["units"]) == (0.2, 700.0, "eV")
    assert energy["value"] == pytest.approx(ENERGY, abs=4 * energy["stderr"])
    assert ("diffusion", "alpha") not in found
    cells = [(c["phase"], c["temperature_K"]) for c in material["diffusion"]]
    assert cells == [("beta", 600.0), ("beta", 700.0)]
    assert material["diffusion"][0]["units"] == "cm**2/s"
