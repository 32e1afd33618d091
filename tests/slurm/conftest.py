import shutil
import tempfile
from pathlib import Path

import pytest
from execution.execution_sweeps import physics_of, yaml_text
from execution.serial_executor import SerialExecutor
from left_behind import keep_processes
from slurm.local_slurm import LocalSlurm, SlurmMissingError
from slurm.slurm_sweeps import Case

from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep


@pytest.fixture(scope="session")
def slurm_up():
    """A SLURM of three virtual nodes of two cores, which all commands here find."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    slurm = LocalSlurm(folder)
    try:
        slurm.up()
    except SlurmMissingError as missing:
        shutil.rmtree(folder)
        pytest.skip(str(missing))
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in slurm.environment.items():
                patch.setenv(name, value)
            yield slurm
    finally:
        slurm.down()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def slurm(slurm_up):
    """The same, left without jobs and with all nodes whatever a test did."""
    yield slurm_up
    slurm_up.cancel_all()
    slurm_up.run("scontrol", "update", "nodename=ALL", "state=resume")
    # A daemon that a test had to start again.
    keep_processes(slurm_up.process_ids)


@pytest.fixture(scope="session")
def serial(tmp_path_factory):
    """Results of the same sweep done in this process, one run after the other."""
    from contextlib import nullcontext

    out = tmp_path_factory.mktemp("serial")
    file = out.with_suffix(".yaml")
    file.write_text(yaml_text())
    grid = expand_grid(load_sweep(file), rehearsal=True)
    run_sweep(
        SweepFolder(out), grid, yaml_text(), Rehearsal(), lambda: nullcontext(SerialExecutor())
    )
    return physics_of(out)


@pytest.fixture
def case(slurm, tmp_path):
    """The sweep, a cluster file and an output folder."""
    return Case(tmp_path, yaml_text())
