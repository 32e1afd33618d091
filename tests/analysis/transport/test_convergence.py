"""Convergence with run length: running means, expected scatter, running rates."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from made_up_transport import (
    AMPLITUDE,
    ENERGY,
    LAG,
    PREFACTOR,
    TIME,
    TURN_ENERGY,
    TURN_PREFACTOR,
    arrhenius,
    make_moving,
)

from lbhsweep.analysis.groups import join_starts
from lbhsweep.analysis.transport.convergence import (
    analyze_convergence,
    convergence_time,
    running_mean,
)

ONE = {"potential": 0, "n_vacancies": 0}


@pytest.fixture(scope="module")
def hold():
    return make_moving()


def convergence_of(hold):
    return analyze_convergence(join_starts(hold)).isel(ONE)


@pytest.fixture(scope="module")
def convergence(hold):
    return convergence_of(hold)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_a_running_mean_is_the_mean_up_to_there(series):
    found = running_mean(np.array(series))
    expected = [np.mean(series[: k + 1]) for k in range(len(series))]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_convergence_time_is_where_the_last_excursion_ends():
    length = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    nan = np.nan
    deviations = np.array(
        [
            [5.0, 0.5, -3.0, 0.9, 0.0],
            [0.1, 0.2, 0.3, 0.1, 0.0],
            [9.0, 5.0, 2.0, 1.1, 0.0],
            [nan, nan, nan, nan, nan],
        ]
    )
    np.testing.assert_array_equal(convergence_time(length, deviations), [4.0, 1.0, 5.0, nan])


def test_running_means_end_at_the_mean_with_its_error(hold, convergence):
    assert float(convergence["run_length"][-1]) == TIME[-1] + TIME[0]
    cell = {"temperature": 700.0, "pressure": 0.0}
    end = convergence.sel(phase="beta", **cell).isel(run_length=-1)
    one = hold.isel(ONE).sel(cell)
    assert float(end["volume_running"]) == pytest.approx(float(one["volume"].mean()))
    within = np.sqrt((one["volume_stderr"] ** 2).sum()) / 6
    between = float(np.std(one["volume"].values.ravel(), ddof=1)) / np.sqrt(6)
    assert float(end["volume_running_stderr"]) == pytest.approx(max(float(within), between))
    assert float(end["volume_deviation"]) == 0.0


def test_stationary_series_deviate_as_expected(convergence):
    """By √(L/t − 1) of the end's error, or less where replicas scatter more than they say."""
    length = convergence["run_length"]
    expected = np.sqrt(length[-1] / length - 1)
    share = (convergence["volume_deviation"] / expected).isel(run_length=slice(0, -10)).values
    share = share[np.isfinite(share).all(axis=-1)]
    assert share.shape[0] > 30
    assert 0.6 < np.sqrt(np.mean(share**2)) < 1.1
    time = convergence["volume_convergence_time"].values
    assert 10.0 < np.nanmedian(time) < 70.0


def test_a_drift_is_seen(hold):
    one = hold.copy(deep=True)
    one["volume_series"][:] += 3.0 * np.exp(-TIME / 10.0)
    found, before = (convergence_of(h)["volume_convergence_time"].values for h in (one, hold))
    assert np.nanmedian(found) > np.nanmedian(before) + 10.0


def test_running_rates_tend_to_the_rates(convergence):
    beta = convergence.sel(phase="beta", pressure=0.0, temperature=700.0)
    diffusion = arrhenius(700.0, ENERGY, PREFACTOR)
    running = beta["diffusion_coefficient_running"]
    np.testing.assert_allclose(running, diffusion + 1.5e-4 / (6 * LAG), rtol=0.2)
    rate = beta["reorientation_rate_running"].values
    assert np.isnan(rate[LAG < 1.0]).all()
    known = np.isfinite(rate)
    assert known.sum() >= 3
    np.testing.assert_allclose(rate[known], arrhenius(700.0, TURN_ENERGY, TURN_PREFACTOR), rtol=0.2)


def test_the_logarithm_of_noise_is_not_taken(hold):
    one = hold.copy(deep=True)
    one["bh_correlation_stderr"] = one["bh_correlation_stderr"] * 0 + 0.45 * AMPLITUDE
    rate = convergence_of(one)["reorientation_rate_running"].sel(pressure=0.0, temperature=700.0)
    curve = one["bh_correlation"].sel(pressure=0.0, temperature=700.0).mean(["start", "replica"])
    unclear = curve.values[0, 0] < 2 * 0.45 * AMPLITUDE / np.sqrt(6)
    assert unclear.any()
    assert np.isnan(rate.sel(phase="beta").values[unclear]).all()


def test_holds_that_have_not_settled_count_and_are_named(hold):
    one = hold.copy(deep=True)
    cell = {"pressure": 0, "temperature": -1} | ONE
    one["equilibrated"][cell] = np.array([[0, 1, 1], [1, 1, 1]])
    one["status"][{"pressure": 0, "temperature": 0} | ONE] = 1
    found = convergence_of(one).isel(pressure=0)
    beta = found.sel(phase="beta").isel(temperature=-1)
    assert (int(beta["n_done"]), int(beta["n_drifting"])) == (6, 1)
    assert str(beta["reason"].item()) == "not settled: 1 of 6 holds"
    assert np.isfinite(beta["volume_running"]).all()
    alpha = found.sel(phase="alpha").isel(temperature=0)
    assert str(alpha["reason"].item()) == "no hold in this phase is done"
    assert np.isnan(alpha["volume_convergence_time"])


def test_a_single_short_hold_has_no_error(hold):
    one = hold.isel(start=[1], replica=[0]).copy(deep=True)
    one["equilibrated"][:] = 2
    found = convergence_of(one)
    assert np.isfinite(found["volume_running"]).any()
    assert np.isnan(found["volume_running_stderr"]).all()
    assert np.isnan(found["volume_convergence_time"]).all()


def test_what_has_no_course_has_no_convergence(hold):
    assert analyze_convergence(hold.drop_vars(["volume_series", "enthalpy_series"])) is None
    few = hold[["volume", "volume_stderr", "volume_series", "status"]]
    assert "enthalpy_running" not in convergence_of(few)
    pending = hold.copy(deep=True)
    pending["status"] = xr.zeros_like(hold["status"])
    assert np.isnan(convergence_of(pending)["volume_running"]).all()
