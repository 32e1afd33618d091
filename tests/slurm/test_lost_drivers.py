"""A driver that is killed, and with it Dask's scheduler: the next one goes on, jobs end alone."""

import json
import subprocess
import sys
import time

from test_lost_jobs import assert_recovered


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
    wait_for(lambda: not slurm.jobs("PENDING", "RUNNING"), 60)
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
    line = case.line("submit", seconds=2.0)
    done = subprocess.run(
        [sys.executable, *line, "--slurm", "--json",
         "--sbatch=--cpus-per-task=1", "--sbatch=--time=10"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    driver = json.loads(done.stdout)["job"]
    # What was submitted is run, also when the job begins again.
    case.edit("axes: {pressure: 9 GPa}")
    wait_for(lambda: case.n_started() >= 2, 60)
    slurm.run("scontrol", "requeue", driver)
    wait_for(lambda: slurm.ended().get(driver, {}).get("JobState") == "COMPLETED", 120)
    assert len(case.events("sweep-started")) == 2
    assert_recovered(case, serial, slurm)
