"""Properties of a sweep on every executor."""

import errno
import math
import os
import socket
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from execution.execution_sweeps import (
    Misbehaving,
    Recording,
    Sweep,
    assert_same_bits,
    physics_of,
    yaml_text,
)
from execution.serial_executor import SerialExecutor

from lbhsweep.errors import ClusterError, StoreError, SweepLockedError, TaskFault
from lbhsweep.execution.clusters.spec import LocalCluster
from lbhsweep.execution.clusters.start import start_cluster
from lbhsweep.execution.driver import collection, driver
from lbhsweep.execution.events import (
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StopRequested,
    SweepFinished,
    SweepStarted,
    WorkerFaulty,
)
from lbhsweep.execution.executor import TaskBroken
from lbhsweep.execution.worker import back_off
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.record import read_record
from lbhsweep.store.schema import Status
from lbhsweep.sweep import run_id


def test_all_runs_are_done_once_and_collected(sweep, tmp_path):
    workload = Recording(tmp_path / "notes")
    ending = sweep.run(workload=workload)
    assert (ending.total, ending.done, ending.failed, ending.missing) == (8, 8, (), 0)
    assert sorted(workload.names()) == sorted(
        run_id(point) for point in sweep.grid(yaml_text()).points
    )
    results = sweep.results()
    assert (results["status"] == Status.DONE).all()
    assert results["volume"].notnull().all()
    assert {event.run_id for event in sweep.of(RunFinished)} == set(workload.names())
    assert sweep.of(SweepFinished)[0].done == 8
    assert not list(sweep.folder.runs.glob("*/*")), "finished runs leave no folder"


def test_every_event_of_a_run_names_the_same_process(sweep):
    sweep.run()
    started = {event.run_id: event.worker for event in sweep.of(RunStarted)}
    finished = {event.run_id: event.worker for event in sweep.of(RunFinished)}
    assert started
    assert started.items() <= finished.items()
    assert all(worker.startswith(f"{socket.gethostname()}:") for worker in started.values())


def test_executors_give_the_same_results_to_the_last_bit(tmp_path, cluster):
    serial = Sweep(tmp_path / "serial", lambda: nullcontext(SerialExecutor()))
    dask = Sweep(tmp_path / "dask", lambda: nullcontext(cluster))
    serial.run(workload=Rehearsal(failure_rate=0.6))
    dask.run(workload=Rehearsal(failure_rate=0.6))
    assert 0 < (serial.results()["status"] == Status.FAILED).sum() < 8
    assert_same_bits(serial.results(), dask.results())


def test_a_failed_run_is_recorded_and_the_others_done(sweep):
    ending = sweep.run(workload=Rehearsal(failure_rate=0.6))
    assert ending.failed
    assert ending.done + len(ending.failed) == ending.total
    failed = {event.run_id: event for event in sweep.of(RunFailed)}
    assert set(failed) == set(ending.failed)
    assert {event.error_class for event in failed.values()} == {"not-finite"}
    header = read_record(sweep.folder.record_path(ending.failed[0], "failed")).header
    assert (header.status, header.error.error_class, header.attempts) == ("failed", "not-finite", 1)
    again = sweep.run(workload=Rehearsal(failure_rate=0.6))
    assert again == ending
    assert not sweep.of(RunFailed), "failed runs are not tried again unasked"


def test_failed_runs_are_repeated_on_request(sweep):
    failed = sweep.run(workload=Rehearsal(failure_rate=0.6)).failed
    ending = sweep.run(retry_failed=True)
    assert ending.done == ending.total
    assert {event.run_id for event in sweep.of(RunFinished)} == set(failed)
    assert (sweep.results()["status"] == Status.DONE).all()


def test_a_run_resumed_near_its_end_is_no_measure_of_others(tmp_path):
    executor = Quick()
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(executor))
    assert sweep.run(yaml_text(replicas=15)).done == 60
    assert executor.sizes[:2] == [1, 1], "its share is no measure"
    assert max(executor.sizes[2:]) > 1


class Quick(SerialExecutor):
    """Its first run only has its last moments to do."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def submit(self, task):
        self.sizes.append(len(task.points))
        super().submit(task)

    def answers(self, timeout_s):
        answers = super().answers(timeout_s)
        if len(self.sizes) > 1:
            return answers
        return [replace(one, attempt=2) if isinstance(one, RunStarted) else one for one in answers]


def test_adding_points_and_cosmetic_edits_rerun_nothing(sweep, tmp_path):
    workload = Recording(tmp_path / "notes")
    sweep.run(workload=workload)
    before, results = set(workload.names()), sweep.results()
    edited = "# a comment\n" + yaml_text("[400 MPa, 0 GPa]")
    sweep.run(edited, workload)
    assert set(workload.names()) == before
    assert sweep.folder.sweep_yaml.read_text() == edited
    sweep.run(yaml_text("[0 GPa, 0.4 GPa, 1 GPa]"), workload)
    names = workload.names()
    assert len(names) == len(set(names)) == 12
    old = sweep.results().sel(pressure=[0.0, 0.4])
    assert_same_bits(results, old)


def test_removed_points_stay_as_records(sweep, tmp_path):
    sweep.run()
    ending = sweep.run(yaml_text("0 GPa"))
    assert ending.total == ending.done == 4
    workload = Recording(tmp_path / "notes")
    assert sweep.run(workload=workload).done == 8
    assert not workload.names()


def test_a_run_with_a_damaged_record_is_repeated(sweep):
    sweep.run()
    intact = sweep.results()
    path = next(sweep.folder.records.glob("*/*.rec"))
    path.write_bytes(path.read_bytes()[:-7])
    (sweep.folder.path / "results.zarr").rename(sweep.path.parent / "old.zarr")
    ending = sweep.run()
    assert ending.done == ending.total
    assert [event.run_id for event in sweep.of(RunFinished)] == [path.stem]
    assert_same_bits(intact, sweep.results())


def test_two_drivers_are_refused(sweep):
    sweep.folder.create()
    with (
        sweep.folder.driver_lock(),
        pytest.raises(SweepLockedError, match=f"pid {os.getpid()} on"),
    ):
        sweep.run()
    assert not sweep.folder.results.exists()


def test_a_stop_file_interrupts_and_the_same_call_goes_on(sweep):
    stopper = threading.Thread(target=_stop_when_under_way, args=[sweep.folder])
    stopper.start()
    ending = sweep.run(yaml_text(replicas=5), AllButOneLast(mark=sweep.path.with_suffix(".one")))
    stopper.join()
    assert ending.interrupted
    assert 0 < ending.done < ending.total
    assert len(sweep.of(StopRequested)) == 1
    assert not sweep.folder.stop_file.exists()
    status = physics_of(sweep.path)["status"]
    assert (status == Status.DONE).sum() == ending.done
    assert (status == Status.PENDING).sum() == ending.missing
    assert sweep.run(yaml_text(replicas=5)).done == 20
    assert sweep.of(SweepStarted)[0].done == ending.done


@dataclass(frozen=True)
class AllButOneLast(Rehearsal):
    """Has one run that ends at once; all others last until a stop."""

    mark: Path = Path()

    def run(self, point, workdir, should_stop, on_progress, **places):
        try:
            self.mark.open("x").close()
        except FileExistsError:
            slow = Rehearsal(seconds=math.inf)
            return slow.run(point, workdir, should_stop, on_progress, **places)
        return super().run(point, workdir, should_stop, on_progress, **places)


def _stop_when_under_way(folder):
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and not folder.finished():
        time.sleep(0.01)
    folder.stop_file.touch()


class LosesItsWorker:
    """Has lost its only worker when a stop is requested, and may raise an error."""

    def __init__(self, folder, error):
        self.folder, self.error, self.slots, self.needs = folder, error, 1, []
        self.n_hosts = self.n_expected = 1
        self.n_asked_since = 0

    def submit(self, task):
        self.folder.stop_file.touch()

    def need(self, n_runs):
        self.needs.append(n_runs)

    def answers(self, timeout_s):
        time.sleep(0.01)
        if self.needs[-1] == 0:
            self.n_asked_since += 1
            if self.error:
                raise self.error
            self.slots = 0
        return []


@pytest.mark.parametrize("error", [None, ClusterError("no worker for 60 s (start_timeout)")])
def test_a_stop_does_not_wait_for_a_lost_worker(tmp_path, error):
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(executor))
    executor = LosesItsWorker(sweep.folder, error)
    ending = sweep.run()
    assert executor.n_asked_since == 1, "nothing is waited for once nobody is left"
    assert (ending.interrupted, ending.done) == (True, 0)
    assert executor.needs[0] > 0, "jobs are wanted before the stop"
    assert executor.needs[-1] == 0, "and none after it"


@dataclass(frozen=True)
class Stale(Rehearsal):
    """Can't start because of a transient error; its worker backs off longer than a test lasts."""

    mark: Path = Path()

    def prepare(self, notify):
        back_off.FIRST_BACK_OFF_S = back_off.LONGEST_BACK_OFF_S = 3600.0
        self.mark.with_suffix(f".{os.getpid()}").touch()
        raise OSError(errno.ESTALE, "Stale file handle")


def test_a_stop_does_not_wait_for_a_worker_that_backs_off(tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "STOP_PATIENCE_S", math.inf)
    cluster = LocalCluster(kind="local", workers=2, start_timeout="600 s")
    sweep = Sweep(tmp_path / "out", lambda: start_cluster(cluster))

    def stop():
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline and len(list(tmp_path.glob("mark.*"))) < 2:
            time.sleep(0.01)
        sweep.folder.stop_file.touch()

    stopper = threading.Thread(target=stop)
    stopper.start()
    ending = sweep.run(workload=Stale(mark=tmp_path / "mark"))
    stopper.join()
    assert (ending.interrupted, ending.done) == (True, 0)


class BreaksWhileItStops(SerialExecutor):
    """Requests a stop; all tasks that return after that are broken."""

    slots = 6

    def __init__(self, folder):
        super().__init__()
        self.folder, self.n_broken, self.is_stopping = folder, 0, False

    def need(self, n_runs):
        self.is_stopping = not n_runs

    def answers(self, timeout_s):
        if not self.is_stopping:
            self.folder.stop_file.touch()
            time.sleep(0.05)
            return []
        broken = [TaskBroken(one, TaskFault(ImportError("gone"), "a:1")) for one in self._waiting]
        self.n_broken += len(broken)
        self._waiting.clear()
        return broken


def test_faults_while_a_sweep_stops_are_no_error(tmp_path):
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(executor))
    executor = BreaksWhileItStops(sweep.folder)
    assert sweep.run(yaml_text(replicas=4)).interrupted
    assert executor.n_broken > 4
    assert not sweep.of(WorkerFaulty)


def test_a_stop_file_left_from_before_is_no_stop(sweep):
    sweep.folder.create()
    sweep.folder.stop_file.touch()
    assert sweep.run().done == 8


def test_nothing_missing_needs_no_executor(sweep):
    sweep.run()

    def refuse():
        raise AssertionError("nothing to do")

    sweep.open_executor = refuse
    assert sweep.run().done == 8


def test_very_short_runs_share_tasks(sweep, monkeypatch):
    sizes = []
    task = driver.Task

    def counted(folder, points, *more):
        sizes.append(len(points))
        return task(folder, points, *more)

    monkeypatch.setattr(driver, "Task", counted)
    assert sweep.run(yaml_text(replicas=50)).done == 200
    assert sum(sizes) == 200
    assert len(sizes) < 100
    assert max(sizes) > 3


class Late(SerialExecutor):
    """Reports each start once more after the end, as messages by another way may."""

    def answers(self, timeout_s):
        answers = super().answers(timeout_s)
        return [*answers, *(one for one in answers if isinstance(one, RunStarted))]


def test_an_event_of_an_attempt_that_has_ended_is_not_reported(tmp_path):
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(Late()))
    assert sweep.run().missing == 0
    # Starts within a pack of short runs are not reported.
    assert sweep.of(RunStarted)
    for started in sweep.of(RunStarted):
        of_run = [type(one) for one in sweep.events if getattr(one, "run_id", "") == started.run_id]
        assert of_run == [RunStarted, RunFinished]
    assert (sweep.results()["status"] == Status.DONE).all()


def test_a_broken_task_s_run_is_under_way_no_longer(tmp_path, monkeypatch):
    monkeypatch.setattr(collection, "COLLECT_EVERY_S", 0.0)
    broken, states = [], []

    class Watching(SerialExecutor):
        def submit(self, task):
            if broken:
                status = sweep.results()["status"]
                states.append(int(status.where(sweep.results()["run_id"] == broken[-1]).max()))
            super().submit(task)

        def answers(self, timeout_s):
            answers = super().answers(timeout_s)
            broken.extend(one.fault.run_id for one in answers if isinstance(one, TaskBroken))
            return answers

    sweep = Sweep(tmp_path / "out", lambda: nullcontext(Watching()))
    once = Misbehaving(StoreError("can't read"), replica=0, once=True)
    assert sweep.run(yaml_text(replicas=1), workload=once).missing == 0
    assert states[0] == Status.PENDING
    of_run = [type(one) for one in sweep.events if getattr(one, "run_id", "") == broken[0]]
    assert of_run[:2] == [RunStarted, RunInterrupted]
    assert of_run[-1] is RunFinished
