"""Compiled kernels on disk, each file with a checksum: a damaged one is compiled again.

A node that is switched off, a full disk or a quota leaves empty and torn files, which numba
unpickles (EOFError) or gives to LLVM.  The checksum follows the pickle, which ends by itself, so
that numba without this module reads the same files.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from numba.core import caching

_MARK = b"\nlbhsweep:blake2b:"


class CheckedCacheFile(caching.IndexDataCacheFile):  # type: ignore[misc]
    """Numba's index and data files of one function, whose damage counts as absence."""

    def save(self, key: Any, data: Any) -> None:
        """Save a kernel; one that can't be written is compiled again by the next process."""
        with suppress(OSError):
            super().save(key, data)

    def _load_index(self) -> dict[Any, str]:
        if not _is_whole(self._index_path):
            return {}
        return dict(super()._load_index())

    def _load_data(self, name: str) -> Any:
        path = self._data_path(name)
        if not _is_whole(path):
            # As if the file were not there.
            raise FileNotFoundError(path)
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[BinaryIO]:
        # Numba renames the file once this block has ended: it is there with its checksum.
        with super()._open_for_write(filepath) as file:
            checked = io.BytesIO()
            yield checked
            content = checked.getvalue()
            file.write(content + _MARK + hashlib.blake2b(content).digest())


_Plain = caching.IndexDataCacheFile
_CHECKED: set[str] = set()
"""Names of the folders in numba's cache whose files are checked."""


def check_files_of(*folders: Path) -> None:
    """Let the functions of these source folders have checked files, from the next one on.

    Other packages' functions in the same process keep numba's own files, since files without a
    checksum would count as damaged.
    """
    for folder in folders:
        _CHECKED.add(_name_in_cache(folder))
    caching.IndexDataCacheFile = _cache_file


def _name_in_cache(folder: Path) -> str:
    return str(caching._CacheLocator.get_suitable_cache_subpath(str(folder / "any.py")))


def _cache_file(cache_path: str, filename_base: str, source_stamp: Any) -> Any:
    kind = CheckedCacheFile if Path(cache_path).name in _CHECKED else _Plain
    return kind(cache_path, filename_base, source_stamp)


def _is_whole(path: str) -> bool:
    try:
        content = Path(path).read_bytes()
    except OSError:
        return False
    whole, mark, digest = content.rpartition(_MARK)
    return bool(mark) and hashlib.blake2b(whole).digest() == digest
