"""The molecular-dynamics engine: numba lives here and nowhere else.

Compiled kernels are cached on the node's own disk, per user: numba's cache index is written
without a lock and breaks on shared file systems (numba#10128), so the folder must be named
before numba is first imported.  It is named after the state of all sources with kernels, because
numba looks only at the file of the function that it compiles, not at those of the functions inlined
into it.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import tempfile
from pathlib import Path


def _default_cache_folder() -> str:
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    root = Path(base) if base else Path(tempfile.gettempdir())
    return str(root / f"lbhsweep-numba-{user}-{_state_of_sources()}")


def _state_of_sources() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted([*package.glob("engine/*.py"), *package.glob("observables/*.py")]):
        status = path.stat()
        digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]


os.environ.setdefault("NUMBA_CACHE_DIR", _default_cache_folder())
