"""Debian packages that tests need, installed where this user may."""

import os
import shutil
import subprocess
from collections.abc import Sequence

PATIENCE_S = 240.0


def command_for(packages: Sequence[str]) -> list[str]:
    """Return the command that installs packages."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def install(packages: Sequence[str]) -> None:
    """Try to install packages; whether they came is seen by who needs them.

    A new machine knows no packages before its lists have been fetched.
    """
    if os.getuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], command_for(packages)):
        subprocess.run(command, env=quiet, capture_output=True, timeout=PATIENCE_S, check=False)
