"""A driver that is killed, and with it Dask's scheduler: the next one goes on, jobs end alone."""

import json
import signal
import subprocess
import sys
import time

from execution.execution_sweeps import yaml_text
from slurm.slurm_sweeps import Case
from slurm.test_lost_jobs import assert_recovered


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("waited too long")


def test_a_driver_killed_with_jobs_at_work_and_in_the_queue(case, serial, slurm):
    # One node of three takes jobs, so that the second job waits in the queue.
    slurm.run("scontrol", "update", "nodename=n[2-3]", "state=drain", "reason=test")
    with case.start(seconds=2.0, workers="4") as command:
        command.until(lambda: case.n_started() >= 2 and slurm.jobs("PENDING"))
        left = set(slurm.jobs())
        assert len(left) == 2
        command.process.kill()
        command.process.wait()
    slurm.run("scontrol", "update", "nodename=n[2-3]", "state=resume")
    with case.resume() as again:
        assert again.wait() == 0, again.text
    # Workers without a scheduler end by themselves.
    wait_for(lambda: not slurm.jobs("PENDING", "RUNNING"), 600)
    assert_recovered(case, serial, slurm)


def test_a_driver_that_stands_still_for_a_while(case, serial, slurm):
    with case.start(seconds=2.0) as command:
        command.until(lambda: case.n_started() >= 3)
        jobs = set(slurm.jobs())
        command.process.send_signal(signal.SIGSTOP)
        time.sleep(8)
        assert set(slurm.jobs("RUNNING")) == jobs
        with case.resume() as other:
            assert other.wait() == 2, other.text
            assert f"pid {command.process.pid}" in other.text
        command.process.send_signal(signal.SIGCONT)
        assert command.wait() == 0, command.text
    assert not case.events("job-lost")
    assert_recovered(case, serial, slurm)


def test_two_sweeps_at_once_leave_each_others_jobs_alone(case, serial, slurm, tmp_path):
    (tmp_path / "other").mkdir()
    other = Case(tmp_path / "other", yaml_text())
    with case.start(seconds=1.0, workers="2") as first, other.start(seconds=2.0) as second:
        assert first.wait() == 0, first.text
        assert second.wait() == 0, second.text
    for one in (case, other):
        assert not one.events("job-lost")
        assert not one.events("worker-lost")
        one.assert_undisturbed(serial)
    assert_recovered(case, serial, slurm)


def test_a_controller_that_is_down_for_a_while(case, serial, slurm):
    with case.start(seconds=3.0) as command:
        command.until(lambda: case.n_started() >= 3)
        slurm.kill_controller()
        time.sleep(4)
        slurm.start_controller()
        assert command.wait() == 0, command.text
    assert not case.events("job-lost")
    assert_recovered(case, serial, slurm)


def test_a_driver_in_a_job_of_its_own_that_is_queued_again(case, serial, slurm):
    driver = submit(case)
    # What was submitted is run, also when the job begins again.
    case.edit("axes: {pressure: 9 GPa}")
    wait_for(lambda: case.n_started() >= 2, 600)
    slurm.run("scontrol", "requeue", driver)
    wait_for(lambda: slurm.ended().get(driver, {}).get("JobState") == "COMPLETED", 600)
    assert len(case.events("sweep-started")) == 2
    assert_recovered(case, serial, slurm)


def submit(case, *options):
    line = [*case.line("submit", seconds=2.0), "--slurm", "--json", "--sbatch=--cpus-per-task=1"]
    done = subprocess.run(
        [sys.executable, *line, "--sbatch=--time=10", *options],
        capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)["job"]


def test_a_driver_whose_job_is_cancelled_ends_with_its_jobs(case, serial, slurm):
    driver = submit(case)
    wait_for(lambda: case.n_started() >= 2, 600)
    slurm.run("scancel", driver)
    wait_for(lambda: not slurm.jobs(), 600)
    assert slurm.ended()[driver]["JobState"] == "CANCELLED"
    assert not case.folder.stop_file.exists()
    with case.resume() as again:
        assert again.wait() == 0, again.text
    assert len(case.events("sweep-started")) == 2
    assert_recovered(case, serial, slurm)


def test_a_driver_that_waits_in_the_queue_is_stopped(case, slurm):
    driver = submit(case, "--sbatch=--begin=now+1hour")
    assert driver in slurm.jobs("PENDING")
    line = [sys.executable, "-m", "lbhsweep", "stop", str(case.whole.path), "--rehearsal"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, check=True)
    assert f"the driver's waiting job {driver} is cancelled" in done.stdout
    wait_for(lambda: not slurm.jobs(), 600)
    assert not case.n_started()
