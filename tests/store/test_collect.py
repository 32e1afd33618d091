import shutil
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.store_samples import (
    failed_record,
    hold_layout,
    hold_record,
    made_folder,
    ramp_layout,
    ramp_record,
)

from lbhsweep.errors import SchemaError, StoreError
from lbhsweep.store.collect import Collector
from lbhsweep.store.open import open_results
from lbhsweep.store.record import Record, write_record
from lbhsweep.store.schema import Status

LAYOUT = ramp_layout()
RUNS = [run_id for run_id, _ in LAYOUT.planned]


@pytest.fixture
def folder(tmp_path):
    return made_folder(tmp_path / "sweep")


def results_of(folder, group="ramp"):
    """Everything in the dataset, in memory."""
    return open_results(folder.path)[group].to_dataset().load()


def collected_from_scratch(folder, layout=LAYOUT):
    shutil.rmtree(folder.results)
    Collector(folder, layout).finalize()
    return results_of(folder, layout.group)


def cell(dataset, layout, run_id):
    return dataset.sel(dict(layout.planned)[run_id])


def assert_same_bits(one, other):
    xr.testing.assert_identical(one, other)
    for name in one.variables:
        if one[name].dtype.kind == "f":
            assert one[name].values.tobytes() == other[name].values.tobytes(), name


def write_all(folder, run_ids):
    for number, run_id in enumerate(run_ids):
        make = failed_record if number % 5 == 4 else ramp_record
        write_record(folder, make(run_id))


def test_each_record_lands_in_its_cell(folder):
    collector = Collector(folder, LAYOUT)
    write_all(folder, RUNS[:8])
    report = collector.collect(RUNS[:8])
    dataset = results_of(folder)

    assert set(report.collected) == set(RUNS[:8])
    for run_id in RUNS[:8]:
        here = cell(dataset, LAYOUT, run_id)
        assert here["run_id"].item() == run_id
        if here["status"] == Status.DONE:
            for name, array in ramp_record(run_id).arrays.items():
                np.testing.assert_array_equal(here[name], array)
            assert here["worker"].item() == "node1:7"
            assert here["wall_seconds"] == 2.5
            assert here["error"].item() == ""
        else:
            assert here["status"] == Status.FAILED
            assert here["error"].item() == "lost-atoms at step 1200: two atoms left"
            assert np.isnan(here["volume"]).all()


def test_what_has_not_run_is_pending_and_nan(folder):
    Collector(folder, LAYOUT).finalize()
    dataset = results_of(folder)

    assert (dataset["status"] == Status.PENDING).all()
    assert np.isnan(dataset["volume"]).all()
    assert np.isnan(dataset["wall_seconds"]).all()


def test_scalars_and_series_of_holds(folder):
    layout = hold_layout()
    run_ids = [run_id for run_id, _ in layout.planned]
    collector = Collector(folder, layout)
    for run_id in run_ids:
        write_record(folder, hold_record(run_id))
    collector.collect(run_ids)
    dataset = results_of(folder, "hold")

    for run_id in run_ids:
        here = cell(dataset, layout, run_id)
        for name, array in hold_record(run_id).arrays.items():
            np.testing.assert_array_equal(here[name], array)
    assert dataset["volume_series"].dims[-1] == "time"
    assert np.isnan(dataset["enthalpy_series"]).all()


@given(order=st.permutations(RUNS[:10]), cuts=st.sets(st.integers(1, 9), max_size=4))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=5
)
def test_order_and_batches_do_not_matter(tmp_path_factory, order, cuts):
    folder = made_folder(tmp_path_factory.mktemp("sweep"))
    write_all(folder, sorted(order))
    shutil.rmtree(folder.records)
    collector = Collector(folder, LAYOUT)
    write_all(folder, sorted(order))
    bounds = [0, *sorted(cuts), 10]
    for start, stop in pairwise(bounds):
        collector.collect(order[start:stop])
    collector.finalize()

    assert_same_bits(results_of(folder), collected_from_scratch(folder))


def test_collecting_twice_changes_no_byte(folder):
    collector = Collector(folder, LAYOUT)
    write_all(folder, RUNS)
    collector.collect(RUNS)
    before = {path: path.stat().st_mtime_ns for path in folder.results.rglob("*")}
    collector.collect(RUNS)
    collector.refresh()

    assert {path: path.stat().st_mtime_ns for path in folder.results.rglob("*")} == before


def test_a_new_collector_takes_up_what_another_left(folder):
    first = Collector(folder, LAYOUT)
    write_all(folder, RUNS[:4])
    first.finalize()
    write_all(folder, RUNS[:9])

    Collector(folder, LAYOUT)

    assert (results_of(folder)["status"] >= Status.DONE).sum() == 9
    assert_same_bits(results_of(folder), collected_from_scratch(folder))


@pytest.mark.parametrize("rebuilt", [False, True])
def test_opening_puts_damaged_records_aside(folder, rebuilt):
    if not rebuilt:
        Collector(folder, LAYOUT).finalize()
    write_all(folder, RUNS[:3])
    folder.record_path(RUNS[1]).write_bytes(b"")

    collector = Collector(folder, LAYOUT)

    assert set(collector.put_aside) == {RUNS[1]}
    assert folder.finished() == {RUNS[0]: "done", RUNS[2]: "done"}


def test_running_is_shown_and_does_not_outlive_the_driver(folder):
    collector = Collector(folder, LAYOUT)
    collector.mark(RUNS[:3], "running")
    write_record(folder, ramp_record(RUNS[0]))
    collector.collect(RUNS[:1])
    collector.refresh()
    status = [cell(results_of(folder), LAYOUT, run_id)["status"] for run_id in RUNS[:3]]
    assert status == [Status.DONE, Status.RUNNING, Status.RUNNING]

    collector.mark(RUNS[1:2], "pending")
    collector.finalize()
    assert not (results_of(folder)["status"] == Status.RUNNING).any()


def test_a_failure_gives_way_to_another_and_to_a_success(folder):
    collector = Collector(folder, LAYOUT)
    run_id = RUNS[2]
    write_record(folder, failed_record(run_id, "first"))
    collector.refresh()
    write_record(folder, failed_record(run_id, "second", attempts=2))
    collector.refresh()
    here = cell(results_of(folder), LAYOUT, run_id)
    assert here["error"].item().endswith("second")
    assert here["attempts"] == 2

    write_record(folder, ramp_record(run_id))
    collector.refresh()
    here = cell(results_of(folder), LAYOUT, run_id)
    assert here["status"] == Status.DONE
    assert here["error"].item() == ""


def test_a_record_taken_away_empties_its_cell(folder):
    collector = Collector(folder, LAYOUT)
    write_all(folder, RUNS)
    collector.finalize()
    folder.record_path(RUNS[0]).unlink()
    collector = Collector(folder, LAYOUT)
    collector.finalize()

    here = cell(results_of(folder), LAYOUT, RUNS[0])
    assert here["status"] == Status.PENDING
    assert np.isnan(here["volume"]).all()
    assert here["worker"].item() == ""
    assert_same_bits(results_of(folder), collected_from_scratch(folder))


def test_a_damaged_record_is_put_aside_and_its_run_repeated(folder):
    collector = Collector(folder, LAYOUT)
    write_all(folder, RUNS[:3])
    damaged = folder.record_path(RUNS[1])
    damaged.write_bytes(damaged.read_bytes()[:-7])
    report = collector.collect(RUNS[:3])

    assert set(report.quarantined) == {RUNS[1]}
    assert "checksum" in report.quarantined[RUNS[1]]
    assert set(report.collected) == {RUNS[0], RUNS[2]}
    assert RUNS[1] not in folder.finished()
    assert (folder.quarantine / damaged.name).exists()
    assert cell(results_of(folder), LAYOUT, RUNS[1])["status"] == Status.QUARANTINED

    collector.mark([RUNS[1]], "running")
    collector.finalize()
    here = cell(results_of(folder), LAYOUT, RUNS[1])
    assert here["status"] == Status.QUARANTINED
    assert_same_bits(results_of(folder), collected_from_scratch(folder))

    write_record(folder, ramp_record(RUNS[1]))
    collector = Collector(folder, LAYOUT)
    collector.refresh()
    assert cell(results_of(folder), LAYOUT, RUNS[1])["status"] == Status.DONE


def test_a_record_under_another_runs_name_is_put_aside(folder):
    collector = Collector(folder, LAYOUT)
    path = write_record(folder, ramp_record(RUNS[0]))
    target = folder.record_path(RUNS[1])
    target.parent.mkdir(exist_ok=True)
    shutil.copy(path, target)

    assert set(collector.refresh().quarantined) == {RUNS[1]}


def test_adding_points_keeps_old_cells_bit_for_bit(folder):
    collector = Collector(folder, LAYOUT)
    write_all(folder, RUNS)
    collector.finalize()
    before = results_of(folder)

    wider = ramp_layout(pressures=(0.0, 0.2, 0.4), replicas=(0, 1, 2))
    Collector(folder, wider).finalize()
    after = results_of(folder)

    assert (after["status"] == Status.PENDING).sum() == len(wider.planned) - len(RUNS)
    assert_same_bits(after.sel(pressure=before["pressure"], replica=before["replica"]), before)


def test_cells_that_are_not_planned_say_so_and_their_records_stay(folder):
    write_all(folder, RUNS)
    narrower = ramp_layout(skip={RUNS[0]})
    Collector(folder, narrower).finalize()
    dataset = results_of(folder)

    here = cell(dataset, LAYOUT, RUNS[0])
    assert here["status"] == Status.NOT_PLANNED
    assert here["run_id"].item() == ""
    assert np.isnan(here["volume"]).all()
    assert (dataset["status"] == Status.NOT_PLANNED).sum() == 1
    assert folder.record_path(RUNS[0]).exists()


def test_new_attributes_need_no_new_arrays(folder):
    write_all(folder, RUNS)
    Collector(folder, LAYOUT).finalize()
    chunk = chunk_of(folder.results, "volume")
    written = chunk.stat().st_ino

    renamed = ramp_layout(attributes={**LAYOUT.attributes, "sweep_yaml": "name: other\n"})
    Collector(folder, renamed).finalize()

    assert open_results(folder.path).attrs["sweep_yaml"] == "name: other\n"
    assert chunk.stat().st_ino == written


def chunk_of(results, name):
    return next(path for path in (results / "ramp" / name / "c").rglob("*") if path.is_file())


def torn(path):
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize(
    "damage",
    [
        lambda results: torn(chunk_of(results, "volume")),
        lambda results: torn(chunk_of(results, "worker")),
        lambda results: torn(chunk_of(results, "pressure")),
        lambda results: torn(chunk_of(results, "run_id")),
        lambda results: chunk_of(results, "volume").unlink(),
        lambda results: chunk_of(results, "replica").unlink(),
        lambda results: chunk_of(results, "run_id").unlink(),
        lambda results: chunk_of(results, "status").unlink(),
        lambda results: torn(results / "zarr.json"),
        lambda results: (results / "ramp" / "status" / "zarr.json").unlink(),
        lambda results: shutil.rmtree(results / "ramp"),
        lambda results: [path.unlink() for path in results.rglob("*") if path.is_file()],
    ],
    ids=[
        "torn values",
        "torn text",
        "torn coordinate",
        "torn run ids",
        "lost values",
        "lost coordinate",
        "lost run ids",
        "lost status",
        "torn root",
        "no status",
        "no group",
        "nothing left",
    ],
)
def test_damaged_results_are_built_anew(folder, damage):
    write_all(folder, RUNS)
    Collector(folder, LAYOUT).finalize()
    before = results_of(folder)
    damage(folder.results)

    Collector(folder, LAYOUT).finalize()

    assert_same_bits(results_of(folder), before)
    assert not list(folder.path.glob(".results*"))


COLLECT = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from store.store_samples import ramp_layout, ramp_record
from lbhsweep.store import grid_writer
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder

layout = ramp_layout()
collector = Collector(SweepFolder(sys.argv[1]), layout)
write_rows = grid_writer.GridWriter._write_rows
left = int(sys.argv[3])

def die_in_the_middle(*arguments):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    write_rows(*arguments)

grid_writer.GridWriter._write_rows = die_in_the_middle
collector.collect([run_id for run_id, _ in layout.planned])
"""


@pytest.mark.parametrize("arrays_written", [0, 9, 30])
def test_a_driver_killed_while_collecting_does_no_harm(folder, arrays_written):
    Collector(folder, LAYOUT).finalize()
    write_all(folder, RUNS)
    tests = str(Path(__file__).parents[1])
    code = [sys.executable, "-c", COLLECT, str(folder.path), tests, str(arrays_written)]
    assert subprocess.run(code, check=False).returncode == -signal.SIGKILL

    Collector(folder, LAYOUT).finalize()

    dataset = results_of(folder)
    assert dataset["status"].isin([Status.DONE, Status.FAILED]).all()
    assert_same_bits(dataset, collected_from_scratch(folder))


def test_a_record_of_another_shape_is_refused(folder):
    collector = Collector(folder, LAYOUT)
    write_record(folder, ramp_record(RUNS[0], n_bins=5))
    with pytest.raises(StoreError, match=r"\(5,\), the grid wants \(3,\)"):
        collector.refresh()


def test_arrays_without_a_variable_stay_in_the_record(folder):
    collector = Collector(folder, LAYOUT)
    record = ramp_record(RUNS[0])
    write_record(folder, Record(record.header, record.arrays | {"afterthought": np.arange(9)}))
    collector.refresh()

    dataset = results_of(folder)
    assert "afterthought" not in dataset
    assert cell(dataset, LAYOUT, RUNS[0])["status"] == Status.DONE


def test_a_newer_record_is_neither_collected_nor_put_aside(folder, monkeypatch):
    collector = Collector(folder, LAYOUT)
    monkeypatch.setattr("lbhsweep.store.record._FIRST_LINE", b"LBHREC 2\n")
    path = write_record(folder, ramp_record(RUNS[0]))
    monkeypatch.undo()
    with pytest.raises(SchemaError, match="newer lbhsweep"):
        collector.refresh()
    assert path.exists()


def test_a_run_without_a_record_is_no_mystery(folder):
    report = Collector(folder, LAYOUT).collect(RUNS[:1])
    assert not report.collected
    assert RUNS[0] in report.unread[RUNS[0]]


def test_a_full_disk_is_an_error_with_its_path(folder, monkeypatch):
    collector = Collector(folder, LAYOUT)
    write_record(folder, ramp_record(RUNS[0]))

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lbhsweep.store.grid_writer.GridWriter._write_rows", refuse)
    with pytest.raises(StoreError, match=r"results\.zarr.*No space left.*free space"):
        collector.refresh()


def test_a_run_touches_only_its_own_chunks(folder, monkeypatch):
    monkeypatch.setattr("lbhsweep.store.create.CHUNK_BYTES", 200)
    collector = Collector(folder, LAYOUT)
    write_all(folder, RUNS)
    collector.collect(RUNS)
    volume = folder.results / "ramp" / "volume"
    before = {path: path.stat().st_ino for path in volume.rglob("*") if path.is_file()}
    write_record(folder, ramp_record(RUNS[4]))
    collector.collect([RUNS[4]])
    touched = [
        path
        for path in volume.rglob("*")
        if path.is_file() and path.stat().st_ino != before.get(path)
    ]

    assert len(touched) == 1
    assert len(before) > 2
    assert_same_bits(results_of(folder), collected_from_scratch(folder))
