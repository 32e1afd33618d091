"""Provenance of a run: host, versions, processor; stored beside its results, not part of them."""

from __future__ import annotations

import os
import platform
import socket
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from lbhsweep import __version__


def provenance() -> dict[str, str | int]:
    """Describe this process: versions, processor, host, and the batch job if there is one.

    Returns
    -------
    dict
        ``package``, ``python``, ``numpy``, ``numba``, ``cpu``, ``cpu_features`` (those
        that the compiled kernels use, and the width of their vectors; empty where nothing was
        compiled), ``host``, ``pid``, ``slurm_job`` (empty outside SLURM), ``started``
        (UTC, ISO 8601).
    """
    return {
        "package": __version__,
        "python": platform.python_version(),
        "numpy": _version("numpy"),
        "numba": _version("numba"),
        "cpu": _cpu_model(),
        "cpu_features": _cpu_features(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "slurm_job": slurm_job(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def slurm_job() -> str:
    """Return the number of this process's SLURM job, empty outside SLURM."""
    return os.environ.get("SLURM_JOB_ID", "")


# Looked up once a process: each costs a millisecond, as much as a whole rehearsed run.
_version = cache(version)


@cache
def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _cpu_features() -> str:
    # The compiler is loaded only in processes that compute, not in a rehearsal.
    if "numba" not in sys.modules:
        return ""
    from lbhsweep.engine.processor import processor_features

    return processor_features()
