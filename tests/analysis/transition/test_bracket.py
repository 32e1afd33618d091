"""T_t between what α survives and what β survives."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from made_up_material import Experiment, Material, make_hold_from_both

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.groups import join_starts
from lbhsweep.analysis.phases.assignment import Phase, assign_phases
from lbhsweep.analysis.phases.starts import initial_phases
from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.analysis.transition.bracket import ALPHA_LASTS, BETA_LASTS, bracket_transitions
from lbhsweep.document import Document

T = np.arange(400.0, 701.0, 25.0)
A, B = Phase.ALPHA, Phase.BETA


def bracket(begun, ended):
    begun = np.broadcast_to(np.array(begun), (T.size, np.shape(ended)[-1]))
    return bracket_transitions(np.array([0.0]), T, begun[None], np.asarray(ended)[None])[0.0]


def ends(*limits):
    """End phases of runs that are β above a limit each."""
    return np.where(T[:, None] > np.array(limits), B, A)


def test_both_ends_of_the_bracket_are_found():
    # From α: kept at 500 K, β at 525 K.  From β: α at 450 K, kept at 475 K.
    found = bracket([A, B], ends(510.0, 460.0))
    assert found.value == pytest.approx((525.0 + 450.0) / 2)
    assert found.stderr == pytest.approx(75.0 / np.sqrt(12.0))
    assert (found.bound, found.limits) == (Bound.INTERVAL, (450.0, 525.0))
    assert not found.censored
    assert not found.reason


def test_one_end_is_a_bound_with_its_gap():
    from_alpha = bracket([A], ends(510.0))
    assert (from_alpha.value, from_alpha.stderr) == (525.0, pytest.approx(25 / np.sqrt(12)))
    assert from_alpha.reason == ALPHA_LASTS
    from_beta = bracket([B], ends(460.0))
    assert from_beta.value == 450.0
    assert from_beta.reason == BETA_LASTS
    assert (from_alpha.bound, from_beta.bound) == (Bound.UPPER, Bound.LOWER)
    np.testing.assert_array_equal(from_alpha.limits, (np.nan, 525.0))
    np.testing.assert_array_equal(from_beta.limits, (450.0, np.nan))
    assert from_alpha.censored
    assert from_beta.censored


def test_both_phases_left_at_one_temperature_leave_an_interval_to_the_next():
    ended = ends(490.0, 510.0)
    ended[T == 500.0] = [B, A]
    found = bracket([A, B], ended)
    assert (found.value, found.limits) == (500.0, (475.0, 525.0))
    assert found.stderr == pytest.approx(50.0 / np.sqrt(12.0))
    assert "at 500 K both phases are left" in found.reason


def test_a_hold_on_its_way_has_left_alpha():
    ended = ends(510.0)
    ended[T == 500.0] = Phase.MIXED
    assert bracket([A], ended).value == 500.0


def test_the_other_minimum_of_alpha_says_nothing_of_this_one():
    ended = ends(510.0, 460.0)
    ended[ended[:, 1] == A, 1] = Phase.ALPHA_CAP
    found = bracket([A, B], ended)
    assert found.bound == Bound.UPPER
    assert found.value == 525.0
    assert "β orders into α-b (Li over cage faces) up to 450 K" in found.reason


def test_a_phase_that_no_hold_keeps_leaves_a_bound_without_error():
    found = bracket([A], ends(0.0))
    assert found.bound == Bound.UPPER
    assert found.value == 400.0
    assert np.isnan(found.stderr)
    assert "T_t has no error" in found.reason


def test_holds_that_keep_their_phase_say_where_to_look():
    found = bracket([A, B], np.broadcast_to([A, B], (T.size, 2)))
    assert not found.known
    assert "α kept up to 700 K" in found.reason
    assert "β kept down to 400 K" in found.reason
    assert "no finished hold" in bracket([A], np.zeros((T.size, 1), dtype=int)).reason


@given(
    transition=st.floats(480.0, 600.0),
    over=st.floats(0.0, 60.0),
    under=st.floats(0.0, 60.0),
)
def test_the_transition_lies_in_the_bracket(transition, over, under):
    found = bracket([A, B], ends(transition + over, transition - under))
    half = found.stderr * np.sqrt(12.0) / 2
    assert abs(found.value - transition) <= half + 1e-9


@pytest.mark.parametrize(("follow", "limit"), [("rising", 525.0), ("falling", 450.0)])
def test_a_hold_that_follows_another_began_as_that_one_ended(follow, limit):
    hold = xr.Dataset(
        {"volume": (("pressure", "temperature", "replica"), np.ones((1, T.size, 1)))},
        {"pressure": [0.0], "temperature": T, "replica": [0]},
    )
    ended = ends(510.0 if follow == "rising" else 460.0)[None]
    phases = hold["volume"].copy(data=ended)
    sweep = Document(
        "sweep.yaml",
        {"system": {"start": "alpha"}, "protocol": {"hold": {"follow": follow}}},
        {(): 1},
    )
    begun = initial_phases(hold, phases, sweep)
    assert bracket_transitions(np.array([0.0]), T, begun, ended)[0.0].value == limit


def test_holds_of_both_starts_are_analysed_together():
    experiment = Experiment(pressures=(0.0, 0.2, 0.4))
    hold = make_hold_from_both(experiment)
    analysis = analyze_results(xr.DataTree.from_dict({"/hold": hold}))
    transition = analysis["transition"].to_dataset().isel(potential=0, n_vacancies=0)
    assert "start" not in transition.dims
    assert str(transition["used_route"].item()) == "hold"
    material = Material()
    for p in experiment.pressures:
        at = transition.sel(route="hold", pressure=p)
        error = float(at["transition_temperature_stderr"])
        assert 70.0 / np.sqrt(12) <= error <= 130.0 / np.sqrt(12)
        assert abs(float(at["transition_temperature"]) - material.transition(p)) < 2.5 * error
        # Steps come from lines through both phases, metastable ones too.
        t = float(at["transition_temperature"])
        step = float(transition["volume_step"].sel(pressure=p))
        truth = material.high.volume(t, p) - material.low.volume(t, p)
        assert abs(step - truth) < 4 * float(transition["volume_step_stderr"].sel(pressure=p))
    holds = analysis["holds"].to_dataset().isel(potential=0, n_vacancies=0)
    at = holds.sel(pressure=0.0, temperature=500.0)
    # Metastable α and β side by side: neither is averaged with the other.
    assert at["n_done"].sel(phase=["alpha", "beta"]).values.tolist() == [3, 3]
    gap = float(at["volume"].sel(phase="beta") - at["volume"].sel(phase="alpha"))
    assert gap == pytest.approx(material.high.volume(500, 0) - material.low.volume(500, 0), abs=2)


def test_starts_become_replicas_and_keep_their_name():
    hold = make_hold_from_both(Experiment(replicas=2))
    joined = join_starts(hold)
    assert joined.sizes["replica"] == 4
    assert joined["start"].values.tolist() == ["alpha", "alpha", "beta", "beta"]
    assert (assign_phases(joined) != Phase.UNDECIDED).all()
    np.testing.assert_array_equal(
        joined["volume"].isel(replica=3), hold["volume"].isel(start=1, replica=1)
    )
    assert join_starts(joined.drop_vars("start")) is not None
