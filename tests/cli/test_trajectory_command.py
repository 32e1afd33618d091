"""``lbhsweep trajectory``: which runs have frames, and one of them in a file."""

import json
import sys

import ase.io
import pytest
from click.testing import CliRunner
from interop.made_up_trajectory import write

from lbhsweep.cli import command

FIRST, SECOND = "ab" + 62 * "0", "cd" + 62 * "0"


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "out", FIRST)
    write(tmp_path / "out", SECOND, n_written=4, velocities=False)
    return tmp_path / "out"


def invoke(*arguments):
    return CliRunner().invoke(command, ["trajectory", *map(str, arguments)])


def test_without_a_run_all_are_listed(folder):
    found = invoke(folder)
    assert found.exit_code == 0, found.output
    first, second = found.stdout.splitlines()
    assert first.split() == [FIRST[:12], "12", "frames", "a", "made-up", "run"]
    assert second.startswith(SECOND[:12])
    assert json.loads(invoke(folder, "--json").stdout) == {"run_ids": [FIRST, SECOND]}


def test_none_at_all_says_how_to_get_some(tmp_path):
    found = invoke(tmp_path)
    assert found.exit_code == 0
    assert "no trajectories; write for example 'trajectory: {every: 1 ps}'" in found.stdout


def test_a_run_is_described(folder):
    found = invoke(folder, "ab")
    assert "12 of 12 frames from 0.5 to 6 ps, positions and velocities of 104 atoms" in found.stdout
    found = invoke(folder, "cd", "--json")
    assert json.loads(found.stdout) == {
        "run_id": SECOND,
        "label": "a made-up run",
        "atoms": 104,
        "frames": 4,
        "frames_planned": 12,
        "velocities": False,
        "first_ps": 0.5,
        "last_ps": 2.0,
    }


def test_a_run_is_written(folder, tmp_path):
    out = tmp_path / "run.extxyz"
    found = invoke(folder, "ab", "--output", out, "--every", "5", "--wrap")
    assert found.exit_code == 0, found.output
    assert f"3 frames written to {out}" in found.stdout
    read = ase.io.read(out, ":")
    assert [atoms.info["time_ps"] for atoms in read] == [0.5, 3.0, 5.5]
    lithium = read[2][[atom.symbol == "Li" for atom in read[2]]]
    assert (lithium.get_scaled_positions(wrap=False) >= 0.0).all()
    summary = json.loads(invoke(folder, "ab", "--output", out, "--json").stdout)
    assert (summary["output"], summary["frames_written"]) == (str(out), 12)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["ff"], 2, "no run in"),
        (["ab", "--every", "0"], 2, "--every"),
        (["--output", "x.extxyz"], 2, "--output needs a RUN"),
        (["ab", "--output", "none/x.extxyz"], 1, "can't write"),
    ],
)
def test_mistakes_are_messages(folder, arguments, status, message):
    found = invoke(folder, *arguments)
    assert found.exit_code == status
    assert message in found.output
    assert "Traceback" not in found.output
    missing = invoke(folder / "none", *arguments[:1])
    assert missing.exit_code == 2


def test_without_ase_it_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lbhsweep.interop.trajectory_ase", None)
    found = invoke(folder, "ab", "--output", tmp_path / "run.extxyz")
    assert found.exit_code == 2
    assert "pip install ase" in found.output
