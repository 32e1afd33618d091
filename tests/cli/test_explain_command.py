"""A sweep in plain words: what it says must follow from the file."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lbhsweep.cli import command as lbhsweep
from lbhsweep.cli.explained import explain
from lbhsweep.quantities import DECLARATIONS
from lbhsweep.sweep import load_sweep

SWEEPS = Path(__file__).parents[2] / "sweeps"


def said(file):
    parts = explain(load_sweep(file), str(file))
    return {part.title: " ".join(part.sentences) for part in parts}


def written(tmp_path, protocol, **axes):
    rows = "\n".join(f"  {key}: {value}" for key, value in axes.items())
    file = tmp_path / "sweep.yaml"
    file.write_text(f"name: x\naxes:\n{rows}\nprotocol: {protocol}\n")
    return file


@pytest.mark.parametrize("file", sorted(SWEEPS.rglob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_sweep_is_explained(file):
    words = said(file)
    assert {"What is simulated", "What each run does", "What is measured"} <= set(words)
    for sentence in words.values():
        assert "None" not in sentence
        assert "()" not in sentence


def test_it_says_what_the_quickstart_does():
    words = said(SWEEPS / "quickstart.yaml")
    assert "8 runs: 2 pressures × 2 directions × 2 replicas." in words["What is simulated"]
    assert "832 atoms" in words["What is simulated"]
    course = words["What each run does"]
    assert "Heating from the ordered phase α as built: 2 ps at 300 K, then to 750 K" in course
    assert "Cooling from the disordered phase β as built: 2 ps at 750 K, then to 300 K" in course
    assert "5 K/ps is 50 times the published rate" in words["What to beware of"]
    for name in ("thermo", "sites"):
        assert f"{name}: {DECLARATIONS[name].summary}." in words["What is measured"]


RAMP = "{ramp: {temperature: 300 K .. 700 K, directions: heating}}"
HOLD = "{hold: {equilibrate: 10 ps, produce: 50 ps}}"


def test_cautions_follow_from_the_file(tmp_path):
    ramp = written(tmp_path, RAMP, pressure="0 GPa", heating_rate="1 K/ps")
    cautions = said(ramp)["What to beware of"]
    for part in ("One replica", "One pressure", "upper bounds", "10 times the published rate"):
        assert part in cautions
    hold = written(
        tmp_path, HOLD, pressure="[0 GPa, 1 GPa]", temperature="500 K", start="[alpha, beta]",
        replica=2,
    )  # fmt: skip
    cautions = said(hold)["What to beware of"]
    assert "50 ps are short for D" in cautions
    for part in ("One replica", "One pressure", "start from one phase"):
        assert part not in cautions


def test_the_command_prints_words_or_json(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    file = str(SWEEPS / "quickstart.yaml")
    plain = CliRunner().invoke(lbhsweep, ["explain", file])
    assert plain.exit_code == 0
    assert f"lbhsweep run {file} --output quickstart --rehearse" in plain.stdout
    assert "\x1b" not in plain.stdout
    found = json.loads(CliRunner().invoke(lbhsweep, ["explain", file, "--json"]).stdout)
    assert "8 runs" in found["What is simulated"][0]


def test_a_wrong_file_is_refused_with_its_lines(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("name: x\naxes: {pressure: 4}\n")
    result = CliRunner().invoke(lbhsweep, ["explain", str(file)])
    assert result.exit_code == 2
    assert f"{file}:2: axes.pressure" in result.output
