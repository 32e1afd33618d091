"""Files that exist whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from uuid import uuid4

from lbhsweep.errors import StoreError
from lbhsweep.store.folder import DIRECTORY_MODE

_REMEDIES = {
    errno.ENOSPC: "free space on that file system, then give the same command again",
    errno.EDQUOT: "free some of your quota, then give the same command again",
    errno.EROFS: "choose an output folder on a writable file system",
    errno.EACCES: "choose an output folder that you may write to",
}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, bring it to the disk, rename it, read it back.

    The temporary name is unique to this attempt, so that two attempts never share one.

    Raises
    ------
    StoreError
        If writing fails or what is read back differs; the temporary file is removed.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        try:
            _write_through(temporary, content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(path.parent)
        same = path.read_bytes() == content
    except OSError as error:
        cause = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, "check that file system")
        raise StoreError(f"{path}: can't write: {cause}; {remedy}") from error
    if not same:
        raise StoreError(
            f"{path}: what was read back differs from what was written; "
            "this file system loses data, choose an output folder on another"
        )


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to the disk, so that a rename in it outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
