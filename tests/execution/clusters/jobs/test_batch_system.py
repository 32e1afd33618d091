"""Answers of each batch system's commands, in the form of its manual, played by scripts."""

import pytest

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.batch_system import BATCH_SYSTEMS
from lbhsweep.execution.clusters.jobs.queue import JobState

SGE = """
cat <<END
job-ID  prior   name       user         state submit/start at     queue          slots ja-task-ID
-------------------------------------------------------------------------------------------------
     12 0.55500 lbhsweep   me           r     11/26/2026 10:00:00 all.q@node1       16
     13 0.00000 lbhsweep   me           qw    11/26/2026 10:00:01                   16
     14 0.00000 lbhsweep   me           Eqw   11/26/2026 10:00:01                   16
END
"""
RUNNING = JobState(running=True)


@pytest.mark.parametrize(
    ("kind", "command", "script", "jobs"),
    [
        (
            "pbs",
            "qselect",
            'echo 12.server; [ "$4" = R ] || echo 13.server',
            {"12": RUNNING, "13": JobState(running=False)},
        ),
        (
            "sge",
            "qstat",
            SGE,
            {
                "12": RUNNING,
                "13": JobState(running=False, reason="qw"),
                "14": JobState(running=False, reason="Eqw"),
            },
        ),
        (
            "lsf",
            "bjobs",
            "echo '12 RUN'; echo '13 PEND'",
            {"12": RUNNING, "13": JobState(running=False, reason="PEND")},
        ),
        (
            "htcondor",
            "condor_q",
            "echo '12 0 2'; echo '13 0 1'; echo '14 0 5'",
            {
                "12.0": RUNNING,
                "13.0": JobState(running=False, reason="idle"),
                "14.0": JobState(running=False, reason="held"),
            },
        ),
    ],
)
def test_jobs_with_their_states(play, kind, command, script, jobs):
    play(command, script)
    assert BATCH_SYSTEMS[kind].ask() == jobs
    play(command, "true")
    assert BATCH_SYSTEMS[kind].ask() == {}
    play(command, "exit 1")
    assert BATCH_SYSTEMS[kind].ask() is None


@pytest.mark.parametrize("kind", list(BATCH_SYSTEMS))
def test_without_the_systems_commands(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert BATCH_SYSTEMS[kind].ask() is None
    with pytest.raises(ClusterError, match=r"here; start lbhsweep where .* commands are"):
        BATCH_SYSTEMS[kind].check("")


def test_jobs_are_cancelled_by_their_ids_alone(play, tmp_path):
    play("scancel", f'echo "$@" >> {tmp_path}/called')
    BATCH_SYSTEMS["slurm"].cancel([])
    BATCH_SYSTEMS["slurm"].cancel(["12", "13"])
    assert (tmp_path / "called").read_text() == "12 13\n"
