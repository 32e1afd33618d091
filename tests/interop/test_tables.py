"""Groups of results and analysis in files that other programs read."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner
from execution.execution_sweeps import yaml_text
from made_up_material import Experiment, make_hold_from_both, make_results

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.cli import command
from lbhsweep.errors import FolderError
from lbhsweep.interop.tables import open_group, write_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables")
    (path / "sweep.yaml").write_text(yaml_text())
    line = ["run", str(path / "sweep.yaml"), "--output", str(path / "out"), "--rehearse"]
    assert CliRunner().invoke(command, line).exit_code == 0
    return path / "out"


GROUPS = ("results/ramp", "transition", "barocaloric", "hysteresis")


@pytest.mark.parametrize("group", GROUPS)
def test_netcdf_keeps_everything(folder, tmp_path, group):
    dataset = open_group(folder, group, rehearsal=True).load()
    write_table(tmp_path / "x.nc", dataset)
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as read:
        assert set(read.variables) == set(dataset.variables)
        for name, one in dataset.variables.items():
            if one.dtype.kind in "OT":
                assert [str(v) for v in read[name].values.flat] == [str(v) for v in one.values.flat]
            else:
                np.testing.assert_array_equal(read[name].values, one.values, strict=False)
            assert read[name].attrs.get("units") == one.attrs.get("units")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("group", GROUPS)
def test_tables_have_a_row_a_cell_and_units_in_their_names(folder, tmp_path, group, ending):
    path = tmp_path / f"x{ending}"
    done = CliRunner().invoke(
        command,
        ["export", "table", str(folder), group, "--output", str(path), "--rehearsal", "--json"],
    )
    assert done.exit_code == 0, done.output
    read = pd.read_csv(path) if ending == ".csv" else pd.read_parquet(path)
    dataset = open_group(folder, group, rehearsal=True)
    assert {"potential", "n_vacancies"} <= set(read)
    if group == "results/ramp":
        volume = read["volume [angstrom**3]"].to_numpy()
        assert np.allclose(np.sort(volume), np.sort(dataset["volume"].values.ravel()))
        row = read.iloc[7]
        at = dataset["volume"].sel(
            {dim: row[dim if dim in row else next(c for c in read if c.startswith(f"{dim} ["))]
             for dim in dataset["volume"].dims}
        )  # fmt: skip
        assert row["volume [angstrom**3]"] == pytest.approx(float(at))
        assert not any("cell" in name for name in read)


def test_wrong_names_say_what_there_is(folder, tmp_path):
    with pytest.raises(FolderError, match=r"wanted one of .*results/ramp.*transition"):
        open_group(folder, "transitions", rehearsal=True)
    with pytest.raises(FolderError, match=r"wanted one of \.csv, \.parquet, \.nc"):
        write_table(tmp_path / "x.xlsx", open_group(folder, "transition", rehearsal=True))


def test_a_table_has_the_bounds_and_what_belongs_to_a_route_only_in_its_rows(tmp_path):
    tree = make_results(Experiment(rates=(20.0,), frozen_cooling=True))
    write_table(tmp_path / "x.csv", analyze_results(tree)["transition"].to_dataset())
    rows = pd.read_csv(tmp_path / "x.csv").set_index("route")
    assert set(rows["used_route"]) == {"ramp_heating"}
    assert set(rows.loc["ramp_heating", "transition_temperature_bound"]) == {Bound.UPPER}
    assert set(rows.loc["hold", "transition_temperature_bound"]) == {Bound.ABSENT}
    entropy = ("entropy_step_enthalpy [J/kg/K]", "entropy_step_enthalpy_stderr [J/kg/K]")
    for name in ("enthalpy_step [kJ/mol]", "volume_step [angstrom**3]", *entropy):
        assert rows.loc["ramp_heating", name].notna().all()
        others = rows.index != "ramp_heating"
        assert rows.loc[others, name].isna().all()


def test_a_group_of_several_tables_names_them_and_of_one_it_is_taken(folder, monkeypatch):
    with pytest.raises(FolderError) as caught:
        open_group(folder, "heat_capacity", rehearsal=True)
    assert "group 'heat_capacity', which has several tables, wanted one of" in str(caught.value)
    named = str(caught.value).partition("wanted one of ")[2].split(", ")
    assert "heat_capacity/baseline" in named
    assert all(one.startswith("heat_capacity/") for one in named)
    for one in named:
        whole = open_group(folder, one, rehearsal=True)
        assert whole.data_vars
    alone = {"heat_capacity/baseline": whole, "transition": whole}
    monkeypatch.setattr(
        "lbhsweep.interop.tables.current_analysis", lambda *_: xr.DataTree.from_dict(alone)
    )
    assert open_group(folder, "heat_capacity", rehearsal=True).identical(whole)


def test_tables_of_the_analysis_keep_what_is_known_by_phase(tmp_path):
    """A dimension of some observable may be one of the analysis, too, where it makes rows."""
    results = xr.DataTree.from_dict({"/hold": make_hold_from_both(Experiment(bin_K=40.0))})
    dataset = analyze_results(results)["replicas/hold"].to_dataset()
    found = write_table(tmp_path / "x.csv", dataset)
    assert "volume" not in found["left_out"]
    frame = pd.read_csv(tmp_path / "x.csv")
    assert {"phase", "volume [angstrom**3]"} <= set(frame.columns)
    assert set(frame["phase"]) == set(dataset["phase"].values)
