"""Fluctuations of the anions' centres in crystals whose motion is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observables.turning_anions import look, plan_of, small_turns, turned

from lbhsweep.observables.motion.anion_position import AnionPosition
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.quantities import stderr_name

NAME = "anion_fluctuation"


def displaced(structure, displacements):
    """Move each anion (n_anions, 3) as a whole."""
    positions = structure.positions.copy()
    positions[structure.molecule > 0] += np.repeat(displacements, 24, axis=0)
    return positions


def measure(structure, displacements, n_blocks=64, strains=None, drift=None):
    """Show displacements (n_frames, n_anions, 3); everything follows strains (n_frames, 3, 3)."""
    plan = plan_of(structure, len(displacements), n_blocks)
    observable = AnionPosition(plan)
    for frame, shift in enumerate(displacements):
        strain = np.eye(3) if strains is None else strains[frame]
        offset = 0.0 if drift is None else drift[frame]
        positions = displaced(structure, shift) @ strain + offset
        look(observable, plan, frame, positions, structure.cell @ strain)
    return observable.result()


def oscillations(rng, n_frames, n_anions, spread, correlation_time):
    """Ornstein–Uhlenbeck displacements: normal, correlated over a number of frames."""
    keep = np.exp(-1.0 / correlation_time)
    noise = rng.normal(0.0, spread, (n_frames, n_anions, 3))
    for frame in range(1, n_frames):
        noise[frame] = keep * noise[frame - 1] + np.sqrt(1.0 - keep**2) * noise[frame]
    return noise


def expected(spread, n_anions):
    """Three directions, less the share of the lattice's own motion."""
    return spread * np.sqrt(3.0 * (1.0 - 1.0 / n_anions))


def test_an_einstein_crystal_has_its_amplitude():
    structure, rng = build_alpha((2, 2, 2)), np.random.default_rng(1)
    result = measure(structure, oscillations(rng, 1500, 32, 0.15, 4.0))
    error = result[stderr_name(NAME)]
    assert result[NAME] == pytest.approx(expected(0.15, 32), abs=4.0 * error)
    assert error < 0.01 * result[NAME]


def test_errors_are_those_of_repetitions():
    structure, rng = build_alpha((1, 1, 1)), np.random.default_rng(2)
    runs = [measure(structure, oscillations(rng, 600, 4, 0.1, 3.0)) for _ in range(24)]
    scatter = np.std([run[NAME] for run in runs], ddof=1)
    claimed = np.mean([run[stderr_name(NAME)] for run in runs])
    assert claimed == pytest.approx(scatter, rel=0.5)


def test_drift_and_a_breathing_cell_are_no_fluctuation():
    structure = build_alpha((1, 1, 1))
    frames = np.linspace(0.0, 1.0, 80)
    strains = np.eye(3) + 0.05 * np.sin(9.0 * frames)[:, None, None] * np.eye(3)
    strains[:, 0, 1] = 0.04 * np.cos(5.0 * frames)
    drift = 30.0 * frames[:, None] * np.array([1.0, -2.0, 0.3])
    still = np.zeros((80, 4, 3))
    assert measure(structure, still, strains=strains, drift=drift)[NAME] < 1e-9
    moving = np.random.default_rng(3).normal(0.0, 0.1, (80, 4, 3))
    plain = measure(structure, moving)[NAME]
    assert measure(structure, moving, drift=drift)[NAME] == pytest.approx(plain, rel=1e-9)


def test_centres_rest_while_anions_turn_and_lithium_wanders():
    structure, rng = build_alpha((1, 1, 1)), np.random.default_rng(4)
    plan = plan_of(structure, 40)
    observable = AnionPosition(plan)
    for frame in range(40):
        positions = turned(structure, small_turns(rng, 1.0, 4))
        positions[structure.molecule == 0] += rng.normal(0.0, 5.0, (8, 3))
        look(observable, plan, frame, positions)
    assert observable.result()[NAME] < 1e-9


def test_distances_are_cartesian_in_a_skewed_cell():
    structure = build_alpha((1, 1, 1))
    skew = np.array([[1.0, 0.3, -0.2], [0.0, 1.1, 0.4], [0.1, 0.0, 0.9]])
    skewed = replace(structure, cell=structure.cell @ skew)
    moving = np.random.default_rng(5).normal(0.0, [0.05, 0.1, 0.2], (200, 4, 3))
    about_mean = moving - moving.mean(axis=1, keepdims=True)
    about_mean -= about_mean.mean(axis=0)
    wanted = np.sqrt((about_mean**2).sum(axis=-1).mean())
    assert measure(skewed, moving)[NAME] == pytest.approx(wanted, rel=1e-9)


def test_one_look_is_no_fluctuation():
    result = measure(build_alpha((1, 1, 1)), np.zeros((1, 4, 3)), n_blocks=1)
    assert np.isnan(result[NAME])
    assert np.isnan(result[stderr_name(NAME)])


def test_two_blocks_give_a_value_without_an_error():
    moving = np.random.default_rng(6).normal(0.0, 0.1, (10, 4, 3))
    result = measure(build_alpha((1, 1, 1)), moving, n_blocks=2)
    assert result[NAME] > 0.0
    assert np.isnan(result[stderr_name(NAME)])


def test_ramps_are_not_looked_at():
    plan = plan_of(build_alpha((1, 1, 1)), 10, group="ramp")
    assert AnionPosition(plan).every > plan.produce_steps
    assert AnionPosition(plan).result() == {}


@settings(max_examples=10, deadline=None)
@given(split=st.integers(0, 50))
def test_restoring_changes_no_bit(split):
    structure, rng = build_alpha((1, 1, 1)), np.random.default_rng(7)
    plan = plan_of(structure, 50)
    whole, first, second = (AnionPosition(plan) for _ in range(3))
    for frame in range(50):
        positions = displaced(structure, rng.normal(0.0, 0.1, (4, 3)))
        if frame == split:
            second.restore(first.state())
        look(whole, plan, frame, positions)
        look(first if frame < split else second, plan, frame, positions)
    last = first if split == 50 else second
    for name, array in whole.state().items():
        np.testing.assert_array_equal(last.state()[name], array, err_msg=name)
    assert last.result() == whole.result()
