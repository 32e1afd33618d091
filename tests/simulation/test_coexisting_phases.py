"""Runs in which two phases meet: their preparation by halves, and their early end."""

from dataclasses import replace

import numpy as np
import pytest
import zarr
from simulation.simulation_points import FORCE_FIELD, coexist_point, hold_point

from lbhsweep.engine.dynamics.checkpoint import load_checkpoint
from lbhsweep.errors import InterruptedRun
from lbhsweep.observables.structure.profile import Profile
from lbhsweep.physics.coexistence import is_lower
from lbhsweep.quantities.profile import Growth, Winner
from lbhsweep.simulation.setup import build_structure
from lbhsweep.simulation.simulate import simulate
from lbhsweep.simulation.stages import stages_of
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.verify_trajectories import trajectory_problem
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import TrajectoryPoint
from lbhsweep.sweep.schedule import schedule_of

POINT = coexist_point()
STAGE = schedule_of(POINT).equilibrate_steps // 2


def after(folder, steps, point=POINT):
    """Return the checkpoint's arrays after some outer steps in all."""
    asked = iter(range(1, 10**6))
    done = 0 if not list(folder.iterdir()) else int(load_checkpoint(folder).notes["step"])
    with pytest.raises(InterruptedRun):
        simulate(
            point,
            folder,
            force_field=FORCE_FIELD,
            should_stop=lambda: next(asked) >= steps - done,
        )
    return load_checkpoint(folder).arrays


def test_each_half_moves_while_the_other_follows_the_cell(tmp_path):
    structure = build_structure(POINT)
    lower = is_lower(structure, POINT.system.supercell)
    assert lower.sum() == structure.n_atoms // 2
    moving = []
    for steps in (STAGE - 1, STAGE, 2 * STAGE - 1, 2 * STAGE, 2 * STAGE + 1):
        velocities = after(tmp_path, steps)["state.velocities"]
        moves = np.abs(velocities).max(axis=1) > 0.0
        moving.append((bool(moves[lower].any()), bool(moves[~lower].any())))
        assert moves[lower].all() == moves[lower].any()
        assert moves[~lower].all() == moves[~lower].any()
    # The stage that follows has begun when the step that ends one is written.
    assert moving == [(False, True), (True, False), (True, False), (True, True), (True, True)]


def test_frozen_anions_of_a_half_keep_their_shape(tmp_path):
    structure = build_structure(POINT)
    lower = is_lower(structure, POINT.system.supercell)
    anion = np.flatnonzero((structure.molecule == structure.molecule[lower].max()) & lower)
    shapes = []
    for steps in (2, STAGE - 1):
        positions = after(tmp_path, steps)["state.positions"][anion]
        shapes.append(positions - positions.mean(axis=0))
    np.testing.assert_allclose(shapes[1], shapes[0], rtol=0.0, atol=1e-12)


def test_velocities_of_each_stage_are_drawn_anew(tmp_path):
    first = after(tmp_path, 1)["state.velocities"]
    last = after(tmp_path, 2 * STAGE)["state.velocities"]
    upper = ~is_lower(build_structure(POINT), POINT.system.supercell)
    correlation = np.corrcoef(first[upper].ravel(), last[upper].ravel())[0, 1]
    assert abs(correlation) < 0.15


def test_without_preparation_all_atoms_move_from_the_start():
    point = coexist_point(prepare_ps=0.0)
    stages = stages_of(point, build_structure(point), schedule_of(point))
    assert [(one.end, one.frozen) for one in stages] == [(100, None)]


def test_a_hold_is_one_stage():
    point = hold_point(frozen="anions")
    (stage,) = stages_of(point, build_structure(point), schedule_of(point))
    assert stage.end == schedule_of(point).n_steps
    assert stage.frozen.sum() == 96


def test_held_laterals_keep_their_length_while_c_relaxes(tmp_path):
    point = coexist_point(lateral_A=9.9)
    cell = after(tmp_path, 2 * STAGE + 20, point)["state.cell"]
    np.testing.assert_allclose(np.diag(cell)[:2], 9.9, rtol=1e-12)
    assert abs(cell[2, 2] / 4 - 9.9) > 1e-3


@pytest.mark.parametrize(
    ("phases", "winner"),
    [(("alpha", "alpha_cap"), Winner.NONE), (("beta", "alpha"), Winner.NONE)],
)
def test_halves_are_the_phases_that_were_asked_for(tmp_path, phases, winner):
    outcome = simulate(
        coexist_point(phases, temperature_K=100.0), tmp_path, force_field=FORCE_FIELD
    )
    arrays = outcome.arrays
    share = dict(zip(("alpha", "alpha_cap", "beta"), arrays["share"][0], strict=True))
    assert share[phases[0]] > 0.3
    assert share[phases[1]] > 0.3
    assert arrays["winner"] == winner
    assert arrays["growth_status"] == Growth.TOO_FAST
    assert np.isnan(arrays["growth_speed"])


def test_a_run_ends_when_one_phase_fills_the_cell(tmp_path, monkeypatch):
    """The decision follows from complete blocks, so a resumed run ends at the same step."""
    point = coexist_point(produce_ps=8.0, prepare_ps=0.02)
    decided = []

    def winner(self, complete):
        decided.append(complete)
        self._checked = complete
        return Winner.BETA if complete >= 3 else Winner.NONE

    monkeypatch.setattr(Profile, "_winner", winner)
    whole = simulate(point, tmp_path / "whole", force_field=FORCE_FIELD)
    assert whole.steps == 20 + 1550
    assert whole.arrays["winner"] == Winner.BETA
    assert whole.arrays["decision_time"] == pytest.approx(2.5)
    known = np.isfinite(whole.arrays["layer_order"]).all(axis=1)
    np.testing.assert_array_equal(known, [True] * 4 + [False] * 4)
    (tmp_path / "parts").mkdir()
    after(tmp_path / "parts", 1000, point)
    parts = simulate(point, tmp_path / "parts", force_field=FORCE_FIELD)
    assert parts.steps == whole.steps
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(parts.arrays[name], array, err_msg=name)


def test_frames_after_an_early_end_are_not_missed(tmp_path, monkeypatch):
    kept = TrajectoryPoint(every=250)
    point = coexist_point(produce_ps=6.0, prepare_ps=0.0, trajectory=kept)
    monkeypatch.setattr(Profile, "_winner", lambda self, n: Winner.BETA if n >= 3 else Winner.NONE)
    folder = SweepFolder(tmp_path / "sweep")
    path = folder.trajectory_path(run_id(point))
    simulate(point, tmp_path / "run", force_field=FORCE_FIELD, trajectory=path)
    assert not trajectory_problem(folder, run_id(point), point)
    hold = replace(point, protocol=hold_point(produce_ps=6.0, equilibrate_ps=0.0).protocol)
    assert "not all there" in trajectory_problem(folder, run_id(point), hold)
    frames = zarr.open_group(path, mode="r+")["cell"]
    assert np.isfinite(frames[:6]).all()
    frames[2] = np.nan
    assert "not all there" in trajectory_problem(folder, run_id(point), point)
