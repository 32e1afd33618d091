"""Questions to a dataset, against plain selections."""

import numpy as np
import pint
import pytest
import xarray as xr
from click.testing import CliRunner
from execution.execution_sweeps import yaml_text

from lbhsweep.cli import command
from lbhsweep.errors import RunNotFoundError, UnitError
from lbhsweep.interop.explore import open_sweep
from lbhsweep.quantities import CATALOGUE, DIMENSIONS

HOLDS = """\
name: holds
axes: {pressure: [0 GPa, 0.4 GPa], temperature: [300 K, 500 K, 700 K], replica: 3, start: [alpha, beta]}
protocol: {hold: {equilibrate: 10 ps, produce: 40 ps}}
"""  # noqa: E501 - a file as a user writes it


def rehearsed(path, text, *options):
    (path / "sweep.yaml").write_text(text)
    line = ["run", str(path / "sweep.yaml"), "--output", str(path / "out"), "--rehearse", *options]
    assert CliRunner().invoke(command, line).exit_code in (0, 3)
    tree = open_sweep(path / "out", rehearsal=True)
    tree.attrs["folder_of_test"] = str(path / "out")
    return tree


@pytest.fixture(scope="module")
def ramps(tmp_path_factory):
    failures = ["--rehearse-failures", "0.3"]
    return rehearsed(tmp_path_factory.mktemp("ramps"), yaml_text(), *failures)


@pytest.fixture(scope="module")
def holds(tmp_path_factory):
    return rehearsed(tmp_path_factory.mktemp("holds"), HOLDS)


def test_results_and_analysis_are_one_tree(ramps, holds):
    assert set(ramps.children) == {"ramp", "analysis"}
    assert "transition" in ramps["analysis"].children
    assert "phase_properties" in holds["analysis"].children
    assert ramps.attrs["rehearsal"]


def test_what_was_measured_takes_the_place_of_properties_on_request(holds):
    hold = holds["hold"].to_dataset()
    folder = holds.attrs["folder_of_test"]
    shown = open_sweep(folder, rehearsal=True, unsettled=True)["hold"].to_dataset()
    for name in ("reorientation_rate", "diffusion_coefficient", "heat_capacity_fluctuation"):
        np.testing.assert_array_equal(shown[name], hold[f"{name}_raw"])
        assert f"{name}_raw" not in shown
        assert hold[name].attrs["ancillary_variables"] == "property_status"


def test_coordinates_as_people_write_them(ramps):
    ramp = ramps["ramp"].to_dataset()
    found = ramp.lbh.at(pressure="400 MPa", direction="heating", replica=1)
    plain = ramp.sel(pressure=0.4, direction="heating", replica=1).squeeze()
    xr.testing.assert_identical(found.drop_vars("direction"), plain.drop_vars("direction"))
    # A bin is taken where it is nearest, a pressure must be there.
    assert float(ramp.lbh.at(temperature="480 K")["temperature"]) == 475.0
    with pytest.raises(RunNotFoundError, match=r"no pressure 0\.3 GPa, wanted one of 0, 0\.4 GPa"):
        ramp.lbh.at(pressure="0.3 GPa")
    with pytest.raises(RunNotFoundError, match=r"no direction up, wanted one of cooling, heating"):
        ramp.lbh.at(direction="up")
    with pytest.raises(RunNotFoundError, match="presure is no dimension here"):
        ramp.lbh.at(presure=0)
    with pytest.raises(UnitError, match="wanted a pressure"):
        ramp.lbh.at(pressure="300 K")


def test_failed_runs_are_listed_with_their_reason(ramps):
    ramp = ramps["ramp"].to_dataset()
    failed = ramp.lbh.failed()
    assert len(failed) == int((ramp["status"] == 3).sum()) > 0
    assert {"pressure", "direction", "replica", "run_id", "error", "attempts"} <= set(failed)
    assert failed["error"].str.contains("not-finite").all()


def test_phases_mask_what_was_measured(holds):
    hold = holds["hold"].to_dataset()
    phase = hold.lbh.phase
    assert set(np.unique(phase.values)) <= {"undecided", "alpha", "alpha_cap", "beta", "mixed"}
    present = [name for name in ("alpha", "beta") if (phase == name).any()]
    assert present
    for name in present:
        inside = hold.lbh.in_phase(name)["volume"]
        np.testing.assert_array_equal(np.isfinite(inside).values, (phase == name).values)
    with pytest.raises(RunNotFoundError, match="wanted one of undecided, alpha"):
        hold.lbh.in_phase("gamma")


def test_replicas_are_averaged_with_the_larger_error(holds):
    hold = holds["hold"].to_dataset()
    found = hold.lbh.replicas("volume")
    np.testing.assert_allclose(found["mean"], hold["volume"].mean("replica"))
    between = hold["volume"].std("replica", ddof=1) / np.sqrt(3)
    assert (found["stderr"].values >= between.values * (1 - 1e-12)).all()
    assert (found["count"] == 3).all()
    with pytest.raises(RunNotFoundError, match=r"wanted one of .*volume"):
        hold.lbh.replicas("volum")


def test_pint_reads_every_unit(ramps, holds):
    registry = pint.UnitRegistry()
    units = {one.units for one in (*CATALOGUE.values(), *DIMENSIONS.values())} - {""}
    for tree in (ramps, holds):
        for node in tree.subtree:
            for name, one in node.to_dataset().variables.items():
                assert one.attrs.get("long_name") or one.dtype.kind in "OTU", name
                units.add(one.attrs.get("units", "1"))
    for unit in units:
        registry.parse_units(unit)
    assert len(units) > 15
