"""After kills at any time the same command ends with the results of an undisturbed sweep."""

import os
import signal

import pytest
from execution.execution_sweeps import assert_same_bits, physics_of
from execution.started_command import Started, events_of
from store.trajectory_samples import files_of

from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.store.folder import SweepFolder

SWEEP = """\
name: kills
system: {supercell: 1}
model: {cutoff: 4.5 Å}
axes: {pressure: 0.4 GPa, heating_rate: 40 K/ps}
protocol: {ramp: {temperature: 300 K .. 500 K, bin: 50 K, equilibrate: 0.1 ps}}
trajectory: {every: 2 fs}
"""
DRIVE = """\
import sys
from pathlib import Path
from lbhsweep.execution.clusters.spec import LocalCluster
from lbhsweep.execution.clusters.start import start_cluster
from lbhsweep.execution.worker.workload import MolecularDynamics
from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep

grid = expand_grid(load_sweep(sys.argv[1]))
workload = MolecularDynamics(tuple(grid.force_fields.values()), checkpoint_every_s=0.1)
cluster = LocalCluster(kind="local", workers=2, start_timeout="600 s")
ending = run_sweep(
    SweepFolder(sys.argv[2]), grid, Path(sys.argv[1]).read_text(), workload,
    lambda: start_cluster(cluster),
)
sys.exit(130 if ending.interrupted else ending.total - ending.done)
"""
STUBBORN = """\
import time
from lbhsweep.execution.driver import driver

driver.STOP_PATIENCE_S = 3600.0

class Stubborn:
    def prepare(self, notify):
        pass

    def run(self, point, workdir, should_stop, on_progress, **places):
        time.sleep(3600)

""" + DRIVE.replace(
    "MolecularDynamics(tuple(grid.force_fields.values()), checkpoint_every_s=0.1)", "Stubborn()"
)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Start the sweep of two ramps in a folder."""
    logs = tmp_path_factory.mktemp("logs")
    sweep = logs / "sweep.yaml"
    sweep.write_text(SWEEP)
    return lambda out: Started(["-W", "error", "-c", DRIVE, str(sweep), str(out)], logs)


@pytest.fixture(scope="module")
def undisturbed(start, tmp_path_factory):
    """Results and trajectories, of three chunks each, of the sweep left alone."""
    out = tmp_path_factory.mktemp("undisturbed")
    with start(out) as command:
        assert command.wait() == 0, command.text
        assert not command.left_behind()
    return physics_of(out), files_of(SweepFolder(out).trajectories)


def assert_undisturbed(path, undisturbed):
    results, trajectories = undisturbed
    assert_same_bits(physics_of(path), results)
    found = files_of(SweepFolder(path).trajectories)
    assert found.keys() == trajectories.keys()
    assert sum(name.endswith("positions/c.2.0.0") for name in found) == 2
    for name, content in trajectories.items():
        assert found[name] == content, name


def checkpointed_run(folder):
    """Return the folder of a run under way, None before its first checkpoint."""
    return next((path.parent for path in folder.runs.glob("*/*/checkpoint.npz")), None)


def worker_of(run_folder):
    return next(Ledger(run_folder / NAME).lines())["pid"]


def test_sigkill_of_a_worker(start, undisturbed, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    with start(folder.path) as command:
        run_folder = command.until(lambda: checkpointed_run(folder))
        os.kill(worker_of(run_folder), signal.SIGKILL)
        assert command.wait() == 0, command.text
        assert not command.left_behind()
    assert events_of(folder.events, "worker-lost")
    attempts = events_of(folder.events, "run-started")
    assert max(event["attempt"] for event in attempts) == 2
    assert_undisturbed(folder.path, undisturbed)


def test_sigkill_of_the_driver(start, undisturbed, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    with start(folder.path) as command:
        command.until(lambda: checkpointed_run(folder))
        command.process.kill()
        command.wait()
        assert not command.left_behind(), "workers end by themselves"
    assert len(folder.finished()) < 2
    with start(folder.path) as command:
        assert command.wait() == 0, command.text
    attempts = events_of(folder.events, "run-started")
    assert max(event["attempt"] for event in attempts) == 2
    assert_undisturbed(folder.path, undisturbed)


def test_ctrl_c(start, undisturbed, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    with start(folder.path) as command:
        command.until(lambda: checkpointed_run(folder))
        command.interrupt_group()
        assert command.wait() == 130, command.text
        assert not command.left_behind()
        assert not command.text, "workers leave Ctrl-C to the driver"
    assert events_of(folder.events, "run-interrupted")
    assert not folder.stop_file.exists()
    with start(folder.path) as command:
        assert command.wait() == 0, command.text
    assert_undisturbed(folder.path, undisturbed)


def test_ctrl_c_twice_waits_for_nothing(tmp_path):
    sweep, folder = tmp_path / "sweep.yaml", SweepFolder(tmp_path / "out")
    sweep.write_text(SWEEP)
    with Started(["-c", STUBBORN, str(sweep), str(folder.path)], tmp_path) as command:
        command.until(lambda: any(folder.runs.glob(f"*/*/{NAME}")))
        command.interrupt_group()
        command.until(folder.stop_file.exists)
        command.interrupt_group()
        # Otherwise it waits for longer than a test may last.
        assert command.wait() == 130, command.text
        assert not command.left_behind()
    assert not folder.finished()


def test_sigterm_of_a_worker_leaves_a_checkpoint_first(start, undisturbed, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    with start(folder.path) as command:
        run_folder = command.until(lambda: checkpointed_run(folder))
        os.kill(worker_of(run_folder), signal.SIGTERM)
        assert command.wait() == 0, command.text
    (interrupted,) = events_of(folder.events, "run-interrupted")
    assert interrupted["run_id"] == run_folder.name
    assert_undisturbed(folder.path, undisturbed)
