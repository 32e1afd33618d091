"""The molecular-dynamics engine: numba lives here and nowhere else.

Compiled kernels are cached on the node's own disk, per user: numba's cache index is written
without a lock and breaks on shared file systems (numba#10128), so the folder must be named
before numba is first imported.
"""

from __future__ import annotations

import getpass
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
    return str(root / f"lbhsweep-numba-{user}")


os.environ.setdefault("NUMBA_CACHE_DIR", _default_cache_folder())
