"""A cluster file is tried by one worker."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lbhsweep.cli import command
from lbhsweep.execution.clusters.spec import KINDS


def check(file, *options):
    return CliRunner().invoke(command, ["cluster", "check", str(file), *map(str, options)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cluster.yaml"
    path.write_text("kind: local\nworkers: 2\n")
    return path


def test_what_a_worker_finds(file, tmp_path):
    found = check(file, "--output", tmp_path, "--json")
    assert found.exit_code == 0, found.output
    answer = json.loads(found.stdout)
    assert answer["runs_done"] == answer["runs"] == 2
    worker = answer["worker"]
    assert worker["cpu_features"]
    assert worker["has_locks"]
    assert worker["folder_speed"] > 0
    assert worker["scratch_speed"] > 0
    assert {"lbhsweep", "numpy", "dask"} <= set(worker["packages"])
    assert answer["differing"] == []
    assert answer["job_script"] == "", "there are no jobs on this machine"
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.yaml"]


def test_mistakes_in_the_file_are_reported(file):
    file.write_text("kind: local\nworkrs: 2\n")
    found = check(file)
    assert found.exit_code == 2
    assert "cluster.yaml:2: workrs: unknown key; did you mean 'workers'?" in found.output


@pytest.mark.parametrize("kind", KINDS)
def test_the_keys_of_each_kind_are_listed(kind):
    def keys(*given):
        return CliRunner().invoke(command, ["cluster", "keys", *given])

    listed = keys(kind)
    assert listed.exit_code == 0, listed.output
    named = [line.split()[0] for line in listed.stdout.splitlines() if line[0] != " "]
    assert named == list(KINDS[kind].model_fields)
    assert json.loads(keys(kind, "--json").stdout).keys() == KINDS[kind].model_fields.keys()
    assert kind in keys().stdout
    assert keys(f"{kind}s").exit_code == 2


def test_a_worker_that_does_not_start(file, tmp_path):
    file.write_text("kind: address\naddress: tcp://127.0.0.1:1\n")
    found = check(file, "--output", tmp_path, "--timeout", "1")
    assert found.exit_code == 2
    assert "can't start the address cluster" in found.output
    assert f"files are kept: {tmp_path}/lbhsweep-check-" in found.output


def test_a_pilot_measures_dynamics_for_the_plan(file, tmp_path):
    found = check(file, "--output", tmp_path, "--pilot", "--json")
    assert found.exit_code == 0, found.output
    speed = json.loads(found.stdout)["ns_per_day"]
    assert speed > 0
    file.write_text(f"kind: local\nworkers: 2\nns_per_day: {speed:.9g}\n")
    sweep = Path(__file__).parents[2] / "sweeps" / "quickstart.yaml"
    planned = CliRunner().invoke(command, ["plan", str(sweep), "--cluster", str(file), "--json"])
    forecast = json.loads(planned.stdout)["forecast"]
    assert forecast["ns_per_day"] == pytest.approx(speed, rel=1e-8)
    assert forecast["workers"] == 2
    assert forecast["seconds"] > 0
