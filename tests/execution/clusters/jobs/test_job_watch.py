"""Jobs that are lost are replaced, and never more jobs are asked for than there is work."""

from itertools import pairwise

import pytest
from own_clock import give_clock

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs import watch as job_watch
from lbhsweep.execution.clusters.jobs.queue import JobState
from lbhsweep.execution.clusters.jobs.watch import JobWatch, SubmittedJob
from lbhsweep.execution.events import JobLost, JobsDelayed, JobsProceed

WORKERS_PER_JOB = 2


class Cluster:
    """Jobs of a batch system that does what tests ask for."""

    def __init__(self):
        self.jobs = {}
        self.queue = {}
        self.here = {}
        self.came = set()
        self.refusal = ""
        self.is_silent = False
        self.n_submitted = 0

    def submitted(self):
        return dict(self.jobs)

    def workers(self):
        return dict(self.here)

    def was_seen(self, worker):
        return worker in self.came

    def drop(self, names):
        for name in names:
            self.end(name)
            del self.jobs[name]

    def scale(self, n_jobs):
        while len(self.jobs) < n_jobs:
            self.n_submitted += 1
            name, job_id = f"lbhsweep-{self.n_submitted}", str(100 + self.n_submitted)
            workers = tuple(f"{name}-{i}" for i in range(WORKERS_PER_JOB))
            self.jobs[name] = SubmittedJob("" if self.refusal else job_id, workers, self.refusal)
            if not self.refusal:
                self.queue[job_id] = JobState(running=False, reason="Priority")

    def ask(self, jobs):
        if self.is_silent:
            return None
        return {job: state for job, state in self.queue.items() if job in jobs}

    def start(self, name, *, busy=True, come=True):
        self.queue[self.jobs[name].job_id] = JobState(running=True)
        if come:
            self.here |= dict.fromkeys(self.jobs[name].workers, busy)
            self.came |= set(self.here)

    def end(self, name):
        self.queue.pop(self.jobs[name].job_id, None)
        for worker in self.jobs[name].workers:
            self.here.pop(worker, None)


@pytest.fixture
def cluster():
    return Cluster()


@pytest.fixture
def clock(monkeypatch):
    """Time that only passes on request."""

    class Clock:
        now = 1000.0

    give_clock(monkeypatch, job_watch, lambda: Clock.now)
    return Clock


@pytest.fixture
def watch(cluster, clock, tmp_path):
    return JobWatch(cluster, cluster.ask, 8, WORKERS_PER_JOB, tmp_path)


def settle(watch, clock, looks=3):
    for _ in range(looks):
        clock.now += 100.0
        watch.look()


@pytest.mark.parametrize(("n_runs", "n_jobs"), [(0, 0), (1, 1), (2, 1), (3, 2), (1000, 4)])
def test_as_many_jobs_as_there_is_work_for(watch, cluster, clock, n_runs, n_jobs):
    watch.need(n_runs)
    settle(watch, clock)
    assert len(cluster.jobs) == n_jobs


def test_the_queue_is_left_alone_while_all_workers_are_there(watch, cluster, clock):
    watch.need(8)
    settle(watch, clock)
    for name in cluster.jobs:
        cluster.start(name)
    cluster.ask = None
    assert not watch.look()


def test_a_job_that_ends_early_is_replaced(watch, cluster, clock):
    watch.need(8)
    settle(watch, clock)
    for name in list(cluster.jobs):
        cluster.start(name)
    watch.look()
    cluster.end("lbhsweep-2")
    settle(watch, clock)
    assert set(cluster.jobs) == {f"lbhsweep-{number}" for number in (1, 3, 4, 5)}
    (event,) = watch.events()
    assert isinstance(event, JobLost)
    assert (event.job, event.had_worker) == ("102", True)


def test_a_worker_that_registers_and_ends_between_two_checks_counts(watch, cluster, clock):
    watch.need(2)
    watch.look()
    for number in range(1, 10):
        cluster.start(f"lbhsweep-{number}")
        cluster.end(f"lbhsweep-{number}")
        settle(watch, clock)
    events = watch.events()
    assert len(events) == 9
    assert all(event.had_worker for event in events)


def test_one_absence_may_be_a_moment(watch, cluster, clock):
    watch.need(2)
    watch.look()
    found = cluster.queue.pop("101")
    watch.look()
    cluster.queue["101"] = found
    settle(watch, clock)
    assert set(cluster.jobs) == {"lbhsweep-1"}


def test_a_queue_that_does_not_answer_says_nothing(watch, cluster, clock):
    watch.need(8)
    settle(watch, clock)
    cluster.is_silent = True
    cluster.queue.clear()
    settle(watch, clock, 10)
    assert cluster.n_submitted == 4


def test_jobs_that_die_at_once_end_the_sweep_with_the_logs_last_lines(
    watch, cluster, clock, tmp_path
):
    (tmp_path / "lbhsweep-105.err").write_text("first\n" * 50 + "no such python\n")
    (tmp_path / "lbhsweep-1105.err").write_text("a longer log of another job\n" * 100)
    watch.need(2)

    def die():
        for _ in range(20):
            settle(watch, clock, 1)
            cluster.queue.clear()

    with pytest.raises(ClusterError, match="5 jobs in a row ended before their") as caught:
        die()
    assert "no such python" in str(caught.value)
    assert str(caught.value).count("first") == job_watch.LOG_LINES - 1
    assert cluster.n_submitted == 5


def test_a_registered_worker_resets_the_count_of_failed_jobs(watch, cluster, clock):
    watch.need(2)
    for _ in range(3):
        for _ in range(4):
            settle(watch, clock, 3)
            cluster.queue.clear()
        settle(watch, clock, 3)
        (name,) = cluster.jobs
        cluster.start(name)
        watch.look()
        cluster.end(name)
    assert cluster.n_submitted > 12


def test_tries_are_made_with_growing_pauses(watch, cluster, clock):
    cluster.refusal = "Unable to contact slurm controller"
    watch.need(2)
    watch.look()
    at = [clock.now]
    for _ in range(400):
        clock.now += 0.5
        before = cluster.n_submitted
        watch.look()
        if cluster.n_submitted > before:
            at.append(clock.now)
    pauses = [b - a for a, b in pairwise(at)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > job_watch.MAX_PAUSE_S - 1


def test_a_queue_may_refuse_for_days(watch, cluster, clock):
    watch.need(2)
    settle(watch, clock)
    cluster.start("lbhsweep-1")
    cluster.refusal = "sbatch: error: QOSMaxSubmitJobPerUserLimit"
    watch.need(8)
    for _ in range(5000):
        clock.now += 61.0
        watch.look()
    assert cluster.n_submitted > 1100


def test_refusals_are_reported_with_the_systems_message(watch, cluster, clock):
    cluster.refusal = "sbatch: error: no such thing"
    watch.need(8)
    with pytest.raises(ClusterError, match=r"no job was accepted, 3 times in a row: .*such thing"):
        settle(watch, clock, 20)


def test_a_refusal_may_only_be_a_limit_on_the_number_of_jobs(watch, cluster, clock):
    watch.need(2)
    settle(watch, clock)
    cluster.start("lbhsweep-1")
    cluster.refusal = "sbatch: error: QOSMaxSubmitJobPerUserLimit"
    watch.need(8)
    settle(watch, clock, 50)
    assert "lbhsweep-1" in cluster.jobs


def test_a_job_that_can_never_start_is_an_error(watch, cluster, clock):
    watch.need(2)
    watch.look()
    cluster.queue["101"] = JobState(running=False, reason="PartitionTimeLimit")
    watch.look()
    clock.now += job_watch.HOPELESS_S - 1
    watch.look()
    (event,) = watch.events()
    assert event.message == "job 101 waits: walltime is over the queue's limit (PartitionTimeLimit)"
    clock.now += 1
    with pytest.raises(ClusterError, match="job 101 would wait forever: walltime is over"):
        watch.look()


@pytest.mark.parametrize(
    "reason", ["PartitionNodeLimit", "BadConstraints", "ReqNodeNotAvail, UnavailableNodes:n1"]
)
def test_a_reason_that_may_pass_is_reported_and_waited_for(watch, cluster, clock, reason):
    watch.need(2)
    watch.look()
    cluster.queue["101"] = JobState(running=False, reason=reason)
    settle(watch, clock, 1000)
    (event,) = watch.events()
    assert isinstance(event, JobsDelayed)
    assert f"({reason})" in event.message
    assert f"({reason})" in watch.waiting_for()
    cluster.start("lbhsweep-1")
    settle(watch, clock)
    (event,) = watch.events()
    assert isinstance(event, JobsProceed)
    assert set(cluster.jobs) == {"lbhsweep-1"}


ACCOUNTING = (
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit "
    "limit, user's size and/or time limits)"
)


def test_a_refusal_is_reported_at_once_and_until_a_job_is_accepted(watch, cluster, clock):
    cluster.refusal = ACCOUNTING
    watch.need(2)
    watch.look()
    watch.look()
    (event,) = watch.events()
    assert event.message == f"no job is accepted: {ACCOUNTING}"
    settle(watch, clock, 100)
    assert watch.events() == []
    assert ACCOUNTING in watch.waiting_for()
    cluster.refusal = "sbatch: error: Unable to contact slurm controller"
    settle(watch, clock, 2)
    (event,) = watch.events()
    assert "Unable to contact" in event.message
    cluster.refusal = ""
    settle(watch, clock, 2)
    (event,) = watch.events()
    assert isinstance(event, JobsProceed)
    assert watch.waiting_for() == "1 jobs wait in the queue (Priority)"


def test_a_refusal_that_lasts_counts_from_its_first_time(watch, cluster, clock):
    cluster.refusal = ACCOUNTING
    watch.need(2)
    settle(watch, clock, 10)
    cluster.refusal = "sbatch: error: no such thing"
    settle(watch, clock, 3)
    with pytest.raises(ClusterError, match="3 times in a row: sbatch: error: no such thing"):
        settle(watch, clock, 3)


def test_a_refusal_beside_jobs_that_run_is_reported_once(watch, cluster, clock):
    watch.need(2)
    settle(watch, clock)
    cluster.start("lbhsweep-1")
    cluster.refusal = ACCOUNTING
    watch.need(8)
    settle(watch, clock, 100)
    (event,) = watch.events()
    assert event.message == f"no job is accepted: {ACCOUNTING}"
    watch.need(2)
    settle(watch, clock)
    (event,) = watch.events()
    assert isinstance(event, JobsProceed), "no more jobs are wanted"


def test_a_refusal_is_reported_although_the_queue_does_not_answer(watch, cluster, clock):
    watch.need(2)
    settle(watch, clock)
    cluster.is_silent = True
    cluster.refusal = "Unable to contact slurm controller"
    watch.need(4)
    cluster.scale(2)
    watch.look()
    (event,) = watch.events()
    assert event.message == "no job is accepted: Unable to contact slurm controller"


def test_a_queue_that_does_not_answer_is_reported_after_a_while(watch, cluster, clock):
    watch.need(2)
    watch.look()
    cluster.is_silent = True
    watch.look()
    assert watch.events() == []
    clock.now += job_watch.SILENT_S
    watch.look()
    (event,) = watch.events()
    assert "does not answer" in event.message
    cluster.is_silent = False
    watch.look()
    (event,) = watch.events()
    assert isinstance(event, JobsProceed)


def test_an_answer_without_a_number_ends_the_sweep_before_more_jobs_pile_up(watch, cluster, clock):
    watch.need(8)
    watch.look()
    cluster.jobs["lbhsweep-1"] = SubmittedJob("", ("lbhsweep-1-0",), "answered 'hello'", True)
    with pytest.raises(ClusterError, match="answered 'hello'; a job may be in the queue"):
        watch.look()
    assert cluster.n_submitted == 4


def test_a_lost_job_is_replaced_and_no_waiting_one_is_cancelled_for_it(watch, cluster, clock):
    watch.need(8)
    settle(watch, clock)
    for name in ("lbhsweep-1", "lbhsweep-2"):
        cluster.start(name)
    watch.look()
    # One job fewer is needed, and one is lost: that makes three, as wanted.
    watch.need(6)
    cluster.end("lbhsweep-1")
    settle(watch, clock, 4)
    assert set(cluster.jobs) == {"lbhsweep-2", "lbhsweep-3", "lbhsweep-4"}
    assert cluster.n_submitted == 4


def test_a_running_job_without_workers_is_given_up_after_a_while(watch, cluster, clock):
    late = job_watch.WORKER_TIMEOUT_S + job_watch.LATE_MARGIN_S
    watch.need(2)
    watch.look()
    cluster.start("lbhsweep-1", come=False)
    watch.look()
    clock.now += late - 1
    watch.look()
    assert set(cluster.jobs) == {"lbhsweep-1"}
    settle(watch, clock)
    assert set(cluster.jobs) == {"lbhsweep-2"}
    (event,) = watch.events()
    assert "ran for 360 s and none of its workers connected (worker_timeout" in event.message


def test_jobs_are_cancelled_when_less_work_is_left(watch, cluster, clock):
    watch.need(8)
    settle(watch, clock)
    cluster.start("lbhsweep-1")
    cluster.start("lbhsweep-2", busy=False)
    watch.look()
    watch.need(1)
    watch.look()
    assert set(cluster.jobs) == {"lbhsweep-1", "lbhsweep-2"}, "waiting jobs at once"
    settle(watch, clock)
    assert set(cluster.jobs) == {"lbhsweep-1"}, "idle ones after a while, busy ones never"


def test_errors_of_the_watch_reach_the_driver(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(job_watch, "FIRST_LOOK_S", 0.01)
    monkeypatch.setattr(cluster, "submitted", lambda: 1 / 0)
    with JobWatch(cluster, cluster.ask, 8, 2, tmp_path) as watch:
        watch._thread.join(600)
        with pytest.raises(ClusterError, match="can't watch the jobs: ZeroDivisionError"):
            watch.events()


def test_the_watch_ends_at_once(cluster, tmp_path, monkeypatch):
    # Whoever waited for the next look would wait for longer than a test may last.
    monkeypatch.setattr(job_watch, "FIRST_LOOK_S", 3600.0)
    monkeypatch.setattr(job_watch, "LAST_LOOK_S", 3600.0)
    monkeypatch.setattr(job_watch, "LEAVE_S", 3600.0)
    with JobWatch(cluster, cluster.ask, 8, 2, tmp_path) as watch:
        watch.need(4)
    assert not watch._thread.is_alive()
