"""Sweeps in which two phases meet: points, identity, schedule, cost."""

import pytest
from sweep.file.sweep_texts import coexist, hold

from lbhsweep.document import parse_document
from lbhsweep.quantities import measured_in
from lbhsweep.sweep import expand_grid
from lbhsweep.sweep.cost import estimated_core_seconds
from lbhsweep.sweep.identity import canonical_json, point_from_json, run_id
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.point import CoexistPoint
from lbhsweep.sweep.sampling import inner_axes
from lbhsweep.sweep.schedule import schedule_of

RUN_ID_OF_A_HOLD = "f1c06912846a5281"


def grid_of(text):
    return expand_grid(sweep_from(parse_document(text, "s.yaml")))


def point_of(**keys):
    (point,) = grid_of(coexist(**keys)).points
    return point


def test_a_sweep_of_coexisting_phases_is_a_grid_of_pressure_and_temperature():
    grid = grid_of(coexist(axes="{pressure: [0 GPa, 0.2 GPa], temperature: [400 K, 500 K]}"))
    assert grid.group == "coexist"
    assert tuple(grid.coordinates) == (
        *("potential", "n_vacancies", "pressure", "temperature", "replica"),
    )
    assert len(grid.points) == 4
    assert grid.bin_centres is None


def test_what_is_not_given_has_a_value():
    point = point_of()
    assert point.protocol == CoexistPoint(
        phases=("alpha", "beta"), temperature_K=500.0, prepare_ps=2.0, produce_ps=60.0
    )
    assert point.dynamics.barostat == "orthorhombic"
    assert set(point.observables) == measured_in("coexist") == {"profile"}
    assert point.label == "lbh-2021 0 GPa 500 K alpha|beta r0"


def test_held_laterals_leave_only_the_length_along_c_free():
    point = point_of(protocol="{coexist: {laterals: 9.9 Å}}")
    assert (point.protocol.lateral_A, point.dynamics.barostat) == (9.9, "uniaxial")
    assert point_of(protocol="{coexist: {laterals: relaxed}}") == point_of()


@pytest.mark.parametrize(
    "protocol",
    [
        "{coexist: {phases: [beta, alpha]}}",
        "{coexist: {phases: [alpha_cap, beta]}}",
        "{coexist: {prepare: 3 ps}}",
        "{coexist: {produce: 50 ps}}",
        "{coexist: {laterals: 9.9 Å}}",
    ],
)
def test_each_key_is_part_of_the_identity(protocol):
    point = point_of(protocol=protocol)
    assert run_id(point) != run_id(point_of())
    assert point_from_json(canonical_json(point)) == point


def test_runs_of_other_protocols_keep_their_identity():
    """Known since before phases could meet."""
    (point,) = grid_of(hold()).points
    assert run_id(point).startswith(RUN_ID_OF_A_HOLD)


def test_both_halves_are_prepared_for_the_same_time():
    schedule = schedule_of(point_of(protocol="{coexist: {prepare: 2.001 ps}}"))
    assert schedule.equilibrate_steps == 2 * 1000
    assert schedule.produce_steps == 30_000
    assert schedule.n_blocks == 60


def test_layers_and_times_are_coordinates():
    axes = inner_axes(point_of(system="{supercell: [2, 2, 5]}"))
    assert axes["layer"] == tuple(range(1, 11))
    assert len(axes["time"]) == 60
    assert axes["time"][:2] == (0.5, 1.5)
    assert axes["phase"] == ("alpha", "alpha_cap", "beta")


def test_time_series_of_long_runs_stay_short():
    axes = inner_axes(point_of(protocol="{coexist: {produce: 2 ns}}"))
    assert len(axes["time"]) == 512


def test_costs_count_both_preparations():
    cost = estimated_core_seconds(point_of())
    longer = estimated_core_seconds(point_of(protocol="{coexist: {prepare: 34 ps}}"))
    assert longer == pytest.approx(cost * 128 / 64)
