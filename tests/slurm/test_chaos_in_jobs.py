"""Jobs are cancelled and drivers killed at random while a sweep runs on SLURM."""

import random
import time
from contextlib import nullcontext

import pytest
from execution.execution_sweeps import physics_of, yaml_text
from execution.serial_executor import SerialExecutor
from execution.started_command import Started
from slurm.slurm_sweeps import Case
from slurm.test_lost_jobs import assert_recovered

from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.verify import verify_folder
from lbhsweep.sweep import expand_grid, load_sweep


@pytest.mark.validation
@pytest.mark.timeout(1800)
def test_jobs_and_drivers_lost_at_random(slurm, tmp_path):
    chance = random.Random(20211)
    text = yaml_text(replicas=75)
    case = Case(tmp_path, text)
    n_runs = 300
    moments = sorted(chance.sample(range(5, n_runs - 20), 16))
    victims = chance.sample(["job"] * 12 + ["driver"] * 4, 16)
    command: Started = case.start(seconds=0.5, workers="6")
    command.__enter__()
    try:
        for moment, victim in zip(moments, victims, strict=True):
            command.until(lambda moment=moment: len(case.folder.finished()) >= moment)
            if victim == "job" and (running := list(slurm.jobs("RUNNING"))):
                slurm.run("scancel", chance.choice(running))
            elif victim == "driver":
                command.process.kill()
                command.process.wait()
                command = case.resume()
                command.__enter__()
        command.patience_s = 300.0
        assert command.wait() == 0, command.text
    finally:
        command.__exit__()
    deadline = time.monotonic() + 600
    while slurm.jobs("PENDING", "RUNNING") and time.monotonic() < deadline:
        time.sleep(0.2)
    found = verify_folder(case.folder)
    assert (found.faults, found.done, found.cells) == ((), n_runs, n_runs)
    alone = SweepFolder(tmp_path / "alone")
    grid = expand_grid(load_sweep(tmp_path / "sweep.yaml"), rehearsal=True)
    run_sweep(alone, grid, text, Rehearsal(), lambda: nullcontext(SerialExecutor()))
    assert_recovered(case, physics_of(alone.path), slurm)
