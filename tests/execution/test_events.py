import json
import re
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.errors import StoreError
from lbhsweep.execution import events
from lbhsweep.execution.events import (
    Event,
    EventLog,
    JobLost,
    PageOpened,
    RunEvent,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunProgress,
    RunRetried,
    RunStarted,
    StopRequested,
    StorageBack,
    StoragePaused,
    SweepAborted,
    SweepFinished,
    SweepStarted,
    WorkerFaulty,
    WorkerLost,
    WorkerPreparing,
    event_json,
    event_values,
    read_event,
)

NAMED = [
    kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind not in (Event, RunEvent)
]
OLD_LOG = r"""
{"event": "sweep-started", "time": 1790000000.0, "total": 8, "done": 2, "failed": 1}
{"event": "page-opened", "time": 1790000001.0, "address": "http://127.0.0.1:8787/status"}
{"event": "worker-preparing", "time": 1790000002.0, "worker": "node1:11", "what": "loading kernels"}
{"event": "run-started", "time": 1790000003.0, "run_id": "ab", "label": "lbh-2021 0 GPa", "worker": "node1:11", "slurm_job": "7", "attempt": 2, "host": "node1", "pid": 11}
{"event": "run-finished", "time": 1790000004.5, "run_id": "ab", "label": "lbh-2021 0 GPa", "worker": "", "slurm_job": "", "attempts": 1, "seconds": 1.5}
{"event": "run-failed", "time": 1790000005.0, "run_id": "cd", "label": "lbh-2021 1 GPa", "worker": "node1:11", "slurm_job": "", "error_class": "not-finite", "message": "a\nä", "host": "node1", "pid": 11}
{"event": "run-retried", "time": 1790000006.0, "run_id": "cd", "label": "lbh-2021 1 GPa", "worker": "node1:11", "slurm_job": "", "error_class": "KeyError", "message": "'x'", "host": "node1", "pid": 11}
{"event": "run-interrupted", "time": 1790000007.0, "run_id": "cd", "label": "lbh-2021 1 GPa", "worker": "node1:11", "slurm_job": "", "host": "node1", "pid": 11}
{"event": "worker-lost", "time": 1790000008.0, "worker": "tcp://127.0.0.1:33", "runs": ["lbh-2021 0 GPa", "lbh-2021 1 GPa"]}
{"event": "worker-faulty", "time": 1790000009.0, "worker": "", "message": "the scheduler dropped the task"}
{"event": "job-lost", "time": 1790000010.0, "job": "7", "had_worker": true}
{"event": "stop-requested", "time": 1790000011.0, "reason": "SIGINT"}
{"event": "storage-paused", "time": 1790000012.0, "message": "out: full", "host": "node1", "free_bytes": 0, "total_bytes": null}
{"event": "storage-back", "time": 1790000013.0, "seconds": 2.5}
{"event": "sweep-finished", "time": 1790000014.0, "total": 8, "done": 7, "failed": 1, "interrupted": false}
{"event": "sweep-aborted", "time": 1790000015.0, "error_class": "ClusterError", "message": "no worker"}
"""  # noqa: E501
"""Lines as they were written when the names were still derived from those of the classes."""


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


def test_each_event_has_a_name_of_its_own_that_is_derived_from_nothing():
    names = [kind.__dict__["name"] for kind in NAMED]
    assert len(names) == len(set(names)) == 20
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)
    with pytest.raises(TypeError, match="Again: RunFailed is named 'run-failed'"):

        class Again(Event):
            name: ClassVar[str] = "run-failed"


def test_a_log_of_the_version_before_is_read():
    run = {"run_id": "ab", "label": "lbh-2021 0 GPa"}
    other = {"run_id": "cd", "label": "lbh-2021 1 GPa", "worker": "node1:11"}
    wanted = [
        SweepStarted(total=8, done=2, failed=1),
        PageOpened(address="http://127.0.0.1:8787/status"),
        WorkerPreparing(worker="node1:11", what="loading kernels"),
        RunStarted(**run, worker="node1:11", slurm_job="7", attempt=2),
        RunFinished(**run, attempts=1, seconds=1.5),
        RunFailed(**other, error_class="not-finite", message="a\nä"),
        RunRetried(**other, error_class="KeyError", message="'x'"),
        RunInterrupted(**other),
        WorkerLost(worker="tcp://127.0.0.1:33", runs=("lbh-2021 0 GPa", "lbh-2021 1 GPa")),
        WorkerFaulty(worker="", message="the scheduler dropped the task"),
        JobLost(job="7", had_worker=True),
        StopRequested(reason="SIGINT"),
        StoragePaused(message="out: full", host="node1", free_bytes=0, total_bytes=None),
        StorageBack(seconds=2.5),
        SweepFinished(total=8, done=7, failed=1, interrupted=False),
        SweepAborted(error_class="ClusterError", message="no worker"),
    ]
    lines = OLD_LOG.strip().splitlines()
    found = [read_event(json.loads(line)) for line in lines]
    times = [1790000000.0 + k for k in range(16)]
    times[4] += 0.5
    assert found == [replace(one, time=time) for one, time in zip(wanted, times, strict=True)]
    # The reason of a lost job is newer.
    again = [event_json(one).replace(', "message": ""}', "}") for one in found]
    assert again == lines


@given(st.one_of([st.builds(kind, time=st.floats(0, 4e9)) for kind in NAMED]))
def test_events_come_back_from_the_log_and_from_a_worker(event):
    if isinstance(event, RunEvent):
        event = replace(event, worker=f"{event.worker}:12")
    assert read_event(json.loads(event_json(event))) == event
    assert read_event(event_values(event)) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
FIELDS = st.sampled_from(["time", "worker", "runs", "total", "free_bytes", "seconds", "had_worker"])


@given(st.sampled_from(NAMED), st.dictionaries(FIELDS, JSON))
def test_whatever_a_line_lacks_or_has_beside_becomes_an_event_of_its_class(kind, values):
    event = read_event({"event": kind.name, "of a later version": 1, **values})
    assert type(event) is kind
    # Its fields have the right types: it is the same after another round.
    again = read_event(event_values(event))
    assert repr(again) == repr(event)


def test_what_a_line_lacks_is_empty_and_unknown_names_are_no_event():
    assert read_event({"event": "worker-lost"}) == WorkerLost(time=0.0, worker="", runs=())
    paused = read_event({"event": "storage-paused", "time": 1, "free_bytes": "much"})
    assert paused == StoragePaused(time=1.0, message="", host="", free_bytes=None, total_bytes=None)
    for values in ({}, {"event": "run-paused"}, {"event": None}, {"event": ["run-failed"]}):
        assert read_event(values) is None
