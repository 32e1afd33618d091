"""Every verb under encodings that lack Å, Δ and –: no traceback, and the status of UTF-8."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext

import pytest
from execution.execution_sweeps import Sweep
from execution.serial_executor import SerialExecutor

from lbhsweep.cli import _VERBS
from lbhsweep.execution.worker.workload import Rehearsal

ALL_VERBS = """\
import json, os, sys
from lbhsweep.cli import main
statuses = []
for line in json.loads(sys.argv[1]):
    sys.argv = ["lbhsweep", *(os.fsdecode(part.encode()) for part in line)]
    print("###", *map(ascii, line), flush=True)
    try:
        main()
    except SystemExit as end:
        statuses.append(end.code or 0)
    except BaseException as error:
        statuses.append(repr(error))
open(sys.argv[0] + "-statuses.json", "w").write(json.dumps(statuses))
"""
"""One process for all: most of a command's time goes into imports."""
ENVIRONMENTS = {
    "utf-8": {"PYTHONUTF8": "1"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "c-locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
WRONG = "name: größe\nprotocol: {hold: {produce: 4 ps, Δ: 1}}\n"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    sweep = Sweep(
        tmp_path_factory.mktemp("encodings") / "out", lambda: nullcontext(SerialExecutor())
    )
    sweep.run(workload=Rehearsal(failure_rate=0.3))
    return sweep


def lines_of(sweep, scratch):
    """Give command lines of all verbs; those that need a driver fail on their input."""
    folder, file = str(sweep.path), str(sweep.path / "sweep.yaml")
    wrong, absent = scratch / "wrong.yaml", str(scratch / "Öde")
    wrong.write_text(WRONG, encoding="utf-8")
    run = next(iter(sweep.folder.finished()))
    return [
        *([verb, "--help"] for verb in _VERBS),
        ["init", str(scratch / "first.yaml"), "--protocol", "hold"],
        ["explain", file],
        ["explain", file, "--json"],
        ["explain", str(wrong)],
        ["plan", file],
        ["plan", file, "--json"],
        ["plan", str(wrong)],
        ["run", str(wrong), "--output", absent],
        ["submit", str(wrong), "--output", absent],
        ["resume", absent],
        ["stop", folder],
        ["retry", absent],
        ["extend", folder, str(wrong)],
        ["logs", folder, run],
        ["logs", folder, run, "--json"],
        ["verify", folder],
        ["status", folder],
        ["status", folder, "--json"],
        ["dashboard", absent, "--wait", "0"],
        ["analyze", folder],
        ["analyze", folder, "--json"],
        ["plot", folder, "--only", "hysteresis"],
        ["plot", folder, "--only", "Größe"],
        ["trajectory", folder],
        ["export", "structure", folder, run, "--output", str(scratch / "Öde.cif")],
        ["export", "table", folder, "Größe", "--output", str(scratch / "ö.csv")],
        ["cluster", "keys"],
        ["cluster", "check", absent],
        ["evaluate", absent],
        ["bench", "--supercell", "Ä"],
        ["schema"],
        ["completion", "bash"],
    ]


def test_every_verb_has_a_line(sweep, tmp_path):
    assert {line[0] for line in lines_of(sweep, tmp_path)} == set(_VERBS)


def test_no_verb_ends_in_a_traceback_whatever_the_encoding(sweep, tmp_path):
    statuses = {}
    for name, changes in ENVIRONMENTS.items():
        scratch = tmp_path / name
        scratch.mkdir()
        lines = lines_of(sweep, scratch)
        clean = {
            k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONIO"))
        }
        done = subprocess.run(
            [sys.executable, "-c", ALL_VERBS, json.dumps(lines)],
            env=clean | changes, cwd=scratch, capture_output=True, timeout=600, check=False,
        )  # fmt: skip
        assert b"Traceback" not in done.stdout + done.stderr, (done.stdout + done.stderr)[-3000:]
        found = json.loads((scratch / "lbhsweep-statuses.json").read_text())
        statuses[name] = dict(zip(map(tuple, map(_without(scratch), lines)), found, strict=True))
        # What says JSON is JSON in any encoding.
        answers = [one for one in done.stdout.splitlines() if one.startswith(b'{"')]
        assert len(answers) >= 4
        for one in answers:
            json.loads(one.decode("latin-1" if name == "latin-1" else "utf-8"))
    assert statuses["latin-1"] == statuses["utf-8"]
    assert statuses["c-locale"] == statuses["utf-8"]
    assert set(statuses["utf-8"].values()) <= {0, 1, 2, 3}


def _without(scratch):
    return lambda line: [part.replace(str(scratch), "") for part in line]
