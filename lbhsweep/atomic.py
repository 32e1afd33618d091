"""The one writer of whole files: each exists complete or not at all, and outlives a power cut."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from lbhsweep.errors import StoreError, store_error

DIRECTORY_MODE = 0o755
"""Others may read and not write: checkpoints and YAML are trusted input."""

_SYNCED_AT_A_TIME = 4
_REMEDIES = {
    errno.ENOSPC: "free space on that file system",
    errno.EDQUOT: "free some of your quota",
    errno.EROFS: "choose an output folder on a writable file system",
    errno.EACCES: "choose an output folder that you may write to",
}


_NO_SUCH_FEATURE = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF)


@contextmanager
def not_shared() -> Iterator[None]:
    """Create files and folders that only their owner may change, whatever the umask allows.

    A stricter umask stays in force.
    """
    before = os.umask(0o022)
    os.umask(before | 0o022)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that says which path and what to do.

    Raises
    ------
    StorageRefusedError
        If nothing at all can be written there now: a full disk, a quota, a read-only folder.
    StoreError
        Instead of any other OSError.
    """
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        cause = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, "check that file system")
        raise store_error(f"{path}: can't write: {cause}; {remedy}", error) from error


def write_atomically(path: Path, content: bytes, *, previous: Path | None = None) -> None:
    """Write a file under a temporary name, sync it, rename it, sync the folder, read it back.

    Each call uses a temporary name of its own, which ends in ``.tmp``; a process that is killed
    may leave the file.

    Parameters
    ----------
    path : Path
        The file; its folder is created if absent.
    content : bytes
        The whole content.
    previous : Path, optional
        Where in the same folder the file that was at `path` before is kept.

    Raises
    ------
    StoreError
        If writing fails or what is read back differs; the temporary file is removed.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    with storing(path):
        if not path.parent.is_dir():
            path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            sync(path.parent.parent)
        try:
            _write_through(temporary, content)
            if previous is not None and is_there(path):
                path.replace(previous)
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        sync(path.parent)
        same = path.read_bytes() == content
    if not same:
        raise StoreError(
            f"{path}: what was read back differs from what was written; "
            "this file system loses data, choose an output folder on another"
        )


def is_there(path: Path) -> bool:
    """Return whether a file or folder exists.

    From Python 3.14 on `Path.exists` takes any error for absence, also a transient error of
    storage.

    Raises
    ------
    OSError
        If storage does not answer.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def takes_writes(folder: Path, n_bytes: int) -> bool:
    """Return whether a file of some size can be written into a folder now, by writing one."""
    temporary = folder / f".try.{uuid4().hex}.tmp"
    try:
        _write_through(temporary, bytes(n_bytes))
    except OSError:
        return False
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return True


def sync(path: Path) -> None:
    """Write a file or a directory's entries through to the disk, to outlive a power cut.

    Some file systems don't sync directories: their entries are written when the server likes.
    What is read then is whole in any case, since files are synced before they are renamed.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_FEATURE or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def sync_tree(path: Path) -> None:
    """Write all files and directories below a directory through to the disk.

    Several at a time: each waits for the disk, and a thousand one after the other take seconds.
    """
    with ThreadPoolExecutor(_SYNCED_AT_A_TIME) as threads:
        for _ in threads.map(sync, (path, *path.rglob("*"))):
            pass


def replace_folder(path: Path, new: Path) -> None:
    """Put a complete folder in the place of another, which is removed afterwards.

    All of the new one is written through to the disk first, so that after a power cut there is the
    old one, the new one, or none.

    Raises
    ------
    OSError
        If storage refuses; the new folder is then where it was, or in its place.
    """
    old = path.with_name(f"{new.name}.old")
    sync_tree(new)
    shutil.rmtree(old, ignore_errors=True)
    if is_there(path):
        path.rename(old)
    new.rename(path)
    sync(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
