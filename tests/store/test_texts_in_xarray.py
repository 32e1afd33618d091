"""The first lines that users write in xarray, on stores of this version and of earlier ones."""

import warnings

import numpy as np
import pytest
import xarray as xr
import zarr
from made_up_material import Experiment, make_results
from store.store_samples import failed_record, made_folder, ramp_layout, ramp_record
from store.trajectory_samples import layout_of, write

from lbhsweep.analysis import analyze_results, read_analysis, write_analysis
from lbhsweep.store.collect import Collector
from lbhsweep.store.open import open_results
from lbhsweep.store.record import write_record
from lbhsweep.store.schema import Status
from lbhsweep.store.texts import NO_TEXT, TEXT_ATTRIBUTES
from lbhsweep.store.trajectory import open_trajectory

LAYOUT = ramp_layout()
DONE, FAILED = (run_id for run_id, _ in LAYOUT.planned[:2])


def collected(folder):
    collector = Collector(folder, LAYOUT)
    write_record(folder, ramp_record(DONE))
    write_record(folder, failed_record(FAILED, "zwei Atome fehlen: Å"))
    collector.finalize()


def as_written_before(path):
    """Take the mark of texts away, as earlier versions wrote them."""
    root = zarr.open_group(path, mode="r+", use_consolidated=False)
    n_marked = 0
    for _, array in root.members(max_depth=None):
        if isinstance(array, zarr.Array) and set(TEXT_ATTRIBUTES) <= set(array.attrs):
            n_marked += 1
            array.attrs.put({k: v for k, v in array.attrs.items() if k not in TEXT_ATTRIBUTES})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(path)
    assert n_marked


@pytest.fixture(params=["plain", "opened", "old", "old, collected again"])
def ramp(request, tmp_path):
    """The group of ramps, by each way to it."""
    folder = made_folder(tmp_path / "sweep")
    collected(folder)
    if request.param.startswith("old"):
        as_written_before(folder.results)
        plain = xr.open_datatree(folder.results, engine="zarr")["ramp"].to_dataset()
        assert plain.error.dtype.kind == "T"
    if request.param == "old, collected again":
        before = folder.results.stat().st_ino
        Collector(folder, LAYOUT).finalize()
        assert folder.results.stat().st_ino == before
    if request.param in ("opened", "old"):
        tree = open_results(folder.path)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = xr.open_datatree(folder.results, engine="zarr")
    return tree["ramp"].to_dataset()


def test_texts_are_python_objects(ramp):
    for name in ("error", "run_id", "worker", "potential", "direction"):
        assert ramp[name].dtype == object, name
        assert all(isinstance(text, str) for text in ramp[name].values.flat)
        assert ramp[name].values.astype(str).dtype.kind == "U"
        assert "missing_value" not in ramp[name].attrs
    assert set(ramp.run_id.values.flat) == {run_id for run_id, _ in LAYOUT.planned}
    assert sorted(set(ramp.error.values.flat)) == [
        "",
        "lost-atoms at step 1200: zwei Atome fehlen: Å",
    ]
    assert ramp.sel(direction="heating", potential="lbh-2021").sizes["pressure"] == 2


def test_a_first_line_in_xarray_works(ramp):
    done = ramp.where(ramp.status == Status.DONE)
    assert int(done.volume.notnull().any("temperature").sum()) == 1
    kept = ramp.where(ramp.status == Status.DONE, drop=True)
    assert kept.run_id.values.tolist() == [[[[[[DONE]]]]]]
    one = ramp.isel(pressure=[0])
    assert one.reindex(pressure=[0.0, 9.0]).run_id.isel(pressure=1).isnull().all()
    assert one.reindex(potential=["lbh-2021", "other"]).sizes["potential"] == 2
    other = ramp.isel(pressure=[1]).drop_vars("status")
    both = xr.merge([one, other], join="outer", compat="no_conflicts")
    assert both.sizes["pressure"] == 2
    both = xr.align(one, other, join="outer")[0]
    assert both.sizes["pressure"] == 2
    both = xr.combine_by_coords([one, ramp.isel(pressure=[1])], join="outer", data_vars="all")
    assert both.error.equals(ramp.error)
    assert xr.concat([one, other], "pressure", join="outer", data_vars="all").sizes["pressure"] == 2
    assert ramp.error.where(ramp.error != "", "fine").values.flat[0] == "fine"
    assert ramp.fillna(0).run_id.equals(ramp.run_id)
    assert ramp.to_dataframe().error.map(type).eq(str).all()
    assert ramp.groupby("direction").first().sizes["direction"] == 2
    assert ramp.stack(run=["pressure", "direction"]).unstack("run").sizes["pressure"] == 2


def test_copies_that_xarray_writes_are_alike(ramp, tmp_path):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata")
        ramp.to_zarr(tmp_path / "copy.zarr")
    again = xr.open_zarr(tmp_path / "copy.zarr").load()
    xr.testing.assert_equal(again, ramp)
    assert again.where(again.status == Status.DONE).error.dtype == object
    ramp.load().drop_encoding().to_netcdf(tmp_path / "copy.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "copy.nc", engine="h5netcdf") as read:
        assert read.error.values.tolist() == ramp.error.values.tolist()


def test_on_disk_texts_are_strings_that_other_languages_read(tmp_path):
    folder = made_folder(tmp_path / "sweep")
    collected(folder)
    for name in ("error", "run_id", "worker", "potential"):
        stored = zarr.open_array(folder.results / "ramp" / name)
        assert stored.metadata.to_dict()["data_type"] == "string"
        assert NO_TEXT not in np.asarray(stored).ravel().tolist()


@pytest.mark.parametrize("is_old", [False, True])
def test_symbols_of_a_trajectory_are_python_objects(tmp_path, is_old):
    folder = made_folder(tmp_path / "sweep")
    run_id = "ab" + 62 * "0"
    path = folder.trajectory_path(run_id)
    write(path, layout_of(run_id=run_id))
    if is_old:
        as_written_before(path)
    opened = [open_trajectory(folder.path, "ab")]
    opened += [] if is_old else [xr.open_zarr(path)]
    for trajectory in opened:
        assert trajectory.symbol.values.astype(str).tolist() == ["Li", "B", "H", "Li"]
        lithium = trajectory.load().where(trajectory.symbol == "Li", drop=True)
        assert lithium.sizes["atom"] == 2
        assert trajectory.sel(xyz="z").positions.dims == ("time", "atom")
        assert trajectory.reindex(xyz=["x", "w"]).sizes["xyz"] == 2


@pytest.mark.parametrize("is_old", [False, True])
def test_texts_of_an_analysis_are_python_objects(tmp_path, is_old):
    analysis = analyze_results(
        make_results(Experiment(pressures=(0.0, 0.4), rates=(20.0,), replicas=1))
    )
    path = tmp_path / "analysis.zarr"
    write_analysis(analysis, path)
    if is_old:
        as_written_before(path)
    trees = [read_analysis(path)]
    trees += [] if is_old else [xr.open_datatree(path, engine="zarr")]
    for tree in trees:
        n_texts = 0
        for node in tree.subtree:
            dataset = node.to_dataset()
            texts = [
                name for name, one in dataset.variables.items() if one.dtype.kind not in "fiub"
            ]
            n_texts += len(texts)
            assert all(dataset[name].dtype == object for name in texts), (node.path, texts)
            if "pressure" in dataset.dims:
                assert dataset.reindex(pressure=[0.0, 9.0]).sizes["pressure"] == 2
                dataset.where(dataset.pressure > 0)
        assert n_texts > 5
