import json
import warnings

from click.testing import CliRunner
from made_up_material import Experiment, make_results

from lbhsweep.cli import command


def test_it_analyzes_first_draws_and_names_what_it_did_not_draw(tmp_path):
    tree = make_results(Experiment(pressures=(0.2,), rates=(20.0,), replicas=1))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata")
        tree.to_zarr(tmp_path / "results.zarr", consolidated=True)
    result = CliRunner().invoke(command, ["plot", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert str(tmp_path / "figures" / "hysteresis.png") in report["written"]
    assert {item["figure"] for item in report["not_written"]} >= {"hold", "barocaloric"}
    assert (tmp_path / "analysis.zarr").is_dir()
    again = CliRunner().invoke(command, ["plot", str(tmp_path)])
    assert "not drawn: hold (made-up): the results have no holds" in again.output


def test_a_folder_without_results_is_refused(tmp_path):
    result = CliRunner().invoke(command, ["plot", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "no results" in result.stderr
    assert not (tmp_path / "nowhere").exists()
