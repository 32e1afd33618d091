import pytest

from lbhsweep.execution.events import (
    EventLog,
    JobLost,
    RunFinished,
    RunInterrupted,
    RunStarted,
    SweepAborted,
    WorkerLost,
)
from lbhsweep.execution.folder.history import last_event, run_history
from lbhsweep.store.folder import SweepFolder


@pytest.fixture
def folder(tmp_path):
    folder = SweepFolder(tmp_path)
    folder.create()
    return folder


def kinds(folder, name="a"):
    return [event["event"] for event in run_history(folder, name, f"label {name}").events]


def test_the_loss_of_the_job_that_a_run_was_in_is_part_of_its_history(folder):
    with EventLog(folder.events) as log:
        for name, job in (("a", "7"), ("b", "8")):
            log(RunStarted(run_id=name, label=f"label {name}", slurm_job=job, attempt=1))
        log(JobLost(job="8", had_worker=True))
        log(WorkerLost(worker="host:1", runs=("label a",)))
        log(RunStarted(run_id="a", label="label a", slurm_job="9", attempt=2))
        log(JobLost(job="7", had_worker=True))
        log(RunFinished(run_id="a", label="label a", slurm_job="9", attempts=1, seconds=1.0))
        log(JobLost(job="9", had_worker=True))
    assert kinds(folder) == [
        "run-started",
        "worker-lost",
        "run-started",
        "job-lost",
        "run-finished",
    ]
    assert kinds(folder, "b") == ["run-started", "job-lost"]


def test_outside_jobs_there_are_none_to_be_lost(folder):
    with EventLog(folder.events) as log:
        log(RunStarted(run_id="a", label="label a", attempt=1))
        log(JobLost(job="", had_worker=False))
        log(RunInterrupted(run_id="a", label="label a"))
    assert kinds(folder) == ["run-started", "run-interrupted"]


def test_the_last_event_is_found_behind_many_and_before_a_torn_line(folder):
    assert last_event(folder.events) is None
    with EventLog(folder.events) as log:
        for number in range(3000):
            log(JobLost(job=str(number), had_worker=False))
        log(SweepAborted(error_class="ClusterError", message="ä" * 9000))
    with folder.events.open("a") as file:
        file.write('{"event": "job-l')
    assert folder.events.stat().st_size > 1 << 17
    last = last_event(folder.events)
    assert isinstance(last, SweepAborted)
    assert len(last.message) == 9000


def test_an_event_of_a_later_version_is_in_the_history_of_its_run_only(folder):
    later = '{"event": "run-paused", "time": 1.0, "run_id": "a", "why": "x"}\n'
    folder.events.write_text(later)
    assert kinds(folder) == ["run-paused"]
    assert kinds(folder, "b") == []
    assert last_event(folder.events) is None
