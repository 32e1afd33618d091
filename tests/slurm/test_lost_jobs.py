"""Whatever happens to jobs, all runs end as if nothing had, and no job is left in the queue."""

import re

import pytest


def assert_recovered(case, serial, slurm):
    case.assert_undisturbed(serial)
    assert not slurm.jobs("PENDING", "RUNNING")


def test_a_job_cancelled_in_mid_run(case, serial, slurm):
    with case.start(seconds=3.0) as command:
        command.until(lambda: case.n_started() >= 3)
        job = next(iter(slurm.jobs("RUNNING")))
        slurm.run("scancel", job)
        assert command.wait() == 0, command.text
    (lost,) = case.events("job-lost")
    assert (lost["job"], lost["had_worker"]) == (job, True)
    assert_recovered(case, serial, slurm)


def test_a_job_cancelled_before_its_worker_comes(case, serial, slurm, tmp_path):
    # The first job waits where it stands, so that its worker is never sooner than the test.
    wait = '["test -e {path}/waited || (touch {path}/waited && sleep 600)"]'
    with case.start(seconds=0.5, workers="1", cores="1", prologue=wait) as command:
        command.until((tmp_path / "waited").exists)
        (job,) = slurm.jobs("RUNNING")
        slurm.run("scancel", job)
        assert command.wait() == 0, command.text
    (lost,) = case.events("job-lost")
    assert (lost["job"], lost["had_worker"]) == (job, False)
    assert_recovered(case, serial, slurm)


def test_a_node_goes_down(case, serial, slurm):
    with case.start(seconds=3.0) as command:
        command.until(lambda: case.n_started() >= 3)
        slurm.run("scontrol", "update", "nodename=n1", "state=down", "reason=test")
        assert command.wait() == 0, command.text
    assert [event["had_worker"] for event in case.events("job-lost")] == [True]
    assert "NODE_FAIL" in {job["JobState"] for job in slurm.ended().values()}
    assert_recovered(case, serial, slurm)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"queue": "nope"}, "SLURM refuses the jobs: .*[Ii]nvalid partition"),
        ({"walltime": '"2:00:00"'}, "job .* would wait forever: walltime is over .*limit"),
        (
            {"prologue": '["echo no python today; exit 3"]', "workers": "6", "cores": "1"},
            "5 jobs in a row ended before their worker registered; the end of .*no python today",
        ),
    ],
)
def test_what_can_never_run_is_said_soon(case, slurm, keys, message):
    with case.start(seconds=0.0, **keys) as command:
        assert command.wait() == 1
        assert re.search(message, command.text, re.DOTALL), command.text
    assert not slurm.jobs("PENDING", "RUNNING")


def test_a_full_cluster_is_waited_for_no_longer_than_start_timeout(case, slurm):
    slurm.run("scontrol", "update", "nodename=ALL", "state=drain", "reason=test")
    with case.start(seconds=0.0, start_timeout="20 s") as command:
        assert command.wait() == 1
        assert "no worker for 20 s (start_timeout): " in command.text
        assert "jobs wait in the queue (" in command.text
    assert not slurm.jobs("PENDING", "RUNNING")
