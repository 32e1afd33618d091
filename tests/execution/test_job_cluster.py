"""Job scripts, seen without any batch system."""

import pytest

from lbhsweep.execution.cluster_spec import SlurmCluster
from lbhsweep.execution.clusters import _settings
from lbhsweep.execution.job_cluster import JobCluster


@pytest.fixture
def open_cluster(tmp_path):
    opened = []

    def start(**keys):
        usual = {"kind": "slurm", "workers": 8, "cores": 4, "memory": "8 GB"}
        spec = SlurmCluster(**usual | {"walltime": "1:00:00", "interface": "lo"} | keys)
        environment = {"OMP_NUM_THREADS": "1", "NUMBA_CACHE_DIR": "/scratch/a b"}
        opened.append(JobCluster(spec, environment, tmp_path / "logs"))
        return opened[-1]

    yield start
    for cluster in opened:
        cluster.close()


def test_slurm_jobs_ask_for_what_the_file_says(open_cluster, tmp_path):
    script = open_cluster(
        queue="short",
        account="mine",
        job_extra=("--qos=long",),
        prologue=("module load python",),
    ).job_script
    lines = script.splitlines()
    assert lines[0].startswith("#!")
    for wanted in (
        "#SBATCH -p short",
        "#SBATCH -A mine",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=8G",
        "#SBATCH -t 1:00:00",
        "#SBATCH --no-requeue",
        "#SBATCH --qos=long",
        f"#SBATCH -o {tmp_path}/logs/lbhsweep-%J.out",
        "export OMP_NUM_THREADS=1",
        "export NUMBA_CACHE_DIR='/scratch/a b'",
        "export LBHSWEEP_JOB_SECONDS=3600",
    ):
        assert wanted in lines, script
    assert lines.index("module load python") < lines.index("export OMP_NUM_THREADS=1")
    assert lines[-1].startswith("exec ")
    assert "--nworkers 4" in lines[-1]
    assert "--nthreads 1" in lines[-1]
    assert (tmp_path / "logs").is_dir()


def test_names_of_workers_are_never_used_again(open_cluster):
    dask = open_cluster().dask
    first, second = dask.new_worker_spec(), dask.new_worker_spec()
    assert set(first) != set(second)


def test_a_refused_job_is_remembered_with_the_systems_words(open_cluster, monkeypatch, tmp_path):
    refuse = tmp_path / "sbatch"
    refuse.write_text("#!/bin/sh\necho 'sbatch: error: no' >&2\nexit 1\n")
    refuse.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    cluster = open_cluster(cores=1)
    cluster.scale(1)
    cluster.dask.sync(cluster.dask._correct_state)
    ((name, job),) = cluster.submitted().items()
    assert (job.job_id, job.workers, job.refusal) == ("", (name,), "sbatch: error: no")
    assert not cluster.job_ids
    cluster.drop([name])
    assert not cluster.submitted()


def test_workers_in_jobs_are_told_of_the_settings_by_variables():
    settings = _settings()
    assert settings["DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE"] == "False"
    assert settings["DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL"] == "1s"
    from dask.config import collect_env

    found = collect_env(settings)
    assert found["distributed"]["worker"]["memory"]["pause"] is False
