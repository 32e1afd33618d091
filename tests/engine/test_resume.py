"""A state kept at any step and restored elsewhere leads to the same future, bit for bit."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_potentials import SoftSpheres, fcc

from lbhsweep.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from lbhsweep.engine.integrate import Dynamics, Integrator
from lbhsweep.engine.state import State, draw_velocities
from lbhsweep.units import GPA

N_STEPS = 60


def dynamics(ensemble):
    return Dynamics(ensemble, 0.003, 2, 0.05, 0.1, 1.5 * GPA, 300.0)


def temperature(step):
    return 300.0 + 5.0 * step


def advance(integrator, to):
    while integrator.state.step < to:
        integrator.advance(temperature(integrator.state.step))
    return integrator


def begin(ensemble):
    positions, cell = fcc(2, 4.4)
    potential = SoftSpheres(len(positions))
    state = State.at_rest(positions, cell, 17)
    draw_velocities(state, potential.masses, 300.0)
    return Integrator(potential, state, dynamics(ensemble))


def contents(state):
    return {name: array.tobytes() for name, array in state.to_arrays().items()}


@pytest.fixture(scope="module")
def undisturbed():
    ends = {}
    for ensemble in ("nve", "nvt", "npt"):
        integrator = advance(begin(ensemble), N_STEPS)
        assert integrator.potential.rebuilds > 2
        ends[ensemble] = contents(integrator.state)
    return ends


@settings(max_examples=30, deadline=None)
@given(
    ensemble=st.sampled_from(["nve", "nvt", "npt"]),
    stops=st.lists(st.integers(0, N_STEPS), min_size=1, max_size=4),
)
def test_any_interruptions_change_nothing(tmp_path_factory, undisturbed, ensemble, stops):
    folder = tmp_path_factory.mktemp("run")
    integrator = begin(ensemble)
    for stop in sorted(stops):
        state = advance(integrator, stop).state
        old, old_cell = integrator.potential.list_state()
        arrays = state.to_arrays() | {"list_positions": old, "list_cell": old_cell}
        save_checkpoint(folder, Checkpoint(arrays, {}))
        kept = load_checkpoint(folder).arrays
        potential = SoftSpheres(32)
        potential.restore_list(kept["list_positions"], kept["list_cell"])
        restored = State.from_arrays(kept)
        integrator = Integrator(potential, restored, dynamics(ensemble), resumed=True)
    assert contents(advance(integrator, N_STEPS).state) == undisturbed[ensemble]


def test_the_list_is_part_of_what_the_future_depends_on(undisturbed):
    """Without it the sums run in another order: the reason why checkpoints keep it."""
    integrator = advance(begin("npt"), N_STEPS // 2)
    state = pickle.loads(pickle.dumps(integrator.state))
    other = Integrator(SoftSpheres(32), state, dynamics("npt"))
    assert contents(advance(other, N_STEPS).state) != undisturbed["npt"]


def test_other_seeds_give_other_trajectories():
    first, second = begin("nvt"), begin("nvt")
    second.state.seed += 1
    assert contents(advance(first, 5).state) != contents(advance(second, 5).state)


def test_a_state_survives_its_arrays():
    state = advance(begin("npt"), 7).state
    back = State.from_arrays(state.to_arrays())
    assert contents(back) == contents(state)
    assert (back.seed, back.step) == (17, 7)
    assert not np.shares_memory(back.positions, state.positions)
