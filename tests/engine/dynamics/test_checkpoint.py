import errno
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lbhsweep.engine.dynamics.checkpoint import (
    NAME,
    PREVIOUS,
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from lbhsweep.errors import StoreError


def one(value):
    return Checkpoint({"positions": np.full((40, 3), float(value))}, {"step": value})


@settings(max_examples=30, deadline=None)
@given(
    arrays=st.dictionaries(
        st.text("abcdefg._", min_size=1, max_size=12).filter(lambda name: name.strip(".")),
        hnp.arrays(
            st.sampled_from([np.float64, np.int32, np.uint64]), hnp.array_shapes(min_side=0)
        ),
        max_size=4,
    )
)
def test_what_was_saved_comes_back_to_the_last_bit(tmp_path_factory, arrays):
    folder = tmp_path_factory.mktemp("run")
    save_checkpoint(folder, Checkpoint(arrays, {"run_id": "ab", "seconds": 0.1}))
    back = load_checkpoint(folder)
    assert back.notes == {"run_id": "ab", "seconds": 0.1}
    assert back.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back.arrays[name].dtype == array.dtype
        assert back.arrays[name].shape == array.shape
        assert back.arrays[name].tobytes() == array.tobytes()


def test_there_is_none_before_the_first(tmp_path):
    assert load_checkpoint(tmp_path / "absent") is None


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.0, 1.0, exclude_max=True), flip=st.booleans())
def test_damage_anywhere_is_seen_and_the_previous_one_serves(tmp_path_factory, share, flip):
    folder = tmp_path_factory.mktemp("run")
    for value in (1, 2, 3):
        save_checkpoint(folder, one(value))
    path = folder / NAME
    content = bytearray(path.read_bytes())
    place = int(share * len(content))
    if flip:
        content[place] ^= 0x10
    else:
        del content[place:]
    path.write_bytes(content)
    found = load_checkpoint(folder)
    # A flipped bit in the archive's own padding may leave every array whole: that is no damage.
    assert found.notes["step"] in ({2, 3} if flip else {2})
    np.testing.assert_array_equal(found.arrays["positions"], float(found.notes["step"]))


def test_two_damaged_ones_are_as_good_as_none(tmp_path):
    for value in (1, 2):
        save_checkpoint(tmp_path, one(value))
    (tmp_path / NAME).write_bytes(b"")
    (tmp_path / PREVIOUS).write_bytes(b"PK\x03\x04 and then nothing")
    assert load_checkpoint(tmp_path) is None


@pytest.mark.parametrize("place", [6, 8, 10], ids=["version", "encrypted", "compression"])
def test_a_damaged_directory_of_the_archive_is_seen(tmp_path, place):
    for value in (1, 2):
        save_checkpoint(tmp_path, one(value))
    content = bytearray((tmp_path / NAME).read_bytes())
    content[content.index(b"PK\x01\x02") + place] ^= 0x41
    (tmp_path / NAME).write_bytes(content)
    assert load_checkpoint(tmp_path).notes["step"] == 1


@pytest.fixture
def stale(monkeypatch):
    """Makes files unreadable for a while, by name."""
    names, read = set(), Path.read_bytes

    def fail_once(path):
        if path.name in names and path.exists():
            raise OSError(errno.ESTALE, "Stale file handle")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", fail_once)
    return names


def test_what_can_not_be_read_for_a_moment_is_not_lost(tmp_path, stale):
    for value in (1, 2):
        save_checkpoint(tmp_path, one(value))
    stale |= {NAME}
    assert load_checkpoint(tmp_path).notes["step"] == 1
    stale |= {PREVIOUS}
    with pytest.raises(StoreError, match=r"checkpoint.npz: can't read the checkpoint: .*Stale"):
        load_checkpoint(tmp_path)
    (tmp_path / PREVIOUS).unlink()
    with pytest.raises(StoreError, match="Stale"):
        load_checkpoint(tmp_path)
    stale.clear()
    assert load_checkpoint(tmp_path).notes["step"] == 2


def test_a_lack_of_memory_is_no_damage_but_a_damaged_shape_may_ask_for_any(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, one(1))

    def greedy(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(np, "load", greedy)
    with pytest.raises(MemoryError):
        load_checkpoint(tmp_path)
    content = bytearray((tmp_path / NAME).read_bytes())
    content[content.index(b"(40, 3)")] ^= 1
    (tmp_path / NAME).write_bytes(content)
    assert load_checkpoint(tmp_path) is None


def test_a_crash_before_the_last_rename_leaves_the_previous_one(tmp_path):
    save_checkpoint(tmp_path, one(1))
    (tmp_path / NAME).rename(tmp_path / PREVIOUS)
    assert load_checkpoint(tmp_path).notes["step"] == 1


def test_two_files_remain_and_nothing_else(tmp_path):
    for value in range(4):
        save_checkpoint(tmp_path, one(value))
    assert {path.name for path in tmp_path.iterdir()} == {NAME, PREVIOUS}


def test_an_unwritable_folder_is_named(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    save_checkpoint(tmp_path, one(1))
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"checkpoint.npz: can't write: No space left"):
        save_checkpoint(tmp_path, one(2))
    assert load_checkpoint(tmp_path).notes["step"] == 1
    assert {path.name for path in tmp_path.iterdir()} == {NAME}


def test_a_disk_that_loses_a_checkpoint_is_noticed_while_the_one_before_is_there(tmp_path):
    save_checkpoint(tmp_path, one(1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda _: b"something else")
        with pytest.raises(StoreError, match=r"checkpoint.npz: what was read back differs"):
            save_checkpoint(tmp_path, one(2))
    (tmp_path / NAME).write_bytes(b"something else")
    assert load_checkpoint(tmp_path).notes["step"] == 1
