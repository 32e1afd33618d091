import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from store.store_samples import BINS, TIMES, hold_layout, ramp_layout

from lbhsweep.errors import StoreError
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.store.create import CHUNK_BYTES, chunk_shape, create_results
from lbhsweep.store.schema import GridLayout, Status
from lbhsweep.sweep.point import (
    DynamicsPoint,
    HoldPoint,
    ModelPoint,
    RampPoint,
    RunPoint,
    SystemPoint,
)

LAYOUTS = {"ramp": ramp_layout(), "hold": hold_layout()}
ON_THE_GRID = ("status", "error", "run_id", "worker", "attempts", "wall_seconds", "equilibrated")


@pytest.fixture(scope="module", params=["hold", "ramp"])
def made(request, tmp_path_factory):
    """A layout and its empty dataset."""
    layout = LAYOUTS[request.param]
    path = tmp_path_factory.mktemp(request.param) / "results.zarr"
    create_results(path, layout)
    return layout, xr.open_datatree(path, engine="zarr")[layout.group].to_dataset()


def test_every_quantity_of_the_group_has_its_variable(made):
    layout, dataset = made
    for quantity in CATALOGUE.values():
        names = [quantity.name, *([stderr_name(quantity.name)] if quantity.averaged else [])]
        for name in names:
            asked = quantity.observable in layout.observables
            assert (name in dataset) == (asked and layout.group in quantity.groups), name
            if name in dataset:
                assert dataset[name].attrs["units"] == quantity.units
                prefix = "" if name == quantity.name else "standard error of the "
                assert dataset[name].attrs["long_name"] == prefix + quantity.long_name
                assert dataset[name].dtype == np.float64


def test_dimensions_are_those_of_the_run_points(made):
    layout, dataset = made
    system = SystemPoint(
        crystal="Li2B12H12",
        phase="alpha",
        supercell=(1, 1, 1),
        n_vacancies=0,
        charge_compensation="anions",
    )
    model = ModelPoint(
        potential="lbh-2021", potential_digest="", cutoff_A=4.5, shift=False, accuracy="high"
    )
    dynamics = DynamicsPoint(
        ensemble="npt",
        timestep_fs=0.5,
        nonbonded_every=4,
        thermostat_time_ps=0.1,
        barostat_time_ps=1.0,
        sample_every=5,
    )
    protocol = (
        HoldPoint(temperature_K=300, equilibrate_ps=1, produce_ps=1)
        if layout.group == "hold"
        else RampPoint(
            temperature_min_K=300,
            temperature_max_K=330,
            bin_K=10,
            heating_rate_K_per_ps=1,
            direction="heating",
            equilibrate_ps=1,
        )
    )
    point = RunPoint(
        system=system,
        model=model,
        dynamics=dynamics,
        protocol=protocol,
        pressure_GPa=0.0,
        replica=0,
        observables=("thermo",),
    )
    dims = dataset["status"].dims
    assert dims == tuple(dim for dim in point.coordinates if dim in dims)
    assert dataset["volume"].dims[: len(dims)] == dims


def test_bins_and_times_lie_inside_a_run():
    assert LAYOUTS["ramp"].variables[-1].dims[-1] == "temperature"
    cell = next(v for v in LAYOUTS["ramp"].variables if v.name == "cell")
    assert LAYOUTS["ramp"].cell_shape(cell) == (len(BINS), 3, 3)
    series = next(v for v in LAYOUTS["hold"].variables if v.name == "volume_series")
    assert LAYOUTS["hold"].cell_shape(series) == (len(TIMES),)
    assert all(
        LAYOUTS["ramp"].cell_shape(v) == (len(BINS),)
        for v in LAYOUTS["ramp"].variables
        if v.name in CATALOGUE and v.name != "cell"
    )


def test_quantities_of_observables_not_asked_for_are_not_stored():
    layout: GridLayout = replace(hold_layout(), observables=())
    assert not any(v.name in CATALOGUE for v in layout.variables)


def test_bookkeeping_lies_on_the_grid_alone(made):
    layout, dataset = made
    for name in ON_THE_GRID:
        assert dataset[name].dims == tuple(layout.coordinates)
        assert dataset[name].attrs["long_name"]


def test_coordinates_carry_values_and_units(made):
    layout, dataset = made
    for dim, values in layout.coordinates.items():
        np.testing.assert_array_equal(dataset[dim], np.array(values))
    units = {"pressure": "GPa", "temperature": "K", "heating_rate": "K/ps", "time": "ps"}
    for dim, unit in units.items():
        if dim in dataset:
            assert dataset[dim].attrs["units"] == unit
    assert "temperature" in dataset.dims


def test_what_follows_from_vacancies_is_a_coordinate(tmp_path):
    layout = LAYOUTS["ramp"]
    derived = ("molar_mass", "vacancies_per_formula_unit", "vacancies_per_li_site")
    assert layout.molar_mass == {0: 155.7, 2: 152.2}
    path = tmp_path / "results.zarr"
    create_results(path, layout)
    dataset = xr.open_dataset(path, engine="zarr", group="ramp")
    for name, values in zip(derived, ([155.7, 152.2], [0, 0.5], [0, 0.25]), strict=True):
        assert name in dataset.coords
        np.testing.assert_allclose(dataset[name], values)


def test_status_explains_itself(made):
    _, dataset = made
    attributes = dataset["status"].attrs
    meanings = dict(
        zip(attributes["flag_meanings"].split(), attributes["flag_values"], strict=True)
    )
    assert meanings == {
        "not_planned": -1,
        "pending": 0,
        "running": 1,
        "done": 2,
        "failed": 3,
        "quarantined": 4,
    }
    assert (dataset["status"] == Status.PENDING).all()
    assert (dataset["equilibrated"] == -1).all()


def test_run_ids_name_their_cells(made):
    layout, dataset = made
    for run_id, at in layout.planned:
        assert dataset["run_id"].sel(at).item() == run_id


def test_the_digest_follows_the_grid_and_not_the_attributes():
    layout = LAYOUTS["ramp"]
    assert replace(layout, attributes={}).digest == layout.digest
    for other in (
        ramp_layout(pressures=(0.0, 0.5)),
        ramp_layout(skip={layout.planned[0][0]}),
        ramp_layout(bin_centres=(306.0, 315.0, 325.0)),
        ramp_layout(n_formula_units=32),
        ramp_layout(molar_mass={0: 155.7, 2: 152.3}),
    ):
        assert other.digest != layout.digest


def test_a_run_off_the_grid_is_refused():
    at = {**LAYOUTS["ramp"].planned[0][1], "pressure": 0.123}
    with pytest.raises(StoreError, match=r"0\.123"):
        ramp_layout(planned=(("ab", at),)).places  # noqa: B018


def test_ramps_need_bins_and_holds_have_none():
    with pytest.raises(StoreError, match="bin centres None"):
        ramp_layout(bin_centres=None)
    with pytest.raises(StoreError, match="None for holds"):
        replace(hold_layout(), bin_centres=BINS)


def test_a_hold_without_times_has_no_series():
    layout: GridLayout = replace(hold_layout(), inner_axes={})
    assert not any(v.name.endswith("_series") for v in layout.variables)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=6), st.sampled_from([1, 4, 8, 64]))
def test_chunks_are_whole_runs_of_the_array_and_of_even_size(shape, item_bytes):
    chunks = chunk_shape(tuple(shape), item_bytes)
    size = math.prod(chunks) * item_bytes
    cut = next(
        (axis for axis, n in enumerate(shape) if chunks[axis] < n and chunks[axis] > 1), None
    )

    assert all(1 <= chunk <= n for chunk, n in zip(chunks, shape, strict=True))
    assert size <= CHUNK_BYTES
    if math.prod(shape) * item_bytes <= CHUNK_BYTES:
        assert chunks == tuple(shape)
    if cut is not None:
        assert set(chunks[:cut]) <= {1}
        assert chunks[cut + 1 :] == tuple(shape[cut + 1 :])
