"""The grid is exactly the axes' product, less the rules, plus the extra points."""

import cProfile
import itertools
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbhsweep.document import parse_document
from lbhsweep.errors import SpecError
from lbhsweep.sweep import expand_grid, run_id
from lbhsweep.sweep.cells import GRID_DIMENSIONS
from lbhsweep.sweep.load import sweep_from


def grid_of(text, **options):
    return expand_grid(sweep_from(parse_document(text, "sweep.yaml")), **options)


def ramp_of(**keys):
    axes = "{pressure: [0 GPa, 0.4 GPa], heating_rate: 20 K/ps}"
    tree = {"name": "t", "axes": axes, "protocol": "{ramp: {temperature: 300 K .. 400 K}}"} | keys
    return grid_of("".join(f"{key}: {value}\n" for key, value in tree.items()))


def some_of(values):
    return st.lists(st.sampled_from(values), min_size=1, unique=True)


PRESSURES = ["-0.1 GPa", "0 GPa", "100 MPa", "0.25 GPa", "0.4 GPa"]
TEMPERATURES = ["300 K", "312.5 K", "450 K"]
AXES = {
    "pressure": PRESSURES,
    "temperature": TEMPERATURES,
    "n_vacancies": [0, 1, 5],
    "replica": [0, 1, 2, 7],
}
axes_of_sweeps = st.fixed_dictionaries({name: some_of(values) for name, values in AXES.items()})


def selections(axes):
    return st.lists(
        st.dictionaries(st.sampled_from(sorted(axes)), st.none(), min_size=1).flatmap(
            lambda chosen: st.fixed_dictionaries({name: some_of(axes[name]) for name in chosen})
        ),
        max_size=3,
    )


VALUE = {"-0.1 GPa": -0.1, "0 GPa": 0.0, "100 MPa": 0.1, "0.25 GPa": 0.25, "0.4 GPa": 0.4}
VALUE |= {"300 K": 300.0, "312.5 K": 312.5, "450 K": 450.0}


def cells(axes, selection=None):
    chosen = axes | (selection or {})
    names = sorted(chosen)
    lists = ([VALUE.get(value, value) for value in chosen[name]] for name in names)
    return {tuple(zip(names, cell, strict=True)) for cell in itertools.product(*lists)}


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_grid_is_product_less_rules_plus_extras(data):
    axes = data.draw(axes_of_sweeps)
    exclude = data.draw(selections(axes))
    extra = data.draw(selections(AXES))
    tree = {"name": "t", "axes": axes, "protocol": {"hold": {}}}
    tree |= {"exclude": exclude, "extra_points": extra}

    wanted = cells(axes).difference(*(cells(axes, rule) for rule in exclude))
    useless = False
    for one in extra:
        useless |= cells(axes, one) <= wanted
        wanted |= cells(axes, one)
    if useless or not wanted:
        with pytest.raises(SpecError):
            grid_of(json.dumps(tree))
        return

    grid = grid_of(json.dumps(tree))
    found = [
        tuple(sorted((dim, point.coordinates[dim]) for dim in grid.coordinates))
        for point in grid.points
    ]
    assert len(set(found)) == len(found)
    without_potential = {tuple(pair for pair in cell if pair[0] != "potential") for cell in found}
    assert without_potential == wanted
    for dim, values in grid.coordinates.items():
        assert list(values) == sorted(set(values))
        assert all(point.coordinates[dim] in values for point in grid.points)


@settings(deadline=None, max_examples=50)
@given(axes_of_sweeps, st.randoms(use_true_random=False))
def test_order_in_the_file_means_nothing(axes, random):
    shuffled = {name: random.sample(axes[name], len(axes[name])) for name in reversed(axes)}
    tree = {"name": "t", "axes": axes, "protocol": {"hold": {}}}
    other = {"protocol": {"hold": {}}, "axes": shuffled, "name": "other name"}
    assert grid_of(json.dumps(tree)).points == grid_of(json.dumps(other)).points


def test_dimensions_are_those_of_the_dataset():
    hold = grid_of("name: t\naxes: {pressure: 0 GPa, temperature: 300 K}\nprotocol: {hold: {}}\n")
    ramp = ramp_of()
    assert hold.group == "hold"
    assert tuple(hold.coordinates) == (
        *("potential", "n_vacancies", "pressure", "temperature", "replica"),
    )
    assert hold.bin_centres is None
    assert ramp.group == "ramp"
    assert tuple(ramp.coordinates) == (
        *("potential", "n_vacancies", "pressure", "heating_rate", "direction", "replica"),
    )
    for point in (*hold.points, *ramp.points):
        assert tuple(point.coordinates) == GRID_DIMENSIONS[point.group]


def test_bins_tile_the_range():
    grid = ramp_of(protocol="{ramp: {temperature: 300 K .. 400 K, bin: 12.5 K}}")
    assert grid.bin_centres == (*(306.25, 318.75, 331.25, 343.75, 356.25, 368.75, 381.25, 393.75),)


@pytest.mark.parametrize(
    ("start", "phases"),
    [
        ("auto", {"heating": "alpha", "cooling": "beta"}),
        ("alpha", {"heating": "alpha", "cooling": "alpha"}),
        ("beta", {"heating": "beta", "cooling": "beta"}),
    ],
)
def test_starting_phase(start, phases):
    grid = ramp_of(system=f"{{start: {start}}}")
    found = {point.protocol.direction: point.system.phase for point in grid.points}
    assert found == phases


def test_holds_start_from_alpha():
    grid = grid_of("name: t\naxes: {pressure: 0 GPa, temperature: 300 K}\nprotocol: {hold: {}}\n")
    assert [point.system.phase for point in grid.points] == ["alpha"]


def test_rehearsal_marks_every_point():
    text = "name: t\naxes: {pressure: 0 GPa, temperature: 300 K}\nprotocol: {hold: {}}\n"
    real, rehearsed = grid_of(text), grid_of(text, rehearsal=True)
    assert all(point.rehearsal for point in rehearsed.points)
    assert not any(point.rehearsal for point in real.points)
    assert {run_id(point) for point in real.points}.isdisjoint(map(run_id, rehearsed.points))


def test_extra_points_bring_their_force_fields():
    grid = ramp_of(extra_points="[{potential: lbh-2021-stiff, pressure: 0.4 GPa}]")
    assert set(grid.force_fields) == {"lbh-2021", "lbh-2021-stiff"}
    stiff = [point for point in grid.points if point.model.potential == "lbh-2021-stiff"]
    assert {point.pressure_GPa for point in stiff} == {0.4}
    for point in grid.points:
        force_field = grid.force_fields[point.model.potential]
        assert point.model.potential_digest == force_field.digest


def test_steps_are_counted_in_outer_steps():
    dynamics = "{timestep: 0.4 fs, nonbonded_timestep: 1.2 fs, sample_every: 12 fs}"
    point = ramp_of(dynamics=dynamics).points[0]
    assert point.dynamics.timestep_fs == 0.4
    assert point.dynamics.nonbonded_every == 3
    assert point.dynamics.sample_every == 10


def ids_of(n_temperatures):
    text = (
        "name: t\nprotocol: {hold: {}}\naxes: {pressure: 0 GPa .. 0.99 GPa step 0.01 GPa, "
        f"temperature: 300 K .. {300 + n_temperatures - 1} K step 1 K, replica: 4}}\n"
    )
    return {run_id(point) for point in grid_of(text).points}


def test_hundred_thousand_points_are_quick():
    """A second or two: by counts, which are the same on every machine."""
    with cProfile.Profile() as profile:
        assert len(ids_of(25)) == 10_000
    assert sum(one.callcount for one in profile.getstats()) < 50 * 10_000
    # What grows with the square of the points would take a hundred times as long.
    seconds = []
    for n_temperatures in (25, 250):
        started = time.process_time()
        assert len(ids_of(n_temperatures)) == 400 * n_temperatures
        seconds.append(time.process_time() - started)
    assert seconds[1] < 40 * seconds[0]
