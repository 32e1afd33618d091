"""Transport by phase: known laws recovered, starts together, gaps with their reasons."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_hold, make_ramp
from made_up_transport import (
    CONDUCTANCE,
    ENERGY,
    HAVEN,
    HOPS,
    PREFACTOR,
    TURN_ENERGY,
    TURN_PREFACTOR,
    arrhenius,
    make_moving,
)

from lbhsweep.analysis import analyze_results, results_digest
from lbhsweep.analysis.groups import join_starts
from lbhsweep.analysis.transport.activation import (
    LAWS,
    MIXED,
    PHASES_UNKNOWN,
    UNDECIDED,
    analyze_activation,
)
from lbhsweep.analysis.transport.coefficients import analyze_transport
from lbhsweep.quantities.diffusion import DiffusionStatus

ONE = {"potential": 0, "n_vacancies": 0}


def transport_of(hold):
    return analyze_transport(join_starts(hold)).isel(ONE)


def laws_of(hold):
    laws = analyze_activation(analyze_transport(join_starts(hold)))
    return {name: one.isel(ONE) for name, one in laws.items()}


@pytest.fixture(scope="module")
def hold():
    return make_moving()


@pytest.fixture(scope="module")
def transport(hold):
    return transport_of(hold)


@pytest.fixture(scope="module")
def laws(hold):
    return laws_of(hold)


def pulls(found, expected, name):
    pull = ((found[name] - expected) / found[f"{name}_stderr"]).values
    return pull[np.isfinite(pull)]


def test_coefficients_are_those_of_the_material(transport):
    beta, t = transport.sel(phase="beta"), transport["temperature"]
    diffusion = arrhenius(t, ENERGY, PREFACTOR)
    for name, expected in (
        ("diffusion_coefficient", diffusion),
        ("conductivity_tracer", CONDUCTANCE / t * diffusion),
        ("haven_ratio", HAVEN),
        ("reorientation_rate", arrhenius(t, TURN_ENERGY, TURN_PREFACTOR)),
    ):
        pull = pulls(beta, expected, name)
        assert pull.size >= 15
        assert 0.4 < np.mean(np.abs(pull) < 1) < 0.95
        assert np.abs(pull).max() < 5


def test_both_starts_are_replicas_of_the_phase_that_they_are_in(transport):
    counts = transport["n_replicas"].sel(pressure=0.0)
    both = counts.sel(temperature=700.0, phase="beta")
    assert (int(both), int(counts.sel(temperature=700.0, phase="alpha"))) == (6, 0)
    # Between the limits to which either phase survives each has its own three.
    between = counts.sel(temperature=475.0)
    assert (int(between.sel(phase="alpha")), int(between.sel(phase="beta"))) == (3, 3)
    at = transport.sel(pressure=0.0, temperature=475.0)
    assert np.isnan(at["diffusion_coefficient"].sel(phase="alpha"))
    assert np.isfinite(at["diffusion_coefficient"].sel(phase="beta"))


def test_hops_are_summed_and_where_there_are_few_it_says_so(transport, hold):
    beta = transport.sel(phase="beta", pressure=0.0)
    expected = 6 * HOPS * arrhenius(700.0, ENERGY, PREFACTOR)
    assert float(beta["li_hop_count"].sel(temperature=700.0)) == pytest.approx(expected, rel=0.1)
    alpha = transport.sel(phase="alpha", pressure=0.0)
    reason = str(alpha["diffusion_reason"].sel(temperature=425.0).item())
    assert reason.startswith("fewer than ten hops in every hold, 0 hop(s) in all 6")
    assert str(beta["diffusion_reason"].sel(temperature=700.0).item()) == ""
    assert str(beta["diffusion_reason"].sel(temperature=400.0).item()) == "no hold is in this phase"


def test_a_rate_whose_decay_was_not_seen_does_not_count(hold):
    one = hold.copy(deep=True)
    cell = {"pressure": 0, "temperature": -1} | ONE
    one["reorientation_resolved"][cell] = np.array([[1, 0, 0], [0, 0, 1]])
    one["reorientation_rate"][cell] = np.array([[3.0, 900.0, 900.0], [900.0, 900.0, 5.0]])
    found = transport_of(one).isel(phase=-1, pressure=0, temperature=-1)
    assert float(found["reorientation_rate"]) == 4.0
    assert int(found["reorientation_rate_replicas"]) == 2
    reason = str(found["reorientation_reason"].item())
    assert reason == "decay seen in 2 of 6 holds: their mean is too large"
    assert int(laws_of(one)["reorientation"]["n_points"].isel(phase=-1, pressure=0)) == int(
        laws_of(hold)["reorientation"]["n_points"].isel(phase=-1, pressure=0) - 1
    )
    one["reorientation_resolved"][cell] = 0
    found = transport_of(one).isel(phase=-1, pressure=0, temperature=-1)
    assert np.isnan(found["reorientation_rate"])
    assert "no decay seen (holds: 6)" in str(found["reorientation_reason"].item())


def test_holds_pending_failed_or_drifting_are_named(hold):
    one = hold.copy(deep=True)
    cell = {"pressure": 0, "temperature": -1} | ONE
    one["status"][cell] = np.array([[0, 1, 3], [2, 2, 2]])
    one["equilibrated"][{"start": 1} | cell] = 0
    found = transport_of(one).isel(pressure=0, temperature=-1)
    reason = str(found["diffusion_reason"].sel(phase="beta").item())
    assert reason == "holds in this phase: 3 not settled, 2 not finished, 1 failed"
    assert np.isnan(found["diffusion_coefficient"].sel(phase="beta"))


def test_a_charge_that_did_not_diffuse_yet_says_so(hold):
    one = hold.copy(deep=True)
    cell = {"pressure": 0, "temperature": -1} | ONE
    one["haven_ratio"][cell] = np.nan
    found = transport_of(one).sel(phase="beta").isel(pressure=0, temperature=-1)
    assert "within two standard errors" in str(found["haven_ratio_reason"].item())
    assert str(found["conductivity_reason"].item()) == ""
    one["conductivity"][cell] = np.nan
    found = transport_of(one).sel(phase="beta").isel(pressure=0, temperature=-1)
    assert "not linear in time yet" in str(found["haven_ratio_reason"].item())


def test_activation_energies_are_found_in_each_phase(laws):
    diffusion = laws["diffusion"]
    assert np.abs(pulls(diffusion.sel(phase="beta"), ENERGY, "activation_energy")).max() < 3
    assert float(diffusion["activation_energy_stderr"].sel(phase="beta").max()) < 0.02
    absent = diffusion.sel(phase="alpha")
    assert np.isnan(absent["activation_energy"]).all()
    assert set(absent["reason"].values) == {"no value at any temperature"}
    turning = laws["reorientation"]
    pull = pulls(turning, TURN_ENERGY, "activation_energy")
    assert pull.size == 4
    assert np.abs(pull).max() < 3.5
    # Nernst and Einstein: of σT the same energy, of σ alone less by about k_B T.
    charge = laws["conductivity_tracer"].sel(phase="beta", pressure=0.0)
    same = float(diffusion["activation_energy"].sel(phase="beta", pressure=0.0))
    assert float(charge["activation_energy"]) == pytest.approx(same, abs=1e-9)
    assert same - float(charge["activation_energy_plain"]) == pytest.approx(0.052, abs=0.005)
    ratio = charge["prefactor"] / diffusion["prefactor"].sel(phase="beta", pressure=0.0)
    assert float(ratio) == pytest.approx(CONDUCTANCE, rel=1e-6)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (DiffusionStatus.TOO_SHORT, "the run is shorter than two octaves of lags need"),
        (DiffusionStatus.NOT_LINEAR, "the displacement of Li is not linear in time yet"),
        (DiffusionStatus.UNCERTAIN, "too much noise to show that the displacement of Li is linear"),
        (DiffusionStatus.FEW_HOPS, "too few hops"),
    ],
)
def test_the_reason_is_that_of_most_replicas(hold, status, reason):
    one = hold.copy(deep=True)
    for name in ("diffusion_coefficient", "diffusion_coefficient_stderr", "li_hop_count"):
        one[name][:] = np.nan
    codes = np.full(one["volume"].shape, status, dtype=np.int8)
    codes[..., 0] = DiffusionStatus.NOT_MEASURED
    one["diffusion_status"] = (one["volume"].dims, codes)
    found = transport_of(one).sel(phase="beta", pressure=0.0, temperature=700.0)
    assert str(found["diffusion_reason"].item()).startswith(reason)


def test_no_law_crosses_the_transition(hold):
    """With diffusion that jumps a hundredfold, each phase still has the energy of its own."""
    one = hold.copy(deep=True)
    alpha = one["alpha_order"] > 0.5
    t = one["temperature"].broadcast_like(alpha)
    slow = arrhenius(t, 0.6, 1e-2)
    one["diffusion_coefficient"] = xr.where(alpha, slow, one["diffusion_coefficient"])
    one["diffusion_coefficient_stderr"] = 0.05 * one["diffusion_coefficient"]
    one["li_hop_count"] = 1e12 * one["diffusion_coefficient"]
    found = laws_of(one)["diffusion"]
    assert float(found["activation_energy"].sel(phase="alpha", pressure=0.0)) == pytest.approx(0.6)
    pull = pulls(found.sel(phase="beta", pressure=0.0), ENERGY, "activation_energy")
    assert np.abs(pull).max() < 3
    untold = laws_of(one.drop_vars(["alpha_order", "alpha_lithium"]))["diffusion"]
    assert untold["phase"].values.tolist() == ["undecided"]
    assert all(reason.startswith(PHASES_UNKNOWN) for reason in untold["reason"].values.ravel())
    assert "not one straight line" in str(untold["reason"].sel(pressure=0.0).values)


def test_what_is_between_phases_is_not_fitted(hold):
    one = hold.copy(deep=True)
    one["alpha_order"][..., -4:, :] = 0.4
    one["alpha_order"][..., -2:, :] = 0.3
    one["alpha_order_stderr"] = xr.full_like(one["alpha_order"], 0.01)
    found = laws_of(one)["diffusion"]
    for phase, reason in (("mixed", MIXED), ("undecided", UNDECIDED)):
        assert set(found["reason"].sel(phase=phase).values.ravel()) == {reason}
        assert np.isnan(found["activation_energy"].sel(phase=phase)).all()


def test_results_of_any_kind_are_analysed(hold):
    few = Experiment(pressures=(0.2,), rates=(20.0,), replicas=1, bin_K=50.0)
    assert analyze_transport(join_starts(make_hold(few))) is None
    groups = analyze_results(xr.DataTree.from_dict({"/ramp": make_ramp(few)})).groups
    assert not {"/transport", "/arrhenius", "/convergence"} & set(groups)
    pending = hold.copy(deep=True)
    pending["status"][:] = 0
    found = transport_of(pending)
    assert found["phase"].values.tolist() == ["undecided"]
    assert np.isnan(found["diffusion_coefficient"]).all()
    reasons = set(found["diffusion_reason"].values.ravel())
    assert reasons == {"no hold is in this phase, 6 not finished"}
    assert set(laws_of(pending)) == set(LAWS)
    alone = hold.isel(replica=[0], pressure=[0], temperature=[-1])
    law = laws_of(alone)["diffusion"].isel(pressure=0).sel(phase="beta")
    assert "a line needs 2" in str(law["reason"].item())
    rotation = hold[["volume", "status", "reorientation_rate", "reorientation_rate_stderr"]]
    assert set(laws_of(rotation)) == {"reorientation"}


def test_every_number_has_a_unit_and_an_error(hold):
    tree = analyze_results(xr.DataTree.from_dict({"/hold": hold}))
    for name in ("transport", "anion_fluctuation", "convergence", "arrhenius/conductivity"):
        dataset = tree[name].to_dataset()
        for key, array in dataset.items():
            assert array.attrs["long_name"], key
            assert (
                "units" in array.attrs
                or array.dtype.kind in "OTU"
                or "flag_values" in (array.attrs)
            ), key
    assert tree["arrhenius/diffusion"]["prefactor"].attrs["units"] == "cm**2/s"


@pytest.mark.parametrize("name", ["reorientation_resolved", "diffusion_start", "volume_series"])
def test_the_digest_covers_what_is_read(hold, name):
    before = results_digest(xr.DataTree.from_dict({"/hold": hold}))
    changed = hold.copy(deep=True)
    changed[name].values[...] += 1e-9
    assert results_digest(xr.DataTree.from_dict({"/hold": changed})) != before
