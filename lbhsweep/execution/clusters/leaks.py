"""What acts on a cluster from outside the cluster file: the user's shell and Dask's files."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lbhsweep.execution.clusters.dask_settings import acting_settings, ignored_settings
from lbhsweep.execution.clusters.jobs.environment import acting_variables, hidden_variables
from lbhsweep.execution.clusters.spec import ClusterSpec, JobsCluster


@dataclass(frozen=True, slots=True)
class Leaks:
    """Settings from outside the cluster file.

    Attributes
    ----------
    acting : tuple of str
        Those that still act, as ``NAME=value`` or ``key: value``.
    ignored : tuple of str
        Those that would act on Dask or on the batch system's commands if they were not taken away.
    """

    acting: tuple[str, ...]
    ignored: tuple[str, ...]


def leaks(spec: ClusterSpec) -> Leaks:
    """List what this process and user set, beside the cluster file."""
    acting, ignored = acting_settings(), ignored_settings()
    if isinstance(spec, JobsCluster):
        shown = [f"{name}={os.environ[name]}" for name in acting_variables(spec, os.environ)]
        hidden = [f"{name}={os.environ[name]}" for name in hidden_variables(spec, os.environ)]
        # Those of Dask are listed above by their keys, others of a job that this may be by none.
        own = [one for one in hidden if not one.startswith(("DASK_", "SLURM_"))]
        acting, ignored = [*shown, *acting], [*own, *ignored]
    return Leaks(tuple(acting), tuple(ignored))
