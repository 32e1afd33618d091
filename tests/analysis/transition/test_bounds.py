"""Every number of T_t says whether it is a value, a bound, or an interval."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import (
    Experiment,
    Material,
    make_hold,
    make_hold_from_both,
    make_ramp,
    make_results,
)

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.transition.bounds import (
    WORDS,
    Bound,
    bound_variable,
    combine,
    interpolate_bounds,
    read_bounds,
    reverse,
)
from lbhsweep.analysis.transition.half_heights import Estimate, loop_width, midpoint

MATERIAL = Material()
T = "transition_temperature"


def one(analysis, group):
    return analysis[group].to_dataset().isel(potential=0, n_vacancies=0)


def kinds(dataset, name=T):
    return [Bound(int(code)) for code in read_bounds(dataset, name).ravel()]


def keep_phase(ramp, pressure, direction):
    """Let the first replica keep its phase at the slowest rate."""
    t = ramp["temperature"].values
    phase = MATERIAL.low if direction == "heating" else MATERIAL.high
    at = {"heating": 0, "cooling": 1}[direction]
    noise = np.random.default_rng(at).normal(0, 0.6, t.size)
    ramp["volume"][0, 0, 0, 0, at, 0] = phase.volume(t, pressure) + noise


@pytest.mark.parametrize(
    ("start", "kind", "finite"),
    [
        ("alpha", Bound.UPPER, ("upper",)),
        ("beta", Bound.LOWER, ("lower",)),
        (["alpha", "beta"], Bound.INTERVAL, ("lower", "upper")),
        (None, Bound.ABSENT, ()),
    ],
)
def test_holds_give_a_bound_by_each_end_of_the_bracket_that_they_show(start, kind, finite):
    hold = make_hold_from_both(Experiment(pressures=(0.0, 0.2)))
    if start is None:
        # All holds keep the phase in which they began.
        hold = hold.sel(start=["alpha"]).where(hold["temperature"] < 400.0, drop=True)
    else:
        hold = hold.sel(start=[start] if isinstance(start, str) else start)
    transition = one(analyze_results(xr.DataTree.from_dict({"/hold": hold})), "transition")
    holds = transition.sel(route="hold")
    assert kinds(holds) == [kind, kind]
    for side in ("lower", "upper"):
        limit = holds[f"{T}_{side}"].values
        assert np.isfinite(limit).all() == (side in finite)
        if side in finite:
            sign = 1 if side == "upper" else -1
            truth = [MATERIAL.transition(p) for p in holds["pressure"].values]
            assert (sign * (limit - truth) > 0).all()
    used = [Bound.ABSENT] * 2 if kind == Bound.ABSENT else [kind, kind]
    assert [Bound(int(code)) for code in transition["used_bound"].values] == used


def test_half_heights_are_bounds_of_the_transition_and_their_mean_is_a_value():
    tree = make_results(Experiment(rates=(5.0, 10.0, 20.0), pressures=(0.2,)))
    analysis = analyze_results(tree)
    transition = one(analysis, "transition")
    assert kinds(transition.sel(route="ramp_midpoint")) == [Bound.VALUE]
    assert kinds(transition.sel(route="ramp_heating")) == [Bound.UPPER]
    assert kinds(transition.sel(route="ramp_cooling")) == [Bound.LOWER]
    intercepts = dict(zip(transition["route"].values, kinds(transition, "boundary_intercept"),
                          strict=True))  # fmt: skip
    assert set(intercepts.values()) == {Bound.ABSENT}
    rates = one(analysis, "hysteresis_rate")
    assert kinds(rates, "zero_rate_temperature") == [Bound.UPPER, Bound.LOWER]
    loops = one(analysis, "hysteresis")
    for name in ("half_height_temperature", "midpoint_temperature", "hysteresis_width"):
        assert set(kinds(loops, name)) == {Bound.VALUE}


def test_without_a_loop_everything_is_at_an_upper_bound():
    tree = make_results(Experiment(rates=(20.0,), frozen_cooling=True))
    analysis = analyze_results(tree)
    transition = one(analysis, "transition")
    assert set(transition["used_bound"].values) == {Bound.UPPER}
    by_route = dict(
        zip(transition["route"].values, kinds(transition, "boundary_intercept"), strict=True)
    )
    assert by_route["ramp_heating"] == Bound.UPPER
    assert by_route["ramp_cooling"] == Bound.ABSENT
    for group in ("entropy", "barocaloric"):
        assert set(one(analysis, group)["transition_bound"].values) == {Bound.UPPER}


@pytest.mark.parametrize(
    ("kept", "heating", "cooling", "middle"),
    [
        (("heating",), Bound.LOWER, Bound.VALUE, Bound.LOWER),
        (("cooling",), Bound.VALUE, Bound.UPPER, Bound.UPPER),
        (("heating", "cooling"), Bound.LOWER, Bound.UPPER, Bound.EITHER),
        ((), Bound.VALUE, Bound.VALUE, Bound.VALUE),
    ],
)
def test_replicas_that_keep_their_phase_make_bounds_of_the_mean(kept, heating, cooling, middle):
    ramp = make_ramp(Experiment(rates=(20.0,), pressures=(0.2,)))
    for direction in kept:
        keep_phase(ramp, 0.2, direction)
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
    loops = one(analysis, "hysteresis")
    assert kinds(loops, "half_height_temperature") == [heating, cooling]
    assert kinds(loops, "midpoint_temperature") == [middle]
    assert kinds(loops, "hysteresis_width") == [Bound.LOWER if kept else Bound.VALUE]
    routes = one(analysis, "transition")
    assert kinds(routes.sel(route="ramp_midpoint")) == [middle]
    assert kinds(routes.sel(route="ramp_heating")) == [Bound.UPPER]


@pytest.mark.parametrize(
    ("system", "kind"),
    [("start: alpha", Bound.UPPER), ("start: beta", Bound.LOWER), ("supercell: 1", Bound.UPPER)],
)
def test_a_step_over_holds_of_unknown_phase_is_a_bound_by_their_start(system, kind):
    tree = xr.DataTree.from_dict({"/hold": make_hold(Experiment(pressures=(0.0, 0.2)))})
    assert set(kinds(one(analyze_results(tree), "transition").sel(route="hold"))) == {Bound.VALUE}
    tree.attrs["sweep_yaml"] = f"system: {{{system}}}\n"
    transition = one(analyze_results(tree), "transition")
    assert set(kinds(transition.sel(route="hold"))) == {kind}
    assert f"{WORDS[kind]} of T_t" in str(transition["used_reason"].item())


def test_flags_follow_the_conventions_and_survive_being_joined():
    flags = bound_variable(("x",), [Bound.VALUE, Bound.UPPER], "T_t")
    meanings = flags.attrs["flag_meanings"].split()
    assert len(meanings) == len(flags.attrs["flag_values"]) == len(Bound)
    assert meanings[list(flags.attrs["flag_values"]).index(Bound.UPPER)] == "upper_bound"
    assert flags.dtype == flags.attrs["flag_values"].dtype == np.int8
    dataset = xr.Dataset({"t": ("x", [1.0, 2.0, np.nan]), "t_bound": ("x", [1.0, np.nan, 2.0])})
    assert kinds(dataset, "t") == [Bound.UPPER, Bound.ABSENT, Bound.ABSENT]


def test_numbers_of_earlier_analyses_count_as_values():
    dataset = xr.Dataset({"t": ("x", [1.0, np.nan])})
    assert kinds(dataset, "t") == [Bound.VALUE, Bound.ABSENT]


def test_bounds_of_sums_and_of_what_lies_between():
    upper, lower, value = Bound.UPPER, Bound.LOWER, Bound.VALUE
    assert combine((upper, value, Bound.INTERVAL)) == upper
    assert combine((upper, lower)) == Bound.EITHER
    assert combine((upper, Bound.ABSENT)) == Bound.ABSENT
    assert (reverse(upper), reverse(value), reverse(Bound.EITHER)) == (lower, value, Bound.EITHER)
    nodes = np.array([0.0, 0.2, 0.4])
    at = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    found = interpolate_bounds(at, nodes, [upper, value, Bound.ABSENT])
    assert found == [upper, upper, value, *[Bound.ABSENT] * 3]


def test_the_width_of_a_loop_is_a_bound_where_its_ends_are():
    known = Estimate(500.0, 1.0)
    higher = Estimate(520.0, 1.0, bound=Bound.LOWER, censored=True)
    lower = Estimate(480.0, 1.0, bound=Bound.UPPER, censored=True)
    assert loop_width(higher, known).bound == loop_width(known, lower).bound == Bound.LOWER
    assert midpoint(higher, lower).bound == Bound.EITHER
    assert midpoint(known, known).bound == Bound.VALUE
    assert Estimate(reason="none").kind == Bound.ABSENT
