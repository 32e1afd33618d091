"""A cluster file of SLURM is tried by one job."""

from click.testing import CliRunner
from slurm.slurm_sweeps import CLUSTER

from lbhsweep.cli import command
from lbhsweep.execution.clusters.jobs import watch as job_watch


def check(folder, timeout, **keys):
    file = folder / "cluster.yaml"
    file.write_text("\n".join(f"{key}: {value}" for key, value in (CLUSTER | keys).items()))
    options = ["--output", str(folder), "--timeout", str(timeout)]
    return CliRunner().invoke(command, ["cluster", "check", str(file), *options])


def test_a_job_is_tried(slurm, tmp_path):
    found = check(tmp_path, 600)
    assert found.exit_code == 0, found.output
    assert "#SBATCH --cpus-per-task=2" in found.output
    assert "rehearsal: 2 of 2 runs done" in found.output
    assert not slurm.jobs("PENDING", "RUNNING")


def test_a_job_that_dies_is_told_with_the_end_of_its_log(slurm, tmp_path, monkeypatch):
    monkeypatch.setattr(job_watch, "MAX_FAILED", 2)
    found = check(tmp_path, 600, prologue='["echo no python today; exit 3"]')
    assert found.exit_code == 2, found.output
    assert "before their worker registered" in found.output
    assert "no python today" in found.output.partition("before their worker registered")[2]
    assert not slurm.jobs("PENDING", "RUNNING")
