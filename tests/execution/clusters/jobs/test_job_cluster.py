"""Job scripts, seen without any batch system."""

import os
import re
import socket
import subprocess
import time

import dask
import pytest
from distributed.core import Status

from lbhsweep.execution.clusters.dask_settings import our_settings
from lbhsweep.execution.clusters.jobs import cluster as job_cluster
from lbhsweep.execution.clusters.jobs.cluster import JobCluster
from lbhsweep.execution.clusters.spec import KINDS
from lbhsweep.execution.worker.process import JOB_END


@pytest.fixture
def open_cluster(tmp_path):
    opened = []

    def start(**keys):
        usual = {"kind": "slurm", "workers": 8, "cores": 4, "memory": "8 GB", "interface": "lo"}
        if keys.get("kind") != "htcondor":
            usual["walltime"] = "1-02:30:15"
        keys = usual | keys
        spec = KINDS[keys["kind"]](**keys)
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
        "#SBATCH -t 1-02:30:15",
        "#SBATCH --no-requeue",
        "#SBATCH --qos=long",
        f"#SBATCH -o {tmp_path}/logs/lbhsweep-%J.out",
        "export OMP_NUM_THREADS=1",
        "export NUMBA_CACHE_DIR='/scratch/a b'",
        "export LBHSWEEP_JOB_SECONDS=95415",
    ):
        assert wanted in lines, script
    assert lines.index("module load python") < lines.index("export OMP_NUM_THREADS=1")
    assert lines[-1].startswith("exec ")
    assert "--nworkers 4" in lines[-1]
    assert "--nthreads 1" in lines[-1]
    assert (tmp_path / "logs").is_dir()


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (
            {"kind": "pbs", "queue": "short", "account": "mine", "job_extra": ("-m n",)},
            [
                "#PBS -q short",
                "#PBS -A mine",
                "#PBS -l select=1:ncpus=4:mem=7630MB",
                "#PBS -l walltime=26:30:15",
                "#PBS -r n",
                "#PBS -m n",
            ],
        ),
        (
            {"kind": "pbs", "resources": "nodes=1:ppn=4"},
            ["#PBS -l nodes=1:ppn=4", "#PBS -l walltime=26:30:15"],
        ),
        (
            {
                "kind": "sge",
                "queue": "short",
                "account": "mine",
                "resources": "h_vmem=2G",
                "job_extra": ("-pe smp 4",),
            },
            [
                "#$ -q short",
                "#$ -P mine",
                "#$ -l h_vmem=2G",
                "#$ -l h_rt=26:30:15",
                "#$ -r n",
                "#$ -pe smp 4",
            ],
        ),
        (
            {"kind": "lsf", "queue": "short", "account": "mine", "job_extra": ("-R x",)},
            [
                "#BSUB -q short",
                '#BSUB -P "mine"',
                "#BSUB -n 4",
                "#BSUB -W 26:30",
                "#BSUB -rn",
                "#BSUB -R x",
            ],
        ),
        (
            {"kind": "htcondor", "disk": "4 GB", "job_extra": {"accounting_group": "mine"}},
            [
                "MY.DaskWorkerCores = 4",
                "MY.DaskWorkerMemory = 8000000000",
                "MY.DaskWorkerDisk = 4000000000",
                "accounting_group = mine",
            ],
        ),
    ],
)
def test_jobs_of_other_systems_ask_for_what_the_file_says(open_cluster, keys, wanted):
    script = open_cluster(**keys, prologue=("module load python",), scratch="/scratch").job_script
    lines = script.splitlines()
    assert not [one for one in wanted if one not in lines], script
    assert "module load python" in script
    assert "export OMP_NUM_THREADS=1" in script
    assert "--local-directory /scratch" in script
    seconds = {"htcondor": [], "lsf": [95400]}.get(keys["kind"], [95415])
    assert re.findall(r"LBHSWEEP_JOB_SECONDS=(\d+)", script) == [str(one) for one in seconds]
    if seconds:
        assert script.index("LBHSWEEP_JOB_END=") < script.index("module load python")
    # Condor would take it for a macro of its own.
    assert "$(" not in script.partition("Arguments")[2]


def test_fewer_workers_than_cores_keep_to_one_thread(open_cluster):
    last = open_cluster(processes=2).job_script.splitlines()[-1]
    assert "--nworkers 2" in last
    assert last.rpartition("--nthreads")[2].split()[0] == "1"


def test_names_of_workers_are_never_used_again(open_cluster):
    dask = open_cluster().dask
    first, second = dask.new_worker_spec(), dask.new_worker_spec()
    assert set(first) != set(second)


def test_a_refused_job_keeps_the_systems_message(open_cluster, monkeypatch, tmp_path):
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


@pytest.fixture
def late(open_cluster, monkeypatch, play, tmp_path):
    """A cluster with a job that is accepted when nobody waits for it any more."""
    monkeypatch.setattr(job_cluster, "SUBMIT_PATIENCE_S", 0.2)
    play("sbatch", "sleep 1; echo 77")
    play("scancel", f'touch "{tmp_path}/begun"; sleep 1; echo "$@" >> "{tmp_path}/cancelled"')
    cluster = open_cluster(cores=1)
    cluster.scale(1)
    cluster.dask.sync(cluster.dask._correct_state)
    return cluster


def until(condition):
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_a_job_that_is_accepted_too_late_is_cancelled(late, tmp_path):
    ((name, job),) = late.submitted().items()
    assert (job.job_id, job.refusal) == ("", "TimeoutError: no answer within 0 s")
    late.drop([name])
    cancelled = tmp_path / "cancelled"
    until(lambda: cancelled.exists() and cancelled.read_text())
    assert cancelled.read_text() == "77\n"
    assert late.job_ids == {"77"}
    assert not late.submitted()


@pytest.mark.parametrize("case", ["while it is submitted", "while it is cancelled"])
def test_the_end_leaves_no_job_that_was_accepted_too_late(late, tmp_path, case):
    late.drop(late.submitted())
    if case == "while it is cancelled":
        until((tmp_path / "begun").exists)
    late.close()
    assert (tmp_path / "cancelled").read_text() == "77\n"
    assert late.dask.status is Status.closed


def test_workers_in_jobs_get_the_settings_by_a_file(open_cluster):
    with dask.config.set(our_settings(jobs=True)):
        script = open_cluster().job_script
    (path,) = re.findall(r"export DASK_CONFIG=(\S+)", script)
    found = dask.config.collect_yaml([path])
    memory = dask.config.merge(*found)["distributed"]["worker"]["memory"]
    assert memory["pause"] is False
    assert memory["monitor-interval"] == "1s"


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({}, ["--mem=3G"]),
        ({"memory_option": "mem-per-cpu"}, ["--mem-per-cpu=768M"]),
        ({"memory_option": "none"}, []),
        ({"memory_option": "none", "exclusive": True}, ["--exclusive"]),
        ({"exclusive": True, "memory": "500 MB"}, ["--mem=477M", "--exclusive"]),
    ],
)
def test_memory_is_asked_for_as_the_site_wants_it(open_cluster, keys, wanted):
    lines = open_cluster(**{"memory": "2.2 GB"} | keys).job_script.splitlines()
    asked = [line.split()[1] for line in lines if line.startswith("#SBATCH --")]
    assert [one for one in asked if one.startswith(("--mem", "--excl"))] == wanted


def test_the_scheduler_is_where_the_file_says(open_cluster):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Nodes may have an interface that this machine lacks.
    cluster = open_cluster(interface="ib7", scheduler_interface="lo", scheduler_port=port)
    assert cluster.dask.scheduler.address == f"tcp://127.0.0.1:{port}"
    last = cluster.job_script.splitlines()[-1]
    assert "--interface ib7" in last
    assert f"tcp://127.0.0.1:{port} " in last


@pytest.mark.parametrize("kind", ["slurm", "pbs", "sge", "lsf", "htcondor"])
def test_workers_get_the_time_that_the_file_says_to_connect(open_cluster, kind):
    keys = {"disk": "1 GB"} if kind == "htcondor" else {}
    assert "--death-timeout 300" in open_cluster(kind=kind, **keys).job_script
    script = open_cluster(kind=kind, worker_timeout="30 min", **keys).job_script
    assert "--death-timeout 1800" in script


def test_paths_of_nodes_are_expanded_there(open_cluster, tmp_path):
    script = open_cluster(scratch="$TMPDIR/a b", numba_cache="~/nb").job_script
    (cache,) = re.findall("export NUMBA_CACHE_DIR=.*", script.replace("'/scratch/a b'", ""))[1:]
    (scratch,) = re.findall(r'--local-directory ("[^"]*")', script)
    show = f'{cache}; printf "%s\\n" "$NUMBA_CACHE_DIR" {scratch}'
    there = {"HOME": "/home/me", "TMPDIR": "/node/7"}
    found = subprocess.run(["sh", "-c", show], env=there, capture_output=True, text=True)
    assert found.stdout.splitlines() == ["/home/me/nb", "/node/7/a b"]
    del there["TMPDIR"]
    found = subprocess.run(["sh", "-c", show], env=there, capture_output=True, text=True)
    assert found.returncode
    assert "TMPDIR: is not set on this node, and scratch in the cluster file" in found.stderr


@pytest.mark.parametrize(
    ("begun", "left"),
    [
        (-5, 3595),
        # Other clocks: the job's length counts, which here is shorter than its walltime.
        (-7200, 3600),
        (7200, 3600),
    ],
)
def test_a_job_ends_by_its_node_s_clock(begun, left):
    spec = KINDS["slurm"](kind="slurm", workers=1, cores=1, memory="1 GB", walltime="2:00:00")
    script = [*job_cluster._deadline(spec), f"echo ${JOB_END} $(date +%s)"]
    now = int(time.time())
    variables = {
        "SLURM_JOB_START_TIME": str(now + begun),
        "SLURM_JOB_END_TIME": str(now + begun + 3600),
    }
    found = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    end, at = map(int, found.stdout.split())
    expected = now + begun + 3600 if begun == -5 else at + left
    assert abs(end - expected) <= at - now + 1


def test_variables_of_the_shell_do_not_change_jobs(open_cluster, play, tmp_path, monkeypatch):
    for name in list(os.environ):
        # A test of a real SLURM before this one has set SLURM_CONF, which commands need.
        if name.startswith(("SBATCH_", "SQUEUE_", "SLURM_", "DASK_")):
            monkeypatch.delenv(name)
    # sbatch takes each of them instead of what the script says.
    for name in (
        "SBATCH_TIMELIMIT",
        "SBATCH_MEM_PER_NODE",
        "SLURM_MEM_PER_CPU",
        "SBATCH_PARTITION",
    ):
        monkeypatch.setenv(name, "7")
    monkeypatch.setenv("SQUEUE_STATES", "RUNNING")
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__IDLE_TIMEOUT", "1s")
    monkeypatch.setenv("SBATCH_ACCOUNT", "usual")
    for command in ("sbatch", "squeue", "scancel"):
        play(command, f"env > {tmp_path}/{command}.env; echo Submitted batch job 77")
    cluster = open_cluster(cores=1, queue="short")
    cluster.scale(1)
    cluster.dask.sync(cluster.dask._correct_state)
    cluster.system.ask(["77"])
    cluster.drop(cluster.submitted())
    for command in ("sbatch", "squeue", "scancel"):
        names = re.findall("^([A-Z_]+)=", (tmp_path / f"{command}.env").read_text(), re.M)
        taken = [one for one in names if one.startswith(("SBATCH_", "SQUEUE_", "SLURM_", "DASK_"))]
        assert taken == ["SBATCH_ACCOUNT"], "the cluster file names no account"


SUBMIT = {
    "slurm": "sbatch",
    "pbs": "qsub",
    "sge": "qsub",
    "lsf": "bsub",
    "htcondor": "condor_submit",
}
CANCEL = {"slurm": "scancel", "pbs": "qdel", "sge": "qdel", "lsf": "bkill", "htcondor": "condor_rm"}
PROMISE = {
    "slurm": "Submitted batch job 77",
    "pbs": "77.server",
    "sge": 'Your job 77 ("lbhsweep") has been submitted',
    "lsf": "Job <77> is submitted to queue <normal>.",
    "htcondor": "1 job(s) submitted to cluster 77.",
}


@pytest.fixture
def submitted(open_cluster, play, tmp_path):
    """The one job of a batch system whose submit command is a script; and what was cancelled."""

    def submit(kind, script):
        play(SUBMIT[kind], script)
        play(CANCEL[kind], f'echo "$@" >> "{tmp_path}/cancelled"')
        keys = {"disk": "1 GB"} if kind == "htcondor" else {}
        cluster = open_cluster(kind=kind, cores=1, **keys)
        cluster.scale(1)
        cluster.dask.sync(cluster.dask._correct_state)
        ((name, job),) = cluster.submitted().items()
        cluster.drop([name])
        cancelled = tmp_path / "cancelled"
        return job, cancelled.read_text() if cancelled.exists() else ""

    return submit


@pytest.mark.parametrize("kind", list(SUBMIT))
def test_greetings_of_a_wrapper_are_no_job(submitted, kind):
    greeting = "echo 'Welcome to Stampede3, node 12 of 560'; echo 3 warnings"
    job, cancelled = submitted(kind, f"{greeting}; cat <<'END'\n{PROMISE[kind]}\nEND\n{greeting}")
    assert job.refusal == ""
    assert cancelled.split()[-1].partition(".")[0] == "77"
    assert cancelled.count("\n") == 1


@pytest.mark.parametrize("kind", list(SUBMIT))
def test_nothing_is_cancelled_without_a_promised_number(submitted, kind):
    job, cancelled = submitted(kind, "echo 'Welcome to Stampede3, node 12 of 560'")
    assert job.has_no_number
    assert "'Welcome to Stampede3, node 12 of 560'" in job.refusal
    assert cancelled == ""


@pytest.mark.parametrize("stream", ["", ">&2"])
@pytest.mark.parametrize("kind", list(SUBMIT))
def test_every_systems_refusal_is_kept_in_its_own_words(submitted, kind, stream):
    job, cancelled = submitted(kind, f"echo 'no such project: mine' {stream}; exit 1")
    assert (job.job_id, job.refusal) == ("", "no such project: mine")
    assert not job.has_no_number
    assert cancelled == ""


def test_a_refusal_without_words_names_the_command(submitted):
    assert submitted("pbs", "exit 3")[0].refusal == "qsub ended with status 3"
