"""Sweeps whose runs follow each other: order, failures, damage, kills."""

import errno
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from execution.execution_sweeps import Recording, assert_same_bits

from lbhsweep.execution.driver import storage_pause
from lbhsweep.execution.events import RunFailed
from lbhsweep.execution.worker.workload import MolecularDynamics, Rehearsal
from lbhsweep.simulation.outcome import Outcome
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import RunError, read_record
from lbhsweep.store.schema import Status
from lbhsweep.sweep import expand_grid, load_sweep, run_id
from lbhsweep.sweep.identity import point_from_json

HOLDS = """\
name: test
axes: {pressure: [0 GPa, 0.4 GPa], temperature: 300 K .. 600 K step 100 K}
protocol: {hold: {produce: 10 ps, follow: rising}}
observables: [thermo]
"""
REAL = """\
name: real
system: {supercell: 1}
model: {cutoff: 4.5 Å}
axes: {pressure: 0.4 GPa, heating_rate: 200 K/ps}
protocol: {ramp: {temperature: 300 K .. 500 K, bin: 50 K, equilibrate: 0.1 ps, first: heating}}
"""


FAN = """\
name: fan
axes: {pressure: 0 GPa, heating_rate: [1 K/ps, 2 K/ps, 5 K/ps, 10 K/ps]}
protocol:
  ramp: {temperature: 300 K .. 700 K, bin: 50 K, first: heating, first_rate: 10 K/ps}
exclude: {direction: heating, heating_rate: [1 K/ps, 2 K/ps, 5 K/ps]}
"""


class FailsAt:
    """Rehearses, but runs at one temperature fail permanently."""

    def __init__(self, temperature_K):
        self.temperature_K = temperature_K

    def prepare(self, notify):
        pass

    def run(self, point, workdir, should_stop, on_progress, **places):
        if point.protocol.temperature_K == self.temperature_K:
            return Outcome(status="failed", arrays={}, error=RunError("not-finite", "boom", 3))
        return Rehearsal().run(point, workdir, should_stop, on_progress, **places)


class Stops(Recording):
    """Notes its runs, and requests a stop in those at 400 K."""

    def run(self, point, workdir, should_stop, on_progress, **places):
        outcome = super().run(point, workdir, should_stop, on_progress, **places)
        if point.protocol.temperature_K == 400.0:
            (workdir.parents[2] / "stop").touch()
            # It is looked for once a second.
            time.sleep(1.5)
        return outcome


def test_no_run_begins_before_the_one_it_follows(sweep, tmp_path):
    workload = Recording(tmp_path / "notes")
    ending = sweep.run(HOLDS, workload)
    assert (ending.total, ending.done, ending.waiting) == (8, 8, 0)
    order = workload.names()
    assert len(order) == len(set(order)) == 8
    for point in sweep.grid(HOLDS).points:
        if point.follows:
            assert order.index(point.follows) < order.index(run_id(point))


def test_runs_after_a_failed_one_wait_and_name_it(sweep):
    ending = sweep.run(HOLDS, FailsAt(400.0))
    assert (ending.total, ending.done, len(ending.failed), ending.waiting) == (8, 2, 2, 4)
    assert not ending.interrupted
    results = sweep.results().squeeze(drop=True)
    status = results["status"].transpose("pressure", "temperature").values
    expected = [Status.DONE, Status.FAILED, Status.PENDING, Status.PENDING]
    np.testing.assert_array_equal(status, [expected, expected])
    for pressure in (0.0, 0.4):
        failed = str(results["run_id"].sel(pressure=pressure, temperature=400.0).item())
        for temperature in (500.0, 600.0):
            error = str(results["error"].sel(pressure=pressure, temperature=temperature).item())
            assert error == f"goes on from the end of run {failed}, which failed"


def test_once_the_failed_one_is_fixed_all_are_done(sweep):
    sweep.run(HOLDS, FailsAt(400.0))
    again = sweep.run(HOLDS, FailsAt(400.0))
    assert (again.done, again.waiting) == (2, 4)
    assert not sweep.of(RunFailed), "failed runs are not tried again unasked"
    ending = sweep.run(HOLDS, retry_failed=True)
    assert (ending.done, ending.waiting) == (8, 0)
    assert set(sweep.results()["error"].values.ravel()) == {""}


def test_a_record_damaged_from_outside_is_repeated_for_runs_that_follow(sweep):
    sweep.run(HOLDS, FailsAt(500.0))
    at_400 = [p for p in sweep.grid(HOLDS).points if p.protocol.temperature_K == 400.0]
    for point in at_400:
        flip_a_bit(sweep.folder.record_path(run_id(point)))
    ending = sweep.run(HOLDS, Looks(), retry_failed=True)
    assert (ending.done, ending.waiting) == (8, 0)
    for point in at_400:
        read_record(sweep.folder.record_path(run_id(point)))


class Cooled(Rehearsal):
    """Fails in all runs that cool."""

    def run(self, point, workdir, should_stop, on_progress, **places):
        if point.protocol.direction == "cooling":
            return Outcome(status="failed", arrays={}, error=RunError("not-finite", "boom", 3))
        return super().run(point, workdir, should_stop, on_progress, **places)


@dataclass(frozen=True)
class Looks(Rehearsal):
    """Reads the start of its runs, as real ones do; the first one may find nothing."""

    removed: Path | None = None

    def run(self, point, workdir, should_stop, on_progress, **places):
        if point.follows:
            mark = workdir.parents[2] / "removed"
            if self.removed and not mark.exists():
                mark.touch()
                self.removed.unlink(missing_ok=True)
            places["start"]()
        return super().run(point, workdir, should_stop, on_progress, **places)


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_several_runs_may_find_the_record_of_their_start_damaged(sweep, damage):
    first = sweep.run(FAN, Cooled())
    assert (first.total, first.done, len(first.failed)) == (5, 1, 4)
    (heating,) = [p for p in sweep.grid(FAN).points if p.protocol.direction == "heating"]
    path = sweep.folder.record_path(run_id(heating))
    if damage == "changed":
        flip_a_bit(path)
    workload = Looks(removed=path if damage == "removed" else None)
    ending = sweep.run(FAN, workload, retry_failed=True)
    assert (ending.done, ending.waiting) == (5, 0)
    read_record(path)


def test_a_transient_error_while_a_lost_start_is_checked_ends_nothing(sweep, monkeypatch):
    monkeypatch.setattr(storage_pause, "FIRST_S", 0.01)
    sweep.run(FAN, Cooled())
    (heating,) = [p for p in sweep.grid(FAN).points if p.protocol.direction == "heating"]
    path = sweep.folder.record_path(run_id(heating))
    find, stale = SweepFolder.find_record, [OSError(errno.ESTALE, "Stale file handle")] * 2

    def fail_once(folder, name):
        # Only in this process; workers find out by themselves that it is gone.
        if name == run_id(heating) and stale and not path.exists() and is_drivers():
            raise stale.pop()
        return find(folder, name)

    monkeypatch.setattr(SweepFolder, "find_record", fail_once)
    ending = sweep.run(FAN, Looks(removed=path), retry_failed=True)
    assert not stale
    assert (ending.done, ending.waiting) == (5, 0)
    assert set(sweep.results()["attempts"].values.ravel()) == {0, 1}, "0 where nothing is run"


def is_drivers():
    return any(frame.name == "_repeat_if_lost" for frame in traceback.extract_stack())


def test_a_stop_in_a_chain_loses_nothing(sweep, tmp_path):
    first = sweep.run(HOLDS, Stops(tmp_path / "notes"))
    assert 2 <= first.done <= 6
    ending = sweep.run(HOLDS, Recording(tmp_path / "notes"))
    assert (ending.done, ending.waiting) == (8, 0)
    names = Recording(tmp_path / "notes").names()
    assert len(names) == len(set(names)) == 8


def test_molecular_dynamics_runs_follow_each_other_on_any_executor(sweep, tmp_path):
    file = tmp_path / "real.yaml"
    file.write_text(REAL)
    grid = expand_grid(load_sweep(file))
    sweep.grid = lambda text: grid
    workload = MolecularDynamics(tuple(grid.force_fields.values()))
    ending = sweep.run(REAL, workload)
    assert (ending.done, ending.failed) == (2, ())
    records = [read_record(path) for path in sweep.folder.records.glob("*/*.rec")]
    by_direction = {point_from_json(r.header.point).protocol.direction: r for r in records}
    before, after = by_direction["heating"], by_direction["cooling"]
    assert point_from_json(after.header.point).follows == before.header.run_id
    # The cooled crystal was never relaxed: it begins with the volume of the hot end.
    hot = np.linalg.det(before.arrays["end.cell"]) / 4.0
    assert after.arrays["volume"][-1] == pytest.approx(hot, rel=0.05)
    first = sweep.results()
    sweep.folder.record_path(after.header.run_id).unlink()
    sweep.run(REAL, workload)
    assert_same_bits(first, sweep.results())
