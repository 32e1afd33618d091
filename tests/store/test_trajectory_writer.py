"""A trajectory has the same bytes after kills at any time, or the run starts from scratch."""

import errno
import os
import shutil

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from store.trajectory_samples import N_ATOMS, files_of, frame_of, layout_of, write

from lbhsweep.errors import StoreError
from lbhsweep.store import trajectory_writer
from lbhsweep.store.trajectory_writer import TrajectoryWriter

FRAMES = 10


@pytest.fixture(autouse=True)
def three_frames_a_chunk(monkeypatch):
    monkeypatch.setattr(trajectory_writer, "CHUNK_BYTES", 3 * N_ATOMS * 12)
    monkeypatch.setattr(trajectory_writer, "FEWEST_FRAMES", 1)


@pytest.fixture
def layout():
    return layout_of(FRAMES, velocities=True)


@pytest.mark.filterwarnings("error")
def test_xarray_reads_it_without_us(tmp_path, layout):
    write(tmp_path / "t.zarr", layout)
    with xr.open_zarr(tmp_path / "t.zarr") as opened:
        found = opened.load()
    assert found["positions"].dims == found["velocities"].dims == ("time", "atom", "xyz")
    assert found["positions"].dtype == found["velocities"].dtype == np.float32
    assert found["cell"].dims == ("time", "vector", "xyz")
    for k in range(FRAMES):
        frame = frame_of(k)
        for name in ("positions", "velocities"):
            np.testing.assert_array_equal(found[name][k], frame[name].astype(np.float32))
        np.testing.assert_array_equal(found["cell"][k], frame["cell"])
    np.testing.assert_array_equal(found["time"], layout.times)
    np.testing.assert_array_equal(found["temperature"], layout.temperatures)
    assert set(found.coords) == {
        *("time", "xyz", "vector", "temperature", "symbol", "molecule", "mass", "charge")
    }
    assert found["symbol"].values.tolist() == ["Li", "B", "H", "Li"]
    assert found["positions"].attrs["units"] == "angstrom"
    assert found.attrs["run_id"] == layout.run_id
    assert found.sel(xyz="z", time=1.0)["positions"].shape == (N_ATOMS,)


def test_chunks_hold_a_megabyte_or_sixteen_frames(monkeypatch):
    monkeypatch.undo()
    assert layout_of(10**6).frames_per_chunk == -(-(2**20) // (12 * N_ATOMS))
    assert layout_of(100).frames_per_chunk == 100
    monkeypatch.setattr(trajectory_writer, "CHUNK_BYTES", 1)
    assert layout_of(100).frames_per_chunk == 16


def test_what_is_not_written_yet_is_nan(tmp_path, layout):
    writer = TrajectoryWriter(tmp_path / "t.zarr", layout)
    writer.create()
    for k in range(5):
        writer.append(**frame_of(k))
    for name in ("positions", "velocities", "cell"):
        array = zarr.open_array(tmp_path / "t.zarr" / name, mode="r")[...]
        assert np.isfinite(array[:3]).all()
        assert np.isnan(array[3:]).all()


def test_a_run_that_ends_early_keeps_its_frames(tmp_path, layout):
    write(tmp_path / "t.zarr", layout, n_frames=5)
    array = zarr.open_array(tmp_path / "t.zarr" / "positions", mode="r")[...]
    assert np.isfinite(array[:5]).all()
    assert np.isnan(array[5:]).all()


attempts = st.lists(
    st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES), st.booleans()), max_size=5
)


@settings(deadline=None, max_examples=15)
@given(attempts)
def test_kills_at_any_moment_change_no_byte(tmp_path_factory, attempts):
    """Each attempt leaves a checkpoint after some frames, writes some more and is killed."""
    folder, layout = tmp_path_factory.mktemp("t"), layout_of(FRAMES, velocities=True)
    write(folder / "undisturbed.zarr", layout)
    path, checkpoint = folder / "killed.zarr", None
    for to_checkpoint, to_kill, torn in [*attempts, (0, FRAMES, False)]:
        writer = TrajectoryWriter(path, layout)
        if checkpoint is None:
            writer.create()
            checkpoint = writer.state()
        else:
            assert writer.restore(checkpoint)
        for k in range(int(checkpoint["count"]), FRAMES):
            if to_kill == 0:
                break
            writer.append(**frame_of(k))
            to_checkpoint, to_kill = to_checkpoint - 1, to_kill - 1
            if to_checkpoint == 0:
                checkpoint = writer.state()
        if torn:
            (path / "cell" / "c.0.0.12ab.partial").write_bytes(b"torn")
    writer = TrajectoryWriter(path, layout)
    assert writer.restore(checkpoint)
    for k in range(int(checkpoint["count"]), FRAMES):
        writer.append(**frame_of(k))
    writer.finish()
    assert files_of(path) == files_of(folder / "undisturbed.zarr")


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def resume_writing(writer, start):
    for k in range(start, FRAMES):
        writer.append(**frame_of(k))
    writer.finish()


def half_way(path, layout, n_frames=7):
    """Write some frames and give the checkpoint."""
    writer = TrajectoryWriter(path, layout)
    writer.create()
    for k in range(n_frames):
        writer.append(**frame_of(k))
    return writer.state()


@pytest.mark.parametrize(
    "lost", [".", "zarr.json", "positions", "positions/c.1.0.0", "cell/c.0.0.0", "time", "symbol/c"]
)
def test_a_trajectory_with_holes_can_not_be_continued(tmp_path, layout, lost):
    path = tmp_path / "t.zarr"
    checkpoint = half_way(path, layout)
    assert TrajectoryWriter(path, layout).restore(checkpoint)
    remove(path / lost)
    assert not TrajectoryWriter(path, layout).restore(checkpoint)


@pytest.mark.parametrize("call", ["zarr.open_group", "zarr.open_array", "is_there"])
def test_what_can_not_be_read_for_a_moment_is_no_hole(tmp_path, layout, monkeypatch, call):
    path = tmp_path / "t.zarr"
    checkpoint = half_way(path, layout)

    def stale(*arguments, **options):
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as patch:
        patch.setattr(f"{trajectory_writer.__name__}.{call}", stale)
        with pytest.raises(StoreError, match="Stale"):
            TrajectoryWriter(path, layout).restore(checkpoint)
    assert TrajectoryWriter(path, layout).restore(checkpoint)


def test_a_trajectory_of_another_run_can_not_be_continued(tmp_path, layout):
    checkpoint = half_way(tmp_path / "t.zarr", layout)
    write(tmp_path / "t.zarr", layout_of(FRAMES, velocities=True, run_id="cd" * 32))
    assert not TrajectoryWriter(tmp_path / "t.zarr", layout).restore(checkpoint)


@pytest.mark.parametrize(
    ("lost", "after"), [(".", 7), ("positions/c.1.0.0", 7), ("mass", 1), (".", 1), ("cell", 1)]
)
def test_a_run_that_ends_with_holes_is_an_error(tmp_path, layout, lost, after):
    path = tmp_path / "t.zarr"
    writer = TrajectoryWriter(path, layout)
    writer.create()
    for k in range(after):
        writer.append(**frame_of(k))
    checkpoint = writer.state()
    remove(path / lost)
    with pytest.raises(StoreError, match="which starts that run from the beginning"):
        resume_writing(writer, after)
    assert not TrajectoryWriter(path, layout).restore(checkpoint)


def test_a_new_start_leaves_nothing_of_what_was_there(tmp_path, layout):
    write(tmp_path / "t.zarr", layout)
    write(tmp_path / "t.zarr", layout, n_frames=2)
    array = zarr.open_array(tmp_path / "t.zarr" / "positions", mode="r")
    assert array.nchunks_initialized == 1


def full(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "call", ["zarr.storage._local._put", f"{trajectory_writer.__name__}.sync_tree"]
)
def test_a_full_disk_is_an_error_and_loses_nothing(tmp_path, layout, monkeypatch, call):
    path = tmp_path / "t.zarr"
    write(tmp_path / "undisturbed.zarr", layout)
    checkpoint = half_way(path, layout)
    writer = TrajectoryWriter(path, layout)
    assert writer.restore(checkpoint)
    with monkeypatch.context() as patch:
        patch.setattr(call, full)
        with pytest.raises(StoreError, match="free space on that file system"):
            resume_writing(writer, 7)
    again = TrajectoryWriter(path, layout)
    assert again.restore(checkpoint)
    resume_writing(again, 7)
    assert files_of(path) == files_of(tmp_path / "undisturbed.zarr")


def test_a_full_disk_at_the_start_is_an_error(tmp_path, layout, monkeypatch):
    write(tmp_path / "undisturbed.zarr", layout)
    writer = TrajectoryWriter(tmp_path / "t.zarr", layout)
    with monkeypatch.context() as patch:
        patch.setattr("zarr.storage._local._put", full)
        with pytest.raises(StoreError, match="free space on that file system"):
            writer.create()
    write(tmp_path / "t.zarr", layout)
    assert files_of(tmp_path / "t.zarr") == files_of(tmp_path / "undisturbed.zarr")
