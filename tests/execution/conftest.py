import contextlib
import os
from pathlib import Path

import pytest
from execution.execution_sweeps import Sweep
from execution.serial_executor import SerialExecutor

from lbhsweep.execution.clusters.dask_executor import DaskExecutor
from lbhsweep.execution.clusters.spec import LocalCluster
from lbhsweep.execution.clusters.start import start_cluster


@pytest.fixture(scope="session")
def cluster():
    """Two workers for all tests that need real ones."""
    with start_cluster(LocalCluster(kind="local", workers=2, start_timeout="600 s")) as executor:
        yield executor


@pytest.fixture(params=["serial", "dask"])
def open_executor(request):
    """Every executor must pass the same tests."""
    if request.param == "serial":
        return lambda: contextlib.nullcontext(SerialExecutor())
    client = request.getfixturevalue("cluster")._client
    # One for each session, as in production: answers of an aborted sweep are dropped.
    return lambda: contextlib.nullcontext(DaskExecutor(client, patience_s=600.0))


@pytest.fixture
def sweep(tmp_path: Path, open_executor) -> Sweep:
    return Sweep(tmp_path / "out", open_executor)


@pytest.fixture
def play(tmp_path, monkeypatch):
    """Put scripts in place of commands."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")

    def write(name, script):
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    return write
