"""The command line of sweeps: exit status, one JSON object, messages, and who may work where."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from execution.serial_executor import SerialExecutor

from lbhsweep.cli import command
from lbhsweep.execution.clusters import start as clusters
from lbhsweep.store.folder import SweepFolder

SWEEP = """\
name: test
axes: {pressure: [0 GPa, 0.4 GPa], heating_rate: 20 K/ps, replica: 2}
protocol: {ramp: {temperature: 300 K .. 700 K, bin: 50 K}}
"""


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """A sweep file; its runs are done in this process."""
    from contextlib import nullcontext

    monkeypatch.setattr(clusters, "start_cluster", lambda *_: nullcontext(SerialExecutor()))
    file = tmp_path / "sweep.yaml"
    file.write_text(SWEEP)
    return file


def invoke(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_all_done(sweep, tmp_path):
    found = invoke("run", sweep, "--output", tmp_path / "out", "--rehearse")
    assert found.exit_code == 0, found.output
    assert "8 of 8 runs done (rehearsal, synthetic data), 0 failed" in found.stdout
    assert f"next:    lbhsweep plot {tmp_path / 'out'} --rehearsal" in found.stdout
    assert "8 runs" in found.stderr
    assert (tmp_path / "out" / "rehearsal" / "sweep.yaml").read_text() == SWEEP
    assert not (tmp_path / "out" / "results.zarr").exists()


def test_some_failed(sweep, tmp_path):
    found = invoke("run", sweep, "--output", tmp_path, "--rehearse", "--rehearse-failures", "0.6")
    assert found.exit_code == 2, "the folder has the sweep's file in it"
    out = tmp_path / "out"
    failing = ["run", sweep, "--output", out, "--rehearse", "--rehearse-failures", "0.6"]
    found = invoke(*failing)
    assert found.exit_code == 3, found.output
    assert "failed, not-finite: " in found.stdout
    assert f"to try failed runs again: lbhsweep retry {out} --rehearsal" in found.stdout
    again = invoke(*failing[:-2], "--retry-failed")
    assert again.exit_code == 0, again.output


def test_json_is_one_object(sweep, tmp_path):
    out = tmp_path / "out"
    arguments = ["run", sweep, "--output", out, "--rehearse", "--rehearse-failures", "0.6"]
    found = invoke(*arguments, "--json")
    summary = json.loads(found.stdout)
    assert summary["done"] + summary["failed"] == summary["total"] == 8
    assert len(summary["failures"]) == summary["failed"] > 0
    assert set(summary["failures"][0]) == {"run_id", "label", "error_class", "message", "step"}
    status = invoke("status", out, "--rehearsal", "--json")
    assert status.exit_code == 0
    assert json.loads(status.stdout)["failures"] == summary["failures"]
    plain = invoke("status", out, "--rehearsal")
    assert (
        f"{summary['done']} of 8 runs done, {summary['failed']} failed, 0 missing" in plain.stdout
    )
    assert "driver: none" in plain.stdout


@pytest.mark.parametrize("verb", ["run", "status"])
def test_errors_are_messages_with_status_2(sweep, tmp_path, verb):
    arguments = {
        "run": ["run", tmp_path / "missing.yaml", "--output", tmp_path / "out"],
        "status": ["status", tmp_path / "out"],
    }
    found = invoke(*arguments[verb])
    assert found.exit_code == 2
    assert "missing.yaml:1: file: can't be read" in found.stderr or "no sweep here" in found.stderr
    assert "Traceback" not in found.output
    assert not found.stdout
    assert not (tmp_path / "out").exists()


def test_a_bad_sweep_or_cluster_file_writes_nothing(sweep, tmp_path):
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text("kind: local\nworkers: some\n")
    out = tmp_path / "out"
    found = invoke("run", sweep, "--output", out, "--rehearse", "--cluster", cluster)
    assert (found.exit_code, out.exists()) == (2, False)
    assert f"{cluster}:2: workers: got 'some', wanted a whole number" in found.stderr
    sweep.write_text(SWEEP.replace("0.4 GPa", "0.4"))
    found = invoke("run", sweep, "--output", out, "--rehearse")
    assert (found.exit_code, out.exists()) == (2, False)


@pytest.mark.parametrize("name", ["~/out", "$SCRATCH/out", "${SCRATCH}/out", "./~/out"])
def test_a_folder_that_no_shell_has_expanded_is_refused(sweep, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    found = invoke("run", sweep, f"--output={name}", "--rehearse")
    assert found.exit_code == 2
    assert "which no shell has expanded" in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.yaml"]


def test_a_folder_of_something_else_is_left_alone(sweep, tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter1.tex").touch()
    found = invoke("run", sweep, "--output", thesis, "--rehearse")
    assert found.exit_code == 2
    assert "is no sweep's folder and not empty" in found.stderr
    assert [path.name for path in thesis.iterdir()] == ["chapter1.tex"]
    found = invoke("run", sweep, "--output", thesis / "chapter1.tex", "--rehearse")
    assert found.exit_code == 2
    assert "is a file" in found.stderr


def test_another_sweep_replaces_results_only_if_that_is_said(sweep, tmp_path):
    out = tmp_path / "out"
    invoke("run", sweep, "--output", out, "--rehearse")
    before = (out / "rehearsal/sweep.yaml").read_text()
    digest = (out / "rehearsal/results.zarr/zarr.json").read_bytes()
    sweep.write_text(SWEEP.replace("20 K/ps", "30 K/ps"))
    for verb in ("run", "submit"):
        refused = invoke(verb, sweep, "--output", out, "--rehearse")
        assert refused.exit_code == 2
        assert "8 runs that are done here are no part of" in refused.stderr
        assert "--replace" in refused.stderr
        assert (out / "rehearsal/sweep.yaml").read_text() == before
        assert (out / "rehearsal/results.zarr/zarr.json").read_bytes() == digest
    found = invoke("run", sweep, "--output", out, "--rehearse", "--replace")
    assert f"{out} has 8 finished runs of another sweep or physics" in found.stderr
    more = invoke("run", sweep, "--output", out, "--rehearse", "--json")
    assert json.loads(more.stdout)["done"] == 8


def test_a_second_driver_is_refused(sweep, tmp_path):
    folder = SweepFolder(tmp_path / "out").rehearsal
    folder.path.parent.mkdir()
    folder.create()
    with folder.driver_lock():
        found = invoke("run", sweep, "--output", tmp_path / "out", "--rehearse")
    assert found.exit_code == 2
    assert "another driver works on this sweep: pid" in found.stderr


def test_help_needs_no_heavy_package():
    script = (
        "import sys; sys.argv = ['lbhsweep', '--help']\n"
        "from lbhsweep.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'numba', 'xarray', 'distributed', 'numpy', 'pydantic', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    for verb in ("plan", "run", "status", "analyze", "plot", "trajectory", "evaluate", "schema"):
        assert f"  {verb} " in found.stdout


def test_every_verb_has_help():
    for verb in ("plan", "run", "status", "analyze", "plot", "trajectory", "evaluate", "schema"):
        found = invoke(verb, "--help")
        assert found.exit_code == 0, found.output


def test_unknown_verbs_are_refused():
    found = invoke("rnu")
    assert found.exit_code == 2
    assert "No such command 'rnu'. Did you mean 'run'?" in found.stderr
