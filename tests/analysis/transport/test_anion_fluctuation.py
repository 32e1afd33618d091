"""Fluctuation of anions relative to the lowest pressure: same phase, other phase, gaps."""

import numpy as np
import pytest
from made_up_transport import make_moving

from lbhsweep.analysis.groups import join_starts
from lbhsweep.analysis.transport.anion_fluctuation import analyze_anion_fluctuation

ONE = {"potential": 0, "n_vacancies": 0}
SOFTER = 1.2


@pytest.fixture(scope="module")
def hold():
    made = make_moving()
    for name in ("anion_fluctuation", "anion_fluctuation_stderr"):
        made[name] = made[name].where(made["pressure"] == 0, SOFTER * made[name])
    return made


def analyzed(hold):
    return analyze_anion_fluctuation(join_starts(hold)).isel(ONE)


def test_the_ratio_is_the_materials_with_the_error_of_both(hold):
    found = analyzed(hold).sel(pressure=0.4)
    ratio, error = found["relative_fluctuation"], found["relative_fluctuation_stderr"]
    pull = ((ratio - SOFTER) / error).values
    pull = pull[np.isfinite(pull)]
    assert pull.size > 15
    assert 0.5 < np.mean(np.abs(pull) < 1) < 0.9
    hot = found.sel(phase="beta", temperature=800.0)
    # Errors of 1 % and six replicas on either side.
    assert float(hot["relative_fluctuation_stderr"]) == pytest.approx(
        SOFTER * 0.01 * np.sqrt(2 / 6), rel=0.5
    )
    assert int(hot["same_phase"]) == 1


def test_at_the_lowest_pressure_it_is_one(hold):
    first = analyzed(hold).sel(pressure=0.0)
    ratio = first["relative_fluctuation"].values
    assert set(ratio[np.isfinite(ratio)]) == {1.0}
    assert set(first["relative_fluctuation_stderr"].values[np.isfinite(ratio)]) == {0.0}


def test_another_phase_stands_in_and_is_named(hold):
    found = analyzed(hold).sel(pressure=0.4, phase="alpha")
    value = found["anion_fluctuation"].values
    alone = np.isfinite(value) & (found["same_phase"].values == 0)
    assert alone.any()
    assert np.isfinite(found["relative_fluctuation"].values[alone]).all()
    reason = "another phase at 0 GPa: the ratio compares two phases"
    assert set(found["reason"].values[alone]) == {reason}


def test_without_the_lowest_pressure_there_is_no_ratio(hold):
    one = hold.copy(deep=True)
    one["status"][{"pressure": 0} | ONE] = 0
    found = analyzed(one)
    assert np.isnan(found["relative_fluctuation"]).all()
    known = np.isfinite(found["anion_fluctuation"].values)
    assert known.any()
    assert set(found["reason"].values[known]) == {"no hold at 0 GPa to compare with"}
    assert analyze_anion_fluctuation(hold.drop_vars("anion_fluctuation")) is None
