"""Tasks that break or raise errors: because of a run, a worker, a host, or storage."""

import errno
import os
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributed import Client, Future
from execution.execution_sweeps import (
    BreaksOnOneWorker,
    Broken,
    DiesAfterwards,
    Misbehaving,
    RaisesOnOneWorker,
    Sweep,
    yaml_text,
)
from execution.serial_executor import SerialExecutor

from lbhsweep.errors import ClusterError, StorageRefusedError, TaskFault
from lbhsweep.execution.clusters.dask_executor import DaskExecutor
from lbhsweep.execution.clusters.spec import LocalCluster
from lbhsweep.execution.clusters.start import start_cluster
from lbhsweep.execution.driver import backlog, storage_pause
from lbhsweep.execution.events import (
    RunRetried,
    RunStarted,
    StoragePaused,
    WorkerFaulty,
    WorkerLost,
)
from lbhsweep.execution.executor import TaskBroken, TaskEnded
from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.execution.worker.task import RunSummary
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.record import read_record
from lbhsweep.store.schema import Status
from lbhsweep.sweep import run_id


def test_an_unexpected_error_is_tried_once_more(sweep):
    ending = sweep.run(workload=Misbehaving(RuntimeError("odd"), once=True))
    assert ending.done == ending.total
    assert {event.error_class for event in sweep.of(RunRetried)} == {"RuntimeError"}
    attempts = sweep.results()["attempts"]
    assert (attempts.sel(replica=1) == 2).all()
    assert (attempts.sel(replica=0) == 1).all()


def test_transient_errors_of_storage_count_against_no_run(sweep):
    stale = OSError(errno.ESTALE, "Stale file handle")
    ending = sweep.run(workload=Misbehaving(stale, once=True))
    assert ending.done == ending.total
    assert not sweep.of(RunRetried)
    assert (sweep.results()["attempts"] == 1).all()


def test_runs_whose_files_can_not_be_read_end_the_sweep_when_the_others_are_done(tmp_path):
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(SerialExecutor()))
    bad = OSError(errno.EIO, "Input/output error")
    with pytest.raises(ClusterError, match=r"no worker could work, 7 times in a row.*Input/output"):
        sweep.run(workload=Misbehaving(bad))
    status = sweep.results()["status"]
    assert (status.sel(replica=0) == Status.DONE).all()
    assert (status.sel(replica=1) == Status.PENDING).all()
    assert sweep.run().done == 8


def test_an_error_that_stays_is_recorded_by_its_class(sweep):
    ending = sweep.run(workload=Misbehaving(ZeroDivisionError("by nothing")))
    assert len(ending.failed) == 4
    header = read_record(sweep.folder.record_path(ending.failed[0], "failed")).header
    assert header.error.error_class == "ZeroDivisionError"
    assert "by nothing (execution_sweeps.py:" in header.error.message
    ledger = Ledger(sweep.folder.run_folder(ending.failed[0]) / NAME)
    pids = [line["pid"] for line in ledger.lines() if line.get("ending") == "error"]
    assert header.attempts == len(pids)
    assert len(set(pids[:-1])) == 1, "a second worker is proof"
    if os.getpid() in pids:
        assert len(pids) == 2, "there is no other"
    else:
        assert pids[-1] != pids[0] or len(pids) == 4


@pytest.mark.parametrize(
    "open_executor",
    [
        lambda: nullcontext(SerialExecutor()),
        # Of its own: those of other tests may rest longer by now.
        lambda: start_cluster(LocalCluster(kind="local", workers=2, start_timeout="600 s")),
    ],
    ids=["serial", "dask"],
)
def test_a_fault_of_all_workers_ends_the_sweep(tmp_path, open_executor):
    sweep = Sweep(tmp_path / "out", open_executor)
    with pytest.raises(ClusterError, match="ImportError: no module named nonsense"):
        sweep.run(workload=Broken())
    assert sweep.run().done == 8


def test_a_worker_that_breaks_all_tasks_backs_off_and_the_others_work(tmp_path, cluster):
    client = cluster._client
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(DaskExecutor(client, patience_s=600.0)))
    mark = tmp_path / "failing"
    started = time.monotonic()
    ending = sweep.run(yaml_text(replicas=4), BreaksOnOneWorker(seconds=0.5, mark=mark))
    elapsed = time.monotonic() - started
    assert ending.done == ending.total == 16
    # At once, after 2 s, after 4 s more, …: on a busy machine the others take longer.
    n_tries = len(mark.with_suffix(".tries").read_text())
    assert n_tries >= 1
    assert 2.0 * (2 ** (n_tries - 1) - 1) <= elapsed
    (faulty,) = sweep.of(WorkerFaulty)
    assert faulty.worker.endswith(f":{mark.read_text()}")
    assert "no module named nonsense" in faulty.message
    assert not sweep.of(RunRetried)


@pytest.mark.parametrize("error", [TypeError("older"), ImportError("gone")])
def test_a_worker_whose_runs_all_raise_errors_does_not_fail_the_sweep(tmp_path, error):
    sweep = Sweep(
        tmp_path / "out",
        lambda: start_cluster(LocalCluster(kind="local", workers=2, start_timeout="600 s")),
    )
    workload = RaisesOnOneWorker(seconds=0.5, mark=tmp_path / "failing", error=error)
    ending = sweep.run(yaml_text(replicas=5), workload)
    assert (ending.done, ending.failed) == (20, ())
    assert bool(sweep.of(RunRetried)) == (not isinstance(error, ImportError))
    assert bool(sweep.of(WorkerFaulty)) == isinstance(error, ImportError)


@dataclass(frozen=True)
class Tears(Rehearsal):
    """Leaves a torn record of a later run, as a node may that is lost while it writes."""

    path: Path = Path()

    def run(self, point, workdir, should_stop, on_progress, **places):
        if not self.path.exists() and not (workdir.parents[2] / "quarantine").exists():
            self.path.parent.mkdir(exist_ok=True)
            self.path.write_bytes(b"LBHREC 1\n")
        return super().run(point, workdir, should_stop, on_progress, **places)


def test_a_torn_record_that_a_worker_finds_is_quarantined_and_the_run_repeated(sweep):
    points = sweep.grid(yaml_text()).points
    path = sweep.folder.record_path(run_id(points[-1]))
    assert sweep.run(workload=Tears(path=path)).done == 8
    assert [one.name for one in sweep.folder.quarantine.iterdir()] == [path.name]
    assert (sweep.results()["attempts"] == 1).all()
    assert not sweep.of(WorkerFaulty)


def test_results_that_are_lost_with_their_workers_delay_nothing(tmp_path, monkeypatch):
    gather = Client.gather

    def never_here(client, futures, *arguments, **options):
        assert threading.current_thread() is not threading.main_thread(), "the driver waits"
        return gather(client, futures, *arguments, **options)

    monkeypatch.setattr(Client, "gather", never_here)
    monkeypatch.setattr(Future, "result", never_here)
    marks = tmp_path / "marks"
    marks.mkdir()
    cluster = LocalCluster(kind="local", workers=2, start_timeout="600 s")
    sweep = Sweep(tmp_path / "out", lambda: start_cluster(cluster))
    ending = sweep.run(yaml_text(replicas=4), DiesAfterwards(seconds=0.5, marks=marks))
    assert ending.done == 16
    assert sweep.of(WorkerLost)
    assert not sweep.of(RunRetried)
    assert (sweep.results()["attempts"] == 1).all()


class TwoHosts(SerialExecutor):
    """Has a second worker, elsewhere, whose mount of the folder accepts no writes for a while."""

    slots = 2

    def __init__(self, n_refusals, shows_first):
        super().__init__()
        self.n_refusals, self.shows_first, self.refused = n_refusals, shows_first, []

    def answers(self, timeout_s):
        if len(self._waiting) < 2 or len(self.refused) == self.n_refusals:
            return super().answers(timeout_s)
        first, task = self._waiting[0], self._waiting.pop()
        name = run_id(task.points[0])
        self.refused.append(name)
        refusal = StorageRefusedError("elsewhere: Read-only", errno.EROFS, host="elsewhere")
        broken = TaskBroken(task, TaskFault(refusal, "elsewhere:2", name))
        begun = RunStarted(
            run_id=run_id(first.points[0]), label=first.points[0].label, worker="here:1",
            slurm_job="", attempt=1,
        )  # fmt: skip
        return [begun, broken] if self.shows_first else [broken]


def test_one_machine_that_can_not_write_stops_no_other(tmp_path):
    executor = TwoHosts(n_refusals=6, shows_first=True)
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(executor))
    assert sweep.run().done == 8
    assert len(executor.refused) == 6
    assert not sweep.of(StoragePaused)
    assert (sweep.results()["attempts"] == 1).all()


def test_without_other_workers_a_refusal_elsewhere_pauses_the_sweep(tmp_path, monkeypatch):
    monkeypatch.setattr(storage_pause, "FIRST_S", 0.01)
    executor = TwoHosts(n_refusals=2, shows_first=False)
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(executor))
    assert sweep.run().done == 8
    assert {event.host for event in sweep.of(StoragePaused)} == {"elsewhere"}


class SeesAnOldStopFile(SerialExecutor):
    """Returns tasks undone for a while, as a worker with a stale view of the folder does."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.until, self.n_sent_back = seconds, None, 0

    def answers(self, timeout_s):
        if self._waiting and self.until is None:
            self.until = time.monotonic() + self.seconds
        if not self._waiting or time.monotonic() > self.until:
            return super().answers(timeout_s)
        self.n_sent_back += 1
        task = self._waiting.popleft()
        undone = [RunSummary(run_id=run_id(one), ending="interrupted") for one in task.points]
        return [TaskEnded(task, tuple(undone))]


def test_a_worker_that_returns_all_tasks_does_not_get_all_at_full_speed(tmp_path):
    executor = SeesAnOldStopFile(seconds=2.5)
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(executor))
    assert sweep.run().done == 8
    # Each time the whole window of tasks for one worker.
    assert 0 < executor.n_sent_back <= 4 * backlog.TASKS_PER_SLOT
    assert (sweep.results()["attempts"] == 1).all()
