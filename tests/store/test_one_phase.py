"""Properties stand in datasets where holds have them; what was measured stays visible."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from store.store_samples import TIMES, hold_layout, made_folder

from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.quantities.quantity import raw_name
from lbhsweep.store.collect import Collector
from lbhsweep.store.one_phase import (
    Equilibrated,
    PropertyStatus,
    hide_what_is_none,
    property_status,
)
from lbhsweep.store.open import open_results
from lbhsweep.store.record import Record, RecordHeader, write_record

SETTLED = {"equilibrated": np.int8(Equilibrated.YES)}
CASES = {
    "settled": ({**SETTLED, "alpha_order": 0.8, "alpha_order_stderr": 0.02}, "PROPERTY"),
    "disordered": ({**SETTLED, "alpha_order": 0.12, "alpha_order_stderr": 0.02}, "PROPERTY"),
    "without order": (SETTLED, "PROPERTY"),
    "drifting": ({"equilibrated": np.int8(Equilibrated.NO), "alpha_order": 0.8}, "UNSETTLED"),
    "between": ({**SETTLED, "alpha_order": 0.39, "alpha_order_stderr": 0.01}, "MIXED"),
    "within an error": ({**SETTLED, "alpha_order": 0.52, "alpha_order_stderr": 0.03}, "MIXED"),
    "order changed": ({**SETTLED, "alpha_order": 0.7, "alpha_order_stderr": 0.15}, "MIXED"),
    "volume changed": (
        {**SETTLED, "volume_series": np.repeat([230.0, 247.0], 50)},
        "MIXED",
    ),
    "short": ({"equilibrated": np.int8(Equilibrated.TOO_SHORT)}, "TOO_SHORT"),
    "nothing known": ({}, "UNKNOWN"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hold_has_properties_if_it_is_settled_and_in_one_phase(name):
    arrays, status = CASES[name]
    found = property_status({key: np.asarray(value) for key, value in arrays.items()})
    assert found == PropertyStatus[status]


def measured(**about):
    arrays = {
        "heat_capacity_fluctuation": 8743.0,
        "heat_capacity_fluctuation_stderr": 1384.0,
        "volume": 240.0,
        "volume_series": np.full(len(TIMES), 240.0),
        **about,
    }
    return {key: np.asarray(value) for key, value in arrays.items()}


@pytest.fixture
def collected(tmp_path):
    """Four holds: settled, drifting, mixed, too short."""
    folder = made_folder(tmp_path)
    layout = replace(hold_layout(), observables=("thermo", "sites"))
    abouts = (
        {**SETTLED, "alpha_order": 0.8},
        {"equilibrated": np.int8(Equilibrated.NO), "alpha_order": 0.8},
        {**SETTLED, "alpha_order": 0.39},
        {"equilibrated": np.int8(Equilibrated.TOO_SHORT), "alpha_order": 0.8},
    )
    ids = list(layout.places)[: len(abouts)]
    for run_id, about in zip(ids, abouts, strict=True):
        header = RecordHeader(run_id=run_id, point="{}", physics_version=1, status="done")
        write_record(folder, Record(header, measured(**about)))
    collector = Collector(folder, layout)
    collector.finalize()
    return folder, [layout.places[run_id] for run_id in ids]


def test_plain_xarray_shows_properties_only_and_raw_values_beside(collected):
    folder, places = collected
    hold = xr.open_datatree(folder.results, engine="zarr")["hold"].dataset
    capacity, raw = (
        [float(hold[name].values[place]) for place in places]
        for name in ("heat_capacity_fluctuation", "heat_capacity_fluctuation_raw")
    )
    assert capacity[0] == 8743.0
    assert np.isnan(capacity[1:]).all()
    assert raw == [8743.0] * 4
    status = [int(hold["property_status"].values[place]) for place in places]
    assert status == [0, 1, 2, 3]
    attributes = hold["property_status"].attrs
    assert attributes["flag_meanings"] == "unknown property unsettled mixed too_short"
    assert list(attributes["flag_values"]) == [-1, 0, 1, 2, 3]
    assert hold["heat_capacity_fluctuation"].attrs["ancillary_variables"] == "property_status"
    assert float(hold["volume"].values[places[1]]) == 240.0


def test_all_that_was_measured_is_shown_on_request(collected):
    folder, places = collected
    hold = open_results(folder.path, unsettled=True)["hold"].dataset
    shown = [float(hold["heat_capacity_fluctuation"].values[place]) for place in places]
    assert shown == [8743.0] * 4
    assert "heat_capacity_fluctuation_raw" not in hold
    assert "property_status" in hold


def test_results_of_earlier_versions_are_shown_alike(collected):
    folder, _ = collected
    new = open_results(folder.path)["hold"].to_dataset().load()
    old = new.copy()
    for name in list(new):
        if str(name).endswith(("_raw", "_raw_stderr")) or raw_name(str(name)) in new:
            old = old.drop_vars(name)
    for quantity in CATALOGUE.values():
        for name in (quantity.name, stderr_name(quantity.name)):
            if raw_name(name) in new:
                old[name] = new[raw_name(name)].assign_attrs(long_name=quantity.long_name)
    opened = hide_what_is_none(old.drop_vars("property_status"))
    assert sorted(map(str, opened)) == sorted(map(str, new))
    for name in new:
        np.testing.assert_array_equal(opened[name].values, new[name].values, err_msg=str(name))


@pytest.mark.parametrize("name", ["conductivity", "conductivity_tracer"])
def test_conductivities_name_their_charge(name):
    layout = replace(hold_layout(), observables=("diffusion",), inner_axes={"lag": (0.1,)})
    found = {one.name: one.attributes for one in layout.variables}
    for variable in (name, raw_name(name)):
        assert found[variable]["comment"].startswith("with the formal charge of Li, 1 e")
