"""Workers and drivers are killed at random, again and again: nothing is lost or done twice."""

import os
import random
import signal
from contextlib import ExitStack, nullcontext, suppress

import psutil
import pytest
from execution.execution_sweeps import assert_same_bits, physics_of, yaml_text
from execution.serial_executor import SerialExecutor
from execution.started_command import Started

from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.execution.worker.workload import MolecularDynamics, Rehearsal
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.verify import verify_folder
from lbhsweep.sweep import expand_grid, load_sweep

DRIVE = """\
import os, sys
from dataclasses import dataclass
from pathlib import Path
from lbhsweep.execution.clusters.spec import LocalCluster
from lbhsweep.execution.clusters.start import start_cluster
from lbhsweep.execution.worker.workload import MolecularDynamics, Rehearsal
from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep, run_id

file, out, notes, seconds = sys.argv[1:]
# Synthetic runs last so long; molecular dynamics takes its own time.
Workload = Rehearsal if float(seconds) else MolecularDynamics

@dataclass(frozen=True)
class Watched(Workload):
    notes: str = ""

    def run(self, point, workdir, should_stop, on_progress, **places):
        name = run_id(point)
        record = SweepFolder(workdir.parents[2]).record_path(name)
        self.note("begun", name, record)
        outcome = Workload.run(self, point, workdir, should_stop, on_progress, **places)
        self.note("whole", name, record)
        return outcome

    def note(self, what, name, record):
        file = os.open(self.notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{what} {name} {record.exists()}\\n".encode())
        os.close(file)

cluster = LocalCluster(kind="local", workers=2, start_timeout="600 s")
grid = expand_grid(load_sweep(file), rehearsal=Workload is Rehearsal)
workload = (
    Watched(seconds=float(seconds), notes=notes) if Workload is Rehearsal
    else Watched(tuple(grid.force_fields.values()), checkpoint_every_s=0.2, notes=notes)
)
ending = run_sweep(
    SweepFolder(out), grid, Path(file).read_text(), workload, lambda: start_cluster(cluster)
)
sys.exit(ending.total - ending.done)
"""


def workers_of(command):
    """Return the worker processes of a driver."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(command.process.pid).children(recursive=True)
        return [one.pid for one in children if "spawn_main" in " ".join(one.cmdline())]
    return []


REAL = """\
name: chaos
system: {supercell: 1}
model: {cutoff: 4.5 Å}
axes: {pressure: [0 GPa, 0.4 GPa], heating_rate: 400 K/ps, replica: 75}
protocol: {ramp: {temperature: 300 K .. 500 K, bin: 50 K, equilibrate: 0.1 ps}}
"""


def kill_at_random(tmp_path, *, replicas, seconds, kills, seed, text=None):
    """Drive a sweep of four times so many runs, and kill now a worker, now the driver.

    Returns
    -------
    SweepFolder
        The sweep.
    list of list of str
        What began and what came whole: which run, and whether it had a record already.
    """
    chance = random.Random(seed)
    n_runs = 4 * replicas
    moments = sorted(chance.sample(range(1, n_runs - 4), len(kills)))
    order = chance.sample(kills, len(kills))
    file, folder, notes = tmp_path / "sweep.yaml", SweepFolder(tmp_path / "out"), tmp_path / "notes"
    file.write_text(text or yaml_text(replicas=replicas))
    arguments = ["-c", DRIVE, str(file), str(folder.path), str(notes), str(seconds)]
    with ExitStack() as stack:
        command = stack.enter_context(Started(arguments, tmp_path))
        for moment, victim in zip(moments, order, strict=True):
            command.until(lambda moment=moment: len(folder.finished()) >= moment)
            if victim == "worker":
                pids = command.until(lambda command=command: workers_of(command))
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(pids), signal.SIGKILL)
            else:
                command.process.kill()
                command.wait()
                assert not command.left_behind(), "workers end with their driver"
                command = stack.enter_context(Started(arguments, tmp_path))
        assert command.wait() == 0, command.text
    return folder, [line.split() for line in notes.read_text().splitlines()]


def assert_nothing_lost(tmp_path, folder, notes, *, replicas, kills, text=None):
    n_runs = 4 * replicas
    assert list(folder.finished().values()) == ["done"] * n_runs
    found = verify_folder(folder)
    assert (found.faults, found.done, found.cells) == ((), n_runs, n_runs)
    assert not folder.quarantine.exists()
    assert {has_record for _, _, has_record in notes} == {"False"}, "no run is done twice"
    # A killed worker loses the run that it has under way, a killed driver those of its two.
    most_lost = kills.count("worker") + 2 * kills.count("driver")
    for what in ("begun", "whole"):
        names = [name for one, name, _ in notes if one == what]
        assert set(names) == set(folder.finished())
        assert len(names) <= n_runs + most_lost
    assert not list(folder.runs.glob("*/*")), "finished runs leave no folder"
    whole = SweepFolder(tmp_path / "whole")
    file = tmp_path / "sweep.yaml"
    grid = expand_grid(load_sweep(file), rehearsal=text is None)
    workload = Rehearsal() if text is None else MolecularDynamics(tuple(grid.force_fields.values()))
    ending = run_sweep(
        whole, grid, file.read_text(), workload, lambda: nullcontext(SerialExecutor())
    )
    assert ending.done == n_runs
    undisturbed = physics_of(whole.path)
    assert (undisturbed["attempts"] == 1).all()
    # The numbers of attempts that count are among the bits: none was charged for a kill.
    assert_same_bits(physics_of(folder.path), undisturbed)


def test_a_little_chaos(tmp_path):
    kills = ["worker"] * 3 + ["driver"] * 2
    folder, notes = kill_at_random(tmp_path, replicas=15, seconds=0.3, kills=kills, seed=20211)
    assert_nothing_lost(tmp_path, folder, notes, replicas=15, kills=kills)


@pytest.mark.validation
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_much_chaos(tmp_path, seed):
    kills = ["worker"] * 24 + ["driver"] * 8
    folder, notes = kill_at_random(tmp_path, replicas=75, seconds=0.3, kills=kills, seed=seed)
    assert_nothing_lost(tmp_path, folder, notes, replicas=75, kills=kills)


@pytest.mark.validation
@pytest.mark.timeout(3600)
def test_much_chaos_of_real_runs(tmp_path):
    kills = ["worker"] * 24 + ["driver"] * 8
    folder, notes = kill_at_random(
        tmp_path, replicas=75, seconds=0, kills=kills, seed=20211, text=REAL
    )
    assert_nothing_lost(tmp_path, folder, notes, replicas=75, kills=kills, text=REAL)
