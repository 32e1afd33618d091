"""Whole runs of a small crystal: physics in, results out, interrupted anywhere."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulation.simulation_points import FORCE_FIELD, coexist_point, hold_point, ramp_point

from lbhsweep.engine.dynamics.checkpoint import NAME, load_checkpoint
from lbhsweep.errors import ForceFieldError, InterruptedRun
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.simulate import LAST_GOOD, simulate
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.schedule import schedule_of, series_times

POINTS = {
    "hold": hold_point(),
    "heating": ramp_point("heating"),
    "cooling": ramp_point("cooling", phase="beta", n_vacancies=1, ensemble="nvt"),
    "triclinic": hold_point(barostat="triclinic"),
    "frozen": hold_point(barostat="orthorhombic", frozen="anions"),
    "coexist": coexist_point(),
}


def stop_after(n_steps):
    """Make a `should_stop` that says yes at the n-th time it is asked."""
    asked = 0

    def should_stop():
        nonlocal asked
        asked += 1
        return asked >= n_steps

    return should_stop


def same(first, second):
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(second[name], array, err_msg=name)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return {
        name: simulate(point, tmp_path_factory.mktemp(name), force_field=FORCE_FIELD)
        for name, point in POINTS.items()
    }


@pytest.mark.parametrize("name", POINTS)
def test_a_run_gives_the_arrays_that_its_rehearsal_promises(undisturbed, name):
    outcome, promised = undisturbed[name], rehearse(POINTS[name]).arrays
    assert (outcome.status, outcome.error) == ("done", None)
    assert outcome.steps == schedule_of(POINTS[name]).n_steps
    assert outcome.wall_seconds > 0.0
    assert outcome.arrays.keys() == promised.keys()
    for key, array in outcome.arrays.items():
        assert array.shape == promised[key].shape, key


def test_a_hold_is_physics(undisturbed):
    arrays = undisturbed["hold"].arrays
    assert arrays["volume"] == pytest.approx(230.0, rel=0.1)
    assert arrays["kinetic_temperature"] == pytest.approx(300.0, rel=0.15)
    assert arrays["lattice_a"] == pytest.approx(9.8, rel=0.04)
    kinetic = 1.5 * 103 / 4 * 8.314462618e-3 * arrays["kinetic_temperature"]
    assert arrays["kinetic_energy"] == pytest.approx(kinetic, rel=1e-9)
    volume_energy = 0.2 * 0.602214076 * arrays["volume"]
    total = arrays["kinetic_energy"] + arrays["potential_energy"] + volume_energy
    assert arrays["enthalpy"] == pytest.approx(total, rel=1e-9)
    assert len(arrays["volume_series"]) == len(series_times(POINTS["hold"]))


def test_a_triclinic_cell_changes_its_shape_and_a_cube_does_not(undisturbed):
    cube, skewed = undisturbed["hold"].arrays, undisturbed["triclinic"].arrays
    assert cube["lattice_a"] == pytest.approx(cube["lattice_b"], rel=1e-12)
    assert cube["lattice_alpha"] == pytest.approx(90.0, abs=1e-9)
    assert abs(skewed["lattice_a"] - skewed["lattice_b"]) > 1e-3
    assert abs(skewed["lattice_alpha"] - 90.0) > 1e-3


def test_frozen_anions_have_no_share_of_the_temperature(undisturbed):
    """Eight lithium atoms have 24 degrees of freedom; kinetic energies are per anion."""
    arrays = undisturbed["frozen"].arrays
    kinetic = 12.0 / 4 * 8.314462618e-3 * arrays["kinetic_temperature"]
    assert arrays["kinetic_energy"] == pytest.approx(kinetic, rel=1e-9)
    assert arrays["lattice_a"] != arrays["lattice_b"]
    assert arrays["lattice_alpha"] == pytest.approx(90.0, abs=1e-9)


def test_frozen_anions_follow_the_cell_as_rigid_bodies(tmp_path):
    molecule = build_alpha((1, 1, 1)).molecule
    anions = np.array([np.flatnonzero(molecule == m) for m in range(1, 5)])
    shapes, cells = [], []
    for steps in (5, 40):
        with pytest.raises(InterruptedRun):
            simulate(
                POINTS["frozen"],
                tmp_path,
                force_field=FORCE_FIELD,
                should_stop=stop_after(steps),
            )
        arrays = load_checkpoint(tmp_path).arrays
        positions = arrays["state.positions"][anions]
        shapes.append(positions - positions.mean(axis=1, keepdims=True))
        cells.append(arrays["state.cell"])
    np.testing.assert_allclose(shapes[1], shapes[0], rtol=0.0, atol=1e-12)
    assert np.abs(cells[1] - cells[0]).max() > 1e-3


def test_ramps_follow_their_temperature(undisturbed):
    # A disordered start gives off heat faster than the thermostat takes it.
    for name, tolerance in (("heating", 0.25), ("cooling", 0.4)):
        measured = undisturbed[name].arrays["kinetic_temperature"]
        np.testing.assert_allclose(measured, [325.0, 375.0, 425.0, 475.0], rtol=tolerance)
        # Of 100 K between the halves; single bins of 0.05 ps scatter by 30 K.
        assert measured[2:].mean() > measured[:2].mean() + 35.0
        assert set(undisturbed[name].arrays["sample_count"]) <= {12.0, 13.0}
        assert undisturbed[name].arrays["sample_count"].sum() == 50.0


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(POINTS)),
    pieces=st.lists(st.integers(1, 70), min_size=1, max_size=3),
)
def test_interrupted_runs_give_the_same_bits(tmp_path_factory, undisturbed, name, pieces):
    workdir = tmp_path_factory.mktemp("run")
    point = POINTS[name]
    done = 0
    for piece in pieces:
        if done + piece >= schedule_of(point).n_steps:
            break
        with pytest.raises(InterruptedRun, match="continues from there"):
            simulate(point, workdir, force_field=FORCE_FIELD, should_stop=stop_after(piece))
        done += piece
        assert load_checkpoint(workdir).notes["step"] == done
    outcome = simulate(point, workdir, force_field=FORCE_FIELD, checkpoint_every_s=0.0)
    same(undisturbed[name].arrays, outcome.arrays)


def test_a_killed_process_costs_at_most_what_came_after_the_checkpoint(tmp_path, undisturbed):
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        from simulation.simulation_points import FORCE_FIELD, ramp_point
        from lbhsweep.simulation.simulate import simulate
        def slow():
            import time
            time.sleep(0.05)
            return False
        simulate(ramp_point("heating"), Path(sys.argv[2]), force_field=FORCE_FIELD,
                 should_stop=slow, checkpoint_every_s=0.2)
    """)
    command = [sys.executable, "-c", script, Path(__file__).parents[1], tmp_path]
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 600.0
        while not (tmp_path / NAME).exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    step = load_checkpoint(tmp_path).notes["step"]
    assert 0 < step < schedule_of(POINTS["heating"]).n_steps
    outcome = simulate(POINTS["heating"], tmp_path, force_field=FORCE_FIELD)
    same(undisturbed["heating"].arrays, outcome.arrays)


def test_a_damaged_or_foreign_checkpoint_means_a_fresh_start(tmp_path, undisturbed):
    stop = stop_after(5)
    other = replace(POINTS["hold"], replica=1)
    with pytest.raises(InterruptedRun):
        simulate(other, tmp_path, force_field=FORCE_FIELD, should_stop=stop)
    outcome = simulate(POINTS["hold"], tmp_path, force_field=FORCE_FIELD)
    same(undisturbed["hold"].arrays, outcome.arrays)
    (tmp_path / NAME).write_bytes(b"torn")
    outcome = simulate(POINTS["hold"], tmp_path, force_field=FORCE_FIELD)
    same(undisturbed["hold"].arrays, outcome.arrays)


@dataclass
class Recorder:
    """Notes the steps at which it is sampled; from `changes_at` on it looks `then` steps apart."""

    every: int
    changes_at: int
    then: int
    needs_energies: bool
    steps: list[int] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)

    def sample(self, sample):
        self.steps.append(sample.step)
        self.energies.append(sample.instant.potential_energy)
        if sample.step >= self.changes_at:
            self.every = self.then

    def result(self):
        return {}


@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(1, 30)] * 3, st.booleans()), min_size=1, max_size=4),
)
def test_observables_are_sampled_whenever_they_ask_to_be(tmp_path_factory, asked):
    recorders = {str(k): Recorder(*one) for k, one in enumerate(asked)}
    made = {name: lambda plan, one=one: one for name, one in recorders.items()}
    point = replace(hold_point(0.01, 0.1), observables=tuple(recorders))
    with (
        patch("lbhsweep.simulation.simulate.OBSERVABLES", made),
        patch("lbhsweep.simulation.setup.inner_axes", lambda point: {}),
    ):
        outcome = simulate(point, tmp_path_factory.mktemp("run"), force_field=FORCE_FIELD)
    assert outcome.error is None
    with_energies = set()
    for recorder, (every, changes_at, then, needs_energies) in zip(
        recorders.values(), asked, strict=True
    ):
        expected, step = [], 0
        for step in range(1, 51):
            if step % every == 0:
                expected.append(step)
                every = then if step >= changes_at else every
        assert recorder.steps == expected
        with_energies |= set(expected) if needs_energies else set()
    for recorder in recorders.values():
        wanted = [
            e
            for e, step in zip(recorder.energies, recorder.steps, strict=True)
            if step in with_energies
        ]
        assert np.isfinite(wanted).all()


def test_replicas_differ(tmp_path, undisturbed):
    outcome = simulate(replace(POINTS["hold"], replica=1), tmp_path, force_field=FORCE_FIELD)
    assert outcome.arrays["volume"] != undisturbed["hold"].arrays["volume"]


def test_a_run_that_blows_up_fails_with_its_class_and_last_good_state(tmp_path):
    point = hold_point(timestep_fs=3.0, produce_ps=20.0)
    outcome = simulate(point, tmp_path, force_field=FORCE_FIELD)
    assert outcome.status == "failed"
    assert outcome.arrays == {}
    assert outcome.error.error_class in {
        "lost-atoms",
        "not-finite",
        "atoms-too-close",
        "energy-drift",
    }
    assert outcome.error.step == outcome.steps > 0
    good = load_checkpoint(tmp_path / LAST_GOOD)
    assert good.notes["run_id"] == run_id(point)
    assert np.isfinite(good.arrays["positions"]).all()
    assert 0 <= int(good.arrays["counters"][1]) < outcome.steps


def test_failures_are_reproducible(tmp_path):
    point = hold_point(timestep_fs=3.0, produce_ps=20.0)
    first = simulate(point, tmp_path / "a", force_field=FORCE_FIELD)
    with pytest.raises(InterruptedRun):
        simulate(point, tmp_path / "b", force_field=FORCE_FIELD, should_stop=stop_after(1))
    assert simulate(point, tmp_path / "b", force_field=FORCE_FIELD).error == first.error


def test_a_cutoff_beyond_half_the_box_fails_the_run_with_its_class(tmp_path):
    outcome = simulate(hold_point(cutoff_A=5.5), tmp_path, force_field=FORCE_FIELD)
    assert outcome.status == "failed"
    assert outcome.error.error_class == "cutoff-over-half-box"


def test_another_force_field_than_planned_is_refused(tmp_path):
    point = hold_point()
    point = replace(point, model=replace(point.model, potential_digest="0" * 64))
    with pytest.raises(ForceFieldError, match="parameter file changed"):
        simulate(point, tmp_path, force_field=FORCE_FIELD)


def test_progress_is_reported(tmp_path):
    reported = []
    started = time.perf_counter()

    def slow():
        time.sleep(0.02)
        return False

    simulate(
        hold_point(),
        tmp_path,
        force_field=FORCE_FIELD,
        should_stop=slow,
        on_progress=reported.append,
    )
    assert 1 <= len(reported) <= (time.perf_counter() - started) / 0.5
    assert all(0 < progress.step <= progress.n_steps == 125 for progress in reported)
    assert [p.step for p in reported] == sorted(p.step for p in reported)


def test_provenance_says_where_and_with_what(undisturbed):
    found = undisturbed["hold"].provenance
    assert found["pid"] == os.getpid()
    assert found["python"] == ".".join(str(part) for part in sys.version_info[:3])
    assert found["cpu_features"]
    assert {"package", "numba", "numpy", "cpu", "host", "slurm_job", "started"} <= found.keys()
