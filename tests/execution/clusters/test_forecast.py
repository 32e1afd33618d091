"""When a sweep would be done: from the best speed that is known, and no sooner than it can be."""

import pytest
from execution.execution_sweeps import yaml_text
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.execution.clusters.forecast import Speed, forecast, known_speed
from lbhsweep.execution.clusters.spec import AddressCluster, LocalCluster, SlurmCluster
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import Record, RecordHeader, write_record
from lbhsweep.sweep import PHYSICS_VERSION, expand_grid, load_sweep, make_plan
from lbhsweep.sweep.cost import REFERENCE_NS_PER_DAY, estimated_core_seconds
from lbhsweep.sweep.identity import canonical_json


def slurm(**keys):
    given = {"workers": 16, "cores": 4, "memory": "8 GB", "walltime": "01:00:00"} | keys
    return SlurmCluster(kind="slurm", **given)


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    file = tmp_path_factory.mktemp("sweep") / "sweep.yaml"
    file.write_text(yaml_text())
    return expand_grid(load_sweep(file))


def write_finished(folder, grid, name, slowness):
    """Write the record of a run that took so much longer than the cost model says."""
    plan = make_plan(grid, {})
    point = plan.points[name]
    seconds = slowness * estimated_core_seconds(point)
    header = RecordHeader(
        run_id=name, point=canonical_json(point), physics_version=PHYSICS_VERSION, status="done",
        provenance={"wall_seconds": seconds},
    )  # fmt: skip
    write_record(folder, Record(header, {}))


def test_the_speed_is_that_of_finished_runs_else_of_the_file_else_a_typical_one(grid, tmp_path):
    folder = SweepFolder(tmp_path)
    plan = make_plan(grid, {})
    assert known_speed(plan, None, None).ns_per_day == REFERENCE_NS_PER_DAY
    assert known_speed(plan, folder, slurm(ns_per_day=300.0)).ns_per_day == 300.0
    name = next(iter(plan.points))
    write_finished(folder, grid, name, slowness=2.5)
    found = known_speed(make_plan(grid, folder.finished()), folder, slurm(ns_per_day=300.0))
    assert found.ns_per_day == pytest.approx(REFERENCE_NS_PER_DAY / 2.5)
    assert "1 runs that are done" in found.source


def test_a_damaged_record_is_ignored(grid, tmp_path):
    folder = SweepFolder(tmp_path)
    first, second, *_ = make_plan(grid, {}).points
    write_finished(folder, grid, first, slowness=2.0)
    write_finished(folder, grid, second, slowness=4.0)
    folder.record_path(second).write_bytes(b"torn")
    plan = make_plan(grid, {first: "done", second: "done"})
    assert known_speed(plan, folder, None).ns_per_day == pytest.approx(REFERENCE_NS_PER_DAY / 2)


@given(workers=st.integers(1, 200), ns_per_day=st.floats(10.0, 1000.0))
def test_it_takes_no_less_than_the_work_and_the_longest_run(grid, workers, ns_per_day):
    plan = make_plan(grid, {})
    found = forecast(plan, slurm(workers=workers), Speed(ns_per_day, ""))
    slower = REFERENCE_NS_PER_DAY / ns_per_day
    assert found.workers == min(workers, len(plan.missing))
    assert found.core_hours == pytest.approx(plan.core_hours * slower)
    assert found.seconds >= 3600 * plan.core_hours * slower / found.workers * (1 - 1e-9)
    assert found.seconds >= 3600 * plan.chain_hours * slower * (1 - 1e-9)
    assert found.jobs == -(-found.workers // 4)
    assert found.jobs_in_all >= found.seconds / 3600 * found.jobs * (1 - 1e-9)


def test_jobs_are_replaced_after_their_walltime(grid):
    plan = make_plan(grid, {})
    hours = plan.core_hours / len(plan.missing)
    # Two at a time, at a speed at which a run takes two walltimes and a half.
    speed = Speed(REFERENCE_NS_PER_DAY * hours / 2.5, "")
    found = forecast(plan, slurm(workers=1000, cores=len(plan.missing)), speed)
    assert (found.jobs, found.jobs_in_all) == (1, 3)


def test_one_machine_has_no_jobs_and_a_running_scheduler_no_forecast(grid):
    plan = make_plan(grid, {})
    found = forecast(plan, LocalCluster(kind="local", workers=2), Speed(250.0, ""))
    assert (found.workers, found.jobs, found.jobs_in_all) == (2, 0, 0)
    address = AddressCluster(kind="address", address="tcp://127.0.0.1:1")
    assert forecast(plan, address, Speed(250.0, "")) is None
