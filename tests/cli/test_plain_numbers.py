"""Numbers on a terminal are written as people write them."""

import json

import pytest
from click.testing import CliRunner

from lbhsweep.cli import command
from lbhsweep.units import core_hours, plain_number

LONG = """\
name: long
system: {supercell: 2}
axes: {pressure: [0 GPa, 0.4 GPa], temperature: [400 K, 600 K], replica: 40}
protocol: {hold: {equilibrate: 1 ns, produce: 20 ns}}
"""


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (160.4, 2, "160"),
        (12_960.0, 2, "13,000"),
        (999.9, 3, "1,000"),
        (0.0123, 2, "0.012"),
        (8743.0, 4, "8,743"),
        (-0.5, 3, "-0.5"),
        (0.0, 3, "0"),
        (float("nan"), 3, "nan"),
    ],
)
def test_no_number_has_an_exponent(value, digits, text):
    assert plain_number(value, digits) == text


def test_core_hours_are_plain_from_the_smallest_to_the_largest():
    assert [core_hours(hours) for hours in (0.001, 0.35, 162.0, 1.3e6)] == [
        "under 0.01",
        "0.35",
        "160",
        "1,300,000",
    ]


@pytest.mark.parametrize("verb", ["plan", "explain"])
def test_commands_print_them_so(tmp_path, verb):
    file = tmp_path / "long.yaml"
    file.write_text(LONG)
    said = CliRunner().invoke(command, [verb, str(file)])
    assert said.exit_code == 0, said.output
    assert "core-hours" in said.stdout
    assert "e+0" not in said.stdout


def test_a_first_file_settles_no_longer_than_it_needs(tmp_path):
    for produce, settles in (("4 ps", "0.8 ps"), ("200 ps", "40 ps"), ("2 ns", "40 ps")):
        file = tmp_path / f"{produce}.yaml"
        line = ["init", str(file), "--protocol", "hold", "--produce", produce]
        assert CliRunner().invoke(command, line).exit_code == 0
        assert f"equilibrate: {settles}" in file.read_text()


def test_a_plan_takes_the_speed_of_runs_that_are_done(tmp_path, monkeypatch):
    from lbhsweep.execution.clusters import check, forecast

    file = tmp_path / "long.yaml"
    file.write_text(LONG)

    def hours(*options):
        said = CliRunner().invoke(command, ["plan", str(file), "--json", *options])
        assert said.exit_code == 0, said.output
        found = json.loads(said.stdout)
        return found["core_hours"], found["speed_source"]

    assumed, source = hours()
    assert source.startswith("assumed")
    monkeypatch.setattr(check, "measure_speed", lambda: 125.0)
    assert hours("--pilot") == (pytest.approx(2 * assumed), "measured by a pilot here")
    measured = forecast.Speed(62.5, "of 3 runs that are done")
    monkeypatch.setattr(forecast, "_measured", lambda plan, folder: measured)
    assert hours("--output", str(tmp_path / "out")) == (pytest.approx(4 * assumed), measured.source)
