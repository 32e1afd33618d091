"""What the live page reads from a folder."""

import json
import shutil
import stat
import time
from collections import Counter
from contextlib import nullcontext

import numpy as np
import pytest
from execution.execution_sweeps import Sweep
from execution.serial_executor import SerialExecutor

from lbhsweep.dashboard.derived import derive
from lbhsweep.dashboard.watch import SweepWatch, lay_out
from lbhsweep.errors import StoreError
from lbhsweep.execution.events import (
    JobLost,
    RunFailed,
    RunFinished,
    RunStarted,
    StopRequested,
    event_json,
)
from lbhsweep.execution.worker.task import TRACE
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.open import open_results
from lbhsweep.store.schema import Status


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    """A finished sweep of eight runs, of which some failed."""
    sweep = Sweep(tmp_path_factory.mktemp("watch") / "out", lambda: nullcontext(SerialExecutor()))
    sweep.run(workload=Rehearsal(failure_rate=0.3))
    return sweep


@pytest.fixture
def sweep(master, tmp_path):
    shutil.copytree(master.path, tmp_path / "out")
    return Sweep(tmp_path / "out", master.open_executor)


def test_every_planned_run_has_a_cell_with_its_status(sweep):
    watch = SweepWatch(sweep.folder)
    now = watch.look()
    finished = sweep.folder.finished()
    assert sorted(watch.cells.run_id) == sorted(finished)
    for name, code in zip(watch.cells.run_id, now.status, strict=True):
        assert Status(code) == {"done": Status.DONE, "failed": Status.FAILED}[finished[name]]
    assert sum(now.counts.values()) == 8
    assert now.counts == Counter(now.status.tolist())
    assert now.run_hours > 0
    assert now.driver is None
    assert now.workers == ()


def test_cells_stand_where_their_coordinates_say(sweep):
    with open_results(sweep.path) as tree:
        dataset = tree["ramp"].to_dataset().load()
    cells, order = lay_out(dataset)
    assert len(set(zip(cells.row.tolist(), cells.column.tolist(), strict=True))) == 8
    assert np.array_equal(dataset["run_id"].values.ravel()[order], cells.run_id)
    for name, row, column in zip(cells.run_id, cells.row, cells.column, strict=True):
        (at,) = np.argwhere((dataset["run_id"] == name).values)
        place = {
            dim: dataset[dim].values[i] for dim, i in zip(dataset["run_id"].dims, at, strict=True)
        }
        assert cells.rows[row] == f"{place['pressure']:g} GPa · {place['direction']}"
        assert cells.columns[column] == f"r{place['replica']}"


def test_only_new_lines_are_read_and_a_line_under_way_waits(sweep):
    watch = SweepWatch(sweep.folder)
    with sweep.folder.driver_lock():
        begun = watch.look().workers
        name = watch.cells.run_id[0]
        line = event_json(RunStarted(run_id=name, label="a run", worker="here:1", attempt=1)) + "\n"
        with sweep.folder.events.open("a") as file:
            file.write(line[:30])
            file.flush()
            assert watch.look().workers == begun
            file.write(line[30:])
        (worker,) = [one for one in watch.look().workers if one.name == "here:1"]
        assert (worker.doing, worker.run_id, worker.finished) == ("a run", name, 0)
        # The next run may begin before the end of this one is reported.
        other = RunStarted(run_id=watch.cells.run_id[1], label="other", worker="here:1", attempt=1)
        ended = RunFinished(run_id=name, label="a run", worker="here:1", attempts=1, seconds=1.0)
        with sweep.folder.events.open("a") as file:
            file.write(event_json(other) + "\n" + event_json(ended) + "\n" + "garbage\n")
        (worker,) = [one for one in watch.look().workers if one.name == "here:1"]
        assert (worker.doing, worker.finished) == ("other", 1)


def test_notes_say_what_happened_newest_first(sweep):
    watch = SweepWatch(sweep.folder)
    watch.look()
    failed = RunFailed(run_id="a", label="0 GPa", error_class="not-finite", message="x" * 200)
    with sweep.folder.events.open("a") as file:
        file.write(event_json(failed) + "\n" + event_json(StopRequested(reason="SIGINT")) + "\n")
    stop, failure = watch.look().notes[:2]
    assert stop.endswith(" stop requested: SIGINT")
    assert failure.split(" ", 1)[1] == f"failed: 0 GPa: not-finite: {'x' * 200}"[:160]


def test_what_a_lost_driver_marked_as_running_is_missing(sweep):
    import zarr

    watch = SweepWatch(sweep.folder)
    status = zarr.open_group(sweep.folder.results, mode="r+")["ramp/status"]
    values = status[:]
    values[values == Status.DONE] = Status.RUNNING
    status[:] = values
    assert Status.RUNNING not in watch.look().counts


def test_the_course_of_a_run_while_it_runs_and_when_it_is_done(sweep):
    watch = SweepWatch(sweep.folder)
    done = next(name for name, how in sweep.folder.finished().items() if how == "done")
    course = watch.trace(done)
    assert course["x"].size == course["volume"].size == course["enthalpy"].size == 8
    failed = next(name for name, how in sweep.folder.finished().items() if how == "failed")
    assert watch.trace(failed) == {}
    folder = sweep.folder.run_folder(failed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"step": k, "n_steps": 9, "temperature_K": 300.0 + k, "volume_A3": 240.0 + k}
            for k in range(4)]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / TRACE).write_text(text + '{"step": 4, "temp')
    course = watch.trace(failed)
    assert course["x"].tolist() == [300.0, 301.0, 302.0, 303.0]
    assert course["volume"].tolist() == [240.0, 241.0, 242.0, 243.0]


def test_a_copy_that_nobody_may_write_to_is_read(sweep):
    for path in [sweep.path, *sweep.path.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        now = SweepWatch(sweep.folder).look()
        assert sum(now.counts.values()) == 8
        assert derive(str(sweep.path))
    finally:
        for path in [sweep.path, *sweep.path.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


def test_without_results_there_is_nothing_to_watch(tmp_path):
    with pytest.raises(StoreError, match="no results here"):
        SweepWatch(Sweep(tmp_path, lambda: nullcontext(SerialExecutor())).folder)


def test_derived_quantities_are_those_of_the_analysis(sweep):
    found = derive(str(sweep.path))
    (material,) = found
    assert material == "lbh-2021"
    curves = found[material]["curves"]["volume"]
    assert {curve["branch"] for curve in curves} == {"20 K/ps heating", "20 K/ps cooling"}
    assert {curve["pressure"] for curve in curves} == {0.0, 0.4}
    for curve in curves:
        assert len(curve["x"]) == len(curve["y"]) == len(curve["error"]) == 8
    assert found[material]["transition"]["pressure"] == [0.0, 0.4]
    assert json.dumps(found), "plain values, which cross to another process"


def test_a_look_at_many_events_reads_each_once(sweep, monkeypatch):
    watch = SweepWatch(sweep.folder)
    watch.look()
    seen = []
    monkeypatch.setattr(SweepWatch, "_note", lambda self, event: seen.append(event))
    watch.look()
    assert seen == []
    with sweep.folder.events.open("a") as file:
        file.write(event_json(JobLost(time=1.0, job="7", had_worker=True)) + "\n")
        file.write(json.dumps({"event": "of a later version", "time": time.time()}) + "\n")
    watch.look()
    assert seen == [JobLost(time=1.0, job="7", had_worker=True)]
