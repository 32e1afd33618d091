"""V and H of one phase rise on heating; where they fall, the cells are named."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_hold_from_both

from lbhsweep.analysis import analyze_results, summarize
from lbhsweep.analysis.phases.monotonic import find_falls


def test_a_fall_is_found_beyond_the_errors_only_and_against_the_highest_point_before():
    errors = np.full(5, 0.1)
    assert find_falls(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), errors) == []
    assert find_falls(np.array([1.0, 2.0, 1.9, 3.0, 4.0]), errors) == []
    assert find_falls(np.array([1.0, 3.0, np.nan, 2.0, 2.5]), errors) == [(1, 3), (1, 4)]
    assert find_falls(np.array([3.0, 2.0]), np.array([np.nan, 0.1])) == []


def flagged(change=None):
    hold = make_hold_from_both(Experiment(volume_noise=0.2, enthalpy_noise=0.3))
    if change is not None:
        change(hold)
    analysis = analyze_results(xr.DataTree.from_dict({"/hold": hold}))
    (material,) = summarize(analysis)["materials"]
    return [note for note in material["flagged"] if note.startswith("falls on heating")]


@pytest.mark.parametrize(("name", "fall"), [("volume", 4.0), ("enthalpy", 40.0)])
def test_the_caveat_appears_exactly_where_a_phase_falls_and_names_its_cells(name, fall):
    def lower(hold):
        hold[name][
            {"pressure": 1, "temperature": hold["temperature"].values.tolist().index(400)}
        ] -= fall

    assert flagged() == []
    (note,) = flagged(lower)
    symbol = {"volume": "V", "enthalpy": "H"}[name]
    assert f"{symbol} of alpha at 0.2 GPa from" in note
    assert "at 375 K to" in note
    assert "at 400 K" in note
