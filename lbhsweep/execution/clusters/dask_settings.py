"""Dask's own settings: the cluster file and ours win over the user's.

Dask reads ``~/.config/dask``, ``/etc/dask`` and variables ``DASK_…``.  An idle-timeout set there
for a notebook would end a sweep, and dask-jobqueue takes from there what its caller leaves out.
Settings of the network and of the folder for temporary files belong to a machine: they act.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import dask
import distributed  # noqa: F401 - dask knows its defaults from then on

from lbhsweep.atomic import write_atomically
from lbhsweep.execution.clusters.late_jobqueue import import_jobqueue

_OURS = {
    # Lost workers don't count: the ledger of each run does.
    "distributed.scheduler.allowed-failures": 1_000_000,
    # A run waits on the scheduler for the next free worker, not on a worker behind a long run.
    "distributed.scheduler.worker-saturation": 1.0,
    # Nothing large lives on workers; spilling to disk could only hurt.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.deploy.lost-worker-timeout": "5s",
    # Runs last minutes: watching event loops 50 times and stacks 100 times a second takes cores
    # from the runs (idle: driver 3.5 % of a core, now 0.9; each worker 2.3, now 0.3).
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "10s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
}
_ACTING = ("distributed.comm", "distributed.dashboard", "distributed.rmm", "distributed.version")
_ACTING_ROOTS = ("temporary-directory", "distributed", "logging")


def our_settings(*, jobs: bool) -> dict[str, Any]:
    """Return what to give to `dask.config.set` for a sweep's cluster.

    Parameters
    ----------
    jobs : bool
        Whether its workers are jobs of a batch system, submitted by dask-jobqueue.

    Returns
    -------
    dict
        The defaults of the packages in all sections that are ours, then our own values.
    """
    if jobs:
        # Its defaults are known once it is imported.
        import_jobqueue()
    return {**_pinned(), **_OURS}


def write_settings(folder: Path) -> Path:
    """Write the settings in force to a file for workers on other machines.

    Workers read it last, by the variable DASK_CONFIG.

    Parameters
    ----------
    folder : Path
        On storage that workers see.

    Returns
    -------
    Path
        Named after its content: several sweeps may share the folder.
    """
    kept = {name: dask.config.get(name) for name in _ACTING_ROOTS if name in dask.config.config}
    # JSON is YAML.
    text = json.dumps(kept, default=str, indent=1, sort_keys=True)
    path = folder / f"dask-{hashlib.sha256(text.encode()).hexdigest()[:8]}.yaml"
    if not path.exists():
        write_atomically(path, text.encode())
    return path


def acting_settings() -> list[str]:
    """List the user's settings that act, as ``key: value``."""
    return _changed(acting=True)


def ignored_settings() -> list[str]:
    """List the user's settings that don't act, as ``key: value``."""
    return _changed(acting=False)


def _pinned() -> dict[str, Any]:
    defaults = _defaults()
    pinned = {
        f"distributed.{section}": values
        for section, values in defaults["distributed"].items()
        if f"distributed.{section}" not in _ACTING
    }
    return pinned | ({"jobqueue": defaults["jobqueue"]} if "jobqueue" in defaults else {})


def _defaults() -> dict[str, Any]:
    return deepcopy(dict(dask.config.merge(*dask.config.defaults)))


def _changed(*, acting: bool) -> list[str]:
    import_jobqueue()

    defaults = dict(_leaves(_defaults()))
    return sorted(
        f"{key}: {value}"
        for key, value in _leaves(dask.config.config)
        if key.startswith(("distributed.", "jobqueue.", "temporary-directory"))
        and key.startswith((*(f"{one}." for one in _ACTING), "temporary-directory")) == acting
        and (key not in defaults or defaults[key] != value)
    )


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{above}{name}".replace("_", "-")
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value
