"""Time left: against the clock of a simulated cluster that does the runs."""

import heapq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_clock import give_clock

from lbhsweep.execution.driver import pace as pace_module
from lbhsweep.execution.driver.pace import Pace


class Clock:
    now = 100.0


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    give_clock(monkeypatch, pace_module, lambda: clock.now)
    return clock


def test_time_left_is_work_left_at_the_pace_so_far(clock):
    pace = Pace({"a": 10.0, "b": 30.0}, before=60.0)
    assert pace.fraction == pytest.approx(0.6)
    assert pace.seconds_left(1) is None
    pace.start("a")
    clock.now += 5.0
    pace.end("a", 5.0)
    assert pace.fraction == pytest.approx(0.7)
    assert pace.seconds_left(1, ["b"]) == pytest.approx(15.0)
    pace.start("b")
    clock.now += 15.0
    pace.end("b", 15.0)
    assert (pace.fraction, pace.seconds_left(1)) == (1.0, 0.0)


def test_work_from_a_checkpoint_is_progress_but_no_pace(clock):
    pace = Pace({"a": 10.0}, before=0.0)
    pace.start("a")
    pace.advance("a", 0.8)
    assert pace.fraction == pytest.approx(0.8)
    assert pace.seconds_left(1) is None
    clock.now += 3.0
    pace.advance("a", 0.9)
    assert pace.seconds_left(1) == pytest.approx(3.0)
    clock.now += 1.0
    assert pace.seconds_left(1) == pytest.approx(2.0)


def test_a_run_that_stops_keeps_its_progress(clock):
    pace = Pace({"a": 10.0, "b": 10.0}, before=0.0)
    for name in "ab":
        pace.start(name)
        pace.advance(name, 0.0)
    clock.now += 5.0
    pace.advance("a", 0.5)
    pace.stop("a")
    assert pace.fraction == pytest.approx(0.25)
    clock.now += 5.0
    pace.end("b", 10.0)
    assert pace.seconds_left(1, ["a"]) == pytest.approx(5.0)
    pace.start("a")
    assert pace.fraction == pytest.approx(0.75)


def test_more_workers_than_runs_shorten_nothing(clock):
    pace = Pace({"a": 10.0, "b": 10.0}, before=0.0)
    pace.start("a")
    clock.now += 10.0
    pace.end("a", 10.0)
    assert pace.seconds_left(8, ["b"]) == pytest.approx(10.0)


def test_without_workers_there_is_no_estimate(clock):
    pace = Pace({"a": 10.0, "b": 10.0}, before=0.0)
    pace.end("a", 10.0)
    assert pace.seconds_left(0, ["b"]) is None


def test_a_chain_lasts_as_long_as_its_runs(clock):
    pace = Pace(dict.fromkeys("abc", 10.0), 0.0, chains={"a": 30.0, "b": 20.0, "c": 10.0})
    pace.start("a")
    clock.now += 10.0
    pace.end("a", 10.0)
    assert pace.seconds_left(4, ["b"]) == pytest.approx(20.0)


def simulated(clock, costs, kinds, slots, speed, overhead, reported_every):
    """Do the runs on workers that report progress; yield the estimates and when they were made.

    A run of cost c takes c·speed[kind] seconds, and `overhead` before each.
    """
    pace = Pace(costs, 0.0, kinds)
    waiting = sorted(costs, key=costs.__getitem__, reverse=True)
    submitted = set()
    moments = [(clock.now, number, "free", "", 0.0) for number in range(slots)]
    heapq.heapify(moments)
    number = slots
    while moments:
        clock.now, _, what, name, begun = heapq.heappop(moments)
        if what == "reported":
            seconds = costs[name] * speed[kinds[name]]
            pace.advance(name, (clock.now - begun) / seconds)
        if what == "ends":
            pace.end(name, clock.now - begun)
            submitted.remove(name)
        if what in ("free", "ends") and waiting:
            name = waiting.pop(0)
            submitted.add(name)
            begun = clock.now + overhead
            heapq.heappush(moments, (begun, number, "begins", name, begun))
            number += 1
        elif what == "begins":
            pace.start(name, from_scratch=True)
            seconds = costs[name] * speed[kinds[name]]
            ticks = [
                begun + reported_every * k for k in range(1, int(seconds / reported_every) + 1)
            ]
            for tick in ticks:
                heapq.heappush(moments, (tick, number, "reported", name, begun))
                number += 1
            heapq.heappush(moments, (begun + seconds, number, "ends", name, begun))
            number += 1
        pace.watch(slots, has_more=bool(waiting))
        yield clock.now, pace.seconds_left(slots, [*submitted, *waiting])


@settings(max_examples=40)
@given(
    lengths=st.lists(st.sampled_from([20.0, 40.0, 100.0]), min_size=36, max_size=120),
    slots=st.integers(1, 6),
    fast=st.floats(0.3, 5.0),
    other=st.floats(0.8, 1.25),
    overhead=st.sampled_from([0.0, 0.2, 1.0]),
    seed=st.integers(0, 9),
)
def test_from_a_tenth_on_it_is_right_within_a_quarter(lengths, slots, fast, other, overhead, seed):
    """Whatever the machine's speed, with runs of two kinds for which the cost model is off."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        give_clock(patch, pace_module, lambda: clock.now)
        costs = {f"r{k}": cost for k, cost in enumerate(lengths)}
        kinds = {name: (k + seed) % 3 == 0 for k, name in enumerate(costs)}
        speed = {False: fast, True: fast * other}
        begun = clock.now
        said = list(simulated(clock, costs, kinds, slots, speed, overhead, reported_every=2.0))
    end = max(now for now, _ in said)
    for now, left in said:
        if 0.1 <= (now - begun) / (end - begun) <= 0.9:
            assert left == pytest.approx(end - now, rel=0.25, abs=2.0)
