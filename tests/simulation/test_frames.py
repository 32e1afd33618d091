"""Frames of real runs: the states themselves, at no cost to the results, whatever happens."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulation.simulation_points import FORCE_FIELD, hold_point, ramp_point
from store.trajectory_samples import files_of

from lbhsweep.engine.dynamics.checkpoint import load_checkpoint
from lbhsweep.errors import InterruptedRun, StoreError
from lbhsweep.simulation.simulate import TRAJECTORY, simulate
from lbhsweep.store import trajectory_writer
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import TrajectoryPoint
from lbhsweep.sweep.sampling_frames import frame_temperatures, frame_times, n_frames
from lbhsweep.sweep.schedule import schedule_of

EVERY = 7
PLAIN = hold_point()
PLAIN = replace(
    PLAIN, protocol=replace(PLAIN.protocol, heated_from_K=200.0, heating_rate_K_per_ps=5000.0)
)
POINT = replace(PLAIN, trajectory=TrajectoryPoint(every=EVERY, velocities=True))
N_STEPS = schedule_of(POINT).n_steps


class Killed(BaseException):
    """Ends a run as a kill does: nothing more is written."""


def stop_after(n_steps):
    return asked_for(n_steps, lambda: True)


def kill_after(n_steps):
    def kill():
        raise Killed

    return asked_for(n_steps, kill)


def asked_for(n_steps, end):
    asked = 0

    def should_stop():
        nonlocal asked
        asked += 1
        return asked >= n_steps and end()

    return should_stop


@pytest.fixture(autouse=True, scope="module")
def four_frames_a_chunk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory_writer, "CHUNK_BYTES", 4 * 12 * 104)
        patch.setattr(trajectory_writer, "FEWEST_FRAMES", 1)
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run")
    outcome = simulate(POINT, workdir, force_field=FORCE_FIELD)
    assert outcome.status == "done"
    return outcome.arrays, files_of(workdir / TRAJECTORY), workdir / TRAJECTORY


def test_a_trajectory_changes_no_bit_of_the_results(tmp_path, undisturbed):
    without = simulate(PLAIN, tmp_path, force_field=FORCE_FIELD)
    assert run_id(PLAIN) != run_id(POINT)
    for name, array in undisturbed[0].items():
        np.testing.assert_array_equal(array, without.arrays[name], err_msg=name)
    assert not (tmp_path / TRAJECTORY).exists()


def test_frames_are_the_states_at_their_steps(tmp_path, undisturbed):
    dataset = xr.load_dataset(undisturbed[2], engine="zarr")
    first = schedule_of(POINT).preparing_steps
    assert dataset.sizes["time"] == n_frames(POINT) == 14
    for k in (0, 5, 13):
        step = first + (k + 1) * EVERY
        with pytest.raises(InterruptedRun):
            simulate(
                POINT, tmp_path / str(k), force_field=FORCE_FIELD, should_stop=stop_after(step)
            )
        state = load_checkpoint(tmp_path / str(k)).arrays
        for name in ("positions", "velocities", "cell"):
            stored = dataset[name].values[k]
            np.testing.assert_array_equal(stored, state[f"state.{name}"].astype(stored.dtype))
        assert dataset["time"].values[k] == pytest.approx(0.002 * (k + 1) * EVERY, rel=1e-12)


def test_a_ramp_s_frames_carry_the_temperature_of_the_baths():
    cooling = ramp_point("cooling", rate=1000.0, low=300.0, high=500.0)
    point = replace(cooling, trajectory=TrajectoryPoint(every=10))
    np.testing.assert_allclose(frame_times(point), 0.02 * np.arange(1, 11), rtol=1e-12)
    np.testing.assert_allclose(frame_temperatures(point), 500.0 - 20.0 * np.arange(1, 11))


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 60)), min_size=1, max_size=3))
def test_stops_and_kills_leave_the_same_bytes(tmp_path_factory, undisturbed, pieces):
    """Each pair: steps to a checkpoint, and steps after it whose frames a kill leaves behind."""
    workdir = tmp_path_factory.mktemp("run")
    done = 0
    for to_checkpoint, to_kill in pieces:
        if done + to_checkpoint >= N_STEPS:
            break
        with pytest.raises(InterruptedRun):
            simulate(POINT, workdir, force_field=FORCE_FIELD, should_stop=stop_after(to_checkpoint))
        done += to_checkpoint
        if done + to_kill < N_STEPS:
            with pytest.raises(Killed):
                simulate(POINT, workdir, force_field=FORCE_FIELD, should_stop=kill_after(to_kill))
    outcome = simulate(POINT, workdir, force_field=FORCE_FIELD)
    for name, array in undisturbed[0].items():
        np.testing.assert_array_equal(array, outcome.arrays[name], err_msg=name)
    assert files_of(workdir / TRAJECTORY) == undisturbed[1]


@pytest.mark.parametrize("lost", [".", "positions/c.0.0.0", "zarr.json"])
def test_a_run_whose_frames_are_lost_starts_from_scratch(tmp_path, undisturbed, lost):
    with pytest.raises(InterruptedRun):
        simulate(POINT, tmp_path, force_field=FORCE_FIELD, should_stop=stop_after(80))
    target = tmp_path / TRAJECTORY / lost
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    steps = []
    simulate(POINT, tmp_path, force_field=FORCE_FIELD, should_stop=lambda: steps.append(0))
    assert len(steps) == N_STEPS
    assert files_of(tmp_path / TRAJECTORY) == undisturbed[1]


def test_frames_deleted_under_a_run_end_it_and_the_next_attempt_is_whole(tmp_path, undisturbed):
    def delete():
        shutil.rmtree(tmp_path / TRAJECTORY, ignore_errors=True)
        return False

    with pytest.raises(StoreError, match="starts that run from the beginning"):
        simulate(POINT, tmp_path, force_field=FORCE_FIELD, should_stop=asked_for(60, delete))
    simulate(POINT, tmp_path, force_field=FORCE_FIELD)
    assert files_of(tmp_path / TRAJECTORY) == undisturbed[1]


def test_a_failed_run_keeps_its_frames_up_to_the_failure(tmp_path):
    point = hold_point(equilibrate_ps=0.0, timestep_fs=3.0, produce_ps=20.0)
    # The first step that fails is known from the same run without frames.
    step = simulate(point, tmp_path / "plain", force_field=FORCE_FIELD).error.step
    point = replace(point, trajectory=TrajectoryPoint(every=1))
    outcome = simulate(point, tmp_path / "kept", force_field=FORCE_FIELD)
    assert (outcome.status, outcome.error.step) == ("failed", step)
    cell = xr.load_dataset(tmp_path / "kept" / TRAJECTORY, engine="zarr")["cell"].values[:, 0, 0]
    n_kept = step - 1 - schedule_of(point).preparing_steps
    assert n_kept > 0
    assert np.isfinite(cell[:n_kept]).all()
    assert np.isnan(cell[n_kept:]).all()
