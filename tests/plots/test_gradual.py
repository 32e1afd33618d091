import numpy as np
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.plots.shared.gradual import MOST_CURVES, pick_evenly, shown_of
from lbhsweep.plots.shared.temperatures import TemperatureColours


@given(st.integers(1, 200), st.integers(1, 20))
def test_what_is_picked_is_evenly_spread_and_has_both_ends(n, most):
    picked = pick_evenly(np.arange(n), most)
    assert len(picked) == min(n, most)
    assert picked[0] == 0
    if most > 1:
        assert picked[-1] == n - 1
    if len(picked) > 1:
        assert np.ptp(np.diff(picked)) <= 1


def test_colours_grow_brighter_and_differ():
    temperatures = np.linspace(300.0, 900.0, MOST_CURVES)
    hold = xr.Dataset(coords={"temperature": temperatures})
    of_temperature = TemperatureColours(xr.DataTree.from_dict({"/hold": hold}))
    colours = [of_temperature(temperature) for temperature in temperatures]
    brightness = [sum(colour[:3]) for colour in colours]
    assert brightness == sorted(brightness)
    assert len(set(colours)) == MOST_CURVES


def test_what_is_left_out_is_said():
    assert shown_of([1.0, 2.0], 5, "pressures") == "2 of 5 pressures drawn"
    assert shown_of([1.0, 2.0], 2, "pressures") == ""
