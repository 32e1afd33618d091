"""Which runs start from the end of which: rising and falling holds, ramps of both directions."""

import dataclasses

import pytest

from lbhsweep.document import parse_document
from lbhsweep.errors import SpecError
from lbhsweep.sweep import canonical_json, expand_grid, make_plan, point_from_json, run_id
from lbhsweep.sweep.cost import estimated_core_seconds
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.plan import chain_costs, waiting_for_failed

HOLDS = """\
name: t
axes: {{pressure: [0 GPa, 0.4 GPa], temperature: [500 K, 300 K, 400 K], replica: 2}}
protocol: {{hold: {{equilibrate: 1 ps, produce: 10 ps, follow: {follow}}}}}
{more}
"""
RAMPS = """\
name: t
axes: {{pressure: 0 GPa, heating_rate: [1 K/ps, 10 K/ps], replica: 2}}
protocol:
  ramp: {{temperature: 300 K .. 700 K, {more}}}
{exclude}
"""


def points_of(text):
    return expand_grid(sweep_from(parse_document(text, "sweep.yaml"))).points


def complaints(text):
    with pytest.raises(SpecError) as caught:
        points_of(text)
    return [problem.message for problem in caught.value.problems]


def followed(points):
    """By coordinates: those of the run that each run goes on from."""
    by_id = {run_id(point): point for point in points}
    return {
        tuple(point.coordinates.items()): by_id[point.follows].coordinates if point.follows else {}
        for point in points
    }


@pytest.mark.parametrize(("follow", "first"), [("rising", 300.0), ("falling", 500.0)])
def test_holds_go_on_from_their_neighbour_in_temperature(follow, first):
    step = 100.0 if follow == "rising" else -100.0
    points = points_of(HOLDS.format(follow=follow, more=""))
    assert len(points) == 12
    for at, before in followed(points).items():
        here = dict(at)
        if here["temperature"] == first:
            assert before == {}
        else:
            assert before == here | {"temperature": here["temperature"] - step}


def test_a_gap_in_the_grid_is_stepped_over():
    exclude = "exclude: {temperature: 400 K, pressure: 0 GPa}"
    points = points_of(HOLDS.format(follow="rising", more=exclude))
    hottest = [p for p in points if p.protocol.temperature_K == 500.0]
    by_id = {run_id(point): point.protocol.temperature_K for point in points}
    assert {(p.pressure_GPa, by_id[p.follows]) for p in hottest} == {(0.0, 300.0), (0.4, 400.0)}


def test_only_the_first_hold_of_a_chain_is_heated():
    text = HOLDS.format(follow="rising", more="").replace("produce:", "heated_from: 0 K, produce:")
    for point in points_of(text):
        assert (point.protocol.heating_ps > 0.0) == (point.follows == "")


def test_runs_that_follow_none_say_so():
    assert {p.follows for p in points_of(HOLDS.format(follow="none", more=""))} == {""}
    assert {p.follows for p in points_of(RAMPS.format(more="bin: 50 K", exclude=""))} == {""}


@pytest.mark.parametrize(("first", "phase"), [("heating", "alpha"), ("cooling", "beta")])
def test_ramps_go_on_from_the_other_direction_at_their_own_rate(first, phase):
    points = points_of(RAMPS.format(more=f"first: {first}", exclude=""))
    for at, before in followed(points).items():
        here = dict(at)
        assert here["start"] == phase, "what goes on has the atoms of the first"
        assert before == ({} if here["direction"] == first else here | {"direction": first})


def test_ramps_go_on_from_another_rate():
    exclude = """exclude:
  - {direction: heating, heating_rate: 1 K/ps}
  - {direction: cooling, heating_rate: 10 K/ps}
"""
    text = RAMPS.format(more="first: heating, first_rate: 10 K/ps", exclude=exclude)
    points = points_of(text)
    assert len(points) == 4
    for at, before in followed(points).items():
        if dict(at)["direction"] == "cooling":
            assert before["direction"] == "heating"
            assert (dict(at)["heating_rate"], before["heating_rate"]) == (1.0, 10.0)
            assert before["replica"] == dict(at)["replica"]


def test_a_change_of_the_first_run_is_one_of_all_that_follow():
    text = HOLDS.format(follow="rising", more="")
    before = {run_id(point) for point in points_of(text)}
    assert before.isdisjoint(
        run_id(point) for point in points_of(text.replace("produce: 10 ps", "produce: 11 ps"))
    )
    more = {run_id(point) for point in points_of(text.replace("500 K, ", "500 K, 600 K, "))}
    assert before < more, "a hotter run more reruns nothing"
    colder = {run_id(point) for point in points_of(text.replace("500 K, ", "500 K, 200 K, "))}
    assert before.isdisjoint(colder), "all would start from other states"


def test_points_that_follow_survive_json():
    for point in points_of(HOLDS.format(follow="falling", more="")):
        assert point_from_json(canonical_json(point)) == point


def test_heating_takes_time():
    cold, heated = (
        points_of(HOLDS.format(follow="none", more="").replace("produce:", f"{more}produce:"))[0]
        for more in ("", "heated_from: 0 K, heating_rate: 10 K/ps, ")
    )
    assert heated.protocol.heating_ps == 30.0
    ratio = estimated_core_seconds(heated) / estimated_core_seconds(cold)
    assert ratio == pytest.approx(41.0 / 11.0)
    assert dataclasses.replace(heated, protocol=cold.protocol) == cold


@pytest.mark.parametrize(
    ("more", "exclude", "wanted"),
    [
        ("first_rate: 1 K/ps", "", "without first"),
        ("first: heating, directions: heating", "", "wanted both"),
        (
            "first: heating, first_rate: 2 K/ps",
            "",
            "needs heating at 2 K/ps, 0 GPa, replica 0, which is not",
        ),
        ("first: heating", "exclude: {direction: heating, heating_rate: 10 K/ps}", "2 of the runs"),
    ],
)
def test_ramps_without_one_to_go_on_from_are_refused(more, exclude, wanted):
    (message,) = complaints(RAMPS.format(more=more, exclude=exclude))
    assert wanted in message


@pytest.mark.parametrize("more", ["heated_from: 0 K, ", "follow: rising, "])
def test_nothing_brings_an_isolated_crystal_to_its_temperature(more):
    text = f"""\
name: t
axes: {{pressure: 0 GPa, temperature: [300 K, 400 K]}}
protocol: {{hold: {{{more}produce: 10 ps}}}}
dynamics: {{ensemble: nve}}
"""
    (message,) = complaints(text)
    assert "nve lacks" in message


def test_a_rate_of_heating_without_heating_is_refused():
    text = HOLDS.format(follow="none", more="").replace(
        "produce:", "heating_rate: 1 K/ps, produce:"
    )
    assert "without heated_from" in complaints(text)[0]


def test_heating_from_above_is_refused():
    text = HOLDS.format(follow="none", more="").replace("produce:", "heated_from: 400 K, produce:")
    messages = complaints(text)
    assert len(messages) == 2
    assert all("is not above protocol.hold.heated_from, 400 K" in message for message in messages)


def test_priorities_are_those_of_the_longest_chain():
    costs = {"a": 1.0, "b": 5.0, "c": 2.0, "d": 1.0, "e": 3.0}
    lengths = chain_costs(costs, {"a": ["b", "c"], "c": ["d"]})
    assert lengths == {"a": 6.0, "b": 5.0, "c": 3.0, "d": 1.0, "e": 3.0}


def test_a_plan_knows_how_long_its_longest_chain_takes():
    grid = expand_grid(
        sweep_from(parse_document(HOLDS.format(follow="rising", more=""), "sweep.yaml"))
    )
    plan = make_plan(grid, {})
    assert plan.core_hours == pytest.approx(4.0 * plan.chain_hours)
    (hottest,) = {run_id(p) for p in grid.points if p.replica == 0 and p.pressure_GPa == 0.0} - {
        p.follows for p in grid.points
    }
    done = {name: "done" for name in plan.points if name != hottest}
    assert make_plan(grid, done).chain_hours == pytest.approx(plan.chain_hours / 3.0)
    first = next(iter(p.follows for p in grid.points if p.protocol.temperature_K == 400.0))
    waiting = waiting_for_failed(make_plan(grid, {first: "failed"}))
    assert len(waiting) == 2
    assert set(waiting.values()) == {first}
