import json
import re
import warnings

import pytest
from click.testing import CliRunner
from made_up_material import Experiment, make_results

from lbhsweep.analysis import read_analysis
from lbhsweep.cli import command


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
