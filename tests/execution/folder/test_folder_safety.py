"""What lies in a sweep's folder: changed by its owner alone, attributable, and never executed."""

import ast
import io
import json
import os
import pickle
import re
import stat
import zipfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from execution.execution_sweeps import Misbehaving, Sweep
from execution.serial_executor import SerialExecutor

import lbhsweep
from lbhsweep.engine.dynamics.checkpoint import NAME, load_checkpoint
from lbhsweep.errors import CorruptRecordError, SpecError
from lbhsweep.execution.worker.ledger import NAME as LEDGER
from lbhsweep.execution.worker.ledger import Ledger
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.record import _FIRST_LINE, _digest, read_record
from lbhsweep.sweep import load_sweep

READERS = {"np.load", "np.lib.format.read_array"}
SOURCES = sorted(Path(lbhsweep.__file__).parent.rglob("*.py"))


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path / "new" / "out", lambda: nullcontext(SerialExecutor()))


@pytest.mark.parametrize(
    ("umask", "never"), [(0o000, stat.S_IWGRP | stat.S_IWOTH), (0o077, stat.S_IRWXG | stat.S_IRWXO)]
)
def test_nobody_else_may_write_and_a_stricter_umask_holds(sweep, umask, never):
    sweep.path.parent.mkdir()
    before = os.umask(umask)
    try:
        sweep.run(workload=Misbehaving(ValueError("bad"), replica=1))
        assert os.umask(umask) == umask, "it is the caller's"
    finally:
        os.umask(before)
    paths = [sweep.path, *sweep.path.rglob("*")]
    assert len(paths) > 100
    assert {path.name for path in paths} >= {LEDGER, "events.jsonl", "driver.lock", "sweep.yaml"}
    assert [path for path in paths if path.stat().st_mode & never] == []


def test_attempts_and_events_say_where(sweep, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    sweep.path.parent.mkdir()
    ending = sweep.run(workload=Rehearsal(failure_rate=0.6))
    lines = [json.loads(line) for line in sweep.folder.events.read_text().splitlines()]
    about_runs = [line for line in lines if line["event"].startswith("run-")]
    assert {line["event"] for line in about_runs} >= {"run-finished", "run-failed"}
    attempts = list(Ledger(sweep.folder.run_folder(ending.failed[0]) / LEDGER).lines())
    assert [line["event"] for line in attempts] == ["start", "end"]
    for line in (*about_runs, *attempts):
        assert line["pid"] == os.getpid()
        assert line["host"]
        assert line["slurm_job"] == "4711"
    assert {line["worker"] for line in about_runs} == {f"{line['host']}:{os.getpid()}"}


SPRUNG: list[str] = []


def spring() -> None:
    SPRUNG.append("executed")


class Trap:
    """Runs code when unpickled."""

    def __reduce__(self):
        return (spring, ())


def npz_with_a_trap(member):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        array = io.BytesIO()
        np.save(array, np.array([Trap()], dtype=object), allow_pickle=True)
        archive.writestr(f"{member}.npy", array.getvalue())
    return content.getvalue()


def test_nothing_in_a_folder_is_unpickled(tmp_path):
    pickle.loads(pickle.dumps(Trap()))
    assert SPRUNG == ["executed"], "the trap works"
    SPRUNG.clear()
    payload = npz_with_a_trap("header")
    record = tmp_path / "a.rec"
    record.write_bytes(_FIRST_LINE + _digest(_FIRST_LINE, payload) + b"\n" + payload)
    with pytest.raises(CorruptRecordError, match="no record"):
        read_record(record)
    (tmp_path / NAME).write_bytes(npz_with_a_trap("sha256"))
    assert load_checkpoint(tmp_path) is None
    assert SPRUNG == []


def test_yaml_makes_no_objects(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text("name: !!python/object/apply:os.system ['touch executed']\n")
    with pytest.raises(SpecError):
        load_sweep(file)
    assert not Path("executed").exists()


def test_no_source_reads_pickles_or_unsafe_yaml():
    n_reads = 0
    for source in SOURCES:
        text = source.read_text()
        assert not re.search(r"^\s*(import|from) (pickle|shelve|marshal|dill)\b", text, re.M), (
            source
        )
        assert not re.search(r"YAML\((?!typ=.safe)|yaml\.(load|unsafe_load)\(", text), source
        assert "allow_pickle=True" not in text, source
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in READERS:
                n_reads += 1
                assert "allow_pickle=False" in ast.unparse(node), source
    assert n_reads > 0, "checkpoints are read by NumPy"
