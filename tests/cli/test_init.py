"""A first sweep file: valid whatever was said, refused with the reason where it can't be."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.cli import command as lbhsweep
from lbhsweep.errors import SpecError
from lbhsweep.sweep import expand_grid, load_sweep
from lbhsweep.sweep.first_file import QUESTIONS, write_sweep


def init(*words):
    return CliRunner().invoke(lbhsweep, ["init", *words])


@pytest.mark.parametrize("protocol", ["ramp", "hold"])
def test_defaults_give_a_file_that_runs(tmp_path, protocol):
    file = tmp_path / "my sweep.yaml"
    assert init(str(file), "--protocol", protocol, "--yes").exit_code == 0
    spec = load_sweep(file)
    assert spec.name == "my sweep"
    assert expand_grid(spec).group == protocol
    lines = [line.strip() for line in file.read_text().splitlines()]
    for key in ("pressure", "replica", "supercell"):
        (at,) = (i for i, line in enumerate(lines) if line.startswith(f"{key}:"))
        assert lines[at - 1].startswith("#")


def test_options_become_the_file_and_json_gives_it(tmp_path):
    file = tmp_path / "x.yaml"
    done = init(str(file), "--pressure", "0 GPa, 200 MPa", "--temperature", "310 K .. 700 K",
                "--heating-rate", "2 K/ps", "--replica", "3", "--json")  # fmt: skip
    assert done.exit_code == 0
    assert json.loads(done.stdout)["sweep"] == file.read_text()
    spec = load_sweep(file)
    assert spec.axes.pressure == (0.0, 0.2)
    assert spec.axes.replica == (0, 1, 2)
    # 12.5 K don't divide 390 K.
    assert spec.protocol.ramp.bin == 10.0


def test_a_single_cell_gets_a_cutoff_that_fits(tmp_path):
    file = tmp_path / "x.yaml"
    assert init(str(file), "--supercell", "1", "--yes").exit_code == 0
    assert load_sweep(file).model.cutoff == 4.5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pressure", "4"], "without a unit"),
        (["--temperature", "300 K .. 300.5 K"], "1 K is wider than the range"),
        (["--protocol", "hold", "--heating-rate", "5 K/ps"], "not for a hold"),
        (["--supercell", "x: ["], "YAML"),
        (["--replica", "2\n# x"], "one line"),
    ],
)
def test_what_a_file_would_be_refused_for_is_refused_and_nothing_written(tmp_path, words, said):
    file = tmp_path / "x.yaml"
    result = init(str(file), "--yes", *words)
    assert result.exit_code == 2
    assert said in result.output
    assert not file.exists()


def test_a_file_that_is_there_stays(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("mine")
    result = init(str(file), "--yes")
    assert result.exit_code == 2
    assert file.read_text() == "mine"
    assert init(str(file), "--yes", "--force").exit_code == 0
    assert load_sweep(file)


@given(st.text(max_size=12), st.sampled_from([question.key for question in QUESTIONS[1:]]))
def test_any_answer_gives_a_valid_file_or_a_reason(said, key):
    for protocol in ("ramp", "hold"):
        # It checks itself what it writes.
        with suppress(SpecError):
            assert write_sweep("x", {"protocol": protocol, key: said}).endswith("\n")


def test_on_a_terminal_it_asks_and_asks_again(tmp_path):
    answers = ["ramp", "nonsense", "0 GPa", "", "10 K/ps", "", "", "1"]
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "lbhsweep", "init", "asked.yaml"],
        cwd=tmp_path, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.close(terminal)
        os.write(controller, "".join(f"{answer}\n" for answer in answers).encode())
        out, err = process.communicate(timeout=600)
    os.close(controller)
    assert process.returncode == 0, err
    assert "asked.yaml" in out
    assert "nonsense" in err
    spec = load_sweep(tmp_path / "asked.yaml")
    assert (spec.axes.pressure, spec.axes.heating_rate) == ((0.0,), (10.0,))
    assert spec.axes.replica == (0,)
