"""Waiting runs are submitted once, in order, in packs of the right size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.execution.driver.backlog import LARGEST_PACK, TASK_SECONDS, TASKS_PER_SLOT, Backlog
from lbhsweep.execution.worker.task import RunSummary
from lbhsweep.sweep import expand_grid, load_sweep, make_plan

RAMPS = """\
name: test
axes: {{pressure: 0 GPa, heating_rate: [1 K/ps, 10 K/ps], replica: {n}}}
protocol: {{ramp: {{temperature: 300 K .. 700 K, bin: 50 K, directions: [heating]}}}}
"""
CHAINS = """\
name: test
axes: {pressure: [0 GPa, 0.4 GPa], temperature: 300 K .. 600 K step 100 K}
protocol: {hold: {produce: 10 ps, follow: rising}}
observables: [thermo]
"""


@pytest.fixture(scope="module")
def plan_of(tmp_path_factory):
    file = tmp_path_factory.mktemp("sweeps") / "sweep.yaml"

    def plan(text, finished=None):
        file.write_text(text)
        return make_plan(expand_grid(load_sweep(file)), finished or {})

    return plan


@pytest.fixture(scope="module")
def ramps(plan_of):
    return plan_of(RAMPS.format(n=300))


def drain(backlog, slots):
    packs = []
    while pack := backlog.next_pack(slots, 0):
        packs.append(pack)
    return packs


def test_the_longest_runs_come_first_and_one_by_one_while_nothing_is_known(ramps):
    backlog = Backlog(ramps)
    assert backlog.next_pack(2, 2) == []
    packs = drain(backlog, 2)
    assert {len(pack) for pack in packs} == {1}
    costs = [backlog.costs[name] for (name,) in packs]
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) == 2


@given(slots=st.integers(1, 64), seconds=st.floats(1e-5, 100.0), taken=st.integers(0, 200))
def test_packs_are_fair_short_and_lose_nothing(ramps, slots, seconds, taken):
    backlog = Backlog(ramps)
    first = next(iter(backlog))
    backlog.learn([RunSummary(run_id=first, ending="done", seconds=seconds)])
    is_short = seconds < 10.0
    window = slots * (TASKS_PER_SLOT if is_short else 1)
    assert bool(backlog.next_pack(slots, window - 1))
    assert not backlog.next_pack(slots, window)
    backlog = Backlog(ramps)
    backlog.learn([RunSummary(run_id=first, ending="done", seconds=seconds)])
    packs = drain(backlog, slots)
    assert sorted(name for pack in packs for name in pack) == sorted(ramps.missing)
    assert max(map(len, packs)) <= max(1, min(LARGEST_PACK, 600 // (TASKS_PER_SLOT * slots)))
    for pack in packs:
        expected = seconds / backlog.costs[first] * sum(backlog.costs[name] for name in pack)
        assert len(pack) == 1 or expected <= TASK_SECONDS * (1 + 1e-9)


@pytest.mark.parametrize("ending", ["failed", "error", "interrupted"])
def test_only_whole_runs_set_the_expected_time_of_others(ramps, ending):
    backlog = Backlog(ramps)
    first = next(iter(backlog))
    backlog.learn([RunSummary(run_id=first, ending=ending, seconds=1e-4)])
    backlog.learn([RunSummary(run_id=first, ending="done", seconds=0.0)])
    assert len(backlog.next_pack(1, 0)) == 1


def test_runs_that_follow_others_are_added_once_those_are_released(plan_of):
    plan = plan_of(CHAINS)
    backlog = Backlog(plan)
    done = []
    while pack := backlog.next_pack(2, 0):
        done += pack
        for name in pack:
            assert plan.points[name].follows in ("", *done)
            backlog.release(name)
    assert sorted(done) == sorted(plan.missing)


def test_runs_wait_again_for_one_that_is_repeated(plan_of):
    plan = plan_of(CHAINS)
    backlog = Backlog(plan)
    (first,) = backlog.next_pack(2, 0)
    backlog.release(first)
    (follower,) = (name for name in backlog if plan.points[name].follows == first)
    backlog.hold_back_followers(first)
    assert follower not in backlog
    backlog.put(first)
    assert len(backlog) == 2
    backlog.release(first)
    assert next(iter(backlog)) == follower


def test_a_done_run_that_is_repeated_is_as_long_as_the_chain_that_follows_it(plan_of):
    missing = plan_of(CHAINS)
    first = next(name for name in missing.missing if not missing.points[name].follows)
    plan = plan_of(CHAINS, {first: "done"})
    backlog = Backlog(plan)
    assert first not in backlog.lengths
    backlog.hold_back_followers(first)
    fresh = Backlog(missing)
    assert backlog.lengths[first] == fresh.lengths[first]
    assert backlog.costs[first] == fresh.costs[first]
