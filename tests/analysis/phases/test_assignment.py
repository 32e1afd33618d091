"""Phases by order parameters."""

import numpy as np
import pytest
import xarray as xr

from lbhsweep.analysis.phases.assignment import Phase, assign_phases
from lbhsweep.store.one_phase import Equilibrated
from lbhsweep.store.schema import Status

DIMS = ("pressure", "temperature", "replica")


def cells(order, error=0.01, lithium=0.34, **others):
    order = np.asarray(order, dtype=float).reshape(1, -1, 1)
    values = {
        "volume": np.full(order.shape, 250.0),
        "alpha_order": order,
        "alpha_order_stderr": np.full(order.shape, error),
        "alpha_lithium": np.full(order.shape, lithium),
    }
    values |= {name: np.full(order.shape, value) for name, value in others.items()}
    coords = {
        "pressure": [0.0],
        "temperature": 300.0 + 25.0 * np.arange(order.size),
        "replica": [0],
    }
    return xr.Dataset({name: (DIMS, value) for name, value in values.items()}, coords)


def codes(dataset):
    return assign_phases(dataset).values.ravel().tolist()


def test_order_and_lithium_tell_the_phase_whatever_the_temperature():
    assert codes(cells([0.8, 0.1, 0.4, 0.9])) == [
        Phase.ALPHA,
        Phase.BETA,
        Phase.MIXED,
        Phase.ALPHA,
    ]
    assert codes(cells([0.8, 0.1], lithium=0.217)) == [Phase.ALPHA_CAP, Phase.BETA]


@pytest.mark.parametrize("order", [0.29, 0.31, 0.495, 0.505])
def test_a_cell_within_its_error_of_the_limit_is_undecided(order):
    assert codes(cells([order], error=0.02)) == [Phase.UNDECIDED]
    assert codes(cells([order], error=0.001)) != [Phase.UNDECIDED]
    assert codes(cells([order], error=np.nan)) != [Phase.UNDECIDED]


def test_the_minimum_of_alpha_is_told_by_lithium_within_its_error():
    near = {"lithium": 0.255, "alpha_lithium_stderr": 0.01}
    assert codes(cells([0.8, 0.1], **near)) == [Phase.UNDECIDED, Phase.BETA]
    assert codes(cells([0.8], **near | {"alpha_lithium_stderr": 0.002})) == [Phase.ALPHA_CAP]
    assert codes(cells([0.8, 0.1], lithium=np.nan)) == [Phase.UNDECIDED, Phase.BETA]


def test_a_run_that_is_not_done_or_has_no_order_has_no_phase():
    assert codes(cells([0.8], status=Status.FAILED)) == [Phase.UNDECIDED]
    assert codes(cells([0.8], status=Status.DONE)) == [Phase.ALPHA]
    assert codes(cells([np.nan])) == [Phase.UNDECIDED]
    assert codes(cells([0.8, 0.1]).drop_vars("alpha_order")) == [Phase.UNDECIDED] * 2


def test_a_hold_that_has_not_settled_still_says_what_became_of_it():
    unsettled = cells([0.1], status=Status.DONE, equilibrated=Equilibrated.NO)
    assert codes(unsettled) == [Phase.BETA]


def test_phases_lie_on_the_grid_and_name_their_codes():
    dataset = cells([0.8, 0.1]).transpose("replica", "temperature", "pressure")
    phases = assign_phases(dataset)
    assert phases.dims == dataset["volume"].dims
    assert phases.attrs["flag_meanings"].split() == [
        "undecided", "alpha", "alpha_cap", "beta", "mixed",
    ]  # fmt: skip
    np.testing.assert_array_equal(phases["temperature"], dataset["temperature"])
