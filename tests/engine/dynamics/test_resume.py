"""A state kept at any step and restored elsewhere leads to the same future, bit for bit."""

import hashlib
import pickle

import numpy as np
import pytest
from engine.toy_potentials import SoftSpheres, dimers, fcc
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.engine.dynamics.barostat import MODES
from lbhsweep.engine.dynamics.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from lbhsweep.engine.dynamics.integrate import Dynamics, Integrator
from lbhsweep.engine.dynamics.state import State, draw_velocities
from lbhsweep.units import GPA

N_STEPS = 60
FROZEN = np.arange(32) % 5 < 2
MOLECULE = np.arange(32) // 2 + 1
KINDS = [
    (ensemble, mode, frozen)
    for ensemble, mode in [("nve", MODES[0]), ("nvt", MODES[0]), *(("npt", m) for m in MODES)]
    for frozen in (None, FROZEN)
]
NPT = KINDS[4]


def dynamics(kind):
    ensemble, mode, _ = kind
    return Dynamics(ensemble, 0.003, 2, 0.05, 0.3, 1.5 * GPA, 300.0, mode)


def spheres():
    return SoftSpheres(32, bonds=dimers(32, 100.0, 3.1))


def advance(integrator, to):
    """Both temperature and pressure are ramped, and energies wanted in every third step."""
    while integrator.state.step < to:
        step = integrator.state.step
        sampled = (step + 1) % 3 == 0
        integrator.advance(300.0 + 5.0 * step, (1.5 + 0.01 * step) * GPA, energies=sampled)
    return integrator


def begin(kind):
    positions, cell = fcc(2, 4.4)
    potential = spheres()
    state = State.at_rest(positions, cell, 17)
    draw_velocities(state, potential.masses, 300.0, kind[2])
    return Integrator(potential, state, dynamics(kind), frozen=kind[2], molecule=MOLECULE)


def resume(kind, arrays):
    potential = spheres()
    potential.restore_list(arrays["list_positions"], arrays["list_cell"])
    state = State.from_arrays(arrays)
    return Integrator(
        potential, state, dynamics(kind), frozen=kind[2], molecule=MOLECULE, resumed=True
    )


def contents(integrator):
    arrays = integrator.state.to_arrays().items()
    state = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays}
    return state | {"conserved": integrator.conserved_energy, "pressure": integrator.pressure}


@pytest.fixture(scope="module")
def undisturbed():
    ends = []
    for kind in KINDS:
        integrator = advance(begin(kind), N_STEPS)
        assert integrator.potential.rebuilds > 1
        ends.append(contents(integrator))
    return ends


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(0, len(KINDS) - 1),
    stops=st.lists(st.integers(0, N_STEPS), min_size=1, max_size=4),
)
def test_any_interruptions_change_nothing(tmp_path_factory, undisturbed, number, stops):
    folder, kind = tmp_path_factory.mktemp("run"), KINDS[number]
    integrator = begin(kind)
    for stop in sorted(stops):
        state = advance(integrator, stop).state
        old, old_cell = integrator.potential.list_state()
        arrays = state.to_arrays() | {"list_positions": old, "list_cell": old_cell}
        save_checkpoint(folder, Checkpoint(arrays, {}))
        integrator = resume(kind, load_checkpoint(folder).arrays)
    assert contents(advance(integrator, N_STEPS)) == undisturbed[number]


def test_the_list_is_part_of_what_the_future_depends_on(undisturbed):
    """Without it the sums run in another order: the reason why checkpoints keep it."""
    integrator = advance(begin(NPT), 34)
    state = pickle.loads(pickle.dumps(integrator.state))
    potential = spheres()
    potential.restore_list(state.positions, state.cell)
    other = Integrator(potential, state, dynamics(NPT), resumed=True)
    assert contents(advance(other, N_STEPS)) != undisturbed[KINDS.index(NPT)]


@pytest.mark.parametrize("account", ["thermostat_work", "barostat_work", "pressure"])
def test_the_accounts_of_energy_are_part_of_the_state(account):
    state = advance(begin(NPT), 20).state
    arrays = state.to_arrays()
    assert getattr(State.from_arrays(arrays), account) == getattr(state, account) != 0.0


def test_other_seeds_give_other_trajectories():
    first, second = begin(KINDS[2]), begin(KINDS[2])
    second.state.seed += 1
    assert contents(advance(first, 5)) != contents(advance(second, 5))


def test_a_state_survives_its_arrays():
    state = advance(begin(NPT), 17).state
    back = State.from_arrays(state.to_arrays())
    for (name, array), (_, other) in zip(
        state.to_arrays().items(), back.to_arrays().items(), strict=True
    ):
        assert array.tobytes() == other.tobytes(), name
    assert (back.seed, back.step) == (17, 17)
    assert not np.shares_memory(back.positions, state.positions)
