"""Answers of each batch system's commands, in the form of its manual, played by scripts."""

import pytest

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.batch_system import BatchSystem
from lbhsweep.execution.clusters.jobs.queue import JobState
from lbhsweep.execution.clusters.spec import KINDS

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
BANNER = "echo 'Welcome to node 2 of 560'; echo '12 years of service'; echo"
"""Wrappers greet before every answer."""


def system(kind, **keys):
    usual = {"workers": 1, "cores": 1, "memory": "1 GB"}
    usual |= {"disk": "1 GB"} if kind == "htcondor" else {"walltime": "1:00:00"}
    return BatchSystem(KINDS[kind](kind=kind, **usual | keys))


@pytest.mark.parametrize("banner", ["", BANNER])
@pytest.mark.parametrize(
    ("kind", "command", "script", "jobs"),
    [
        (
            "slurm",
            "squeue",
            "echo '12|RUNNING|None'; echo '13|PENDING|Priority'; echo '15|RUNNING|None'",
            {"12": RUNNING, "13": JobState(running=False, reason="Priority")},
        ),
        (
            "pbs",
            "qselect",
            'echo 12.server; [ "$4" = R ] || echo 13.server',
            {"12.server": RUNNING, "13.server": JobState(running=False)},
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
                "12": RUNNING,
                "13": JobState(running=False, reason="idle"),
                "14": JobState(running=False, reason="held"),
            },
        ),
    ],
)
def test_jobs_with_their_states(play, kind, command, script, jobs, banner):
    def ask():
        return system(kind).ask([*jobs, "99"])

    play(command, f"{banner}\n{script}")
    assert ask() == jobs
    play(command, f"{banner}\ntrue")
    assert ask() == {}
    play(command, f"{banner}\nexit 1")
    assert ask() is None


@pytest.mark.parametrize("kind", ["slurm", "pbs", "sge", "lsf", "htcondor"])
def test_without_the_systems_commands(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert system(kind).ask(["12"]) is None
    with pytest.raises(ClusterError, match=r"here; start lbhsweep where .* commands are"):
        system(kind).check("")


@pytest.mark.parametrize(
    ("kind", "answer", "cancelled"),
    [
        ("slurm", "Submitted batch job 12", "scancel 12"),
        ("slurm", "Submitted batch job 12 on cluster other", "scancel --clusters=other 12"),
        ("pbs", "12.server", "qdel 12.server"),
        ("sge", 'Your job 12 ("lbhsweep") has been submitted', "qdel 12"),
        ("lsf", "Job <12> is submitted to queue <normal>.", "bkill 12"),
        ("htcondor", "1 job(s) submitted to cluster 12.", "condor_rm 12"),
    ],
)
def test_jobs_are_cancelled_by_their_ids_alone(play, tmp_path, kind, answer, cancelled):
    command = cancelled.partition(" ")[0]
    play(command, f'echo {command} "$@" >> {tmp_path}/called')
    one = system(kind)
    one.cancel([])
    one.cancel([one.job_id(answer)])
    assert (tmp_path / "called").read_text() == f"{cancelled}\n"


@pytest.mark.parametrize(
    ("kind", "keys", "answer", "asked", "cancelled"),
    [
        (
            "slurm",
            {"job_extra": [option]},
            answer,
            "squeue --clusters=other",
            "scancel --clusters=other 12",
        )
        for option in ("-M other", "-Mother", "--clusters=other", "--qos=x --clusters other")
        for answer in ("Submitted batch job 12", "Submitted batch job 12 on cluster other", "12")
    ]
    + [
        (
            "slurm",
            {"job_extra": ["-M one,other"]},
            "Submitted batch job 12 on cluster other",
            "squeue --clusters=other",
            "scancel --clusters=other 12",
        ),
        ("pbs", {"queue": "long@far"}, "12.x", "qselect -q @far", "qdel 12.x@far"),
        ("pbs", {"job_extra": ["-q @far"]}, "12.x", "qselect -q @far", "qdel 12.x@far"),
    ],
)
def test_where_jobs_were_submitted_is_where_they_are_watched_and_cancelled(
    play, tmp_path, kind, keys, answer, asked, cancelled
):
    command, option = asked.split(maxsplit=1)
    line = {"squeue": "12|RUNNING|None", "qselect": "12.x"}[command]
    # In another place there is another job of that number, or none.
    play(command, f'case "$*" in *"{option}"*) echo "{line}";; *) echo "99|RUNNING|None";; esac')
    play(cancelled.partition(" ")[0], f'echo "$(basename "$0")" "$@" >> {tmp_path}/called')
    one = system(kind, **keys)
    job = one.job_id(answer)
    assert one.ask([job]) == {job: RUNNING}
    one.cancel([job])
    assert (tmp_path / "called").read_text() == f"{cancelled}\n"


def test_jobs_of_several_clusters_keep_apart(play, tmp_path):
    play("squeue", 'case "$*" in *=one*) echo "12|RUNNING|None";; esac')
    play("scancel", f'echo "$@" >> {tmp_path}/called')
    one = system("slurm", job_extra=["-M one,other"])
    jobs = [one.job_id(f"Submitted batch job 12 on cluster {name}") for name in ("one", "other")]
    assert one.ask(jobs) == {"12;one": RUNNING}
    one.cancel(jobs)
    assert (tmp_path / "called").read_text() == "--clusters=one 12\n--clusters=other 12\n"
