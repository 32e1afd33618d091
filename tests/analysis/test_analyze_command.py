import json
import re
import warnings

import pytest
import xarray as xr
from click.testing import CliRunner
from made_up_material import Experiment, make_hold_from_both, make_results

from lbhsweep.analysis import read_analysis
from lbhsweep.cli import command
from lbhsweep.cli.analyze import _cell


def write_results(folder, done=True, **kwargs):
    folder.mkdir(parents=True, exist_ok=True)
    tree = make_results(Experiment(pressures=(0.0, 0.4), rates=(20.0,), replicas=2), **kwargs)
    if not done:
        tree["ramp"]["status"][:] = 0
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata")
        tree.to_zarr(folder / "results.zarr", consolidated=True)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    write_results(folder)
    return folder


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_it_prints_one_json_object_and_writes_the_analysis(sweep):
    result = run("analyze", sweep, "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["materials"][0]["route"] == "ramp_midpoint"
    assert summary["analysis"] == str(sweep / "analysis.zarr")
    assert read_analysis(sweep / "analysis.zarr") is not None


def test_the_table_shows_numbers_with_errors(sweep):
    result = run("analyze", sweep)
    assert result.exit_code == 0, result.output
    assert "T_t by ramp_midpoint" in result.output
    assert re.search(r"\d\.\d\(\d", result.output)
    assert "largest ΔT_ad" in result.output
    assert "REHEARSAL" not in result.output


def test_a_rehearsal_is_analyzed_apart_and_marked(tmp_path):
    write_results(tmp_path / "rehearsal", rehearsal=True)
    result = run("analyze", tmp_path, "--rehearsal")
    assert result.exit_code == 0, result.output
    assert "REHEARSAL – not physics" in result.output
    assert (tmp_path / "rehearsal" / "analysis.zarr").is_dir()
    assert not (tmp_path / "analysis.zarr").exists()


@pytest.mark.parametrize("dataset", [True, False])
def test_before_the_first_run_is_finished_it_says_so(tmp_path, dataset):
    (tmp_path / "sweep.yaml").write_text("name: none\n")
    if dataset:
        write_results(tmp_path, done=False)
    result = run("analyze", tmp_path)
    assert result.exit_code == 0, result.output
    assert "no run has finished yet" in result.output


def test_a_folder_without_results_is_refused_with_the_next_step(tmp_path):
    result = run("analyze", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "no results" in result.stderr
    assert "lbhsweep run" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ({"value": 450.0, "stderr": 7.2, "bound": "upper bound"}, "≤ 450(7)"),
        ({"value": 450.0, "stderr": None, "bound": "upper bound"}, "≤ 450"),
        ({"value": 550.0, "stderr": 29.0, "bound": "lower bound"}, "≥ 550(29)"),
        ({"value": 600.0, "stderr": 87.0, "bound": "either side"}, "≈ 600(87)"),
        (
            {"value": 437.5, "stderr": 7.2, "bound": "interval", "lower": 425.0, "upper": 450.0},
            "425 to 450",
        ),
        ({"value": 480.3, "stderr": 1.2, "bound": "value"}, "480.3(1.2)"),
        ({"value": 480.3, "stderr": None, "bound": "value"}, "480.3(?)"),
        ({"value": 3854.0, "stderr": None}, "3854(?)"),
        (None, "–"),
    ],
)
def test_a_bound_never_looks_like_a_value(number, text):
    assert _cell(number) == text


@pytest.mark.parametrize(
    ("start", "sign", "word", "side"),
    [("alpha", "≤", "upper bound", 1), ("beta", "≥", "lower bound", -1)],
)
def test_table_and_json_say_that_holds_of_one_start_give_a_bound(tmp_path, start, sign, word, side):
    hold = make_hold_from_both(Experiment(pressures=(0.0,))).sel(start=[start])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata")
        xr.DataTree.from_dict({"/hold": hold}).to_zarr(tmp_path / "results.zarr")
    shown = run("analyze", tmp_path).output
    assert re.search(rf"0\s+{sign} 5?\d+\(\d+\)", shown)
    assert f"{sign}: " in shown
    assert f"{word} of T_t; ΔV, ΔH and ΔS are those at this T_t" in shown
    (material,) = json.loads(run("analyze", tmp_path, "--json").stdout)["materials"]
    (entry,) = material["pressures"]
    assert entry["transition_temperature"]["bound"] == word
    assert entry["enthalpy_step"]["at_T_t"] == entry["volume_step"]["at_T_t"] == word
    assert entry["entropy_step_enthalpy"]["at_T_t"] == word
    assert "at_T_t" not in entry["mean_heat_capacity"]


def test_table_and_json_give_both_ends_of_a_bracket(tmp_path):
    hold = make_hold_from_both(Experiment(pressures=(0.0,)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata")
        xr.DataTree.from_dict({"/hold": hold}).to_zarr(tmp_path / "results.zarr")
    (material,) = json.loads(run("analyze", tmp_path, "--json").stdout)["materials"]
    found = material["pressures"][0]["transition_temperature"]
    assert found["bound"] == "interval"
    assert found["lower"] < found["value"] < found["upper"]
    assert "at_T_t" not in material["pressures"][0]["enthalpy_step"]
    assert f"{found['lower']:g} to {found['upper']:g}" in run("analyze", tmp_path).output


def test_effects_at_a_bound_say_so(tmp_path):
    tree = make_results(Experiment(pressures=(0.0, 0.4), rates=(20.0,), frozen_cooling=True))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata")
        tree.to_zarr(tmp_path / "results.zarr")
    shown = run("analyze", tmp_path).output
    for start in ("dT/dP", "largest ΔS_iso", "largest ΔT_ad"):
        (line,) = (line for line in shown.splitlines() if line.startswith(start))
        assert line.endswith("(at T_t's upper bound)")
    assert "published T_t  628 K, measured (Paskevicius et al. 2013)" in shown
    assert "below what is published: 628 K" in shown
