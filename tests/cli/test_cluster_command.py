"""A cluster file is tried by one worker."""

import json
import os
import socket
from pathlib import Path

import dask
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


@pytest.fixture
def slurm_file(tmp_path, monkeypatch):
    """A cluster file of SLURM, whose commands are scripts."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/bin{os.pathsep}/usr/bin")

    def write(**scripts):
        for name, script in ({"squeue": "true", "scancel": "true"} | scripts).items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        path = tmp_path / "slurm.yaml"
        path.write_text(
            "{kind: slurm, workers: 2, cores: 2, memory: 2.2 GB, walltime: '0:10:00', "
            "interface: lo, memory_option: mem-per-cpu}"
        )
        return path

    return write


def test_a_refusal_and_what_acts_from_outside_are_printed(slurm_file, tmp_path, monkeypatch):
    words = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
    refuse = f'[ "$1" = --test-only ] && exit 0\necho "sbatch: error: {words}" >&2; exit 1'
    monkeypatch.setenv("SBATCH_TIMELIMIT", "1")
    monkeypatch.setenv("SBATCH_ACCOUNT", "usual")
    with dask.config.set({"distributed.scheduler.idle-timeout": "1s"}):
        file = slurm_file(sbatch=refuse)
        found = check(file, "--output", tmp_path, "--timeout", "8")
    assert found.exit_code == 2
    assert f"waiting for jobs: no job is accepted: sbatch: error: {words}" in found.stderr
    # The final error has it, too.
    last = found.stderr.partition("no worker for 8 s")[2]
    assert words in last
    acting, _, ignored = found.stdout.partition("do not act:\n")
    assert "SBATCH_ACCOUNT=usual" in acting
    assert "SBATCH_TIMELIMIT=1" in ignored
    assert "distributed.scheduler.idle-timeout: 1s" in ignored
    asked = "a job asks for --mem-per-cpu=1536M, rounded up from 2.20 GB"
    assert f"memory:    {asked}; each of its 2 workers may use 1.10 GB" in found.stdout


def test_an_interface_that_is_not_here_is_named(slurm_file, tmp_path):
    file = slurm_file(sbatch="true")
    file.write_text(file.read_text().replace("interface: lo", "scheduler_interface: ib77"))
    found = check(file, "--output", tmp_path)
    assert found.exit_code == 2
    assert "scheduler_interface: this machine has no interface ib77" in found.output
    assert "wanted one of" in found.output


def test_a_port_that_is_taken_is_named(slurm_file, tmp_path):
    file = slurm_file(sbatch="true")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        file.write_text(file.read_text().replace("lo,", f"lo, scheduler_port: {port},"))
        found = check(file, "--output", tmp_path)
    assert found.exit_code == 2
    assert f"scheduler_port: can't use {port} on this machine: " in found.output
