"""Atomic, checksummed checkpoints; the one before the last is kept in case the last is damaged."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays
from lbhsweep.atomic import write_atomically
from lbhsweep.errors import StoreError, store_error

NAME = "checkpoint.npz"
PREVIOUS = "checkpoint.previous.npz"
_DIGEST = "sha256"
_NOTES = "notes"
_DAMAGE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile)
"""What NumPy and zipfile raise on damaged content; RuntimeError where its flags ask for decryption
or for another compression."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a run needs in order to go on.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Everything that the physics depends on.
    notes : dict
        What it does not depend on, as JSON: whose checkpoint it is, seconds spent so far.
    """

    arrays: Arrays
    notes: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint whole or not at all; the last one becomes the previous one.

    Parameters
    ----------
    folder : Path
        The run's folder; created if absent.
    checkpoint : Checkpoint
        What to keep.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        If the folder can't be written.
    """
    members = {**checkpoint.arrays, _NOTES: _text(json.dumps(checkpoint.notes, sort_keys=True))}
    members[_DIGEST] = _text(_digest(members))
    content = io.BytesIO()
    np.savez(content, **members)  # type: ignore[arg-type]
    write_atomically(folder / NAME, content.getvalue(), previous=folder / PREVIOUS)
    return folder / NAME


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the last checkpoint that is whole.

    Parameters
    ----------
    folder : Path
        The run's folder.

    Returns
    -------
    Checkpoint or None
        None if there is none, or if all are damaged.

    Raises
    ------
    StoreError
        If one that is there can't be read, and no other is whole: it may well be.
    """
    unread: StoreError | None = None
    for name in (NAME, PREVIOUS):
        path = folder / name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            unread = unread or store_error(f"{path}: can't read the checkpoint: {error}", error)
            continue
        checkpoint = _decoded(content)
        if checkpoint is not None:
            return checkpoint
    if unread is not None:
        raise unread
    return None


def _decoded(content: bytes) -> Checkpoint | None:
    """Read a checkpoint's file; None if it is damaged."""
    try:
        # From memory: np.load forgets to close the file of a broken archive.
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            members = dict(archive)
        digest = _characters(members.pop(_DIGEST))
    except _DAMAGE:
        return None
    except MemoryError:
        # A damaged shape asks for any amount; a whole file for no more than its own size.
        if _is_whole(content):
            raise
        return None
    if digest != _digest(members):
        return None
    notes = json.loads(_characters(members.pop(_NOTES)))
    return Checkpoint(members, notes)


def _is_whole(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.testzip() is None
    except _DAMAGE:
        return False


def _digest(members: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(members):
        array = members[name]
        digest.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _text(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _characters(array: npt.NDArray[Any]) -> str:
    return array.tobytes().decode()
