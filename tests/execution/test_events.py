import json
from pathlib import Path

import pytest

from lbhsweep.errors import StoreError
from lbhsweep.execution.events import EventLog, RunFailed, RunProgress, WorkerLost, event_json


def test_the_log_has_a_json_object_a_line_and_no_progress(tmp_path):
    path = tmp_path / "events.jsonl"
    for _ in range(2):
        with EventLog(path) as log:
            log(RunFailed(run_id="ab", label="0 GPa", error_class="not-finite", message="a\nb"))
            log(RunProgress(run_id="ab", fraction=0.5))
            log(WorkerLost(worker="tcp://1", runs=("0 GPa",)))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["run-failed", "worker-lost"] * 2
    assert lines[0]["message"] == "a\nb"
    assert lines[1]["runs"] == ["0 GPa"]


def test_names_are_stable():
    event = RunFailed(
        time=1.0,
        run_id="a",
        label="b",
        worker="node:7",
        slurm_job="42",
        error_class="c",
        message="d",
    )
    assert event_json(event) == (
        '{"event": "run-failed", "time": 1.0, "run_id": "a", "label": "b", "worker": "node:7", '
        '"slurm_job": "42", "error_class": "c", "message": "d", "host": "node", "pid": 7}'
    )


def test_a_log_that_can_not_be_written_ends_no_sweep():
    with EventLog(Path("/dev/full")) as log:
        log(WorkerLost(worker="tcp://1", runs=()))


def test_a_log_that_can_not_be_opened_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"absent/events.jsonl: can't write"):
        EventLog(tmp_path / "absent" / "events.jsonl")
