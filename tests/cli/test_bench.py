"""``lbhsweep bench``: its numbers hang together, and wrong input is refused."""

import json

import pytest
from click.testing import CliRunner

from lbhsweep.cli.bench import command

SMALL = ("--supercell", 1, "--cutoff", 4.5, "--equilibrate", 20, "--steps", 50)


def bench(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def measured():
    outcome = bench(*SMALL, "--temperature", 250, "--drift", "--drift-steps", 100, "--json")
    assert outcome.exit_code == 0, outcome.output
    return outcome


@pytest.fixture(scope="module")
def found(measured):
    assert measured.stdout.count("\n") == 1
    return json.loads(measured.stdout)


def test_throughput_is_said_in_consistent_units(found):
    outer_ns = 1e-6 * found["outer_timestep_fs"]
    assert found["n_atoms"] == 104
    assert found["outer_timestep_fs"] == 4 * found["timestep_fs"] == 2.0
    assert found["ns_per_day"] == pytest.approx(found["steps_per_second"] * outer_ns * 86400)
    low, high = found["ns_per_day_spread"]
    assert 0 < low <= found["ns_per_day"] <= high
    assert 0 < found["cpu_share"] < 1.2
    assert 0 <= found["list_rebuilds_per_step"] <= 1
    assert found["compile_seconds"] >= 0


def test_parts_measured_apart_make_up_the_step(found):
    step = 1 / found["steps_per_second"]
    parts = dict(found["breakdown"])
    other = parts.pop("other")
    assert {"list", "bonded", "integration"} < parts.keys()
    assert sum(parts.values()) + other == pytest.approx(step)
    # A busy machine may slow either side down, but not by everything that is measured.
    assert 0.3 * step < sum(parts.values()) < 3 * step
    assert min(parts.values()) >= 0
    assert all(parts[name] > 0 for name in ("pairs", "intramolecular", "reciprocal", "bonded"))


def test_settings_and_machine_are_shown(found):
    assert found["potential"] == "lbh-2021"
    assert (found["cutoff_A"], found["temperature_K"], found["ensemble"]) == (4.5, 250.0, "npt")
    assert found["cpu"]
    assert found["cpu_features"]


def test_drift_comes_with_its_error_and_length(measured, found):
    assert found["nve_drift_stderr_kT_per_atom_per_ns"] > 0
    assert "wanted at least 10 ps: --drift-steps 5000" in measured.stderr
    assert found["nve_drift_ps"] == pytest.approx(0.2)
    assert 50 < found["nve_temperature_K"] < 500
    # Loose: 0.2 ps say nothing of a drift, but units a thousand times off would be seen.
    assert abs(found["nve_drift_kT_per_atom_per_ns"]) < 100


def test_text_says_what_was_measured():
    outcome = bench(*SMALL, "--ensemble", "nve", "--temperature", "300 K")
    assert outcome.exit_code == 0, outcome.output
    assert "104 atoms, lbh-2021, cutoff 4.5 Å, NVE, 300 K, 0 GPa" in outcome.stdout
    assert "ns/day" in outcome.stdout
    assert "drift" not in outcome.stdout
    assert "compiled" in outcome.stdout
    assert "-0" not in outcome.stdout
    rows = {line.split()[0]: line.split()[1:] for line in outcome.stdout.splitlines() if line}
    assert rows["sum"][1] == "100%"
    assert "timing 50 outer steps of 104 atoms" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--supercell", 0), "--supercell: got 0, wanted at least 1"),
        (("--supercell", 1), "--cutoff: 9 Å does not fit the box"),
        (("--temperature", -5), "--temperature: got '-5 K', wanted more than 0 K"),
        (("--temperature", "warm"), "--temperature: got 'warm'"),
        (("--pressure", "1 parsec"), "--pressure: unknown unit 'parsec'"),
        (("--cutoff", "nan"), "--cutoff: got 'nan Å'"),
        (("--potential", "nope"), "--potential: unknown potential 'nope'"),
        (("--potential", "nope.yaml"), "nope.yaml:1: file: can't be read (No such file"),
        (("--steps", 49), "'--steps'"),
        (("--ensemble", "nph"), "'--ensemble'"),
    ],
)
def test_wrong_input_is_refused_before_anything_runs(arguments, message):
    outcome = bench(*arguments, "--json")
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    assert message in outcome.stderr
    assert "this file" not in outcome.stderr


def test_a_wrong_parameter_file_is_named_by_line(tmp_path):
    wrong = tmp_path / "mine.yaml"
    wrong.write_text("name: mine\nspeed: 3\n")
    outcome = bench("--potential", wrong)
    assert outcome.exit_code == 2, outcome.output
    assert f"{wrong}:2: speed: unknown key" in outcome.stderr


def test_help_says_what_bare_numbers_are_and_what_a_single_cell_needs():
    text = " ".join(bench("--help").stdout.split())
    assert "bare numbers are K, GPa and Å" in text
    assert "a single cell needs about '4.5 Å'" in text
    assert "at least 50" in text
