"""When a worker in a job must leave."""

import errno
from pathlib import Path

import pytest

from lbhsweep.execution.clusters.fields import seconds_of_walltime
from lbhsweep.execution.worker import process as worker
from lbhsweep.execution.worker.process import JOB_END, JOB_SECONDS, time_to_leave


@pytest.mark.parametrize(
    ("seconds", "margin"), [(60, 12.0), (600, 60.0), (43_200, 60.0), (86_400, 60.0)]
)
def test_a_worker_leaves_a_margin_before_the_end_of_its_job(seconds, margin):
    environment = {JOB_END: "1000000", JOB_SECONDS: str(seconds)}
    assert time_to_leave(environment) == 1_000_000 - margin


@pytest.mark.parametrize(
    "environment", [{}, {JOB_END: "1000000"}, {JOB_END: "soon", JOB_SECONDS: "60"}]
)
def test_outside_jobs_there_is_no_end(environment):
    assert time_to_leave(environment) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:01:00", 60), ("12:00:00", 43_200), ("1-02:03:04", 93_784)]
)
def test_walltimes(text, seconds):
    assert seconds_of_walltime(text) == seconds


def test_a_transient_error_of_storage_is_no_fault_of_a_run(tmp_path, monkeypatch):
    """Python 3.11 lets ESTALE through where it looks for a file."""
    monkeypatch.setattr(worker, "POLL_S", 0.0)
    file = tmp_path / "stop"
    poll = worker.StopPoll(file)

    def stale(_):
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", stale)
        assert not worker.StopPoll(file)()
        assert not poll()
    file.touch()
    assert poll()
