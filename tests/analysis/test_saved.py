import warnings

import pytest
import xarray as xr
from made_up_material import Experiment, make_results

from lbhsweep.analysis import analyze_results, current_analysis, read_analysis, write_analysis
from lbhsweep.errors import StoreError

SMALL = Experiment(pressures=(0.0, 0.4), rates=(20.0,), replicas=1)


@pytest.fixture(scope="module")
def results():
    return make_results(SMALL)


def test_what_is_read_is_what_was_written(results, tmp_path):
    analysis = analyze_results(results)
    write_analysis(analysis, tmp_path / "analysis.zarr")
    again = read_analysis(tmp_path / "analysis.zarr")
    assert again is not None
    for node in analysis.subtree:
        xr.testing.assert_equal(node.to_dataset(), again[node.path].to_dataset())
    assert [path.name for path in tmp_path.iterdir()] == ["analysis.zarr"]


def test_xarray_opens_it_without_a_warning(results, tmp_path):
    write_analysis(analyze_results(results), tmp_path / "analysis.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "transition" in xr.open_datatree(tmp_path / "analysis.zarr").children


def test_a_written_analysis_is_reused_until_the_results_change(results, tmp_path):
    path = tmp_path / "analysis.zarr"
    current_analysis(results, path)
    stamp = (path / "zarr.json").stat().st_mtime_ns
    current_analysis(results, path)
    assert (path / "zarr.json").stat().st_mtime_ns == stamp
    changed = results.copy(deep=True)
    changed["ramp"]["status"][..., 0, 0] = 3
    renewed = current_analysis(changed, path)
    assert renewed.attrs["runs_failed"] == 2
    assert (path / "zarr.json").stat().st_mtime_ns != stamp


@pytest.mark.parametrize("damage", ["zarr.json", "transition/zarr.json"])
def test_a_damaged_analysis_is_made_anew(results, tmp_path, damage):
    path = tmp_path / "analysis.zarr"
    current_analysis(results, path)
    (path / damage).write_text("{")
    if damage != "zarr.json":
        (path / "zarr.json").unlink()
    renewed = current_analysis(results, path)
    assert read_analysis(path) is not None
    assert "entropy" in renewed.children


def test_a_folder_that_cannot_be_written_is_named(results, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match=r"analysis\.zarr: the analysis can't be written"):
        write_analysis(analyze_results(results), blocked / "analysis.zarr")
