"""The plan: the grid less what has left a record, on the command line too."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.cli.plan import command
from lbhsweep.document import parse_document
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import Record, RecordHeader, RunError, write_record
from lbhsweep.sweep import (
    PHYSICS_VERSION,
    canonical_json,
    expand_grid,
    load_sweep,
    make_plan,
    run_id,
)
from lbhsweep.sweep.cost import estimated_core_seconds
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.plan import changed_physics

SWEEP = """\
name: planned
axes: {pressure: [0 GPa, 0.4 GPa], heating_rate: [20 K/ps, 50 K/ps]}
protocol: {ramp: {temperature: 300 K .. 400 K}}
model: {cutoff: 9 Å}
"""


def grid_of(text, **options):
    return expand_grid(sweep_from(parse_document(text, "sweep.yaml")), **options)


GRID = grid_of(SWEEP)
DIMS = tuple(GRID.coordinates)
IDS = [run_id(point) for point in GRID.points]
finished_runs = st.dictionaries(
    st.sampled_from([*IDS, "f" * 64, "0" * 64]), st.sampled_from(["done", "failed"])
)


@settings(deadline=None)
@given(finished_runs)
def test_every_run_is_counted_once(finished):
    plan = make_plan(GRID, finished)
    assert sorted([*plan.done, *plan.failed, *plan.missing]) == sorted(IDS)
    assert set(plan.others) == finished.keys() - set(IDS)
    assert {*plan.done, *plan.failed, *plan.others} == set(finished)
    hours = sum(estimated_core_seconds(plan.points[name]) for name in plan.missing) / 3600
    assert plan.core_hours == pytest.approx(hours)


def test_changed_physics_is_named():
    plan = make_plan(grid_of(SWEEP.replace("9 Å", "8 Å")), dict.fromkeys(IDS, "done"))
    assert changed_physics(GRID.points, plan, DIMS) == {"model.cutoff_A": (9.0, 8.0)}


def test_removed_points_are_no_change_of_physics():
    plan = make_plan(grid_of(SWEEP.replace("0 GPa, ", "")), dict.fromkeys(IDS, "done"))
    assert plan.missing == ()
    assert len(plan.others) == 4
    assert changed_physics(GRID.points, plan, DIMS) == {}


@pytest.fixture
def sweep(tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text(SWEEP)
    return path


def finish(folder, point, status="done"):
    header = RecordHeader(
        run_id=run_id(point),
        point=canonical_json(point),
        physics_version=PHYSICS_VERSION,
        status=status,
        error=RunError("not-finite", "NaN") if status == "failed" else None,
    )
    folder.create()
    write_record(folder, Record(header, {}))


def plan_of(*arguments):
    result = CliRunner().invoke(command, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_command_counts_records(sweep, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    points = expand_grid(load_sweep(sweep)).points
    finish(folder, points[0])
    finish(folder, points[1], "failed")
    summary = plan_of(sweep, "--output", folder.path)
    counts = {name: summary[name] for name in ("points", "done", "failed", "missing", "others")}
    assert counts == {"points": 8, "done": 1, "failed": 1, "missing": 6, "others": 0}
    assert summary["axes"]["pressure"] == [0.0, 0.4]
    assert len(summary["bin_centres"]) == 8


def test_command_tells_what_changed(sweep, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    finish(folder, expand_grid(load_sweep(sweep)).points[0])
    sweep.write_text(SWEEP.replace("9 Å", "8 Å"))
    summary = plan_of(sweep, "--output", folder.path)
    assert summary["others"] == 1
    assert summary["changed"] == {"model.cutoff_A": [9.0, 8.0]}
    shown = CliRunner().invoke(command, [str(sweep), "--output", str(folder.path)])
    assert "their settings changed" in shown.stdout
    assert "model.cutoff_A: 9.0 → 8.0" in shown.stdout


def test_command_plans_around_a_damaged_record(sweep, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    folder.create()
    damaged = folder.record_path("f" * 64)
    damaged.parent.mkdir()
    damaged.write_bytes(b"LBHREC 1\nnot a record")
    assert plan_of(sweep, "--output", folder.path)["others"] == 1


def test_rehearsals_are_counted_apart(sweep, tmp_path):
    folder = SweepFolder(tmp_path / "out")
    folder.create()
    for point in expand_grid(load_sweep(sweep), rehearsal=True).points:
        finish(folder.rehearsal, point)
    assert plan_of(sweep, "--output", folder.path)["done"] == 0
    assert plan_of(sweep, "--output", folder.path, "--rehearse")["done"] == 8


def test_the_space_that_trajectories_take_is_told(sweep, tmp_path):
    """Ramps of 5 and 2 ps, two of each at two pressures: 4 · (50 + 20) frames of 832 atoms."""
    shown = CliRunner().invoke(command, [str(sweep)])
    assert "trajectories" not in shown.stdout
    sweep.write_text(SWEEP + "trajectory: {every: 0.1 ps}\n")
    numbers = 4 * (50 + 20) * 832 * 3 * 4
    assert plan_of(sweep)["trajectory_bytes"] == pytest.approx(0.8 * numbers, rel=0.05)
    shown = CliRunner().invoke(command, [str(sweep)])
    assert "trajectories will take about 2.24 MB" in shown.stdout
    assert plan_of(sweep, "--rehearse")["trajectory_bytes"] == 0
    folder = SweepFolder(tmp_path / "out")
    for point in expand_grid(load_sweep(sweep)).points:
        finish(folder, point)
    assert plan_of(sweep, "--output", folder.path)["trajectory_bytes"] == 0
    sweep.write_text(SWEEP + "trajectory: {every: 0.1 ps, velocities: true}\n")
    assert plan_of(sweep)["trajectory_bytes"] == pytest.approx(1.72 * numbers, rel=0.05)
    changed = plan_of(sweep, "--output", folder.path)["changed"]
    assert changed == {"trajectory.velocities": [False, True]}


def test_command_shows_the_grid(sweep):
    shown = CliRunner().invoke(command, [str(sweep)])
    assert shown.exit_code == 0
    for text in ("planned", "832 atoms", "0, 0.4 GPa", "20, 50 K/ps", "8 runs", "8 missing"):
        assert text in shown.stdout


def test_bad_file_ends_with_status_two_and_writes_nothing(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(SWEEP.replace("9 Å", "9").replace("planned", "[]"))
    result = CliRunner().invoke(command, [str(path), "--output", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 2
    assert result.stdout == ""
    name, cutoff = result.stderr.splitlines()
    assert name == f"{path}:1: name: got a list, wanted a text"
    assert cutoff.startswith(f"{path}:4: model.cutoff: got 9 without a unit")
    assert sorted(tmp_path.iterdir()) == [path]
