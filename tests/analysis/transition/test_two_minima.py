"""β may order into another phase than that from which heating starts: no loop then."""

from types import MappingProxyType

import numpy as np
import pytest

from lbhsweep.analysis.phases.assignment import Phase
from lbhsweep.analysis.phases.curves import Run
from lbhsweep.analysis.transition.half_heights import (
    OTHER_PHASE,
    average_branch,
    find_steps,
    mask_other_transition,
    spread_between_runs,
)
from lbhsweep.analysis.transition.routes import choose_route, estimate_routes, route_caveat

T = np.arange(305.0, 750.0, 10.0)


def run(direction, centre, ordered, *, replica=0, step=17.0, pressure=0.0):
    rng = np.random.default_rng(replica)
    share = 0.5 + 0.5 * np.tanh((T - centre) / 8.0)
    volume = 235.0 + 0.02 * (T - 300.0) + step * share + rng.normal(0.0, 0.1, T.size)
    curves = {"volume": volume, "enthalpy": 0.7 * T + 10.0 * share, "lattice_a": volume}
    return Run(
        pressure=pressure,
        direction=direction,
        heating_rate=5.0,
        n_replicas=1,
        temperature=T,
        values=MappingProxyType(curves),
        stderrs=MappingProxyType({name: np.full(T.size, 0.1) for name in curves}),
        phases=np.where(centre > T, ordered, Phase.BETA),
    )


def branches(*cooling):
    heating = [run("heating", 520.0 + 5 * k, Phase.ALPHA, replica=k) for k in range(2)]
    steps = find_steps([*heating, *cooling])
    between = spread_between_runs(steps)
    up, down = (
        average_branch([item for item in steps if item.run.direction == name], between)
        for name in ("heating", "cooling")
    )
    return up, down, steps


def test_a_loop_of_one_transition_is_left_alone():
    cooling = [run("cooling", 430.0 + 5 * k, Phase.ALPHA, replica=k) for k in range(2)]
    up, down, steps = branches(*cooling)
    assert (up.ordered, down.ordered) == (Phase.ALPHA, Phase.ALPHA)
    assert mask_other_transition(up, down) is down
    table = estimate_routes(steps, [0.0], {})
    assert choose_route(table) == "ramp_midpoint"
    assert table["ramp_midpoint"][0].value == pytest.approx(477.5, abs=2.0)


@pytest.mark.parametrize("also_alpha", [False, True])
def test_half_heights_of_two_transitions_make_none(also_alpha):
    """Nor if only some of the replicas order elsewhere: their mean is of no one transition."""
    phases = (Phase.ALPHA if also_alpha else Phase.ALPHA_CAP, Phase.ALPHA_CAP)
    cooling = [run("cooling", 430.0, phase, replica=k) for k, phase in enumerate(phases)]
    up, down, steps = branches(*cooling)
    assert down.ordered == Phase.ALPHA_CAP
    without = mask_other_transition(up, down)
    assert not without.half_height.known
    assert not without.volume_step.known
    assert without.half_height.reason.startswith(f"β orders at 430 K into {OTHER_PHASE}: α-b")
    table = estimate_routes(steps, [0.0], {})
    assert not table["ramp_midpoint"][0].known
    assert not table["ramp_cooling"][0].known
    assert choose_route(table) == "ramp_heating"
    assert "an upper bound of T_t; on cooling β orders into" in route_caveat(
        "ramp_heating", table, np.array([0.0])
    )


def test_order_without_a_step_of_the_volume_is_told():
    cooling = [run("cooling", 430.0, Phase.ALPHA_CAP, replica=k, step=0.0) for k in range(2)]
    up, down, _ = branches(*cooling)
    assert not down.half_height.known
    reason = mask_other_transition(up, down).half_height.reason
    assert f"without a step of the volume into {OTHER_PHASE}" in reason


def test_where_order_was_not_measured_nothing_is_taken_away():
    cooling = [run("cooling", 430.0, Phase.UNDECIDED, replica=k) for k in range(2)]
    up, down, _ = branches(*cooling)
    assert mask_other_transition(up, down) is down


def test_heating_that_starts_from_alpha_b_closes_its_loop():
    runs = [run("heating", 500.0, Phase.ALPHA_CAP), run("cooling", 430.0, Phase.ALPHA_CAP)]
    table = estimate_routes(find_steps(runs), [0.0], {})
    assert table["ramp_midpoint"][0].value == pytest.approx(465.0, abs=2.0)
