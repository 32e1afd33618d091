"""Cluster files become running Dask clusters."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from shlex import quote
from typing import Any

import dask
import distributed
from dask.system import CPU_COUNT
from distributed import Client

from lbhsweep.errors import ClusterError
from lbhsweep.execution.cluster_spec import ClusterSpec, LocalCluster, SlurmCluster
from lbhsweep.execution.dask_executor import DaskExecutor

_CONFIG = {
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
_ONE_THREAD = {
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def n_workers(spec: ClusterSpec) -> int:
    """Give the number of workers that a cluster is to have."""
    return spec.workers or CPU_COUNT


@contextmanager
def start_cluster(spec: ClusterSpec) -> Iterator[DaskExecutor]:
    """Run a cluster while the context lasts.

    Parameters
    ----------
    spec : ClusterSpec
        What to start.

    Yields
    ------
    DaskExecutor
        With at least one worker.

    Raises
    ------
    ClusterError
        If the cluster can't be started, or no worker appears in time.
    """
    with dask.config.set(_CONFIG):
        cluster = _started(spec)
        try:
            with Client(cluster) as client:
                _await_worker(client, spec)
                with DaskExecutor(client, spec.start_timeout) as executor:
                    yield executor
        finally:
            cluster.close()


def _started(spec: ClusterSpec) -> Any:
    try:
        with _signals_blocked():
            return _start_local(spec) if isinstance(spec, LocalCluster) else _start_slurm(spec)
    except (OSError, ValueError, RuntimeError, TimeoutError) as error:
        raise ClusterError(
            f"can't start the {spec.kind} cluster: {error}; check the cluster file"
        ) from error


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Keep Ctrl-C from workers: processes inherit the mask of the thread that starts them."""
    # Its start unblocks signals in the thread that happens to need it first.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_local(spec: LocalCluster) -> Any:
    memory = {} if spec.memory is None else {"memory_limit": spec.memory}
    return distributed.LocalCluster(
        n_workers=n_workers(spec),
        threads_per_worker=1,
        host="127.0.0.1",
        # Without the page there still is a server, of plain numbers; at a port of its own choice.
        dashboard_address=f"127.0.0.1:{spec.dashboard or 0}",
        scheduler_kwargs={"dashboard": spec.dashboard is not None},
        silence_logs=logging.CRITICAL,
        env=_environment(spec),
        **memory,
    )


def _start_slurm(spec: SlurmCluster) -> Any:
    from dask_jobqueue import SLURMCluster

    exports = [f"export {name}={quote(value)}" for name, value in _environment(spec).items()]
    cluster = SLURMCluster(
        queue=spec.queue,
        account=spec.account,
        cores=spec.cores,
        processes=spec.cores,
        memory=f"{spec.memory} B",
        walltime=spec.walltime,
        interface=spec.interface,
        job_name="lbhsweep",
        log_directory=spec.log_folder,
        # A job that SLURM runs again would come back under a name that is taken.
        job_extra_directives=["--no-requeue", *spec.job_extra],
        job_script_prologue=[*spec.prologue, *exports],
    )
    cluster.scale(n=n_workers(spec))
    return cluster


def _environment(spec: ClusterSpec) -> dict[str, str]:
    return {**_ONE_THREAD, **({"NUMBA_CACHE_DIR": spec.numba_cache} if spec.numba_cache else {})}


def _await_worker(client: Client, spec: ClusterSpec) -> None:
    try:
        client.wait_for_workers(1, timeout=spec.start_timeout)
    except TimeoutError as error:
        raise ClusterError(
            f"no worker came within {spec.start_timeout:.0f} s; look at the queue and at the "
            "workers' logs, or raise start_timeout in the cluster file"
        ) from error
