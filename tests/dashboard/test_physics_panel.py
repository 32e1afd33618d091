"""The panel of the physics shows T_t as what it is."""

import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Scatter
from made_up_material import Experiment, make_results

from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.dashboard.derived import derive
from lbhsweep.dashboard.physics_panel import PhysicsPanel


class Derived:
    """Stands for a `Deriver` whose analysis is done."""

    version, problem, is_analyzing = 1, "", False

    def __init__(self, found):
        self.found = found


def shown(kinds, values=(450.0, 480.0, 550.0, 500.0, np.nan)):
    line = {
        "pressure": [0.0, 0.1, 0.2, 0.3, 0.4],
        "value": list(values),
        "error": [10.0] * 5,
        "bound": [int(kind) for kind in kinds],
        "route": "ramp_heating",
    }
    curves = {"volume": [], "enthalpy": [], "heat_capacity": []}
    found = {"curves": curves, "pressures": [], "notes": [], "transition": line}
    panel = PhysicsPanel(Derived({"made-up": found}))
    panel.show(1)
    (plot,) = panel.layout.select({"name": "transition"})
    (points,) = (
        one for one in plot.renderers if isinstance(one, GlyphRenderer)
        and isinstance(one.glyph, Scatter)
    )  # fmt: skip
    return plot, points


def test_bounds_have_a_sign_a_marker_that_points_and_no_error_bar():
    kinds = (Bound.UPPER, Bound.VALUE, Bound.LOWER, Bound.EITHER, Bound.ABSENT)
    plot, points = shown(kinds)
    data = points.data_source.data
    assert data["label"] == ["≤ 450", "", "≥ 550", "≈ 500"]
    assert data["marker"] == ["inverted_triangle", "diamond", "triangle", "diamond"]
    np.testing.assert_array_equal(data["high"] - data["low"], [0.0, 20.0, 0.0, 0.0])
    assert points.glyph.marker == "marker"
    for words in ("≤: upper bound", "≥: lower bound", "≈: on either side"):
        assert words in plot.title.text


def test_values_and_intervals_have_neither():
    plot, points = shown([Bound.VALUE, Bound.INTERVAL, Bound.VALUE, Bound.VALUE, Bound.ABSENT])
    assert set(points.data_source.data["label"]) == {""}
    assert plot.title.text == "Transition by ramp heating"


@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_derived_transitions_say_what_they_are_and_what_they_contradict(tmp_path):
    path = tmp_path / "results.zarr"
    make_results(Experiment(rates=(20.0,), pressures=(0.0,), frozen_cooling=True)).to_zarr(path)
    (found,) = derive(str(tmp_path)).values()
    assert found["transition"]["bound"] == [Bound.UPPER]
    assert found["notes"][0].startswith("heating only: an upper bound of T_t")
    assert "below what is published: 628 K, measured" in found["notes"][1]
