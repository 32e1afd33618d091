"""Optional packages that are installed but broken: what needs them says so, all else works."""

import os
import subprocess
import sys
from contextlib import nullcontext

import pytest
from execution.execution_sweeps import Sweep
from execution.serial_executor import SerialExecutor

from lbhsweep.cli.optional_packages import OPTIONAL, UNUSED
from lbhsweep.execution.worker.workload import Rehearsal

BROKEN = "raise RuntimeError('built for another numpy')\n"
VERBS = """\
import sys
from lbhsweep.cli import main
for line in sys.argv[1:]:
    sys.argv = ["lbhsweep", *line.split(" ")]
    try:
        main()
    except SystemExit as end:
        print("status", end.code or 0, flush=True)
from lbhsweep.late_pymbar import import_pymbar
assert import_pymbar().timeseries is not None
"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    sweep = Sweep(tmp_path_factory.mktemp("broken") / "out", lambda: nullcontext(SerialExecutor()))
    sweep.run(workload=Rehearsal())
    return sweep


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A folder with a broken module of each optional package's name, first in the path."""
    folder = tmp_path_factory.mktemp("modules")
    for name in (*OPTIONAL, *UNUSED):
        (folder / f"{name}.py").write_text(BROKEN)
    return folder


def call(broken, *lines):
    path = os.pathsep.join(filter(None, [str(broken), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-c", VERBS, *lines],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=600,
        check=False,
    )  # fmt: skip


def test_what_needs_none_of_them_works(sweep, broken):
    folder = sweep.path
    done = call(
        broken, f"plan {folder}/sweep.yaml", f"explain {folder}/sweep.yaml", f"status {folder}",
        f"analyze {folder}", f"plot {folder} --only hysteresis", f"verify {folder}",
        f"export table {folder} hysteresis --output {folder}/table.csv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    statuses = [line for line in done.stdout.splitlines() if line.startswith("status")]
    assert len(statuses) == 7
    assert set(statuses[:6]) == {"status 0"}, done.stdout + done.stderr


def test_what_needs_one_says_which_and_why(sweep, broken, tmp_path):
    (tmp_path / "start.cif").write_text("data_x\n")
    run = next(iter(sweep.folder.finished()))
    done = call(
        broken, f"evaluate {tmp_path}/start.cif", f"dashboard {sweep.path} --wait 0",
        f"export structure {sweep.path} {run} --output {tmp_path}/end.cif",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    statuses = [line for line in done.stdout.splitlines() if line.startswith("status")]
    assert statuses == ["status 2"] * 3, done.stdout + done.stderr
    assert done.stderr.count("built for another numpy") == 3


def test_pymbar_never_sees_jax(broken):
    """Also where the command line's own care is not in force."""
    code = (
        "import sys; from lbhsweep.late_pymbar import import_pymbar; import_pymbar();"
        "assert 'jax' not in sys.modules"
    )
    path = os.pathsep.join(filter(None, [str(broken), os.environ.get("PYTHONPATH", "")]))
    jax_alone = broken.parent / "jax-alone"
    jax_alone.mkdir(exist_ok=True)
    (jax_alone / "jax.py").write_text(BROKEN)
    path = path.replace(str(broken), str(jax_alone))
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
