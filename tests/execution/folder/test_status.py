import hashlib
import os
from contextlib import nullcontext

import pytest
from execution.execution_sweeps import Broken, Sweep, yaml_text
from execution.serial_executor import SerialExecutor

from lbhsweep.errors import ClusterError, FolderError, SchemaError
from lbhsweep.execution.folder.settings import Settings
from lbhsweep.execution.folder.status import folder_status
from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import run_id


@pytest.fixture
def finished(tmp_path):
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(SerialExecutor()))
    sweep.run(workload=Rehearsal(failure_rate=0.6))
    return sweep


def test_counts_and_failures_come_from_the_records(finished):
    status = folder_status(finished.folder)
    assert status.driver is None
    assert (status.total, status.missing) == (8, 0)
    assert status.failures
    assert status.done + len(status.failures) == 8
    assert {one.error_class for one in status.failures} == {"not-finite"}
    assert all(one.label.startswith("lbh-2021 0") for one in status.failures)


def test_attempts_under_way_are_distinguished_from_those_that_ended(finished):
    folder = finished.folder
    ledgers = []
    for path in list(folder.records.glob("*/*.rec"))[:3]:
        name = path.name.split(".")[0]
        path.unlink()
        ledgers.append(Ledger(folder.run_folder(name) / NAME))
        ledgers[-1].path.parent.mkdir(parents=True, exist_ok=True)
    for ledger in ledgers:
        ledger.start(label="a run", worker="host:1", progress=0)
    ledgers[0].end("interrupted")
    status = folder_status(folder)
    assert status.missing == 3
    assert not status.running, "nothing runs without a driver"
    assert len(status.interrupted) == 3
    with folder.driver_lock():
        status = folder_status(folder)
        assert status.driver.pid == os.getpid()
        assert len(status.running) == 2
        (interrupted,) = status.interrupted
        assert interrupted.run_id == ledgers[0].path.parent.name
        assert (interrupted.label, interrupted.worker) == ("a run", "host:1")


def test_the_error_that_ended_the_last_driver_is_shown(tmp_path):
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(SerialExecutor()))
    with pytest.raises(ClusterError):
        sweep.run(workload=Broken())
    aborted = folder_status(sweep.folder).aborted
    assert aborted.error_class == "ClusterError"
    assert "no module named nonsense" in aborted.message
    with sweep.folder.driver_lock():
        assert folder_status(sweep.folder).aborted is None
    (name,) = (run_id(point) for point in sweep.grid(yaml_text()).points[:1])
    newer = sweep.folder.record_path(name)
    newer.parent.mkdir(parents=True, exist_ok=True)
    content = b"LBHREC 2\n"
    newer.write_bytes(content + hashlib.sha256(content).hexdigest().encode() + b"\n")
    with pytest.raises(SchemaError):
        sweep.run()
    assert folder_status(sweep.folder).aborted.error_class == "SchemaError"
    newer.unlink()
    sweep.run()
    assert folder_status(sweep.folder).aborted is None


def test_runs_that_were_added_since_are_missing(finished):
    folder = finished.folder
    assert folder_status(folder).total == 8
    folder.sweep_yaml.write_text(yaml_text("[0 GPa, 0.4 GPa, 1 GPa]"))
    folder.settings.write_text(Settings(file="sweep.yaml", rehearsal=True).to_json())
    status = folder_status(folder)
    assert (status.total, status.missing) == (12, 4)


def test_a_folder_without_a_sweep_is_refused(tmp_path):
    with pytest.raises(FolderError, match="no sweep here, wanted the folder given to"):
        folder_status(SweepFolder(tmp_path))
    SweepFolder(tmp_path).rehearsal.path.mkdir()
    with pytest.raises(FolderError, match="add --rehearsal"):
        folder_status(SweepFolder(tmp_path))
