"""Forecast of a sweep on a cluster: workers, jobs, speed and time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from lbhsweep.errors import StoreError
from lbhsweep.execution.clusters.spec import AddressCluster, ClusterSpec, JobsCluster
from lbhsweep.execution.clusters.start import n_workers
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record
from lbhsweep.sweep.cost import REFERENCE_NS_PER_DAY, estimated_core_seconds
from lbhsweep.sweep.plan import Plan

MOST_RECORDS_READ = 20


@dataclass(frozen=True, slots=True)
class Speed:
    """Throughput of one worker in the cost model's reference system, and the value's source."""

    ns_per_day: float
    source: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """Cost of the missing runs of a sweep on a cluster.

    Attributes
    ----------
    workers : int
        As in the cluster file, but no more than there are runs.
    jobs : int
        Jobs of the batch system at a time; 0 on one machine.
    jobs_in_all : int
        Including those that replace jobs at the end of their walltime.
    seconds : float
        Time from when all workers are present until the last run ends.
    core_hours : float
    """

    workers: int
    jobs: int
    jobs_in_all: int
    seconds: float
    core_hours: float


def known_speed(plan: Plan, folder: SweepFolder | None, spec: ClusterSpec | None) -> Speed:
    """Choose the best known speed: of runs that are done, of the cluster file, or a typical one."""
    if folder is not None and (found := _measured(plan, folder)) is not None:
        return found
    if (given := getattr(spec, "ns_per_day", None)) is not None:
        return Speed(given, "ns_per_day of the cluster file")
    return Speed(
        REFERENCE_NS_PER_DAY, "assumed; 'plan' and 'cluster check' measure it with --pilot"
    )


def _measured(plan: Plan, folder: SweepFolder) -> Speed | None:
    """Compare the time of some finished runs with the cost model's estimate."""
    estimated = taken = 0.0
    names: Iterable[str] = islice(reversed(plan.done), MOST_RECORDS_READ)
    count = 0
    for name in names:
        path = folder.find_record(name)
        # A damaged record is no reason not to plan.
        with suppress(StoreError):
            if path is not None:
                seconds = float(read_record(path).header.provenance.get("wall_seconds", 0.0))
                if seconds > 0:
                    estimated += estimated_core_seconds(plan.points[name])
                    taken += seconds
                    count += 1
    if not taken:
        return None
    return Speed(REFERENCE_NS_PER_DAY * estimated / taken, f"of {count} runs that are done")


def forecast(plan: Plan, spec: ClusterSpec, speed: Speed) -> Forecast | None:
    """Forecast the missing runs; None for a running scheduler, whose workers are unknown.

    Runs are spread over the workers, none of which is idle, but no chain of runs takes less
    than its own time.
    """
    if isinstance(spec, AddressCluster):
        return None
    slower = REFERENCE_NS_PER_DAY / speed.ns_per_day
    most = spec.workers if isinstance(spec, JobsCluster) else n_workers(spec)
    workers = max(1, min(most, len(plan.missing)))
    core_hours, chain = plan.core_hours * slower, plan.chain_hours * slower
    # The last run of each worker ends when it ends.
    share = math.ceil(len(plan.missing) / workers) / len(plan.missing) if plan.missing else 0.0
    hours = max(core_hours * share, chain)
    jobs = in_all = 0
    if isinstance(spec, JobsCluster):
        jobs = math.ceil(workers / spec.workers_per_job)
        limit = spec.job_seconds
        in_all = jobs * max(1, math.ceil(hours * 3600 / limit)) if limit else jobs
    return Forecast(workers, jobs, in_all, hours * 3600, core_hours)
