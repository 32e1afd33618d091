"""Drivers in the background: started, found, stopped, killed, and resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext, suppress

import psutil
import pytest
from execution.execution_sweeps import Sweep, assert_same_bits, physics_of
from execution.serial_executor import SerialExecutor

from lbhsweep.execution.folder.status import folder_status
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.verify import verify_folder

SWEEP = """\
name: test
axes: {pressure: [0 GPa, 0.4 GPa], heating_rate: 20 K/ps, replica: 3}
protocol: {ramp: {temperature: 300 K .. 700 K, bin: 50 K}}
"""
PATIENCE_S = 600.0


def lbhsweep(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "lbhsweep", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("waited too long")


@pytest.fixture
def started():
    """Process ids of drivers; none outlives its test."""
    pids = []
    yield pids
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            for one in [*process.children(recursive=True), process]:
                one.kill()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(SWEEP)
    return path


def submit(file, out, started, *options):
    found = lbhsweep("submit", file, "--output", out, "--rehearse", "--json", *options)
    assert found.returncode == 0, found.stderr
    summary = json.loads(found.stdout)
    started.append(summary["pid"])
    return summary


def test_a_killed_driver_costs_nothing(file, tmp_path, started):
    whole = Sweep(tmp_path / "whole", lambda: nullcontext(SerialExecutor()))
    assert whole.run(SWEEP).done == 12
    out, slow = tmp_path / "out", ["--rehearse-seconds", "0.7", "--workers", "2"]
    summary = submit(file, out, started, *slow)
    folder = SweepFolder(out / "rehearsal")
    assert summary["running"]
    assert os.getsid(summary["pid"]) == summary["pid"], "a session of its own"
    assert summary["next"][0] == f"lbhsweep status {out} --rehearsal"

    again = lbhsweep("submit", file, "--output", out, "--rehearse")
    assert again.returncode == 2
    assert f"pid {summary['pid']} on {summary['host']}" in again.stderr

    # What was submitted goes on, whatever becomes of the file.
    file.write_text("name: edited since\n")
    until(lambda: len(folder.finished()) >= 2)
    os.kill(summary["pid"], signal.SIGKILL)
    until(lambda: folder.driver() is None)
    assert folder_status(folder).lost_driver.pid == summary["pid"]
    assert len(folder.finished()) < 12

    resumed = lbhsweep("resume", out, "--rehearsal", "--detach", "--json")
    assert resumed.returncode == 0, resumed.stderr
    started.append(json.loads(resumed.stdout)["pid"])
    until(lambda: folder.driver() is None)
    assert_same_bits(physics_of(folder.path), whole.results())
    assert verify_folder(folder).faults == ()
    until(lambda: "12 of 12 runs done" in folder.log.read_text())
    assert folder_status(folder).lost_driver is None


def test_stop_ends_a_driver_in_the_background(file, tmp_path, started):
    out = tmp_path / "out"
    summary = submit(file, out, started, "--rehearse-seconds", "60", "--workers", "1")
    folder = SweepFolder(out / "rehearsal")
    until(lambda: any(folder.runs.glob("*/*/attempts.jsonl")))
    stopped = lbhsweep("stop", out, "--rehearsal")
    assert stopped.returncode == 0, stopped.stderr
    assert f"driver pid {summary['pid']} on {summary['host']} has ended" in stopped.stdout
    assert folder.driver() is None
    assert folder_status(folder).lost_driver is None
    assert not folder.stop_file.exists()


def test_errors_are_reported_at_once(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: test\n")
    found = lbhsweep("submit", wrong, "--output", tmp_path / "out")
    assert found.returncode == 2
    assert "wrong.yaml:" in found.stderr
    assert not (tmp_path / "out").exists()


FAKE_SBATCH = """\
#!/bin/bash
printf '%s\\n' "$@" > "{folder}/options"
cat > "{folder}/script"
echo "Welcome to node 3, in service for"
echo 12 years
echo
echo "77;cluster"
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A folder of programs that stand in for SLURM's, first on the path."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sbatch").write_text(FAKE_SBATCH.format(folder=tmp_path))
    (programs / "scontrol").write_text(f'#!/bin/bash\necho "$@" >> "{tmp_path}/scontrol"\n')
    (programs / "scancel").write_text(f'#!/bin/bash\necho "$@" >> "{tmp_path}/scancel"\n')
    (programs / "squeue").write_text(
        f'#!/bin/bash\necho "$@" >> "{tmp_path}/squeue"\n'
        '[[ "$*" == *--clusters=cluster* ]] || exit 0\necho CLUSTER: cluster\n'
        f'[[ "$*" == *%l* ]] && cat "{tmp_path}/limit" || cat "{tmp_path}/queue"\n'
    )
    (tmp_path / "limit").write_text("1-00:00:00\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    return tmp_path


def test_a_driver_in_a_slurm_job_is_queued_again_at_its_walltime(file, tmp_path, started, slurm):
    out = tmp_path / "out"
    slow = ["--rehearse-seconds", "60", "--workers", "1", "--slurm", "--sbatch=--time=1:00:00"]
    found = lbhsweep("submit", file, "--output", out, "--rehearse", "--json", *slow)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["job"] == "77"
    options = (slurm / "options").read_text().split()
    assert {"--requeue", "--signal=B:USR1@300", "--time=1:00:00"} <= set(options)
    folder = SweepFolder(out / "rehearsal")
    assert f"--output={folder.log}" in options

    stop = ["stop", out, "--rehearsal", "--json"]
    # The job that squeue doesn't know has ended; another's is not ours to cancel.
    (slurm / "queue").write_text("")
    assert json.loads(lbhsweep(*stop).stdout)["cancelled_job"] is None
    (slurm / "queue").write_text("77|COMPLETING|None\n")
    assert json.loads(lbhsweep(*stop).stdout)["cancelled_job"] is None
    (slurm / "queue").write_text("77|PENDING|PartitionTimeLimit\n")
    said = lbhsweep("status", out, "--rehearsal").stdout
    assert "driver: its SLURM job 77 is in the queue (PENDING, PartitionTimeLimit)" in said
    again = lbhsweep("submit", file, "--output", out, "--rehearse", *slow)
    assert again.returncode == 2
    assert "SLURM job 77 is in the queue to drive this sweep" in again.stderr
    assert json.loads(lbhsweep(*stop).stdout)["cancelled_job"] == "77"
    assert (slurm / "scancel").read_text() == "--clusters=cluster 77\n"
    assert "--jobs 77 --name lbhsweep-driver" in (slurm / "squeue").read_text()
    (slurm / "queue").unlink()

    with folder.log.open("w") as log:
        job = subprocess.Popen(["bash", slurm / "script"], stdout=log, stderr=log)
    started.append(job.pid)
    until(lambda: any(folder.runs.glob("*/*/attempts.jsonl")))
    assert folder_status(folder).driver.job == "77"
    job.send_signal(signal.SIGUSR1)
    assert job.wait(PATIENCE_S) == 130, folder.log.read_text()
    assert (slurm / "scontrol").read_text() == "requeue 77\n"
    assert folder_status(folder).lost_driver is None

    # The walltime's warning comes while a stop is under way already, say.
    (slurm / "scontrol").unlink()
    with folder.log.open("a") as log:
        job = subprocess.Popen(["bash", slurm / "script"], stdout=log, stderr=log)
    started.append(job.pid)
    until(lambda: folder_status(folder).running)
    for _ in range(3):
        job.send_signal(signal.SIGUSR1)
        time.sleep(0.1)
    assert job.wait(PATIENCE_S) == 130, folder.log.read_text()
    assert (slurm / "scontrol").read_text() == "requeue 77\n"

    (slurm / "scontrol").unlink()
    with folder.log.open("a") as log:
        job = subprocess.Popen(["bash", slurm / "script"], stdout=log, stderr=log)
    started.append(job.pid)
    until(lambda: folder_status(folder).running)
    job.terminate()
    assert job.wait(PATIENCE_S) == 130
    assert not (slurm / "scontrol").exists(), "scancel is no walltime"

    with folder.log.open("a") as log:
        job = subprocess.Popen(["bash", slurm / "script"], stdout=log, stderr=log)
    started.append(job.pid)
    until(lambda: folder_status(folder).running)
    assert lbhsweep("stop", out, "--rehearsal").returncode == 0
    assert job.wait(PATIENCE_S) == 130
    assert not (slurm / "scontrol").exists(), "a stop that was asked for is no walltime"


@pytest.mark.parametrize(
    ("limit", "minutes"), [("5:00", 5), ("0:30", 0), ("1:00:00", None), ("UNLIMITED", None)]
)
def test_a_job_too_short_for_a_driver_is_cancelled(file, tmp_path, slurm, limit, minutes):
    (slurm / "limit").write_text(f"{limit}\n")
    found = lbhsweep("submit", file, "--output", tmp_path / "out", "--rehearse", "--slurm")
    assert "--format=%l --jobs 77" in (slurm / "squeue").read_text()
    if minutes is None:
        assert found.returncode == 0, found.stderr
        assert not (slurm / "scancel").exists()
        return
    assert found.returncode == 1
    assert f"SLURM would give the driver {minutes} min" in found.stderr
    assert "--sbatch=--time=24:00:00" in found.stderr
    assert (slurm / "scancel").read_text() == "--clusters=cluster 77\n"
    assert not SweepFolder(tmp_path / "out" / "rehearsal").job.exists()


def test_a_driver_whose_job_has_no_number_is_reported(file, tmp_path, slurm):
    (slurm / "programs" / "sbatch").write_text("#!/bin/bash\necho Welcome to node 3\n")
    found = lbhsweep("submit", file, "--output", tmp_path / "out", "--rehearse", "--slurm")
    assert found.returncode == 1
    assert "without a job's number: 'Welcome to node 3'" in found.stderr
    assert not (slurm / "scancel").exists()
    assert not SweepFolder(tmp_path / "out" / "rehearsal").job.exists()


def test_names_that_slurm_would_expand_reach_it_as_they_are(file, tmp_path, slurm):
    out = tmp_path / "at 50% %j"
    found = lbhsweep("submit", file, "--output", out, "--rehearse", "--slurm")
    assert found.returncode == 0, found.stderr
    # "%%" is a percent sign.
    log = str(SweepFolder(out / "rehearsal").log).replace("%", "%%")
    assert f"--output={log}" in (slurm / "options").read_text().splitlines()


def test_the_drivers_job_is_charged_to_the_account_of_its_workers(file, tmp_path, slurm):
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text(
        "{kind: slurm, workers: 1, cores: 1, memory: 1 GB, walltime: '1:00:00', account: mine}"
    )
    given = ["--output", tmp_path / "out", "--rehearse", "--slurm", "--cluster", cluster]
    assert lbhsweep("submit", file, *given).returncode == 0
    assert "--account=mine" in (slurm / "options").read_text().split()
    # SLURM takes the last of several.
    assert lbhsweep("submit", file, *given, "--sbatch=--account=other").returncode == 0
    options = (slurm / "options").read_text().split()
    assert options.index("--account=mine") < options.index("--account=other")


def test_contradicting_options_are_refused_at_once(file, tmp_path):
    out = tmp_path / "out"
    found = lbhsweep("submit", file, "--output", out, "--sbatch=--time=10")
    assert found.returncode == 2
    assert "add --slurm" in found.stderr
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text("{kind: slurm, workers: 1, cores: 1, memory: 1 GB, walltime: '1:00:00'}")
    spaced = tmp_path / "with space"
    found = lbhsweep("submit", file, "--output", spaced, "--slurm", "--cluster", cluster)
    assert found.returncode == 1
    assert "do not support spaces" in found.stderr
    assert not out.exists()
    assert not spaced.exists()


def test_without_slurm_there_is_no_job(file, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = lbhsweep("submit", file, "--output", tmp_path / "out", "--slurm")
    assert found.returncode == 1
    assert "no sbatch here" in found.stderr
