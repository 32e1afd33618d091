"""How runs start: heated from nothing, from another run's end, with the replica's own crystal."""

from dataclasses import replace

import numpy as np
import pytest
from simulation.simulation_points import FORCE_FIELD, hold_point, ramp_point

from lbhsweep.engine.dynamics.checkpoint import load_checkpoint
from lbhsweep.errors import InterruptedRun, StructureError
from lbhsweep.physics.conventional import conventional_crystal
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.simulation.end_state import EndState
from lbhsweep.simulation.setup import build_structure, followed_state
from lbhsweep.simulation.simulate import simulate
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import Record, RecordHeader, read_record, write_record
from lbhsweep.sweep.identity import PHYSICS_VERSION, canonical_json, run_id
from lbhsweep.sweep.point import TrajectoryPoint
from lbhsweep.sweep.schedule import schedule_of

HEATING = ramp_point("heating")
COOLING = ramp_point("cooling", follows=run_id(HEATING))


def heated_point(**changes):
    point = hold_point(**changes)
    protocol = replace(point.protocol, heated_from_K=0.0, heating_rate_K_per_ps=1000.0)
    return replace(point, protocol=protocol)


def interrupted_at(point, workdir, step, **options):
    """Run up to a step and give the state that the checkpoint keeps."""
    asked = iter(range(1, 10**6))
    with pytest.raises(InterruptedRun):
        simulate(
            point,
            workdir,
            force_field=FORCE_FIELD,
            should_stop=lambda: next(asked) >= step,
            **options,
        )
    return load_checkpoint(workdir).arrays


def assert_same_ends(first, second):
    for name, array in first.to_record().items():
        np.testing.assert_array_equal(second.to_record()[name], array, err_msg=name)


@pytest.fixture(scope="module")
def heated(tmp_path_factory):
    return simulate(HEATING, tmp_path_factory.mktemp("heating"), force_field=FORCE_FIELD)


@pytest.fixture(scope="module")
def cooled(tmp_path_factory, heated):
    workdir = tmp_path_factory.mktemp("cooling")
    return simulate(COOLING, workdir, force_field=FORCE_FIELD, start=lambda: heated.end)


def test_the_bath_is_never_at_zero_and_reaches_its_temperature():
    schedule = schedule_of(heated_point())
    assert schedule.heat_steps == 150
    assert schedule.n_steps == 150 + 25 + 100
    baths = np.array([schedule.temperature(step) for step in range(schedule.n_steps)])
    np.testing.assert_allclose(baths[:150], 2.0 * np.arange(1, 151))
    assert (baths[150:] == 300.0).all()
    assert [schedule.block(175 + k) for k in (2, 100)] == [0, schedule.n_blocks - 1]


def test_a_crystal_is_heated_from_nothing(tmp_path):
    """At 1000 K/ps it lags behind the bath, whose time is 0.05 ps, by 100 K."""
    masses = np.array([FORCE_FIELD.species[s].mass for s in build_structure(HEATING).symbols])
    kelvin = []
    for step in (5, 100, 150):
        velocities = interrupted_at(heated_point(), tmp_path / str(step), step)["state.velocities"]
        twice_kinetic = (masses[:, None] * velocities**2).sum() * 0.01
        kelvin.append(twice_kinetic / (8.314462618e-3 * 309))
    assert kelvin[0] < 40.0
    assert 50.0 < kelvin[1] < 200.0
    assert kelvin[1] < kelvin[2] < 320.0


def test_a_heated_run_is_done_and_interrupted_without_a_trace(tmp_path):
    whole = simulate(heated_point(), tmp_path / "whole", force_field=FORCE_FIELD)
    assert (whole.status, whole.steps) == ("done", 275)
    assert whole.arrays["kinetic_temperature"] == pytest.approx(300.0, rel=0.25)
    for step in (60, 100, 10):
        interrupted_at(heated_point(), tmp_path / "pieces", step)
    pieces = simulate(heated_point(), tmp_path / "pieces", force_field=FORCE_FIELD)
    assert_same_ends(whole.end, pieces.end)


def test_a_run_starts_exactly_from_the_end_of_the_other(tmp_path, heated):
    at_once = interrupted_at(COOLING, tmp_path, 1, start=lambda: heated.end)
    # Nothing moves further in one step of 2 fs.
    assert np.abs(at_once["state.positions"] - heated.end.positions).max() < 0.3
    np.testing.assert_allclose(at_once["state.cell"], heated.end.cell, rtol=1e-3)
    assert at_once["state.positions"].shape == heated.end.positions.shape


def test_what_follows_is_not_what_was_built(cooled, tmp_path):
    fresh = simulate(replace(COOLING, follows=""), tmp_path, force_field=FORCE_FIELD)
    assert cooled.status == fresh.status == "done"
    assert not np.array_equal(cooled.arrays["volume"], fresh.arrays["volume"])


def test_following_runs_are_interrupted_without_a_trace(tmp_path, heated, cooled):
    for step in (30, 50):
        interrupted_at(COOLING, tmp_path, step, start=lambda: heated.end)
    # The start is looked at once: what counts from there on is the checkpoint.
    resumed = simulate(COOLING, tmp_path, force_field=FORCE_FIELD)
    assert_same_ends(cooled.end, resumed.end)
    for name, array in cooled.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], array, err_msg=name)


def test_frames_of_the_run_before_change_nothing(tmp_path, heated, cooled):
    filmed = replace(HEATING, trajectory=TrajectoryPoint(every=10))
    assert run_id(filmed) != run_id(HEATING)
    before = simulate(filmed, tmp_path / "heating", force_field=FORCE_FIELD)
    assert_same_ends(heated.end, before.end)
    after = replace(COOLING, follows=run_id(filmed))
    outcome = simulate(
        after, tmp_path / "cooling", force_field=FORCE_FIELD, start=lambda: before.end
    )
    assert_same_ends(cooled.end, outcome.end)


def test_an_end_survives_its_record_to_the_last_bit(tmp_path, heated):
    folder = SweepFolder(tmp_path)
    folder.create()
    name, point = run_id(HEATING), canonical_json(HEATING)
    header = RecordHeader(run_id=name, point=point, physics_version=PHYSICS_VERSION, status="done")
    path = write_record(folder, Record(header, {**heated.arrays, **heated.end.to_record()}))
    assert_same_ends(heated.end, EndState.from_record(read_record(path).arrays))
    assert EndState.from_record(heated.arrays) is None


def test_a_start_that_does_not_fit_is_refused(heated):
    structure = build_structure(COOLING)
    with pytest.raises(StructureError, match=r"wants|with 104 atoms, got nothing"):
        followed_state(COOLING, structure, None, 1)
    end = replace(heated.end, positions=heated.end.positions[:-1])
    with pytest.raises(StructureError, match="with 104 atoms, got 103 atoms"):
        followed_state(COOLING, structure, end, 1)


def test_crystals_differ_between_replicas_and_between_nothing_else():
    beta = [
        build_structure(hold_point(phase="beta", n_vacancies=n, replica=r, temperature_K=T))
        for n, r, T in ((2, 0, 300.0), (2, 0, 500.0), (2, 1, 300.0), (3, 0, 300.0))
    ]
    np.testing.assert_array_equal(beta[0].positions, beta[1].positions)
    assert not np.array_equal(beta[0].positions, beta[2].positions)
    smaller, larger = ({tuple(row) for row in one.positions} for one in (beta[3], beta[0]))
    assert smaller < larger, "three vacancies are two and one more"


def test_given_vacancies_are_those_that_are_missing():
    site = (0.75, 0.25, 0.25)
    point = hold_point(n_vacancies=1)
    point = replace(point, system=replace(point.system, vacancy_sites=(site,)))
    whole, fewer = build_structure(hold_point()), build_structure(point)
    kept = {tuple(row) for row in fewer.positions}
    (missing,) = [row for row in whole.positions if tuple(row) not in kept]
    apart = missing / np.diag(whole.cell) - site
    assert np.linalg.norm(apart - np.round(apart)) < 0.25


def starting_from(crystal, **changes):
    point = hold_point(**changes)
    return replace(point, system=replace(point.system, structure=crystal.digest))


@pytest.fixture(scope="module")
def crystal():
    """α as built, a little too wide."""
    built = build_alpha((1, 1, 1), lattice_A=9.9)
    return conventional_crystal(built.symbols, built.positions, built.cell)


@pytest.mark.parametrize("ensemble", ["npt", "nvt"])
def test_a_crystal_from_a_file_relaxes_and_keeps_its_cell_at_constant_volume(
    tmp_path, crystal, ensemble
):
    point = starting_from(crystal, ensemble=ensemble, pressure_GPa=0.0)
    begun = interrupted_at(point, tmp_path, 1, crystal=crystal)
    outcome = simulate(point, tmp_path, force_field=FORCE_FIELD, crystal=crystal)
    assert outcome.status == "done"
    if ensemble == "nvt":
        np.testing.assert_array_equal(outcome.end.cell, crystal.structure.cell)
    else:
        assert begun["state.cell"][0, 0] < 9.75


def test_what_starts_from_a_file_that_holds_the_built_crystal_has_its_energy(tmp_path):
    built = build_alpha((1, 1, 1))
    crystal = conventional_crystal(built.symbols, built.positions, built.cell)
    first, second = (
        interrupted_at(point, tmp_path / str(number), 1, crystal=crystal)
        for number, point in enumerate((starting_from(crystal), hold_point()))
    )
    np.testing.assert_allclose(first["state.cell"], second["state.cell"], rtol=2e-3)


def test_another_crystal_than_was_planned_is_refused(tmp_path, crystal):
    point = starting_from(crystal)
    other = build_alpha((1, 1, 1))
    for given, got in (
        (None, "got none"),
        (conventional_crystal(other.symbols, other.positions, other.cell), "one of digest"),
    ):
        with pytest.raises(StructureError, match=got):
            build_structure(point, given)


@pytest.mark.parametrize(
    ("phase", "order", "lithium", "turn"),
    [("alpha", 0.99, 0.354, 40.0), ("alpha_cap", 0.99, 0.215, 24.4), ("beta", 0.0, 0.25, None)],
)
def test_each_phase_can_be_built_by_its_name(tmp_path, phase, order, lithium, turn):
    """At 50 K runs stay in the minimum into which their crystal relaxes."""
    point = hold_point(
        phase=phase, temperature_K=50.0, produce_ps=0.1, pressure_GPa=0.0, observables=("sites",)
    )
    outcome = simulate(point, tmp_path, force_field=FORCE_FIELD)
    assert outcome.status == "done", outcome.error
    arrays = outcome.arrays
    assert arrays["alpha_lithium"] == pytest.approx(lithium, abs=0.01 if turn else 0.05)
    if turn:
        assert arrays["alpha_order"] == pytest.approx(order, abs=0.05)
        assert arrays["alpha_turn"] == pytest.approx(turn, abs=1.0)
    else:
        assert arrays["alpha_order"] < 0.8
