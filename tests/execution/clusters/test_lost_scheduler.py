"""A scheduler that is not ours is killed: the sweep goes on with it when it is there again."""

import signal
import socket
from contextlib import ExitStack, nullcontext

import pytest
from execution.execution_sweeps import Sweep, assert_same_bits, physics_of, yaml_text
from execution.serial_executor import SerialExecutor
from execution.started_command import Started, events_of

from lbhsweep.execution.folder.status import folder_status
from lbhsweep.execution.worker.ledger import NAME
from lbhsweep.store.folder import SweepFolder


class ForeignScheduler:
    """A scheduler on a port of its own and a worker, started by somebody else."""

    def __init__(self, path):
        self._path = path
        self._processes = ExitStack()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._n_starts = 0
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._processes.close()

    def start(self):
        self._n_starts += 1
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--dashboard-address", ":0"]
        self.scheduler = self._started("scheduler", *options)
        worker = self._started("worker", self.address, "--nthreads", "1", "--no-dashboard")
        worker.until(lambda: "Starting established connection" in worker.text)

    def kill(self):
        self.scheduler.process.send_signal(signal.SIGKILL)
        self.scheduler.process.wait()

    def _started(self, what, *options):
        folder = self._path / f"{what}-{self._n_starts}"
        folder.mkdir()
        line = ["-m", f"distributed.cli.dask_{what}", *options]
        return self._processes.enter_context(Started(line, folder))


@pytest.fixture
def foreign_scheduler(tmp_path):
    with ForeignScheduler(tmp_path) as foreign_scheduler:
        yield foreign_scheduler


@pytest.fixture
def start(foreign_scheduler, tmp_path):
    sweep, cluster = tmp_path / "sweep.yaml", tmp_path / "cluster.yaml"
    sweep.write_text(yaml_text())
    line = ["-m", "lbhsweep", "run", str(sweep), "--rehearse", "--rehearse-seconds", "2"]
    line += ["--cluster", str(cluster), "--output", str(tmp_path / "out")]

    def start(patience):
        keys = f"kind: address\naddress: {foreign_scheduler.address}\nstart_timeout: {patience}\n"
        cluster.write_text(keys)
        return Started(line, tmp_path)

    return start


@pytest.fixture
def folder(tmp_path):
    return SweepFolder(tmp_path / "out").rehearsal


@pytest.fixture
def assert_undisturbed(folder, tmp_path):
    def check():
        alone = Sweep(tmp_path / "alone", lambda: nullcontext(SerialExecutor()))
        alone.run()
        found = physics_of(folder.path)
        assert_same_bits(found, alone.results())
        assert (found["attempts"] == 1).all()
        assert not events_of(folder.events, "run-retried")
        assert not list(folder.runs.glob(f"*/*/{NAME}"))

    return check


def test_without_its_scheduler_a_driver_ends_and_the_same_command_continues(
    start, foreign_scheduler, folder, assert_undisturbed
):
    with start("10 s") as command:
        command.until(folder.finished)
        foreign_scheduler.kill()
        assert command.wait() == 1, command.text
        assert "the scheduler is no longer there; see its log" in command.text
        assert "Traceback" not in command.text
    assert "the scheduler is no longer there" in folder_status(folder).aborted.message
    assert 0 < len(folder.finished()) < 8
    foreign_scheduler.start()
    with start("600 s") as command:
        assert command.wait() == 0, command.text
    assert_undisturbed()


def test_a_scheduler_that_restarts_at_once_is_found_again(
    start, foreign_scheduler, folder, assert_undisturbed
):
    with start("600 s") as command:
        command.until(folder.finished)
        foreign_scheduler.kill()
        foreign_scheduler.start()
        assert command.wait() == 0, command.text
    assert len(events_of(folder.events, "sweep-started")) == 1
    assert_undisturbed()
