"""The group `equilibrium`: T_t by coexistence, what it is where it is no value, and why."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from made_up_coexistence import make_coexistence, sweep_text, true_transition
from made_up_material import Experiment, make_hold

from lbhsweep.analysis import analyze_results, results_digest, summarize
from lbhsweep.analysis.equilibrium.evidence import Evidence
from lbhsweep.analysis.equilibrium.transition import find_equilibria
from lbhsweep.analysis.transition.bounds import Bound, read_bounds
from lbhsweep.quantities.profile import Growth, Winner
from lbhsweep.store.schema import Status

T = "transition_temperature"
AT = np.arange(480.0, 601.0, 20.0)


def evidence(speed, winner=None, temperature=AT, *, time=40.0, error=0.1):
    """Build runs; NaN speeds of runs with a winner are bounds of 0.5 Å/ps."""
    speed = np.asarray(speed, dtype=np.float64)
    winner = np.zeros(speed.size, np.int64) if winner is None else np.asarray(winner)
    known = np.isfinite(speed)
    return Evidence(
        temperature=np.asarray(temperature, dtype=np.float64),
        speed=speed,
        time=np.where(known, time, np.nan),
        variance=np.where(known, error**2, np.nan),
        n_dof=np.where(known, 7, 0),
        winner=winner,
        least_speed=np.where(winner != 0, 0.5, np.nan),
        decision_time=np.where(winner != 0, 20.0, np.nan),
    )


def at_one_pressure(*runs, high=1):
    return find_equilibria(runs, high).at[0]


def changed(tree, **variables):
    dataset = tree["coexist"].to_dataset().copy(deep=True)
    for name, change in variables.items():
        dataset[name] = change(dataset[name])
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs), "/coexist": dataset})


def equilibrium(tree):
    return analyze_results(tree)["equilibrium"].to_dataset().isel(potential=0, n_vacancies=0)


def test_rehearsed_results_give_the_transition_that_is_put_in():
    found = equilibrium(make_coexistence())
    assert set(read_bounds(found, T).tolist()) == {Bound.VALUE}
    for pressure in found["pressure"].values:
        here = found.sel(pressure=pressure)
        error = float(np.hypot(here[f"{T}_stderr"], here[f"{T}_systematic"]))
        assert error < 10.0
        assert abs(float(here[T]) - true_transition(float(pressure))) < 3.0 * error
        assert float(here["growth_coefficient"]) == pytest.approx(0.01, rel=0.25)
        assert float(here["low_phase_won_at"]) < float(here["high_phase_won_at"])
    slope, error = float(found["boundary_slope"]), float(found["boundary_slope_stderr"])
    assert abs(slope - (true_transition(0.4) - true_transition(0.0)) / 0.4) < 3.0 * error
    assert list(found["low_phase"].values) == ["alpha", "alpha"]
    runs = found["n_first_won"] + found["n_second_won"] + found["n_undecided"] + found["n_unused"]
    np.testing.assert_array_equal(runs, found["n_runs"])
    assert set(found["n_runs"].values) == {12}


def test_the_order_in_which_phases_are_named_changes_nothing():
    there = equilibrium(make_coexistence())
    back = equilibrium(make_coexistence(phases=("beta", "alpha")))
    assert list(back["low_phase"].values) == ["alpha", "alpha"]
    for pressure in (0.0, 0.4):
        one, other = (found.sel(pressure=pressure) for found in (there, back))
        error = np.hypot(one[f"{T}_stderr"], other[f"{T}_stderr"])
        assert abs(float(one[T] - other[T])) < 4.0 * float(error)
        assert float(other["growth_coefficient"]) < 0.0


def test_replicas_say_together_what_each_of_them_does_not():
    at = np.repeat([500.0, 540.0, 580.0], 3)
    runs = evidence(0.002 * (at - 525.0), temperature=at, time=50.0, error=0.03)
    assert at_one_pressure(runs).transition.kind == Bound.VALUE
    alone = at_one_pressure(runs.select(np.arange(9) % 3 == 0))
    assert alone.transition.kind == Bound.UPPER


@pytest.mark.parametrize(
    ("temperatures", "kind", "word"),
    [((600, 640, 680, 720), Bound.UPPER, "lower"), ((400, 420, 440, 460), Bound.LOWER, "higher")],
)
def test_runs_that_all_say_the_same_phase_give_a_bound_and_never_a_value(temperatures, kind, word):
    found = equilibrium(make_coexistence(pressures=(0.0,), temperatures=temperatures))
    assert read_bounds(found, T).tolist() == [kind]
    nearest = min(temperatures) if kind == Bound.UPPER else max(temperatures)
    assert float(found[T][0]) == nearest
    assert f"add {word} temperatures" in str(found["reason"].values[0])
    assert np.isnan(found[f"{T}_stderr"].values).all()
    assert np.isnan(float(found["boundary_slope"]))


@given(
    st.lists(st.floats(0.2, 2.0), min_size=2, max_size=12),
    st.sampled_from([1, -1]),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_one_sign_is_never_a_value(sizes, sign, followed):
    """However the speeds lie, with which of them known, and wherever a line through them ends."""
    kept = followed[: len(sizes)]
    speed = np.where(kept, sign * np.array(sizes), np.nan)
    at = 500.0 + 10.0 * np.arange(len(sizes))
    runs = evidence(speed, np.full(len(sizes), sign), at)
    found = at_one_pressure(runs)
    expected = Bound.UPPER if sign > 0 else Bound.LOWER
    assert found.transition.kind == expected
    assert found.transition.value == (at.min() if sign > 0 else at.max())
    assert np.isnan(found.systematic)


def test_runs_that_say_nothing_give_a_reason():
    nothing = at_one_pressure(evidence(np.full(AT.size, np.nan)))
    assert nothing.transition.kind == Bound.ABSENT
    assert "none of 7 runs says which phase grows" in nothing.transition.reason
    slow = at_one_pressure(evidence(np.full(AT.size, 0.01), time=20.0, error=0.15))
    assert slow.transition.kind == Bound.ABSENT
    empty = at_one_pressure(evidence([], temperature=[]))
    assert empty.transition.reason == "no run is finished"


def test_winners_without_speeds_leave_an_interval():
    unknown = np.full(AT.size, np.nan)
    found = at_one_pressure(evidence(unknown, [-1, -1, -1, 0, 1, 1, 1]))
    assert found.transition.kind == Bound.INTERVAL
    assert found.transition.limits == (520.0, 560.0)
    assert found.transition.stderr == pytest.approx(40.0 / np.sqrt(12.0))
    assert found.won == (520.0, 560.0)
    overlap = at_one_pressure(evidence(unknown, [-1, -1, 1, -1, 1, 1, 1]))
    assert overlap.transition.limits == (520.0, 540.0)
    assert "overlap" in overlap.transition.reason


def test_speeds_that_fall_towards_the_high_phase_make_no_value():
    speed = -0.02 * (AT - 540.0)
    found = at_one_pressure(evidence(speed))
    assert found.transition.kind == Bound.INTERVAL
    unknown = at_one_pressure(evidence(speed), high=0)
    assert unknown.transition.kind == Bound.VALUE
    assert unknown.high == -1
    assert unknown.transition.value == pytest.approx(540.0, abs=1e-3)


def test_two_ordered_phases_show_by_themselves_which_is_stable_above():
    rng = np.random.default_rng(2)
    speed = 0.01 * (AT - 540.0) + 0.03 * rng.standard_normal(AT.size)
    found = at_one_pressure(evidence(speed, error=0.03), high=0)
    assert found.high == 1
    assert found.transition.kind == Bound.VALUE
    alone = at_one_pressure(evidence([0.5], [1], [500.0]), high=0)
    assert alone.transition.kind == Bound.ABSENT
    assert "which phase is stable above" in alone.transition.reason


def test_a_pressure_lends_its_scatter_to_one_with_few_runs():
    rng = np.random.default_rng(4)
    many = evidence(0.01 * (AT - 540.0) + 0.1 * rng.standard_normal(AT.size), error=0.1)
    few = evidence([-0.5, 0.5], temperature=[500.0, 600.0], error=0.001)
    together = find_equilibria([many, few], 1)
    alone = find_equilibria([few], 1)
    assert together.at[1].transition.stderr > 5.0 * alone.at[0].transition.stderr


def test_a_third_phase_and_halves_that_never_met_are_left_out_and_named():
    tree = make_coexistence(pressures=(0.0,))
    whole = equilibrium(tree)

    def cap_wins(winner):
        new = winner.copy(deep=True)
        new.loc[{"temperature": 500.0}] = Winner.ALPHA_CAP
        return new

    def never_met(status):
        new = status.copy(deep=True)
        new.loc[{"temperature": 700.0}] = Growth.NO_INTERFACE
        return new

    found = equilibrium(changed(tree, winner=cap_wins, growth_status=never_met))
    assert int(found["n_unused"][0]) == 4
    reason = str(found["reason"].values[0])
    assert "in 2 run(s) a phase other than α and β grew: left out" in reason
    assert "in 2 run(s) one half changed before the phases met" in reason
    # Of α grown at 500 K only speeds at 520 K and more are left: all say β.
    assert float(found[T][0]) != float(whole[T][0])


def test_only_finished_runs_count():
    tree = make_coexistence(pressures=(0.0,))

    def pending(status):
        return status.where(status["replica"] == 0, Status.PENDING).astype(np.int8)

    found = equilibrium(changed(tree, status=pending))
    alone = equilibrium(xr.DataTree.from_dict({
        "/": xr.Dataset(attrs=tree.attrs),
        "/coexist": tree["coexist"].to_dataset().isel(replica=[0]),
    }))  # fmt: skip
    assert float(found[T][0]) == pytest.approx(float(alone[T][0]))
    assert int(found["n_runs"][0]) == 6
    none = changed(tree, status=lambda status: xr.full_like(status, Status.PENDING))
    assert str(equilibrium(none)["reason"].values[0]) == "no run is finished"
    assert analyze_results(none).attrs["runs_missing"] == 12


def test_materials_are_analysed_by_themselves():
    one, other = make_coexistence(seed=1), make_coexistence(seed=2)
    parts = [tree["coexist"].to_dataset() for tree in (one, other)]
    parts[1] = parts[1].assign_coords(potential=np.array(["other"], dtype=object))
    both = xr.DataTree.from_dict({
        "/": xr.Dataset(attrs=one.attrs),
        "/coexist": xr.concat(parts, "potential"),
    })  # fmt: skip
    found = analyze_results(both)["equilibrium"].to_dataset().isel(n_vacancies=0)
    for number, tree in enumerate((one, other)):
        name = parts[number]["potential"].values[0]
        xr.testing.assert_allclose(found[T].sel(potential=name, drop=True),
                                   equilibrium(tree)[T].drop_vars("potential"))  # fmt: skip
    assert [entry["label"] for entry in summarize(analyze_results(both))["equilibrium"]] == [
        "lbh-2021", "other",
    ]  # fmt: skip


def test_results_without_profiles_have_no_such_group():
    tree = make_coexistence(pressures=(0.0,))
    bare = tree["coexist"].to_dataset()[["status"]]
    found = analyze_results(xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs),
                                                   "/coexist": bare}))  # fmt: skip
    assert "equilibrium" not in found.children
    assert found.attrs["runs_done"] == 12
    assert summarize(found)["equilibrium"] == []


def test_the_digest_changes_with_what_is_read_and_with_nothing_else():
    tree = make_coexistence(pressures=(0.0,))
    digest = results_digest(tree)
    assert results_digest(changed(tree, growth_speed=lambda speed: speed + 0.01)) != digest
    assert results_digest(changed(tree, status=lambda s: xr.full_like(s, Status.PENDING))) != digest
    assert results_digest(changed(tree, interface_position=lambda x: x + 1.0)) == digest


def test_coexistence_and_holds_stand_side_by_side():
    tree = make_coexistence()
    both = xr.DataTree.from_dict({
        "/": xr.Dataset(attrs=tree.attrs),
        "/coexist": tree["coexist"].to_dataset(),
        "/hold": make_hold(Experiment(pressures=(0.0, 0.4), replicas=2, bin_K=40.0)),
    })  # fmt: skip
    found = analyze_results(both)
    assert {"equilibrium", "transition"} <= set(found.children)
    alone = equilibrium(tree)
    lbh = found["equilibrium"].to_dataset().sel(potential="lbh-2021").isel(n_vacancies=0)
    np.testing.assert_array_equal(lbh[T].values, alone[T].values)


def test_numbers_of_the_summary_are_those_of_the_analysis():
    analysis = analyze_results(make_coexistence())
    (entry,) = summarize(analysis)["equilibrium"]
    found = analysis["equilibrium"].to_dataset().isel(potential=0, n_vacancies=0)
    assert entry["phases"] == ["alpha", "beta"]
    assert entry["laterals_A"] is None
    assert entry["boundary_slope"]["value"] == float(found["boundary_slope"])
    for shown, pressure in zip(entry["pressures"], found["pressure"].values, strict=True):
        here = found.sel(pressure=pressure)
        assert shown["transition_temperature"]["value"] == float(here[T])
        assert shown["transition_temperature"]["bound"] == "value"
        assert shown["transition_temperature"]["systematic"] == float(here[f"{T}_systematic"])
        assert shown["n_second_won"] == int(here["n_second_won"])


def test_held_laterals_are_said():
    tree = make_coexistence(pressures=(0.0,))
    text = sweep_text(pressures=(0.0,)).replace("60 ps}", "60 ps, laterals: 9.95 Å}")
    held = xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs | {"sweep_yaml": text}),
                                  "/coexist": tree["coexist"].to_dataset()})  # fmt: skip
    analysis = analyze_results(held)
    assert float(analysis["equilibrium"]["lateral_length"].values.item()) == pytest.approx(9.95)
    (entry,) = summarize(analysis)["equilibrium"]
    assert entry["laterals_A"] == pytest.approx(9.95)
