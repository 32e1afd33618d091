"""Everything about an observable follows from its declaration."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from docs.cell_anisotropy import CELL_ANISOTROPY
from simulation.simulation_points import FORCE_FIELD, coexist_point, hold_point, ramp_point

from lbhsweep.observables import OBSERVABLES
from lbhsweep.quantities import (
    CATALOGUE,
    DECLARATIONS,
    DIMENSIONS,
    load_code,
    measured_in,
    stderr_name,
)
from lbhsweep.simulation.simulate import simulate
from lbhsweep.sweep.sampling import inner_axes, production_of

ROOT = Path(__file__).parents[2]
POINTS = {
    "hold": hold_point(temperature_K=500.0),
    "ramp": ramp_point(),
    "coexist": coexist_point(),
}
MEASURED = [(group, name) for group in POINTS for name in sorted(measured_in(group))]

each = pytest.mark.parametrize("name", DECLARATIONS)
each_measured = pytest.mark.parametrize(("group", "name"), MEASURED)


def declared_shapes(point, name):
    """Shape of each array that a run's record must hold, by the names that are declared."""
    axes = inner_axes(point)
    bins = (4,) if point.group == "ramp" else ()
    shapes = {}
    for one in DECLARATIONS[name].quantities:
        if point.group in one.groups:
            shapes[one.name] = (*bins, *(len(axes[dim]) for dim in one.dims))
            if one.averaged:
                shapes[stderr_name(one.name)] = shapes[one.name]
    return shapes


def shapes_of(arrays):
    # Whether a hold has settled is stored beside the quantities.
    return {name: array.shape for name, array in arrays.items() if name != "equilibrated"}


@each_measured
def test_a_run_measures_exactly_what_is_declared(group, name, tmp_path):
    point = replace(POINTS[group], observables=(name,))
    outcome = simulate(point, tmp_path, force_field=FORCE_FIELD)
    assert shapes_of(outcome.arrays) == declared_shapes(point, name)


@each_measured
def test_a_rehearsal_makes_up_exactly_what_is_declared(group, name):
    point = replace(POINTS[group], observables=(name,))
    rehearse = load_code(DECLARATIONS[name].rehearsed_by)
    assert shapes_of(rehearse(point, np.random.default_rng(1))) == declared_shapes(point, name)


@each
def test_what_does_not_measure_in_ramps_makes_up_nothing_there(name):
    if name not in measured_in("ramp"):
        rehearse = load_code(DECLARATIONS[name].rehearsed_by)
        assert rehearse(POINTS["ramp"], np.random.default_rng(1)) == {}


@each
def test_a_declaration_is_whole(name):
    declared = DECLARATIONS[name]
    assert declared.name == name
    assert declared.summary.strip(" .") == declared.summary
    assert {one.observable for one in declared.quantities} == {name}
    used = {dim for one in declared.quantities for dim in one.dims}
    assert used == {one.name for one in declared.dimensions}
    axes = {group: declared.axes(production_of(point)) for group, point in POINTS.items()}
    assert used == set().union(*(axes[group] for group in POINTS if name in measured_in(group)))
    assert axes["hold"].keys() >= axes["ramp"].keys()
    assert OBSERVABLES[name] is load_code(declared.measured_by)
    for method in ("sample", "state", "restore", "result"):
        assert callable(getattr(OBSERVABLES[name], method))


def test_names_are_declared_once():
    quantities = [one.name for declared in DECLARATIONS.values() for one in declared.quantities]
    assert len(set(quantities)) == len(quantities) == len(CATALOGUE)
    dimensions = {one for declared in DECLARATIONS.values() for one in declared.dimensions}
    assert len(dimensions) == len(DIMENSIONS)
    assert set(OBSERVABLES) == set(DECLARATIONS)
    assert len(OBSERVABLES) == len(DECLARATIONS)


SWEEP = """
name: declared
axes: {pressure: 0 GPa, temperature: 300 K}
protocol: {hold: {equilibrate: 1 ps, produce: 2 ps}}
observables: [cell_anisotropy, thermo]
"""
SCRIPT = """
import json, sys
from pathlib import Path
from lbhsweep.cli.explained import explain
from lbhsweep.execution.driver.dataset_layout import grid_layout
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.sweep import expand_grid, load_sweep
from lbhsweep.sweep.file.schema import sweep_json_schema

file = Path(sys.argv[1])
spec = load_sweep(file)
grid = expand_grid(spec, rehearsal=True)
layout = grid_layout(grid, file.read_text())
arrays = rehearse(grid.points[0]).arrays
compiled = "numba" in sys.modules

from lbhsweep.observables import OBSERVABLES
from reference_pages import quantities

print(json.dumps({
    "schema": sweep_json_schema()["properties"]["observables"],
    "explained": [line for part in explain(spec, str(file)) for line in part.sentences],
    "variables": {one.name: one.dims for one in layout.variables},
    "edges": layout.inner_axes["edges"],
    "sizes": {name: list(array.shape) for name, array in arrays.items()},
    "class": OBSERVABLES["cell_anisotropy"].__name__,
    "page": quantities(),
    "compiled": compiled,
}))
"""


@pytest.fixture(scope="module")
def with_a_new_one(tmp_path_factory):
    """What a copy of the package says that differs by one file and its entry in the list."""
    folder = tmp_path_factory.mktemp("declared")
    package = folder / "lbhsweep"
    shutil.copytree(
        ROOT / "lbhsweep", package, ignore=shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    )
    shutil.copy(ROOT / "tests" / "docs" / "cell_anisotropy.py", package / "quantities")
    listed = package / "quantities" / "__init__.py"
    text, last, first = listed.read_text(), "            PROFILE,\n", "\nDECLARATIONS ="
    assert text.count(last) == text.count(first) == 1
    imported = "from lbhsweep.quantities.cell_anisotropy import CELL_ANISOTROPY\n"
    text = text.replace(last, f"{last}            CELL_ANISOTROPY,\n")
    listed.write_text(text.replace(first, f"{imported}{first}"))
    (folder / "sweep.yaml").write_text(SWEEP)
    paths = os.pathsep.join([str(folder), str(ROOT / "tests"), str(ROOT / "docs")])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder / "sweep.yaml")],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=240,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_observable_needs_its_declaration_alone(with_a_new_one):
    found, summary = with_a_new_one, CELL_ANISOTROPY.summary
    assert found["schema"]["anyOf"][0]["enum"] == [*DECLARATIONS, "cell_anisotropy"]
    assert f"cell_anisotropy: {summary}" in found["schema"]["description"]
    assert f"cell_anisotropy: {summary}." in found["explained"]
    assert found["variables"]["cell_anisotropy"] == [*found["variables"]["volume"], "edges"]
    assert found["edges"] == ["a/b", "a/c"]
    assert found["sizes"]["cell_anisotropy"] == [2]
    assert found["class"] == "CellAnisotropy"
    assert f"## cell_anisotropy\n\n{summary[0].upper()}{summary[1:]}." in found["page"]
    assert "| `cell_anisotropy` | 1 | hold | edges |" in found["page"]
    assert "| `edges` |  | two edges of the cell |" in found["page"]


def test_planning_and_rehearsing_compile_nothing(with_a_new_one):
    assert not with_a_new_one["compiled"]
