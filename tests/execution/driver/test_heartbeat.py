import json

import pytest

from lbhsweep.execution.driver.heartbeat import Heartbeat
from lbhsweep.execution.events import RunStarted, StoragePaused, SweepProgress, WorkerPreparing
from lbhsweep.store.lock import current_driver, hold_lock

STARTED = RunStarted(run_id="a", label="a run", attempt=1)


@pytest.fixture
def told(tmp_path):
    """Gives what the lock file says after an event."""
    path = tmp_path / "driver.lock"
    with hold_lock(path) as driver:
        heartbeat = Heartbeat(path, driver)

        def tell(event):
            heartbeat(event)
            said = json.loads(path.read_text())
            return said["state"], said["message"]

        yield tell
    assert current_driver(path) is None


def test_what_workers_prepare_is_told_until_a_run_begins(told):
    assert told(WorkerPreparing(worker="a:1", what="compiling")) == ("working", "compiling")
    assert told(STARTED) == ("working", "")


def test_a_run_that_begins_elsewhere_takes_no_pause_away(told):
    paused = StoragePaused(message="full", host="a", free_bytes=0, total_bytes=1)
    assert told(paused) == ("paused", "full (0 MB free)")
    assert told(STARTED) == ("paused", "full (0 MB free)")
    assert told(WorkerPreparing(worker="a:1", what="compiling")) == ("paused", "full (0 MB free)")
    progress = SweepProgress(total=1, done=0, failed=0, running=1, fraction=0.1, seconds_left=9.0)
    assert told(progress) == ("paused", "full (0 MB free)")
