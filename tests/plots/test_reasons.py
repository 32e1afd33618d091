"""Why a figure was not drawn is said by who knows it, from the runs' own counts."""

import numpy as np
import pytest
import xarray as xr

from lbhsweep.plots.shared.absence import (
    why_no_average,
    why_no_diffusion,
    why_no_hold,
    why_no_ramp,
    why_unknown,
)
from lbhsweep.store.one_phase import Equilibrated
from lbhsweep.store.schema import Status

NOT_LINEAR = "the displacement of Li is not linear in time yet: run longer"
FEW = "fewer than ten hops in every hold, 3 in all 2: run longer"


def holds(status, equilibrated):
    dims = ("pressure", "temperature", "replica")
    shape = (1, 1, len(status))
    return xr.Dataset(
        {
            "volume": (dims, np.ones(shape)),
            "status": (dims, np.array(status).reshape(shape)),
            "equilibrated": (dims, np.array(equilibrated).reshape(shape)),
        }
    )


@pytest.mark.parametrize(
    ("status", "equilibrated", "reason"),
    [
        ([Status.PENDING, Status.FAILED], [-1, -1], "no hold is finished"),
        (
            [Status.DONE, Status.DONE],
            [Equilibrated.NO, Equilibrated.NO],
            "none of the 2 finished hold(s) has settled",
        ),
        (
            [Status.DONE, Status.DONE],
            [Equilibrated.TOO_SHORT, Equilibrated.NO],
            "2 hold(s) are finished, and none gives the volume: too short",
        ),
    ],
)
def test_single_holds(status, equilibrated, reason):
    assert why_no_hold(holds(status, equilibrated), "volume") == reason


def test_averages_count_what_was_left_out():
    averaged = xr.Dataset({"n_replicas": ("x", [0, 0]), "n_drifting": ("x", [2, 1])})
    assert why_no_average(averaged, "D") == "none of the 3 finished hold(s) has settled"
    short = xr.Dataset({"n_replicas": ("x", [2, 0]), "n_drifting": ("x", [0, 0])})
    assert why_no_average(short, "D") == "2 hold(s) are finished, and none gives the D: too short"


@pytest.mark.parametrize(
    ("reasons", "wanted"),
    [
        ([NOT_LINEAR, NOT_LINEAR, FEW, ""], NOT_LINEAR),
        ([FEW, "no hold is in this phase", "no hold is in this phase", ""], FEW),
        (["no hold is in this phase"], "no hold gives a diffusion coefficient"),
    ],
)
def test_diffusion_passes_on_the_reason_of_the_analysis(reasons, wanted):
    transport = xr.Dataset({"diffusion_reason": ("x", np.array(reasons, dtype=object))})
    assert why_no_diffusion(transport) == wanted


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (None, "the results have no ramps"),
        ([Status.PENDING, Status.FAILED], "no ramp is finished"),
        ([Status.DONE, Status.FAILED], "1 ramp(s) are finished, and none gives the half height"),
    ],
)
def test_ramps_are_counted(status, wanted):
    tree = xr.DataTree()
    if status is not None:
        tree["ramp"] = xr.DataTree(holds(status, [Equilibrated.NO] * len(status)))
    assert why_no_ramp(tree, "half height") == wanted


@pytest.mark.parametrize(
    ("reasons", "wanted"),
    [(["", "one pressure only"], "one pressure only"), (["", ""], "the analysis knows no entropy")],
)
def test_the_reason_of_the_analysis_is_passed_on(reasons, wanted):
    array = xr.DataArray(np.array(reasons, dtype=object), dims="pressure")
    assert why_unknown(array, "entropy") == wanted
