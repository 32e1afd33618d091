"""The end of a job's walltime interrupts runs; it kills none."""

import pytest


@pytest.mark.slow
def test_runs_go_on_in_the_next_job_when_the_walltime_is_over(case, serial, slurm):
    # Eight runs of 7.5 s don't fit into a minute: the job ends before, and another does the rest.
    with case.start(seconds=7.5, walltime='"0:01:00"', cores="1", workers="1") as command:
        assert command.wait() == 0, command.text
    ended = [job["JobState"] for job in slurm.ended().values() if job["TimeLimit"] == "1"]
    assert not case.events("worker-lost")
    assert "TIMEOUT" not in ended
    assert len(ended) >= 2
    case.assert_undisturbed(serial)
    assert not slurm.jobs("PENDING", "RUNNING")
