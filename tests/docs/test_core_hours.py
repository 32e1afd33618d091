"""What the page on core-hours quotes is what plan says."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from lbhsweep.cli.plan import command as plan_command
from lbhsweep.sweep import expand_grid, load_sweep, make_plan
from lbhsweep.sweep.cost import estimated_core_seconds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recipes" / "core-hours.md").read_text(encoding="utf-8")
ROWS = re.findall(r"\| `(\w+)` \| (\d+) \| ([\d.]+) \|", PAGE)


@cache
def printed_by_plan(name):
    path = str(ROOT / "sweeps" / f"{name}.yaml")
    text, data = (
        CliRunner().invoke(plan_command, [path, *flags]).stdout for flags in ([], ["--json"])
    )
    (hours,) = re.findall(r"estimated core-hours: (.+)$", text, re.M)
    return json.loads(data)["points"], hours


@pytest.mark.parametrize(("name", "runs", "hours"), ROWS, ids=[row[0] for row in ROWS])
def test_each_sweep_has_the_runs_and_core_hours_of_plan(name, runs, hours):
    assert (int(runs), hours) == printed_by_plan(name)


def test_the_table_is_there():
    assert len(ROWS) == 7


@pytest.mark.parametrize("paper", ["barocaloric", "maltsev"])
def test_totals_count_each_run_once(paper):
    points = {}
    for path in (ROOT / "sweeps").glob(f"{paper}_*.yaml"):
        points |= make_plan(expand_grid(load_sweep(path)), {}).points
    hours = sum(map(estimated_core_seconds, points.values())) / 3600
    runs = "different runs" if paper == "barocaloric" else "runs"
    assert f"{len(points)} {runs} and {hours:.0f} core-hours" in PAGE.replace("\n", " ")
