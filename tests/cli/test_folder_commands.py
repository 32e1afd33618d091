"""Commands that know a sweep by its folder: resume, stop, retry, extend, logs, status."""

import json
import os
import shutil
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from execution.execution_sweeps import assert_same_bits, physics_of
from execution.serial_executor import SerialExecutor

from lbhsweep.cli import command
from lbhsweep.cli import status as status_command
from lbhsweep.execution.clusters import start as clusters
from lbhsweep.execution.folder.settings import folder_grid
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.lock import LockHolder
from lbhsweep.sweep import run_id

SWEEP = """\
name: test
axes: {pressure: [0 GPa, 0.4 GPa], heating_rate: 20 K/ps, replica: 2}
protocol: {ramp: {temperature: 300 K .. 700 K, bin: 50 K}}
"""
CHAIN = """\
name: chain
axes: {pressure: [0 GPa, 0.4 GPa], heating_rate: 20 K/ps, replica: 2}
protocol: {ramp: {temperature: 300 K .. 700 K, bin: 50 K, first: heating}}
"""
R = "--rehearsal"
NOW = 1.8e9
CIF = Path(__file__).parents[1] / "data" / "alpha_pa3.cif"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr(clusters, "start_cluster", lambda spec, *_: nullcontext(SerialExecutor()))


def invoke(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def run(tmp_path, *options, text=SWEEP):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    return invoke("run", file, "--output", tmp_path / "out", "--rehearse", *options)


@pytest.fixture
def failing(tmp_path):
    """A rehearsal of eight runs, of which some failed, and its folder."""
    assert run(tmp_path, "--rehearse-failures", "0.6").exit_code == 3
    return SweepFolder(tmp_path / "out" / "rehearsal")


def out(folder):
    return folder.path.parent


def failed_ids(folder):
    return {name for name, status in folder.finished().items() if status == "failed"}


def test_resume_needs_no_other_input(failing, tmp_path):
    before = physics_of(failing.path)
    assert failing.cluster_yaml.read_text() == "kind: local\n"
    for path in list(failing.records.glob("*/*.rec"))[::2]:
        path.unlink()
    (tmp_path / "my.yaml").unlink()
    found = invoke("resume", out(failing), R, "--json")
    assert found.exit_code == 3, found.output
    summary = json.loads(found.stdout)
    assert (summary["missing"], summary["rehearsal"]) == (0, True)
    assert_same_bits(physics_of(failing.path), before)


def test_resume_takes_the_cluster_file_and_workers_used_last(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(
        clusters,
        "start_cluster",
        lambda spec, *_: started.append(spec) or nullcontext(SerialExecutor()),
    )
    cluster = tmp_path / "mine.yaml"
    cluster.write_text("kind: local\nworkers: 3\nmemory: 1 GB\n")
    assert run(tmp_path, "--cluster", cluster, "--workers", "5").exit_code == 0
    folder = SweepFolder(tmp_path / "out" / "rehearsal")
    cluster.unlink()
    next(folder.records.glob("*/*.rec")).unlink()
    assert invoke("resume", out(folder), R).exit_code == 0
    assert [(spec.workers, spec.memory) for spec in started] == [(5, 10**9)] * 2
    cluster.write_text("kind: local\nworkers: 7\n")
    next(folder.records.glob("*/*.rec")).unlink()
    assert invoke("resume", out(folder), R, "--cluster", cluster).exit_code == 0
    assert started[-1].workers == 7
    assert folder.cluster_yaml.read_text() == "kind: local\nworkers: 7\n"


@pytest.mark.parametrize("gone", [False, True])
def test_a_folder_keeps_the_files_that_its_sweep_names(tmp_path, gone):
    from lbhsweep.physics import forcefield

    shipped = next((forcefield.Path(forcefield.__file__).parent / "parameters").glob("*2021.yaml"))
    mine = tmp_path / "mine.yaml"
    mine.write_text(shipped.read_text().replace("name: lbh-2021", "name: mine", 1))
    (tmp_path / "my.cif").write_bytes(CIF.read_bytes())
    text = SWEEP.replace("axes: {", "axes: {potential: mine.yaml, ")
    text += "system: {structure: my.cif, start: alpha}\n"
    found = run(tmp_path, text=text)
    assert found.exit_code == 0, found.output
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "out").rename(tmp_path / "elsewhere" / "copy")
    folder = SweepFolder(moved / "rehearsal")
    next(folder.records.glob("*/*.rec")).unlink()
    if gone:
        mine.unlink()
        (tmp_path / "my.cif").unlink()
    else:
        # What was run goes on, not what has been written since.
        (tmp_path / "my.cif").write_text("other")
    assert invoke("status", moved, R).exit_code == 0
    found = invoke("resume", moved, R)
    assert found.exit_code == 0, found.output
    assert "8 of 8 runs done" in found.output
    assert "other sweep" not in found.output


def test_retry_makes_chosen_runs_missing(failing):
    failed = failed_ids(failing)
    assert len(failed) > 1
    refused = invoke("retry", out(failing), R, "--error", "lost-atoms")
    assert refused.exit_code == 2
    assert "they failed by: not-finite" in refused.output
    name = min(failed)
    found = invoke("retry", out(failing), R, name[:10])
    assert found.exit_code == 0, found.output
    assert "1 failed runs now count as missing" in found.output
    assert f"lbhsweep resume {out(failing)} --rehearsal" in found.output
    assert failed_ids(failing) == failed - {name}
    found = invoke("retry", out(failing), R, "--error", "not-finite", "--json")
    assert {one["run_id"] for one in json.loads(found.stdout)["retried"]} == failed - {name}
    assert not failed_ids(failing)
    invoke("resume", out(failing), R)
    assert failed_ids(failing) == failed, "synthetic runs fail again"


def test_extend_takes_the_files_that_the_sweep_names_as_they_are_now(tmp_path):
    crystal = tmp_path / "my.cif"
    crystal.write_bytes(CIF.read_bytes())
    text = SWEEP + "system: {structure: my.cif, start: alpha}\n"
    assert run(tmp_path, text=text).exit_code == 0
    folder = SweepFolder(tmp_path / "out" / "rehearsal")
    before = {run_id(point) for point in folder_grid(folder).points}
    crystal.write_text(crystal.read_text().replace("0.352 0.352 0.352", "0.35 0.35 0.35"))
    file = tmp_path / "my.yaml"
    refused = invoke("extend", out(folder), file, R)
    assert refused.exit_code == 2, "another crystal, so what is done is no part of it"
    assert {run_id(point) for point in folder_grid(folder).points} == before
    found = invoke("extend", out(folder), file, R, "--yes")
    assert found.exit_code == 0, found.output
    after = {run_id(point) for point in folder_grid(folder).points}
    assert not after & before
    assert "8 of 8 runs done" in invoke("resume", out(folder), R).output
    assert after <= set(folder.finished())
    # What earlier runs started from is not lost.
    (older,) = folder.inputs.glob("before-*")
    assert older.read_bytes() == CIF.read_bytes()


@pytest.mark.parametrize("verb", ["retry", "extend", "resume"])
def test_what_would_disturb_a_driver_is_refused(failing, tmp_path, verb):
    arguments = [tmp_path / "my.yaml"] if verb == "extend" else []
    with failing.driver_lock():
        found = invoke(verb, out(failing), *arguments, R)
    assert found.exit_code == 2
    assert f"another driver works on this sweep: pid {os.getpid()}" in found.output
    assert "lbhsweep stop" in found.output


def test_extend_shows_what_changes_and_keeps_what_is_done(failing, tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text(SWEEP.replace("0.4 GPa]", "0.4 GPa, 1 GPa]"))
    found = invoke("extend", out(failing), more, R, "--json")
    assert found.exit_code == 0, found.output
    summary = json.loads(found.stdout)
    assert (summary["added"], summary["removed"], summary["missing"]) == (4, 0, 4)
    assert failing.sweep_yaml.read_text() == more.read_text()
    assert "12 runs" in invoke("resume", out(failing), R).output
    fewer = tmp_path / "fewer.yaml"
    fewer.write_text(SWEEP.replace("[0 GPa, 0.4 GPa]", "1 GPa"))
    refused = invoke("extend", out(failing), fewer, R)
    assert refused.exit_code == 2
    assert "runs that are done are no part of this sweep, such as lbh-2021 0" in refused.output
    assert failing.sweep_yaml.read_text() == more.read_text()
    n_records = len(failing.finished())
    assert invoke("extend", out(failing), fewer, R, "--yes").exit_code == 0
    assert "of 4 runs done" in invoke("resume", out(failing), R).output
    assert len(failing.finished()) == n_records


def test_logs_show_the_history_of_one_run(failing):
    with failing.events.open("a") as file:
        file.write('{"event": "run-fini')
    name = min(failed_ids(failing))
    history = json.loads(invoke("logs", out(failing), name[:12], R, "--json").stdout)
    assert (history["run_id"], history["status"]) == (name, "failed")
    assert history["error"]["error_class"] == "not-finite"
    assert history["provenance"]["pid"] == os.getpid()
    assert [one["event"] for one in history["attempts"]] == ["start", "end"]
    assert "run-failed" in {one["event"] for one in history["events"]}
    by_label = invoke("logs", out(failing), history["label"], R)
    assert by_label.exit_code == 0, by_label.output
    assert name in by_label.output
    assert "error:  not-finite at step" in by_label.output
    several = invoke("logs", out(failing), "heating", R)
    assert several.exit_code == 2
    assert "4 runs match 'heating', such as" in several.output
    assert invoke("logs", out(failing), "zzz", R).exit_code == 2


def test_stop_without_a_driver(failing):
    found = invoke("stop", out(failing), R)
    assert found.exit_code == 0
    assert "this sweep has no driver" in found.output
    assert not failing.stop_file.exists()


def test_stop_waits_until_the_driver_has_released_its_lock(failing):
    held, let_go = threading.Event(), []

    def drive():
        with failing.driver_lock():
            failing.stop_file.unlink(missing_ok=True)
            held.set()
            deadline = time.monotonic() + 600
            while time.monotonic() < deadline and not failing.stop_file.exists():
                time.sleep(0.01)
            let_go.append(failing.stop_file.exists())

    driver = threading.Thread(target=drive)
    driver.start()
    held.wait()
    found = invoke("stop", out(failing), R, "--json")
    driver.join()
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["stopped"]
    assert let_go == [True]
    assert not failing.stop_file.exists()
    with failing.driver_lock():
        found = invoke("stop", out(failing), R, "--timeout", "0.1")
    assert found.exit_code == 1
    assert "has not ended after 0.1 s" in found.output
    assert failing.stop_file.exists()


def test_status_names_a_driver_that_was_killed_and_one_that_pauses(failing, monkeypatch):
    from lbhsweep.store.lock import write_state

    monkeypatch.setattr(status_command, "time", SimpleNamespace(time=lambda: NOW))
    driver = LockHolder("node7", 4711, "2026-01-01", "99", NOW - 90, "paused", "disk full", 30.0)
    write_state(failing.lock, driver)
    status = json.loads(invoke("status", out(failing), R, "--json").stdout)
    assert status["driver"] is None
    assert status["lost_driver"]["pid"] == 4711
    text = invoke("status", out(failing), R).output
    assert "pid 4711 on node7, did not end by itself; last heartbeat 1 min 30 s ago" in text
    with failing.driver_lock():
        write_state(failing.lock, driver)
        text = invoke("status", out(failing), R).output
    assert "pid 4711 on node7, SLURM job 99 since 2026-01-01; paused" in text
    assert "paused: disk full" in text
    assert "left" not in text, "nobody knows while it is paused"
    with failing.driver_lock():
        write_state(failing.lock, replace(driver, state="working", message=""))
        assert "about 30 s left" in invoke("status", out(failing), R).output


def test_status_shows_which_runs_wait_behind_failed_ones(tmp_path):
    found = run(tmp_path, "--rehearse-failures", "0.6", text=CHAIN)
    assert found.exit_code == 3, found.output
    folder = SweepFolder(tmp_path / "out" / "rehearsal")
    status = json.loads(invoke("status", tmp_path / "out", R, "--json").stdout)
    assert status["waiting"]
    assert len(status["waiting"]) == status["missing"]
    assert {one["failed_run_id"] for one in status["waiting"]} <= failed_ids(folder)
    text = invoke("status", tmp_path / "out", R).output
    assert f"waiting behind failed runs: {status['missing']}" in text
    assert "cooling 20 K/ps r" in text


@pytest.mark.parametrize("verb", ["resume", "stop", "retry", "logs", "verify"])
def test_a_folder_without_a_sweep_is_refused(failing, tmp_path, verb):
    arguments = ["ab"] if verb == "logs" else []
    found = invoke(verb, out(failing), *arguments)
    assert found.exit_code == 2
    assert "it has a rehearsal, add --rehearsal" in found.output
    shutil.rmtree(failing.path)
    assert "no sweep here" in invoke(verb, out(failing), *arguments).output


def test_what_needs_atoms_has_nothing_from_a_rehearsal(failing, tmp_path):
    for verb, target in (("lammps", tmp_path / "lmp"), ("structure", tmp_path / "end.cif")):
        found = invoke("export", verb, out(failing), "r0", "--output", target)
        assert found.exit_code == 2
        assert "it has a rehearsal, which has no atoms; run the sweep itself" in found.output
        assert "--rehearsal" not in found.output
