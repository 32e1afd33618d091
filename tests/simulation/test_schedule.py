import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation.simulation_points import hold_point, ramp_point

from lbhsweep.sweep.schedule import LONGEST_SERIES, schedule_of, series_times

ramps = st.builds(
    ramp_point,
    direction=st.sampled_from(["heating", "cooling"]),
    rate=st.floats(5.0, 2000.0),
    low=st.just(300.0),
    high=st.sampled_from([350.0, 500.0, 700.0]),
    width=st.sampled_from([12.5, 25.0, 50.0]),
    sample_every=st.integers(1, 20),
)
holds = st.builds(
    hold_point,
    equilibrate_ps=st.floats(0.0, 5.0),
    produce_ps=st.floats(0.001, 20.0),
    sample_every=st.integers(1, 20),
)


def sampled_steps(schedule):
    first = schedule.equilibrate_steps
    return list(range(first + schedule.sample_every, schedule.n_steps + 1, schedule.sample_every))


@settings(deadline=None)
@given(ramps | holds)
def test_samples_fill_all_blocks_evenly(point):
    schedule = schedule_of(point)
    steps = sampled_steps(schedule)
    blocks = [schedule.block(step) for step in steps]
    assert len(steps) == schedule.produce_steps // point.dynamics.sample_every >= 1
    assert min(blocks) >= 0
    assert max(blocks) < schedule.n_blocks
    assert schedule.n_blocks % schedule.n_bins == 0
    order = 1 if schedule.end_K >= schedule.start_K else -1
    assert np.all(order * np.diff(blocks) >= 0)
    if len(steps) >= schedule.n_blocks:
        counts = np.bincount(blocks, minlength=schedule.n_blocks)
        assert counts.min() >= len(steps) // schedule.n_blocks - 1
        assert counts.max() <= len(steps) // schedule.n_blocks + 2


@settings(deadline=None)
@given(ramps)
def test_a_ramps_samples_lie_in_the_bin_of_their_temperature(point):
    schedule, protocol = schedule_of(point), point.protocol
    per_bin = schedule.n_blocks // schedule.n_bins
    per_step = abs(schedule.end_K - schedule.start_K) / schedule.produce_steps
    for step in sampled_steps(schedule):
        low = protocol.temperature_min_K + schedule.block(step) // per_bin * protocol.bin_K
        middle = 0.5 * (
            schedule.temperature(step) + schedule.temperature(step - schedule.sample_every)
        )
        assert low - per_step <= middle <= low + protocol.bin_K + per_step


def test_a_ramp_equilibrates_at_its_start_and_then_goes_at_its_rate():
    for direction, start, end in (("heating", 300.0, 500.0), ("cooling", 500.0, 300.0)):
        schedule = schedule_of(ramp_point(direction, rate=100.0))
        assert schedule.equilibrate_steps == 25
        assert schedule.produce_steps == 1000
        assert {schedule.temperature(step) for step in range(26)} == {start}
        assert schedule.temperature(schedule.n_steps) == end
        assert schedule.temperature(525) == pytest.approx(400.0)


def test_up_and_down_are_mirror_images():
    up, down = schedule_of(ramp_point("heating")), schedule_of(ramp_point("cooling"))
    for step in sampled_steps(up):
        assert up.block(step) == up.n_blocks - 1 - down.block(step)


@given(holds)
def test_a_holds_series_is_short_and_its_times_span_the_production(point):
    times, schedule = series_times(point), schedule_of(point)
    assert len(times) == schedule.n_blocks <= LONGEST_SERIES
    assert times[0] > 0.0
    assert times[-1] < schedule.produce_steps * 0.002
    assert times.mean() == pytest.approx(schedule.produce_steps * 0.001)


def test_a_ramp_has_no_series():
    assert series_times(ramp_point()) is None
