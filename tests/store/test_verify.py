"""Any damage of records and results is found, named and, on request, repaired."""

import json
import shutil
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import zarr
from click.testing import CliRunner
from execution.execution_sweeps import Sweep, assert_same_bits
from execution.serial_executor import SerialExecutor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.trajectory_samples import layout_of, write

from lbhsweep.cli import command
from lbhsweep.errors import SchemaError
from lbhsweep.execution.events import RunFinished
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.record import Record, encode_record, read_record
from lbhsweep.store.verify import verify_folder
from lbhsweep.sweep.identity import canonical_json, point_from_json, run_id
from lbhsweep.sweep.point import TrajectoryPoint
from lbhsweep.sweep.sampling_frames import n_frames

EACH = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=12,
)


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    """A finished sweep of eight runs, of which some failed."""
    sweep = Sweep(tmp_path_factory.mktemp("verify") / "out", lambda: nullcontext(SerialExecutor()))
    sweep.run(workload=Rehearsal(failure_rate=0.3))
    return sweep


@pytest.fixture
def sweep(master, tmp_path):
    """A copy to spoil."""
    shutil.copytree(master.path, tmp_path / "out")
    return Sweep(tmp_path / "out", master.open_executor)


def a_record(sweep):
    return min(path for path in sweep.folder.records.glob("*/*.rec") if ".failed" not in path.name)


def the_fault(sweep, **options):
    (fault,) = verify_folder(sweep.folder, **options).faults
    return fault


def run_again(sweep):
    """Return the runs that the next driver does."""
    ending = sweep.run(workload=Rehearsal(failure_rate=0.3))
    assert ending.missing == 0
    return [event.run_id for event in sweep.of(RunFinished)]


def test_a_sound_sweep_has_no_faults(sweep):
    found = verify_folder(sweep.folder)
    assert found.faults == ()
    assert found.done > 0 < found.failed
    assert (found.done + found.failed, found.missing, found.cells) == (8, 0, 8)
    assert found.results == "compared"
    assert found.chunks > 20


def test_missing_runs_are_no_fault(sweep):
    path = a_record(sweep)
    path.unlink()
    sweep.folder.collecting.touch()
    found = verify_folder(sweep.folder)
    assert (found.faults, found.results, found.done + found.failed) == ((), "left-open", 7)
    sweep.folder.collecting.unlink()
    fault = the_fault(sweep)
    assert (fault.kind, fault.run_id) == ("results", path.stem)
    assert "status" in fault.message


@given(data=st.data())
@EACH
def test_a_torn_record_is_found_wherever_it_is_cut(master, data):
    path = a_record(master)
    content = path.read_bytes()
    kept = data.draw(st.integers(0, len(content) - 1))
    try:
        path.write_bytes(content[:kept])
        fault = the_fault(master)
        assert (fault.kind, fault.run_id) == ("corrupt", path.stem)
        assert "pressure" in fault.label
    finally:
        path.write_bytes(content)


@given(data=st.data())
@EACH
def test_a_flipped_bit_is_found_wherever_it_is(master, data):
    path = a_record(master)
    content = path.read_bytes()
    spoilt = bytearray(content)
    spoilt[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        path.write_bytes(spoilt)
        fault = the_fault(master)
        assert (fault.kind, fault.run_id) == ("corrupt", path.stem)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("content", [b"", b"\0" * 4096])
def test_an_empty_record_is_put_aside_and_its_run_repeated(sweep, master, content):
    path = a_record(sweep)
    path.write_bytes(content)
    assert not the_fault(sweep).repaired
    assert path.exists(), "nothing is changed unless asked"
    fault = the_fault(sweep, repair=True)
    assert (fault.kind, fault.repaired) == ("corrupt", True)
    assert (sweep.folder.quarantine / path.name).read_bytes() == content
    assert run_again(sweep) == [path.stem]
    assert_same_bits(sweep.results(), master.results())
    assert verify_folder(sweep.folder).faults == ()


def test_a_record_under_the_name_of_another_run(sweep, master):
    path, other = sorted(sweep.folder.records.glob("*/*.rec"))[:2]
    path.write_bytes(other.read_bytes())
    fault = the_fault(sweep, repair=True)
    assert (fault.kind, fault.run_id) == ("other-run", path.name.partition(".")[0])
    assert other.name.partition(".")[0] in fault.message
    sweep.run(workload=Rehearsal(failure_rate=0.3))
    assert_same_bits(sweep.results(), master.results())


def test_a_record_whose_point_is_that_of_another_run(sweep):
    path, other = (read_record(one) for one in sorted(sweep.folder.records.glob("*/*.rec"))[:2])
    header = replace(path.header, point=other.header.point)
    sweep.folder.record_path(path.header.run_id, path.header.status).write_bytes(
        encode_record(Record(header, path.arrays))
    )
    fault = the_fault(sweep)
    assert (fault.kind, fault.run_id) == ("other-run", path.header.run_id)
    assert "the point" in fault.message


def test_failure_beside_success_and_a_record_on_a_wrong_shelf(sweep):
    path = a_record(sweep)
    failed = path.with_name(f"{path.stem}.failed.rec")
    shutil.copy(path, failed)
    astray = sweep.folder.records / "zz" / path.name
    astray.parent.mkdir()
    path.replace(astray)
    done = {one for one, status in sweep.folder.finished().items() if status == "done"}
    assert path.stem not in done, "where it lies, nobody would find it"
    shutil.copy(astray, path)
    faults = verify_folder(sweep.folder, repair=True).faults
    assert {(one.kind, one.path) for one in faults} == {
        ("duplicate", str(failed)),
        ("misplaced", str(astray)),
    }
    assert path.exists()
    assert verify_folder(sweep.folder).faults == ()
    assert run_again(sweep) == []


def test_a_record_of_a_newer_schema_is_left_alone_and_stops_the_driver(sweep):
    path = a_record(sweep)
    record = read_record(path)
    newer = encode_record(Record(replace(record.header, schema=7), record.arrays))
    path.write_bytes(newer)
    fault = the_fault(sweep, repair=True)
    assert (fault.kind, fault.repaired) == ("newer-schema", False)
    assert "schema 7, wanted at most 1" in fault.message
    assert "newer lbhsweep" in fault.message
    sweep.folder.collecting.touch()
    with pytest.raises(SchemaError, match=r"schema 7.*newer lbhsweep"):
        sweep.run(workload=Rehearsal(failure_rate=0.3))
    assert path.read_bytes() == newer
    assert not sweep.folder.quarantine.exists()


def test_real_runs_must_have_left_their_end(sweep):
    record = read_record(a_record(sweep))
    point = record.header.point.replace('"rehearsal":true', '"rehearsal":false')
    from lbhsweep.sweep.identity import run_id_of

    name = run_id_of(point, record.header.physics_version)
    header = replace(record.header, run_id=name, point=point)
    path = sweep.folder.record_path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encode_record(Record(header, record.arrays)))
    fault = the_fault(sweep)
    assert (fault.kind, fault.run_id) == ("no-end-state", name)
    end = {f"end.{one}": np.zeros(3) for one in ("positions", "velocities", "cell", "strain_rate")}
    path.write_bytes(encode_record(Record(header, {**record.arrays, **end})))
    assert verify_folder(sweep.folder).faults == ()


@pytest.fixture
def framed(sweep):
    """The id of a real run with ten frames, whose record and trajectory are added."""
    record = read_record(a_record(sweep))
    point = replace(
        point_from_json(record.header.point),
        rehearsal=False,
        trajectory=TrajectoryPoint(every=1000),
    )
    assert n_frames(point) == 10
    name = run_id(point)
    header = replace(record.header, run_id=name, point=canonical_json(point))
    end = {f"end.{one}": np.zeros(3) for one in ("positions", "velocities", "cell", "strain_rate")}
    path = sweep.folder.record_path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encode_record(Record(header, {**record.arrays, **end})))
    write(sweep.folder.trajectory_path(name), layout_of(run_id=name))
    return name


def test_a_whole_trajectory_is_read(sweep, framed):
    found = verify_folder(sweep.folder)
    assert (found.faults, found.trajectories) == ((), 1)


@pytest.mark.parametrize("harm", ["gone", "bit", "chunk", "frames"])
def test_frames_that_are_lost_or_changed_are_found_and_put_aside(sweep, framed, harm):
    path = sweep.folder.trajectory_path(framed)
    chunk, cell = (
        min(one for one in (path / name).rglob("*") if one.is_file() and one.name != "zarr.json")
        for name in ("positions", "cell")
    )
    if harm == "gone":
        shutil.rmtree(path)
    elif harm == "bit":
        content = bytearray(chunk.read_bytes())
        content[len(content) // 2] ^= 4
        chunk.write_bytes(content)
    elif harm == "chunk":
        cell.unlink()
    else:
        shutil.rmtree(path)
        write(path, layout_of(n_frames=9, run_id=framed))
    fault = the_fault(sweep)
    assert (fault.kind, fault.run_id) == ("trajectory", framed)
    assert the_fault(sweep, repair=True).repaired
    assert not path.exists()
    assert not sweep.folder.record_path(framed).exists()
    assert verify_folder(sweep.folder).faults == ()


def test_a_changed_number_in_the_results_is_found_and_mended(sweep, master):
    volume = zarr.open_group(sweep.folder.results, path="ramp", mode="r+")["volume"]
    values = volume[...]
    place = tuple(np.argwhere(np.isfinite(values))[0])
    values[place] = np.nextafter(values[place], np.inf)
    volume[...] = values
    fault = the_fault(sweep)
    assert fault.kind == "results"
    assert "volume;" in fault.message
    assert fault.run_id
    assert the_fault(sweep, repair=True).repaired
    assert run_again(sweep) == [], "records are sound, so no run is repeated"
    assert_same_bits(sweep.results(), master.results())
    assert verify_folder(sweep.folder).faults == ()


@pytest.mark.parametrize("harm", ["lost", "torn"])
def test_a_lost_or_torn_chunk_is_found_and_mended(sweep, master, harm):
    chunk = next(
        path for path in (sweep.folder.results / "ramp/volume/c").rglob("*") if path.is_file()
    )
    if harm == "lost":
        chunk.unlink()
    else:
        chunk.write_bytes(chunk.read_bytes()[:-3])
    faults = verify_folder(sweep.folder, repair=True).faults
    assert {one.kind for one in faults} == {"results"}
    assert any(f"volume has {harm} chunks" in one.message for one in faults)
    assert run_again(sweep) == []
    assert_same_bits(sweep.results(), master.results())


def test_results_that_cannot_be_opened(sweep):
    (sweep.folder.results / "ramp/status/zarr.json").write_text("{")
    found = verify_folder(sweep.folder)
    assert found.results == "damaged"
    assert [fault.kind for fault in found.faults] == ["results"]


def test_a_driver_at_work_may_not_have_collected_all(sweep):
    status = zarr.open_group(sweep.folder.results, path="ramp", mode="r+")["status"]
    status[...] = np.ones_like(status[...])
    assert len(verify_folder(sweep.folder).faults) == 8
    with sweep.folder.driver_lock():
        found = verify_folder(sweep.folder)
    assert (found.faults, found.uncollected, found.cells) == ((), 8, 0)


def invoke(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_command(sweep):
    found = invoke("verify", sweep.path)
    assert found.exit_code == 0, found.output
    assert "nothing is wrong" in found.output
    path = a_record(sweep)
    path.write_bytes(path.read_bytes()[:-1])
    found = invoke("verify", sweep.path)
    assert found.exit_code == 3
    assert f"corrupt: {path.stem[:12]} (" in found.output
    assert f"lbhsweep verify {sweep.path} --repair" in found.output
    with sweep.folder.driver_lock():
        refused = invoke("verify", sweep.path, "--repair")
    assert refused.exit_code == 2
    assert "another driver works on this sweep" in refused.output
    found = json.loads(invoke("verify", sweep.path, "--repair", "--json").stdout)
    assert not found["sound"]
    assert [fault["repaired"] for fault in found["faults"]] == [True]
    assert invoke("verify", sweep.path.parent).exit_code == 2
