import errno
import os
import stat
from pathlib import Path

import pytest

from lbhsweep.atomic import sync_tree, write_atomically
from lbhsweep.errors import StorageRefusedError, StoreError


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_is_replaced_and_the_one_before_kept_where_asked(tmp_path):
    path, previous = tmp_path / "new" / "file", tmp_path / "new" / "file.previous"
    for content in (b"1", b"2", b"3"):
        write_atomically(path, content, previous=previous)
    assert contents(path.parent) == {"file": b"3", "file.previous": b"2"}
    write_atomically(path, b"4")
    assert contents(path.parent) == {"file": b"4", "file.previous": b"2"}


def test_the_file_is_on_the_disk_before_its_name_and_its_name_before_the_end(tmp_path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor):
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        steps.append(("sync", "temporary" if name.endswith(".tmp") else name))
        fsync(descriptor)

    def renamed(path, target):
        steps.append(("rename", target.name))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    write_atomically(tmp_path / "file", b"1")
    assert steps == [("sync", "temporary"), ("rename", "file"), ("sync", tmp_path.name)]


@pytest.mark.parametrize("failing", ["open", "fsync", "rename"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch, failing, number):
    path, previous = tmp_path / "file", tmp_path / "file.previous"
    write_atomically(path, b"1")
    write_atomically(path, b"2", previous=previous)

    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    match failing:
        case "open":
            monkeypatch.setattr(os, "open", fail)
        case "fsync":
            monkeypatch.setattr(os, "fsync", fail)
        case "rename":
            monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(StoreError, match=f"file: can't write: {os.strerror(number)}; ") as caught:
        write_atomically(path, b"3", previous=previous)
    assert isinstance(caught.value, StorageRefusedError) == (number == errno.ENOSPC)
    assert contents(tmp_path) == {"file": b"2", "file.previous": b"1"}


def test_an_interrupt_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"1")
    assert contents(tmp_path) == {}


def test_the_error_is_that_of_writing_even_if_the_temporary_file_can_not_be_removed(
    tmp_path, monkeypatch
):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def stale(path, *, missing_ok=False):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(Path, "unlink", stale)
    with pytest.raises(StorageRefusedError, match="No space left"):
        write_atomically(tmp_path / "file", b"1")


def test_a_disk_that_loses_data_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "read_bytes", lambda _: b"something else")
    with pytest.raises(StoreError, match="file: what was read back differs"):
        write_atomically(tmp_path / "file", b"1")


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_that_syncs_no_folders_is_good_enough(tmp_path, monkeypatch, number):
    real = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    path = tmp_path / "new" / "file"
    write_atomically(path, b"whole")
    assert path.read_bytes() == b"whole"
    sync_tree(tmp_path)


@pytest.mark.parametrize(
    ("number", "is_folder"), [(errno.EIO, True), (errno.ENOSPC, True), (errno.EINVAL, False)]
)
def test_no_other_error_of_syncing_is_taken_for_a_missing_feature(
    tmp_path, monkeypatch, number, is_folder
):
    path = tmp_path / "one"
    path.mkdir() if is_folder else path.touch()

    def fsync(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match=os.strerror(number)):
        sync_tree(path)
