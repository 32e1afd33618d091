"""The molecular-dynamics engine: numba lives here and nowhere else.

Compiled kernels are cached on the node's own disk, per user: numba's cache index is written
without a lock and breaks on shared file systems (numba#10128), so the folder must be named
before numba is first imported, and nobody else may write to it.  It is named after the state of all
sources that kernels are made of.  Numba itself looks only at the file of the function that it
compiles: neither at the files of functions inlined into it, nor at those of constants from other
modules, which are frozen into the machine code.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from lbhsweep.errors import ClusterError

PACKAGE = Path(__file__).parents[1]
KERNEL_PACKAGES = ("engine", "observables", "physics", "quantities", "sweep")
"""Packages with kernels, and those from which kernels take constants."""


def _default_cache_folder() -> str:
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    root = Path(base) if base else Path(tempfile.gettempdir())
    return str(root / f"lbhsweep-numba-{user}-{_state_of_sources()}")


def sources_of_kernels() -> list[Path]:
    """List the files that kernels are made of: their own, and those whose constants they freeze.

    Engine and observables hold the kernels; the packages below them and the modules on the ground
    floor hold constants.
    """
    rooms = [path for name in KERNEL_PACKAGES for path in (PACKAGE / name).rglob("*.py")]
    return sorted([*PACKAGE.glob("*.py"), *rooms])


def _state_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sources_of_kernels():
        status = path.stat()
        digest.update(
            f"{path.relative_to(PACKAGE)} {status.st_size} {status.st_mtime_ns}\n".encode()
        )
    return digest.hexdigest()[:12]


def private_folder(path: Path) -> Path:
    """Make a folder in which nobody else can plant compiled code.

    Raises
    ------
    ClusterError
        If it can't be made, belongs to another user, or others may write to it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise ClusterError(
            f"{path}: can't make this folder of compiled kernels: {error.strerror}; set "
            "numba_cache in the cluster file, or NUMBA_CACHE_DIR, to one on the node's own disk"
        ) from error
    if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ClusterError(
            f"{path}: others could write to this folder of compiled kernels; "
            f"make it yours alone ('chmod 700 {path}') or set numba_cache in the cluster file"
        )
    return path


os.environ.setdefault("NUMBA_CACHE_DIR", _default_cache_folder())
private_folder(Path(os.environ["NUMBA_CACHE_DIR"]))

# Only now may numba be imported.
from lbhsweep.engine import kernel_cache  # noqa: E402

kernel_cache.check_files_of(*{path.parent for path in sources_of_kernels()})
