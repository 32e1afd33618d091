"""The fast writer of trees writes what xarray's own writer means, for xarray and for zarr."""

import numpy as np
import pytest
import xarray as xr
import zarr

from lbhsweep.store import create
from lbhsweep.store.tree_writer import write_tree


@pytest.fixture
def tree():
    generator = np.random.default_rng(0)
    values = generator.normal(size=(3, 5))
    values[1, 2] = np.nan
    one = xr.Dataset(
        {
            "value": (("x", "y"), values, {"units": "K", "flag_values": np.array([0, 1], np.int8)}),
            "count": ("x", np.array([1, 2, 3], np.int32)),
            "flag": ("y", np.array([0, 1, 0, 1, -1], np.int8)),
            "truth": ("x", np.array([True, False, True])),
            "reason": ("x", np.array(["", "β → α", "Å" * 40], dtype=object)),
            "alone": ((), 2.5),
            "word": ((), np.array("text", dtype=object)),
            "nothing": (("x", "none"), np.empty((3, 0))),
        },
        coords={
            "x": [0.0, 0.5, 1.0],
            "name": ("x", np.array(["a", "b", "c"], dtype=np.dtypes.StringDType())),
        },
        attrs={"n": np.int64(3), "long_name": "ΔS"},
    )
    return xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs={"schema": 1}), "/a/b": one, "/c": one[["value"]]}
    )


@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_xarray_reads_what_was_written(tree, tmp_path):
    write_tree(tree, tmp_path / "ours.zarr")
    tree.to_zarr(tmp_path / "theirs.zarr", consolidated=True)
    ours, theirs = (
        xr.open_datatree(tmp_path / name, engine="zarr").load()
        for name in ("ours.zarr", "theirs.zarr")
    )
    assert [node.path for node in ours.subtree] == [node.path for node in theirs.subtree]
    for node in tree.subtree:
        dataset, expected = ours[node.path].to_dataset(), theirs[node.path].to_dataset()
        xr.testing.assert_identical(dataset, expected)
        for name in dataset.variables:
            kind = expected[name].dtype.kind
            assert dataset[name].dtype.kind == ("O" if kind in "TU" else kind), name


def test_zarr_reads_it_with_and_without_consolidated_metadata(tree, tmp_path):
    write_tree(tree, tmp_path / "ours.zarr")
    for consolidated in (True, False):
        group = zarr.open_group(tmp_path / "ours.zarr", mode="r", use_consolidated=consolidated)
        np.testing.assert_array_equal(group["a/b/value"][:], tree["a/b/value"].values)
        assert group["a/b/reason"][2] == "Å" * 40


def test_large_arrays_are_cut_into_chunks_whose_edges_are_whole(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(create, "CHUNK_BYTES", 16)
    write_tree(tree, tmp_path / "ours.zarr")
    assert len(list((tmp_path / "ours.zarr/a/b/value").glob("c.*"))) > 3
    again = xr.open_datatree(tmp_path / "ours.zarr", engine="zarr").load()
    xr.testing.assert_equal(again["a/b"].to_dataset(), tree["a/b"].to_dataset())


def test_a_torn_chunk_is_an_error(tree, tmp_path):
    write_tree(tree, tmp_path / "ours.zarr")
    chunk = tmp_path / "ours.zarr/a/b/value/c.0.0"
    content = bytearray(chunk.read_bytes())
    content[-1] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(RuntimeError):
        xr.open_datatree(tmp_path / "ours.zarr", engine="zarr").load()


def test_what_has_no_type_in_zarr_is_refused(tmp_path):
    times = xr.Dataset({"t": ("x", np.array(["2020-01-01"], dtype="datetime64[ns]"))})
    with pytest.raises(TypeError, match="wanted numbers"):
        write_tree(xr.DataTree(times), tmp_path / "ours.zarr")
