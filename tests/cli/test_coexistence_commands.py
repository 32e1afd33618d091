"""Every command, and the reading half in Python, on results that hold coexisting phases alone."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from made_up_coexistence import sweep_text

import lbhsweep
from lbhsweep.cli import command
from lbhsweep.dashboard.derived import derive
from lbhsweep.dashboard.physics_panel import PhysicsPanel
from lbhsweep.errors import RunNotFoundError

T = "transition_temperature"


def invoke(*words):
    done = CliRunner().invoke(command, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "Traceback" not in done.output
    return done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("met")
    (path / "sweep.yaml").write_text(sweep_text(temperatures=(480, 520, 560, 600, 640, 680)))
    invoke("run", path / "sweep.yaml", "--output", path / "out", "--rehearse")
    return path / "out"


@pytest.fixture(scope="module")
def numbers(folder):
    return json.loads(invoke("analyze", folder, "--rehearsal", "--json"))


def test_analyze_prints_a_row_a_pressure_with_who_won(folder, numbers):
    output = invoke("analyze", folder, "--rehearsal")
    assert "24 runs done" in output
    assert "T_t by coexistence of α and β" in output
    (entry,) = numbers["equilibrium"]
    assert numbers["materials"] == []
    rows = [line.split() for line in output.splitlines()]
    for here in entry["pressures"]:
        (row,) = (row for row in rows if row and row[0] == f"{here['pressure_GPa']:g}")
        counts = [here[f"n_{name}"] for name in ("first_won", "second_won", "undecided", "unused")]
        assert row[-4:] == [f"{n}" for n in counts]
        assert sum(counts) == here["n_runs"] == 12
        assert row[1].startswith(f"{here[T]['value']:.0f}")
    assert f"dT/dP  {entry['boundary_slope']['value']:.0f}" in output


def test_status_and_verify_find_nothing_wrong(folder):
    assert "24 of 24 runs done" in invoke("status", folder, "--rehearsal")
    assert "nothing is wrong" in invoke("verify", folder, "--rehearsal")


def test_figures_and_report_are_written_and_the_rest_is_explained(folder):
    output = invoke("plot", folder, "--rehearsal")
    figures = {path.name for path in (folder / "rehearsal" / "figures").glob("*.png")}
    assert figures == {"growth.png", "profile.png", "phase_diagram.png"}
    assert "the results are empty" not in output
    page = (folder / "rehearsal" / "figures" / "report.html").read_text()
    assert "T_t by coexistence of α and β" in page
    assert "runs that the second phase won" in page
    assert "growth coefficient dv/dT at T_t" in page
    assert 'src="growth.png"' in page


def test_tables_have_a_row_a_run_and_a_row_a_pressure(folder, numbers, tmp_path):
    for group, rows in (("coexist", 24), ("equilibrium", 2)):
        path = tmp_path / f"{group}.csv"
        invoke("export", "table", folder, group, "--output", path, "--rehearsal")
        assert len(pd.read_csv(path)) == rows
    frame = pd.read_csv(tmp_path / "equilibrium.csv")
    known = [one[T]["value"] for one in numbers["equilibrium"][0]["pressures"]]
    np.testing.assert_allclose(frame[f"{T} [K]"], known)
    runs = pd.read_csv(tmp_path / "coexist.csv")
    assert {"winner", "growth_speed [angstrom/ps]", "growth_status"} <= set(runs.columns)


def test_python_reads_and_selects_them(folder, numbers):
    tree = lbhsweep.open_sweep(folder, rehearsal=True)
    assert set(tree.children) == {"coexist", "analysis"}
    runs = tree["coexist"].to_dataset()
    here = runs.lbh.at(pressure="400 MPa", temperature="600 K", replica=0)
    assert here["winner"].item() == 1
    assert here["growth_speed"].item() < 0.0
    assert runs.lbh.failed().empty
    assert int(runs.lbh.replicas("growth_speed")["count"].max()) == 2
    with pytest.raises(RunNotFoundError, match="`winner`"):
        _ = runs.lbh.phase
    with pytest.raises(RunNotFoundError, match="`winner`"):
        runs.lbh.in_phase("beta")


class Derived:
    """Stands for a `Deriver` whose analysis is done."""

    version, problem, is_analyzing = 1, "", False

    def __init__(self, found):
        self.found = found


def test_the_live_page_shows_speeds_and_the_transition(folder, numbers):
    found = derive(str(folder / "rehearsal"))
    (entry,) = found.values()
    known = [one[T]["value"] for one in numbers["equilibrium"][0]["pressures"]]
    assert entry["transition"]["value"] == known
    panel = PhysicsPanel(Derived(found))
    panel.show(24)
    (curves,) = panel.layout.select({"name": "curves"})
    (quantity,) = panel.layout.select({"name": "quantity"})
    assert quantity.value == "growth_speed"
    assert quantity.options == ["growth_speed"]
    assert curves.visible
    assert curves.yaxis.axis_label == "v (Å/ps)"
    assert curves.renderers
    (transition,) = panel.layout.select({"name": "transition"})
    assert transition.title.text == "Transition by coexistence"
