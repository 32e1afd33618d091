import errno
import json
import warnings

from click.testing import CliRunner
from made_up_material import Experiment, make_results

from lbhsweep.cli import command
from lbhsweep.plots import COMPARISONS, FIGURES, FORMER

THERMODYNAMIC = {"hysteresis", "hold", "phase_diagram", "barocaloric"}


def _write(tree, folder):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata")
        tree.to_zarr(folder / "results.zarr", consolidated=True)


def test_it_analyzes_first_draws_and_names_what_it_did_not_draw(tmp_path):
    tree = make_results(Experiment(pressures=(0.2,), rates=(20.0,), replicas=1))
    _write(tree, tmp_path)
    result = CliRunner().invoke(command, ["plot", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert str(tmp_path / "figures" / "hysteresis.png") in report["written"]
    assert {item["figure"] for item in report["not_written"]} & THERMODYNAMIC == {
        "hold",
        "barocaloric",
    }
    assert report["report"] == str(tmp_path / "figures" / "report.html")
    assert (tmp_path / "analysis.zarr").is_dir()
    again = CliRunner().invoke(command, ["plot", str(tmp_path)])
    assert "not drawn: hold, phase_properties" in again.output
    assert again.output.count("the results have no holds") == 1


def test_only_some_figures_are_drawn_and_a_wrong_name_is_refused(tmp_path):
    tree = make_results(Experiment(pressures=(0.2,), rates=(20.0,), replicas=1))
    _write(tree, tmp_path)
    only = ["--only", "hysteresis, hold"]
    result = CliRunner().invoke(command, ["plot", str(tmp_path), *only, "--json"])
    report = json.loads(result.stdout)
    assert report["written"] == [str(tmp_path / "figures" / "hysteresis.png")]
    assert [item["figure"] for item in report["not_written"]] == ["hold"]
    page = (tmp_path / "figures" / "report.html").read_text()
    assert "Only these figures were asked for (--only): hold, hysteresis." in page
    wrong = CliRunner().invoke(command, ["plot", str(tmp_path), "--only", "histeresis"])
    assert wrong.exit_code == 2
    assert "'histeresis', wanted one of: hysteresis, hold" in wrong.stderr


def test_before_the_first_run_the_report_says_so(tmp_path):
    (tmp_path / "sweep.yaml").write_text("name: early\n")
    result = CliRunner().invoke(command, ["plot", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "nothing to plot" in result.output
    page = (tmp_path / "figures" / "report.html").read_text()
    assert "<h1>early</h1>" in page
    assert "No run has finished yet" in page


def test_a_folder_without_results_is_refused(tmp_path):
    result = CliRunner().invoke(command, ["plot", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "no results" in result.stderr
    assert not (tmp_path / "nowhere").exists()


def test_former_names_draw_the_figures_whose_panels_they_are(tmp_path):
    _write(make_results(Experiment(pressures=(0.2,), rates=(20.0,), replicas=1)), tmp_path)
    result = CliRunner().invoke(command, ["plot", str(tmp_path), "--only", "lattice", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["written"] == [str(tmp_path / "figures" / "hysteresis.png")]
    assert set(FORMER) == {
        "lattice", "enthalpy", "diffusion", "reorientation", "activation_energy"
    }  # fmt: skip
    assert set(FORMER.values()) <= set(FIGURES) | set(COMPARISONS)


def test_a_figure_that_can_not_be_written_says_which_and_leaves_nothing(tmp_path, monkeypatch):
    _write(make_results(Experiment(pressures=(0.2,), rates=(20.0,), replicas=1)), tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("lbhsweep.atomic._write_through", full)
    result = CliRunner().invoke(command, ["plot", str(tmp_path), "--only", "hysteresis"])
    assert result.exit_code != 0
    assert "hysteresis.png: can't write: No space left on device; free space" in result.stderr
    assert not list((tmp_path / "figures").iterdir())
