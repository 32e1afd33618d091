"""What a user sets for Dask elsewhere changes no sweep, and what still acts is listed."""

import json
import os
import subprocess
import sys

import dask
import pytest

from lbhsweep.execution.clusters.dask_settings import our_settings, write_settings
from lbhsweep.execution.clusters.leaks import leaks
from lbhsweep.execution.clusters.spec import KINDS
from lbhsweep.execution.clusters.start import job_script

HOSTILE = {
    "distributed.scheduler.idle-timeout": "1s",
    "distributed.worker.lifetime.duration": "5s",
    "distributed.worker.memory.terminate": 0.1,
    "jobqueue": {
        kind: {
            "memory": "1 GB",
            "cores": 64,
            "shebang": "#!/bin/csh",
            "queue": "debug",
            "account": "theirs",
            "project": "theirs",
            "job-cpu": 64,
            "job-mem": "1 GB",
            "death-timeout": 1,
            "worker-extra-args": ["--lifetime", "5s"],
            "job-extra-directives": ["--bad"],
            "job-directives-skip": ["-t"],
            "interface": "eth7",
            "name": "other",
        }
        for kind in ("slurm", "pbs", "sge", "lsf")
    },
}


@pytest.fixture
def hostile():
    with dask.config.set(HOSTILE | {"distributed.comm.timeouts.connect": "77s"}):
        yield


def spec_of(kind, **keys):
    usual = {"workers": 1, "cores": 1, "memory": "1 GB", "walltime": "1:00:00", "interface": "lo"}
    return KINDS[kind](kind=kind, **usual | keys)


def comparable(script):
    # Ports and names of processes differ, the file of settings is named after its content.
    words = script.split()
    return [one for one in words if not one.startswith(("tcp:", "DASK_CONFIG"))]


@pytest.mark.parametrize("kind", ["slurm", "pbs", "sge", "lsf"])
def test_a_user_s_file_for_dask_jobqueue_changes_no_job(kind, tmp_path, request):
    before = job_script(spec_of(kind), tmp_path)
    request.getfixturevalue("hostile")
    assert comparable(job_script(spec_of(kind), tmp_path)) == comparable(before)


def test_a_user_s_settings_of_scheduler_and_workers_do_not_act(hostile):
    with dask.config.set(our_settings(jobs=True)):
        assert dask.config.get("distributed.scheduler.idle-timeout") is None
        assert dask.config.get("distributed.worker.lifetime.duration") is None
        assert dask.config.get("distributed.worker.memory.terminate") == 0.95
        assert dask.config.get("distributed.worker.memory.pause") is False
        assert dask.config.get("distributed.comm.timeouts.connect") == "77s"
    assert dask.config.get("distributed.scheduler.idle-timeout") == "1s"


def test_workers_on_nodes_read_the_same(hostile, tmp_path):
    with dask.config.set(our_settings(jobs=True)):
        file = write_settings(tmp_path)
        assert write_settings(tmp_path) == file
    folder = tmp_path / ".config" / "dask"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("distributed: {worker: {lifetime: {duration: 5s}}}")
    show = (
        "import json, dask, distributed; print(json.dumps([dask.config.get(one) for one in ("
        "'distributed.worker.lifetime.duration', 'distributed.worker.memory.pause',"
        "'distributed.comm.timeouts.connect')]))"
    )

    def read(**variables):
        there = os.environ | {"HOME": str(tmp_path)} | variables
        answer = subprocess.run(
            [sys.executable, "-c", show], env=there, capture_output=True, text=True, check=True
        )
        return json.loads(answer.stdout)

    assert read()[0] == "5s"
    assert read(DASK_CONFIG=str(file)) == [None, False, "77s"]


def test_what_acts_and_what_does_not_is_listed(hostile, monkeypatch):
    monkeypatch.setenv("SBATCH_ACCOUNT", "usual")
    monkeypatch.setenv("SBATCH_TIMELIMIT", "7")
    monkeypatch.setenv("SLURM_JWT", "secret")
    found = leaks(spec_of("slurm"))
    assert "SBATCH_ACCOUNT=usual" in found.acting
    assert "distributed.comm.timeouts.connect: 77s" in found.acting
    assert "secret" not in str(found)
    for one in ("SBATCH_TIMELIMIT=7", "distributed.scheduler.idle-timeout: 1s"):
        assert one in found.ignored
    assert not set(found.acting) & set(found.ignored)
    assert "SBATCH_ACCOUNT=usual" in leaks(spec_of("slurm", account="mine")).ignored
    assert "SBATCH_ACCOUNT=usual" in leaks(spec_of("slurm", job_extra=["-A mine"])).ignored
