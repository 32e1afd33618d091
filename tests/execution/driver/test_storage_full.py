"""A full, closed or read-only disk pauses the sweep; nothing is lost and no run is blamed."""

import errno
import os
import pickle
import subprocess
import threading
import time
from contextlib import nullcontext
from itertools import pairwise

import pytest
from execution.execution_sweeps import Misbehaving, Sweep, assert_same_bits, yaml_text
from execution.serial_executor import SerialExecutor
from own_clock import give_clock

from lbhsweep import atomic
from lbhsweep.atomic import storing, takes_writes
from lbhsweep.errors import ClusterError, StorageRefusedError, StoreError, TaskFault
from lbhsweep.execution.driver import faults, storage_pause
from lbhsweep.execution.events import (
    EventLog,
    RunFailed,
    RunRetried,
    StorageBack,
    StoragePaused,
    WorkerLost,
)
from lbhsweep.execution.folder.status import folder_status
from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.execution.worker.task import MAX_DEATHS, Task, run_task
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store import collect
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.grid_writer import GridWriter
from lbhsweep.store.record import read_record
from lbhsweep.store.verify import verify_folder

REFUSALS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES]


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    monkeypatch.setattr(storage_pause, "FIRST_S", 0.01)
    monkeypatch.setattr(storage_pause, "LONGEST_S", 0.05)
    monkeypatch.setattr(storage_pause, "POLL_S", 0.01)
    return Sweep(tmp_path / "out", lambda: nullcontext(SerialExecutor()))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    sweep = Sweep(tmp_path_factory.mktemp("whole") / "out", lambda: nullcontext(SerialExecutor()))
    assert sweep.run().done == 8
    return sweep.results()


class Disk:
    """Refuses writes from the n-th call of a function to another."""

    def __init__(self, write, number, first, last):
        self.write, self.number, self.first, self.last = write, number, first, last
        self.calls = 0

    def __call__(self, *arguments):
        self.calls += 1
        if self.first <= self.calls <= self.last:
            raise OSError(self.number, os.strerror(self.number))
        return self.write(*arguments)


def assert_nothing_lost(sweep, undisturbed):
    assert_same_bits(sweep.results(), undisturbed)
    assert not sweep.of(RunRetried)
    assert not sweep.of(RunFailed)
    (paused, *_), (back, *_) = sweep.of(StoragePaused), sweep.of(StorageBack)
    assert paused.time <= back.time
    assert paused.total_bytes > paused.free_bytes
    assert verify_folder(sweep.folder).faults == ()
    assert not list(sweep.path.rglob(".try*"))


@pytest.mark.parametrize("number", REFUSALS)
def test_files_that_are_refused(sweep, monkeypatch, undisturbed, number):
    disk = Disk(atomic._write_through, number, 4, 9)
    monkeypatch.setattr(atomic, "_write_through", disk)
    ending = sweep.run()
    assert (ending.done, ending.failed, ending.missing) == (8, (), 0)
    assert disk.calls > 9
    assert os.strerror(number) in sweep.of(StoragePaused)[0].message
    assert str(sweep.path) in sweep.of(StoragePaused)[0].message
    assert_nothing_lost(sweep, undisturbed)


@pytest.mark.parametrize("first", [1, 30])
def test_results_that_are_refused(sweep, monkeypatch, undisturbed, first):
    write = GridWriter._write_rows
    disk = Disk(write, errno.ENOSPC, first, first + 2)
    monkeypatch.setattr(GridWriter, "_write_rows", lambda *arguments: disk(*arguments))
    assert sweep.run().done == 8
    assert disk.calls > first + 2
    assert_nothing_lost(sweep, undisturbed)


def test_the_end_of_a_sweep_waits_too(sweep, monkeypatch, undisturbed):
    finalize = Disk(Collector.finalize, errno.ENOSPC, 1, 2)

    def refused(self):
        with storing(self._folder.results):
            return finalize(self)

    monkeypatch.setattr(Collector, "finalize", refused)
    assert sweep.run().done == 8
    assert finalize.calls == 3
    assert_nothing_lost(sweep, undisturbed)


def test_a_refusal_in_a_workload_is_no_error_of_the_run(sweep, undisturbed):
    full = OSError(errno.ENOSPC, "No space left on device")
    assert sweep.run(workload=Misbehaving(full, once=True)).done == 8
    assert_nothing_lost(sweep, undisturbed)


def test_a_pause_is_shown_in_the_status_and_ends_on_a_stop(sweep, monkeypatch):
    disk = Disk(atomic._write_through, errno.ENOSPC, 8, 10**9)
    monkeypatch.setattr(atomic, "_write_through", disk)
    seen = []

    def stop():
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            driver = folder_status(sweep.folder).driver if sweep.folder.results.exists() else None
            if driver is not None and driver.state == "paused":
                seen.append(driver)
                sweep.folder.stop_file.touch()
                return
            time.sleep(0.01)

    stopper = threading.Thread(target=stop)
    stopper.start()
    ending = sweep.run()
    stopper.join()
    assert "No space left" in seen[0].message
    assert seen[0].pid == os.getpid()
    assert ending.interrupted
    assert ending.failed == ()
    assert ending.missing > 0
    monkeypatch.undo()
    assert sweep.run().done == 8
    assert not sweep.of(RunRetried)


def test_pauses_without_progress_grow_longer_up_to_a_bound(sweep, monkeypatch):
    sweep.folder.create()
    reported, waits = [], []
    monkeypatch.setattr(storage_pause, "FIRST_S", 2.0)
    monkeypatch.setattr(storage_pause, "LONGEST_S", 60.0)
    now = [0.0]
    give_clock(monkeypatch, storage_pause, lambda: now[0])
    monkeypatch.setattr(storage_pause, "takes_writes", lambda *_: waits.append(now[0]) or False)
    pause = storage_pause.StoragePause(sweep.folder, reported.append)
    pause.begin(StorageRefusedError("full", errno.ENOSPC))
    while now[0] < 400:
        assert not pause.is_over()
        now[0] += 0.5
    assert [b - a for a, b in zip([0.0, *waits], waits, strict=False)] == [
        2, 4, 8, 16, 32, 60, 60, 60, 60, 60,
    ]  # fmt: skip
    assert len(reported) == 1
    monkeypatch.setattr(storage_pause, "takes_writes", lambda *_: True)
    now[0] += 60
    assert pause.is_over()
    assert reported[1].seconds == now[0]


class FailsTransiently:
    """Fails to read from the n-th call to another, as while a file server restarts."""

    def __init__(self, first, last):
        self.first, self.last, self.calls = first, last, 0

    def __call__(self, path):
        self.calls += 1
        if self.first <= self.calls <= self.last:
            raise StoreError(f"{path}: can't read the record: Input/output error")
        return read_record(path)


@pytest.mark.parametrize(("first", "last"), [(1, 3), (5, 9), (8, 8 + 20)])
def test_records_that_can_not_be_read_for_a_while(sweep, monkeypatch, undisturbed, first, last):
    reads = FailsTransiently(first, last)
    monkeypatch.setattr(collect, "read_record", reads)
    assert sweep.run().done == 8
    assert reads.calls > last
    assert_nothing_lost(sweep, undisturbed)


class Needed(SerialExecutor):
    """Remembers the number of runs for which there should be workers."""

    def __init__(self):
        super().__init__()
        self.needs = []

    def need(self, n_runs):
        self.needs.append(n_runs)


@pytest.mark.parametrize("long_s", [0.0, 300.0])
def test_workers_without_work_leave_in_a_long_pause(sweep, monkeypatch, undisturbed, long_s):
    monkeypatch.setattr(storage_pause, "LONG_S", long_s)
    monkeypatch.setattr(atomic, "_write_through", Disk(atomic._write_through, errno.ENOSPC, 4, 9))
    executor = Needed()
    sweep.open_executor = lambda: nullcontext(executor)
    assert sweep.run().done == 8
    # What is still to do never grows; only those that waited out a long pause come back.
    assert any(a < b for a, b in pairwise(executor.needs)) == (long_s == 0.0)
    assert_nothing_lost(sweep, undisturbed)


def test_runs_whose_records_vanish_are_repeated(sweep, monkeypatch, undisturbed):
    find = SweepFolder.find_record
    lost = []

    def lose(folder, name):
        path = find(folder, name)
        if path is not None and name not in lost and len(lost) < 2:
            lost.append(name)
            path.unlink()
            return None
        return path

    monkeypatch.setattr(SweepFolder, "find_record", lose)
    assert sweep.run().done == 8
    assert len(lost) == 2
    assert_nothing_lost(sweep, undisturbed)


def test_a_permanent_error_of_storage_ends_the_sweep_with_its_message(sweep, monkeypatch):
    monkeypatch.setattr(faults, "SAME_ERROR_S", 0.2)
    monkeypatch.setattr(collect, "read_record", FailsTransiently(1, 10**9))
    with pytest.raises((StoreError, ClusterError), match="Input/output error"):
        sweep.run()
    monkeypatch.undo()
    assert sweep.run().done == 8


@pytest.mark.parametrize("number", REFUSALS)
def test_refusals_are_distinguished_from_other_errors_and_pickled(tmp_path, number):
    with pytest.raises(StorageRefusedError) as caught, storing(tmp_path):
        raise OSError(number, os.strerror(number))
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.number, str(error)) == (number, str(caught.value))
    assert error.host
    with pytest.raises(StoreError) as other, storing(tmp_path):
        raise OSError(errno.EIO, "Input/output error")
    assert not isinstance(other.value, StorageRefusedError)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.ESTALE])
def test_events_are_kept_in_memory(tmp_path, monkeypatch, number):
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "to')
    with EventLog(path) as log:
        log(WorkerLost(worker="a", runs=()))
        full = Disk(os.write, number, 1, 2)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            log(WorkerLost(worker="b", runs=()))
            log(WorkerLost(worker="c", runs=()))
        log(WorkerLost(worker="d", runs=()))
    lines = path.read_text().splitlines()
    assert lines[0] == '{"event": "to'
    assert [line.split('"worker": ')[1][1] for line in lines[1:]] == list("abcd")


def test_a_start_whose_end_can_not_be_written_is_removed(sweep, monkeypatch):
    (point, *_) = sweep.grid(yaml_text()).points
    sweep.folder.create()
    workload = Misbehaving(StorageRefusedError("full", errno.ENOSPC), point.replica)

    def refuse(*arguments):
        raise StorageRefusedError("full", errno.ENOSPC)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "end", refuse)
        for _ in range(MAX_DEATHS + 2):
            with pytest.raises(TaskFault, match="full"):
                run_task(Task(sweep.folder, (point,), workload), [].append)
    (ledger,) = sweep.folder.runs.glob(f"*/*/{NAME}")
    assert list(Ledger(ledger).lines()) == []
    (summary,) = run_task(Task(sweep.folder, (point,), Rehearsal()), [].append)
    assert summary.ending == "done"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 12 MB of its own."""
    path = tmp_path / "small"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "lbhsweep-test", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("not permitted to mount a small file system")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_disk_that_is_really_full(small_disk, sweep, open_executor, undisturbed):
    sweep.path, sweep.open_executor = small_disk / "out", open_executor
    ballast = small_disk / "ballast"
    sweep.folder.create()
    ballast.write_bytes(bytes((12 << 20) - (1 << 19)))
    assert not takes_writes(sweep.path, 1 << 20)

    def make_room():
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline and not sweep.of(StoragePaused):
            time.sleep(0.01)
        time.sleep(0.2)
        ballast.unlink()

    cleaner = threading.Thread(target=make_room)
    cleaner.start()
    ending = sweep.run()
    cleaner.join()
    assert (ending.done, ending.missing) == (8, 0)
    assert_nothing_lost(sweep, undisturbed)
