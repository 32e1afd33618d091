"""Answers of SLURM's commands, played by scripts."""

import os

import pytest

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.queue import (
    JobState,
    ask_slurm,
    check_slurm,
    is_temporary,
)


def test_jobs_with_their_states_and_reasons(play):
    play("squeue", "echo '12|PENDING|Resources'; echo '13|RUNNING|None'; echo '14|COMPLETING|x|y'")
    assert ask_slurm(["12", "13", "14", "15"], os.environ) == {
        "12": JobState(running=False, reason="Resources"),
        "13": JobState(running=True),
        "14": JobState(running=True),
    }


def test_no_jobs_differ_from_no_answer(play):
    play("squeue", "true")
    assert ask_slurm(["12", "13", "14", "15"], os.environ) == {}
    play("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")
    assert ask_slurm(["12"], os.environ) is None


def test_a_script_that_is_refused(play):
    play("sbatch", "cat >&2; exit 1")
    with pytest.raises(ClusterError, match="SLURM refuses the jobs: #SBATCH -p nope; fix"):
        check_slurm("#SBATCH -p nope\n", os.environ)


@pytest.mark.parametrize(
    "script",
    [
        "echo fine",
        "echo 'Unable to contact slurm controller (connect failure)' >&2; exit 1",
        "echo 'allocation failure: Requested node configuration is not available' >&2; exit 1",
    ],
)
def test_a_script_that_may_be_accepted(play, script):
    play("sbatch", script)
    check_slurm("#SBATCH -p main\n", os.environ)


def test_without_slurm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match="no sbatch here; start lbhsweep where"):
        check_slurm("", os.environ)


@pytest.mark.parametrize(
    "words",
    [
        "Socket timed out on send/recv",
        "Unable to contact slurm controller (connect failure)",
        "Resource temporarily unavailable",
        "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    ],
)
def test_a_temporary_refusal_is_none(words):
    assert is_temporary(f"sbatch: error: Batch job submission failed: {words}")


@pytest.mark.parametrize(
    "words", ["Invalid partition specified: nope", "Invalid account or account/partition"]
)
def test_a_permanent_refusal(words):
    assert not is_temporary(f"sbatch: error: Batch job submission failed: {words}")
