from dataclasses import dataclass, replace

import pytest
from execution.execution_sweeps import Misbehaving, yaml_text

from lbhsweep.errors import LostStartError, StoreError, TaskFault
from lbhsweep.execution.events import RunProgress, RunStarted
from lbhsweep.execution.worker import task as task_module
from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.execution.worker.task import MAX_DEATHS, Task, run_task
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.simulation.outcome import Progress
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record
from lbhsweep.sweep import expand_grid, load_sweep, run_id
from lbhsweep.sweep.identity import point_from_json


@pytest.fixture
def points(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text(yaml_text())
    return expand_grid(load_sweep(file), rehearsal=True).points


@pytest.fixture
def folder(tmp_path):
    folder = SweepFolder(tmp_path / "out")
    folder.create()
    return folder


def test_a_record_carries_the_point_and_where_it_was_done(folder, points):
    (summary,) = run_task(Task(folder, points[:1], Rehearsal()), [].append)
    record = read_record(folder.record_path(summary.run_id))
    assert point_from_json(record.header.point) == points[0]
    assert record.header.provenance["wall_seconds"] >= 0
    assert f"{record.header.provenance['host']}:{record.header.provenance['pid']}" == summary.worker


def test_repeating_a_task_does_nothing(folder, points):
    task = Task(folder, points, Rehearsal())
    first = run_task(task, [].append)
    times = {path: path.stat().st_mtime_ns for path in folder.records.glob("*/*.rec")}
    again = run_task(task, [].append)
    assert [one.ending for one in again] == [one.ending for one in first] == ["done"] * len(points)
    assert times == {path: path.stat().st_mtime_ns for path in folder.records.glob("*/*.rec")}


def test_a_stop_starts_no_more_runs(folder, points):
    folder.stop_file.touch()
    summaries = run_task(Task(folder, points, Rehearsal()), [].append)
    assert {one.ending for one in summaries} == {"interrupted"}
    assert not folder.finished()
    assert not list(folder.runs.iterdir())


def test_a_run_that_kills_its_workers_is_recorded_at_last(folder, points):
    name = run_id(points[0])
    ledger = Ledger(folder.run_folder(name) / NAME)
    ledger.path.parent.mkdir(parents=True)
    for _ in range(MAX_DEATHS - 1):
        ledger.start(label="", worker="", progress=0)
    task = Task(folder, points[:1], Rehearsal())
    ledger.start(label="", worker="", progress=0)
    (summary,) = run_task(task, [].append)
    assert (summary.ending, summary.error_class) == ("failed", "worker-lost")
    error = read_record(folder.record_path(name, "failed")).header.error
    assert f"died {MAX_DEATHS} times in a row" in error.message


def test_a_temporary_file_of_a_killed_worker_is_no_progress(folder, points):
    name = run_id(points[0])
    ledger = Ledger(folder.run_folder(name) / NAME)
    ledger.path.parent.mkdir(parents=True)
    for _ in range(MAX_DEATHS):
        ledger.start(label="", worker="", progress=0)
    left = ledger.path.parent / "checkpoint.npz.node.1.tmp"
    left.write_bytes(b"half")
    (summary,) = run_task(Task(folder, points[:1], Rehearsal()), [].append)
    assert (summary.ending, summary.error_class) == ("failed", "worker-lost")
    assert not left.exists()


def test_lost_workers_do_not_count_while_the_run_makes_progress(folder, points):
    name = run_id(points[0])
    ledger = Ledger(folder.run_folder(name) / NAME)
    ledger.path.parent.mkdir(parents=True)
    for progress in range(5 * MAX_DEATHS):
        ledger.start(label="", worker="", progress=progress)
    (summary,) = run_task(Task(folder, points[:1], Rehearsal()), [].append)
    assert summary.ending == "done"
    assert read_record(folder.record_path(name)).header.attempts == 1


@pytest.mark.parametrize("where", ["checkpoint", "record"])
def test_a_full_disk_does_not_count_against_a_run(folder, points, monkeypatch, where):
    def full(*arguments):
        raise StoreError("no space left")

    broken = Task(folder, points[:1], Misbehaving(StoreError("no space left"), points[0].replica))
    with monkeypatch.context() as patch:
        if where == "record":
            broken = Task(folder, points[:1], Rehearsal())
            patch.setattr("lbhsweep.execution.worker.task.write_record", full)
        for _ in range(MAX_DEATHS + 1):
            with pytest.raises(TaskFault, match="no space left"):
                run_task(broken, [].append)
    assert not folder.finished()
    (summary,) = run_task(Task(folder, points[:1], Rehearsal()), [].append)
    assert (summary.ending, summary.attempts) == ("done", 1)


def test_starts_are_reported_for_single_runs_only(folder, points):
    reported = []
    run_task(Task(folder, points[:1], Rehearsal()), reported.append)
    assert [type(event) for event in reported] == [RunStarted]
    run_task(Task(folder, points[1:], Rehearsal()), reported.append)
    assert len(reported) == 1
    assert not any(isinstance(event, RunProgress) for event in reported)


@dataclass(frozen=True)
class ReportsProgress(Rehearsal):
    """Tells of its progress three times."""

    def run(self, point, workdir, should_stop, on_progress, **places):
        for step in (1, 2, 4):
            on_progress(Progress(step=step, n_steps=4, temperature_K=300.0, volume_A3=224.0))
        return super().run(point, workdir, should_stop, on_progress, **places)


@pytest.mark.parametrize(("every_s", "fractions"), [(0.0, [0.25, 0.5, 1.0]), (60.0, [])])
def test_progress_is_reported_at_intervals(folder, points, monkeypatch, every_s, fractions):
    monkeypatch.setattr(task_module, "PROGRESS_EVERY_S", every_s)
    reported = []
    run_task(Task(folder, points[:1], ReportsProgress()), reported.append)
    assert [event.fraction for event in reported if isinstance(event, RunProgress)] == fractions


def test_an_error_of_one_run_of_a_pack_does_not_affect_the_others(folder, points):
    summaries = run_task(Task(folder, points, Misbehaving(RuntimeError("odd"))), [].append)
    endings = {point.replica: one.ending for point, one in zip(points, summaries, strict=True)}
    assert endings == {0: "done", 1: "error"}


@dataclass(frozen=True)
class Follows(Rehearsal):
    """Looks where its runs start, as real ones do."""

    def run(self, point, workdir, should_stop, on_progress, **places):
        places["start"]()
        return super().run(point, workdir, should_stop, on_progress, **places)


@pytest.mark.parametrize(
    ("happens", "is_lost"),
    [("removed", True), ("torn", True), ("stale", False), ("stale once", False)],
)
def test_only_a_missing_or_damaged_start_counts_as_lost(
    folder, points, monkeypatch, happens, is_lost
):
    run_task(Task(folder, points[:1], Rehearsal()), [].append)
    before = folder.record_path(run_id(points[0]))
    after = replace(points[1], follows=before.stem)
    read, n_read = task_module.read_record, []

    def fail_once(path):
        n_read.append(path)
        if happens.startswith("stale") and (happens == "stale" or len(n_read) == 1):
            raise StoreError(f"{path}: can't read: Stale file handle")
        return read(path)

    monkeypatch.setattr(task_module, "read_record", fail_once)
    if happens == "removed":
        before.unlink()
    elif happens == "torn":
        before.write_bytes(before.read_bytes()[:-9])
    with pytest.raises(TaskFault) as caught:
        run_task(Task(folder, (after,), Follows()), [].append)
    assert isinstance(caught.value.error, LostStartError) == is_lost
    assert caught.value.run_id == run_id(after)
    ledger = Ledger(folder.run_folder(run_id(after)) / NAME)
    assert (ledger.n_errors(), ledger.n_deaths()) == (0, 0)
    if happens == "stale once":
        (summary,) = run_task(Task(folder, (after,), Follows()), [].append)
        assert (summary.ending, summary.attempts) == ("done", 1)


class RaisesALongMessage(Rehearsal):
    """Can't begin, with many words."""

    def prepare(self, notify):
        raise ImportError("x" * 100_000)


def test_messages_of_errors_are_cut_to_what_dask_sends(folder, points):
    with pytest.raises(TaskFault) as caught:
        run_task(Task(folder, points[:1], RaisesALongMessage()), [].append)
    text = str(caught.value.error)
    assert text.startswith("ImportError: xxx")
    assert len(text) < 5000


@pytest.mark.parametrize("error", [StoreError("stale"), ImportError("no module named nonsense")])
def test_a_fault_of_the_worker_is_no_error_of_the_run(folder, points, error):
    with pytest.raises(TaskFault, match=type(error).__name__) as caught:
        run_task(Task(folder, points[:1], Misbehaving(error, replica=0)), [].append)
    assert caught.value.run_id == run_id(points[0])
    ledger = Ledger(folder.run_folder(run_id(points[0])) / NAME)
    assert (ledger.n_errors(), ledger.n_deaths()) == (0, 0)
    assert [line.get("ending") for line in ledger.lines()] == [None, "interrupted"]


@pytest.mark.parametrize(
    ("places", "others", "endings"),
    [
        ("a1 a1", "", ["error", "failed"]),
        ("a1 b1", "hosts", ["error", "failed"]),
        ("a1 a2 b1", "hosts", ["error", "error", "failed"]),
        ("a1 a2 a3 a4", "hosts", ["error", "error", "error", "failed"]),
        ("a1 a2", "workers", ["error", "failed"]),
        ("a1 a1 a1 a1", "workers", ["error", "error", "error", "failed"]),
    ],
)
def test_errors_at_one_place_prove_nothing_while_there_are_others(
    folder, points, monkeypatch, places, others, endings
):
    found = []
    for host, pid in places.split():
        monkeypatch.setattr(
            "lbhsweep.execution.worker.ledger.socket.gethostname", lambda host=host: host
        )
        monkeypatch.setattr("lbhsweep.execution.worker.ledger.os.getpid", lambda pid=pid: int(pid))
        workload = Misbehaving(MemoryError(), replica=0)
        (summary,) = run_task(Task(folder, points[:1], workload, others), [].append)
        found.append(summary.ending)
    assert found == endings
    assert summary.attempts == len(endings)
