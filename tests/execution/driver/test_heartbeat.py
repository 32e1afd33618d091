import json

import pytest

from lbhsweep.execution.driver.heartbeat import Heartbeat
from lbhsweep.execution.events import (
    JobsDelayed,
    JobsProceed,
    RunStarted,
    StorageBack,
    StoragePaused,
    SweepProgress,
    WorkerPreparing,
)
from lbhsweep.store.lock import current_driver, hold_lock

STARTED = RunStarted(run_id="a", label="a run", attempt=1)


@pytest.fixture
def reported(tmp_path):
    """Returns the content of the lock file after an event."""
    path = tmp_path / "driver.lock"
    with hold_lock(path) as driver:
        heartbeat = Heartbeat(path, driver)

        def report(event):
            heartbeat(event)
            said = json.loads(path.read_text())
            return said["state"], said["message"]

        yield report
    assert current_driver(path) is None


def test_what_workers_prepare_is_reported_until_a_run_starts(reported):
    assert reported(WorkerPreparing(worker="a:1", what="compiling")) == ("working", "compiling")
    assert reported(STARTED) == ("working", "")


def test_a_run_that_starts_elsewhere_ends_no_pause(reported):
    paused = StoragePaused(message="full", host="a", free_bytes=0, total_bytes=1)
    assert reported(paused) == ("paused", "full (0 MB free)")
    assert reported(STARTED) == ("paused", "full (0 MB free)")
    assert reported(WorkerPreparing(worker="a:1", what="compiling")) == (
        "paused",
        "full (0 MB free)",
    )
    progress = SweepProgress(total=1, done=0, failed=0, running=1, fraction=0.1, seconds_left=9.0)
    assert reported(progress) == ("paused", "full (0 MB free)")


def test_what_delays_jobs_is_reported_until_it_has_passed(reported):
    assert reported(JobsDelayed(message="no")) == ("working", "no")
    assert reported(WorkerPreparing(worker="a:1", what="compiling")) == ("working", "no; compiling")
    assert reported(STARTED) == ("working", "no")
    reported(StoragePaused(message="full", host="a", free_bytes=0, total_bytes=1))
    assert reported(JobsDelayed(message="never")) == ("paused", "full (0 MB free)")
    assert reported(StorageBack(seconds=1.0)) == ("working", "never")
    assert reported(JobsProceed()) == ("working", "")
