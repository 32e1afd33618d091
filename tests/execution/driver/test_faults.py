"""The cause of tasks that break: a worker, a run, or everything."""

import errno

import pytest
from own_clock import give_clock

from lbhsweep.errors import ClusterError, StorageRefusedError, TaskFault
from lbhsweep.execution.driver import faults as faults_module
from lbhsweep.execution.driver.faults import (
    EXPECT_S,
    FORGET_S,
    MAX_BREAKS,
    MAX_DROPPED,
    MAX_LOST_BEFORE_START,
    MAX_STORAGE_ERRORS,
    SAME_ERROR_S,
    Faults,
)
from lbhsweep.execution.events import RunStarted

ABSENT = ImportError("no module named nonsense")
STALE = OSError(errno.ESTALE, "Stale file handle")


@pytest.fixture
def now(monkeypatch):
    """The time, as a list of one."""
    now = [100.0]
    give_clock(monkeypatch, faults_module, lambda: now[0])
    return now


def test_one_failing_worker_ends_nothing_while_others_may_still_be_compiling():
    faults = Faults()
    for _ in range(100):
        faults.count(TaskFault(ABSENT, "bad:1"), n_workers=4)


def test_workers_that_all_break_again_and_again_end_the_sweep():
    faults = Faults()
    workers = ["a:1", "a:2", "b:1"]
    for _ in range(MAX_BREAKS):
        for one in workers:
            faults.count(TaskFault(ABSENT, one), n_workers=3)
    faults.count(TaskFault(ABSENT, workers[0]), n_workers=3)
    faults.count(TaskFault(ABSENT, workers[1]), n_workers=3)
    with pytest.raises(ClusterError, match="nonsense"):
        faults.count(TaskFault(ABSENT, workers[2]), n_workers=3)


@pytest.mark.parametrize("n_workers", [1, 6, 200])
def test_a_transient_error_of_storage_on_all_workers_ends_nothing(n_workers):
    faults = Faults()
    for _ in range(MAX_STORAGE_ERRORS):
        for number in range(n_workers):
            faults.count(TaskFault(STALE, f"host:{number}", f"run{number}"), n_workers)


def test_a_failing_worker_says_nothing_about_its_runs():
    faults = Faults()
    for attempt in range(10 * MAX_BREAKS):
        fault = TaskFault(StorageRefusedError("no", errno.EACCES), "bad:1", f"run{attempt % 3}")
        faults.count(fault, n_workers=2)
    assert not faults.left_out


@pytest.mark.parametrize(("error", "most"), [(ABSENT, MAX_BREAKS), (STALE, MAX_STORAGE_ERRORS)])
def test_a_run_at_which_workers_break_that_do_others_is_left_out(now, error, most):
    faults = Faults()
    for _ in range(most + 1):
        assert not faults.left_out
        fault = TaskFault(error, "good:1", "poison")
        assert faults.is_news(fault)
        faults.count(fault, n_workers=2)
        faults.works("good:1")
        now[0] += SAME_ERROR_S
    assert list(faults.left_out) == ["poison"]
    with pytest.raises(ClusterError, match=f"1 runs could not be done {most + 1} times"):
        faults.check()


def test_a_short_transient_error_on_several_workers_leaves_no_run_out(now):
    faults = Faults()
    for number in range(100):
        now[0] += SAME_ERROR_S / 100
        faults.count(TaskFault(STALE, f"idle:{number}", "last"), n_workers=200)
    assert not faults.left_out


def test_faults_of_lost_workers_are_forgotten(now):
    faults = Faults()
    for _ in range(MAX_STORAGE_ERRORS + 1):
        for number in range(4):
            # They have not all broken once too often at any time but the end.
            faults.count(TaskFault(STALE, f"gone:{number}"), n_workers=5)
    now[0] += FORGET_S
    faults.count(TaskFault(STALE, "new:1"), n_workers=4)
    faults.count(TaskFault(STALE, "gone:1"), n_workers=2)


def test_each_worker_has_the_limit_of_its_own_errors(now):
    faults = Faults()
    for _ in range(MAX_STORAGE_ERRORS - 1):
        for number in range(4):
            faults.count(TaskFault(STALE, f"a:{number}"), n_workers=4)
    faults.count(TaskFault(ABSENT, "a:0"), n_workers=4)
    faults.count(TaskFault(ClusterError("dropped")), n_workers=4)


def test_without_workers_there_is_no_fault_of_one():
    faults = Faults()
    for _ in range(10 * MAX_BREAKS):
        faults.count(TaskFault(ABSENT, "bad:1"), n_workers=0)


@pytest.mark.parametrize("error", [ABSENT, STALE])
@pytest.mark.parametrize("n_workers", [1, 3])
def test_faults_far_apart_end_a_sweep_or_leave_the_run_out(now, error, n_workers):
    faults = Faults()
    try:
        for number in range(100):
            now[0] += FORGET_S + 10.0
            fault = TaskFault(error, f"a:{number % n_workers}", "slow")
            faults.count(fault, n_workers, n_expected=8)
    except ClusterError:
        return
    assert "slow" in faults.left_out


def test_requested_workers_are_awaited_but_not_forever(now):
    faults = Faults()
    while now[0] < 100.0 + EXPECT_S - 60.0:
        faults.count(TaskFault(ABSENT, "first:1"), n_workers=1, n_expected=8)
        now[0] += 60.0
    now[0] += 120.0
    with pytest.raises(ClusterError, match="nonsense"):
        faults.count(TaskFault(ABSENT, "first:1"), n_workers=1, n_expected=8)


STARTED = RunStarted(run_id="a", label="run a", worker="good:1", attempt=1)


def test_workers_that_all_die_before_their_first_run_end_the_sweep():
    faults = Faults()
    for _ in range(MAX_LOST_BEFORE_START):
        faults.lost(("run a", "run b"))
        faults.lost(())
    with pytest.raises(ClusterError, match=r"21 workers in a row .*Compiling kernels takes 0.6 GB"):
        faults.lost(("run b",))


def test_workers_that_die_during_runs_or_beside_others_end_nothing():
    faults = Faults()
    for _ in range(3 * MAX_LOST_BEFORE_START):
        faults.started(STARTED)
        faults.lost(("run a",))
    for _ in range(MAX_LOST_BEFORE_START):
        faults.lost(("run b",))
    faults.started(STARTED)
    for _ in range(3 * MAX_LOST_BEFORE_START):
        faults.lost(("run b",))
    faults.works("good:1")
    faults.ended("a")
    faults.lost(("run b",))


def test_a_lost_connection_that_drops_all_tasks_counts_once(now):
    faults = Faults()
    dropped = TaskFault(ClusterError("the scheduler dropped the task"))
    for attempt in range(10 * MAX_DROPPED):
        assert faults.is_news(dropped) == (attempt == 0)
        faults.count(dropped, n_workers=6)
    for _ in range(MAX_DROPPED - 1):
        now[0] += 2.0
        faults.count(dropped, n_workers=6)
    now[0] += 2.0
    with pytest.raises(ClusterError, match="dropped the task"):
        faults.count(dropped, n_workers=6)
