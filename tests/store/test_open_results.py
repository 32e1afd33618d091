import subprocess
import sys

import pytest
import xarray as xr
from store.store_samples import failed_record, made_folder, ramp_layout, ramp_record

from lbhsweep.errors import SchemaError, StoreError
from lbhsweep.store.collect import Collector
from lbhsweep.store.create import create_results
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results
from lbhsweep.store.record import write_record

LAYOUT = ramp_layout()
RUN, FAILED, RUNNING = (run_id for run_id, _ in LAYOUT.planned[:3])


@pytest.fixture
def folder(tmp_path):
    """A sweep's folder in the middle of a sweep."""
    folder = made_folder(tmp_path / "sweep")
    collector = Collector(folder, LAYOUT)
    write_record(folder, ramp_record(RUN))
    write_record(folder, failed_record(FAILED))
    collector.collect([RUN, FAILED])
    collector.mark([RUNNING], "running")
    return folder


@pytest.mark.parametrize("as_text", [True, False])
def test_takes_the_folder_or_the_dataset(folder, as_text):
    for path in (folder.path, folder.results):
        tree = open_results(str(path) if as_text else path)
        assert set(tree.children) == {"ramp"}


def test_takes_a_rehearsal(folder):
    rehearsal = folder.rehearsal
    rehearsal.create()
    Collector(rehearsal, LAYOUT).finalize()
    assert open_results(rehearsal.path).attrs["rehearsal"] is True


def test_attributes_say_what_was_run(folder):
    attributes = open_results(folder.path).attrs
    assert attributes["sweep_yaml"] == "name: tiny\n"
    assert attributes["physics_version"] == 1
    assert attributes["schema_version"] == 1


@pytest.mark.parametrize("name", ["nowhere", "nowhere/results.zarr"])
def test_without_results_says_how_to_make_them(tmp_path, name):
    with pytest.raises(StoreError, match=r"lbhsweep run SWEEP\.yaml --output .*nowhere"):
        open_results(tmp_path / name)


def test_a_folder_that_is_no_dataset_is_an_error_with_a_remedy(tmp_path):
    folder = SweepFolder(tmp_path)
    folder.results.mkdir()
    with pytest.raises(StoreError, match="delete that folder"):
        open_results(tmp_path)


def test_a_newer_dataset_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("lbhsweep.store.create.RESULTS_SCHEMA", 2)
    create_results(tmp_path / "results.zarr", LAYOUT)
    with pytest.raises(SchemaError, match=r"schema 2.*newer lbhsweep"):
        open_results(tmp_path)


def test_a_torn_chunk_is_an_error_and_not_a_number(folder):
    (chunk,) = (p for p in (folder.results / "ramp" / "volume" / "c").rglob("*") if p.is_file())
    content = bytearray(chunk.read_bytes())
    content[-9] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(RuntimeError):
        open_results(folder.path)["ramp"]["volume"].load()


READ = """
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder

ALLOWED = {
    "xarray", "zarr", "numpy", "pandas", "packaging", "numcodecs", "donfig", "yaml",
    "google_crc32c", "typing_extensions", "dateutil", "pytz", "tzdata", "six", "_yaml",
} | sys.stdlib_module_names

class OnlyAllowed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in ALLOWED or name.startswith("_sysconfigdata"):
            return super().find_spec(name, path, target)

sys.meta_path[:] = [BuiltinImporter, FrozenImporter, OnlyAllowed]
import xarray

tree = xarray.open_datatree(sys.argv[1])
ramp = tree["ramp"]
volume = ramp["volume"].sel(direction="cooling", pressure=0.0, replica=0, n_vacancies=0)
print(ramp["status"].load().dtype, volume.load().sizes["temperature"], volume.attrs["units"])
print(ramp["run_id"].load().values.ravel()[0])
print(ramp["error"].load().values.ravel()[1])
print(ramp["molar_mass"].load().values.tolist())
print(tree.attrs["sweep_yaml"].strip())
print(ramp.to_dataset().load().mean("replica", skipna=True).sizes["pressure"])
assert not {"lbhsweep", "dask", "numba", "scipy", "matplotlib"} & set(sys.modules)
"""


@pytest.mark.parametrize("finished", [False, True], ids=["while it runs", "finished"])
def test_opens_with_nothing_but_xarray_and_zarr(folder, finished, tmp_path):
    if finished:
        Collector(folder, LAYOUT).finalize()
    code = [sys.executable, "-W", "error", "-c", READ, str(folder.results)]
    done = subprocess.run(code, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "int8 3 angstrom**3",
        RUN,
        "lost-atoms at step 1200: two atoms left",
        "[155.7, 152.2]",
        "name: tiny",
        "2",
    ]


def test_can_be_written_again_by_xarray(folder, tmp_path):
    tree = open_results(folder.path).load()
    copy = tmp_path / "copy.zarr"
    tree.to_zarr(copy, consolidated=False)
    again = xr.open_datatree(copy, engine="zarr", consolidated=False).load()
    xr.testing.assert_identical(again, tree)
