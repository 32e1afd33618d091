"""The shipped sweeps: what their headers and their list say is so, and each can be run."""

import contextlib
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from execution.serial_executor import SerialExecutor

from lbhsweep.analysis import current_analysis
from lbhsweep.cli.plan import command as plan_command
from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.plots.figures import draw_figures
from lbhsweep.quantities import CATALOGUE
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results
from lbhsweep.sweep import Grid, Plan, expand_grid, load_sweep, make_plan
from lbhsweep.sweep.cost import estimated_core_seconds

SWEEPS = Path(__file__).parents[2] / "sweeps"
EXAMPLES = {"quickstart", "hold_demo"}
VALIDATION = sorted((SWEEPS / "validation").glob("*.yaml"))
FULL = sorted(path for path in SWEEPS.glob("*.yaml") if path.stem not in EXAMPLES)
TWINS = sorted((SWEEPS / "reduced").glob("*.yaml"))
README = (SWEEPS / "README.md").read_text()
ROW = re.compile(
    r"\| [^|]+ \| \[(?P<name>\w+)\]\((?P<link>\w+\.yaml)\) \| (?P<full>\S+) \| (?P<twin>\S+) "
    r"\| (?P<look>[^|]+) \|"
)
ROWS = {row["name"]: row for row in map(ROW.fullmatch, README.splitlines()) if row}
TWIN_CORE_HOURS = 1.0

each = pytest.mark.parametrize("path", [*FULL, *TWINS], ids=lambda p: f"{p.parent.name}/{p.stem}")
each_full = pytest.mark.parametrize("path", FULL, ids=lambda path: path.stem)


@cache
def grid(path: Path) -> Grid:
    return expand_grid(load_sweep(path))


@cache
def planned(path: Path) -> Plan:
    return make_plan(grid(path), {})


@cache
def printed_core_hours(path: Path) -> str:
    """What ``lbhsweep plan`` prints at the end of its line."""
    printed = CliRunner().invoke(plan_command, [str(path)]).stdout
    (hours,) = re.findall(r"estimated core-hours: (.+)$", printed, re.M)
    return hours


def test_there_are_sweeps_of_both_papers_and_twins_of_all():
    assert {path.name.split("_")[0] for path in FULL} == {"barocaloric", "maltsev"}
    assert [path.name for path in FULL] == [path.name for path in TWINS]


@pytest.mark.parametrize(
    "path", [*FULL, *TWINS, *VALIDATION], ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_header_says_what_plan_says(path):
    (stated,) = re.findall(
        r"^# Estimated core-hours: ([\d.,]+) \(lbhsweep plan\)$", path.read_text(), re.M
    )
    assert stated == printed_core_hours(path)


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_two_cores_finish_a_twin_within_an_hour(path):
    assert planned(path).core_hours <= TWIN_CORE_HOURS
    seconds = {point: estimated_core_seconds(point) for point in grid(path).points}
    assert max(seconds.values()) <= 0.25 * 3600.0, "the last run keeps one core only busy"
    assert load_sweep(path).name == f"{path.stem}_reduced"


@each_full
def test_full_sweeps_have_the_papers_size_and_repeat_runs(path):
    points = grid(path).points
    cells = {point.system.supercell for point in points}
    assert cells == {(2, 2, 2) if path.name.startswith("barocaloric") else (3, 3, 3)}
    assert len({point.replica for point in points}) >= 3, "error bars"
    assert load_sweep(path).name == path.stem


@each
def test_what_a_figure_needs_is_measured(path):
    quoted = re.findall(r"`(\w+)`", ROWS[path.stem]["look"])
    variables = [name for name in quoted if name not in grid(path).coordinates]
    assert variables
    for name in variables:
        assert grid(path).group in CATALOGUE[name].groups
        for point in grid(path).points:
            assert CATALOGUE[name].observable in point.observables


@each
def test_rehearsed_runs_fill_what_is_looked_at(path):
    points = expand_grid(load_sweep(path), rehearsal=True).points
    names = set(re.findall(r"`(\w+)`", ROWS[path.stem]["look"])) & CATALOGUE.keys()
    for point in {points[0], points[len(points) // 2], points[-1]}:
        outcome = rehearse(point)
        assert outcome.status == "done"
        assert names <= outcome.arrays.keys()


def figures_named(path: Path) -> set[str]:
    return set(re.findall(r"\*(\w+)\*", ROWS[path.stem]["look"]))


@pytest.mark.parametrize("path", list(filter(figures_named, TWINS)), ids=lambda path: path.stem)
def test_figures_that_are_named_are_drawn_from_a_twin(path, tmp_path):
    folder, whole = SweepFolder(tmp_path), expand_grid(load_sweep(path), rehearsal=True)
    first = tuple(point for point in whole.points if point.replica == 0)
    executor = contextlib.nullcontext(SerialExecutor())
    once = replace(whole, points=first)
    run_sweep(folder, once, path.read_text(), Rehearsal(), lambda: executor, [])
    with open_results(tmp_path) as tree:
        analysis = current_analysis(tree, folder.analysis)
        reports = draw_figures(tree, analysis, folder.figures, only=sorted(figures_named(path)))
    for name in figures_named(path):
        mine = [report for report in reports if report.name == name]
        assert any(report.files for report in mine), [report.reason for report in mine]


def test_the_list_has_all_sweeps_with_their_hours():
    assert sorted(ROWS) == [path.stem for path in FULL]
    for path, twin in zip(FULL, TWINS, strict=True):
        row = ROWS[path.stem]
        assert row["link"] == path.name
        assert (row["full"], row["twin"]) == tuple(map(printed_core_hours, (path, twin)))


@pytest.mark.parametrize(
    ("more", "fewer"),
    [
        ("barocaloric_entropy_maps", "barocaloric_fig2_heat_capacity"),
        ("maltsev_table3_activation", "maltsev_fig3b_vacancies"),
        ("maltsev_fig4_rotation", "maltsev_fig5a_correlation_temperature"),
    ],
)
def test_runs_in_common_are_the_same_runs(more, fewer):
    assert re.search(f"`{more}`[^`]*`{fewer}`", README)
    larger, smaller = (planned(SWEEPS / f"{name}.yaml") for name in (more, fewer))
    assert smaller.points.keys() < larger.points.keys()
