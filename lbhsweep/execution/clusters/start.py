"""Starting Dask clusters from cluster files."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import dask
import distributed
from dask.system import CPU_COUNT
from distributed import Client, Security
from distributed.utils import get_ip_interface

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.dask_executor import DaskExecutor
from lbhsweep.execution.clusters.dask_settings import our_settings
from lbhsweep.execution.clusters.jobs.cluster import JobCluster
from lbhsweep.execution.clusters.jobs.keys import LOOPBACK, job_security
from lbhsweep.execution.clusters.jobs.watch import JobWatch
from lbhsweep.execution.clusters.spec import AddressCluster, ClusterSpec, JobsCluster, LocalCluster

_IN_JOBS = {
    # Only the watch over the jobs replaces them; Dask's own way would cancel one by its name.
    "distributed.deploy.lost-worker-timeout": "10000h",
}
_EXPANDED = re.compile(r"[\s\x00-\x1f\x7f%$*?\[\]{}()<>|&;!#'\"`\\]")
"""A batch system replaces %J, a shell all that it expands."""
_SET_BY_DASK = ("PYTHONHASHSEED", "__DASK_PARENT_PID")
_CORES_OF_JOB = "SLURM_CPUS_ON_NODE"
_ONE_THREAD = {
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class SweepClient(Client):  # type: ignore[misc]
    """A client that serves runs only.

    No array that this process computes may go through it, and a user's own client stays the
    default. Parameters are those of `distributed.Client`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, set_as_default=False, **options)

    def start(self, **options: Any) -> None:
        """Connect; where that fails, end the thread that Dask would leave behind."""
        try:
            super().start(**options)
        except BaseException:
            self._loop_runner.stop()
            raise


def n_workers(spec: LocalCluster) -> int:
    """Return the number of workers for this machine."""
    # SLURM need not confine a job to the cores that it was given.
    given = int(os.environ.get(_CORES_OF_JOB, CPU_COUNT))
    return spec.workers or min(given, CPU_COUNT)


@contextmanager
def start_cluster(spec: ClusterSpec, folder: Path = Path()) -> Iterator[DaskExecutor]:
    """Run a cluster while the context lasts.

    Parameters
    ----------
    spec : ClusterSpec
        What to start.
    folder : Path
        Where jobs leave their logs, on storage that workers see; local workers leave none.

    Yields
    ------
    DaskExecutor
        With at least one worker if they are local; jobs are submitted when runs need them.

    Raises
    ------
    ClusterError
        If the cluster can't be started, or no worker appears in time.
    """
    with (
        dask.config.set(our_settings(jobs=isinstance(spec, JobsCluster))),
        _opened(spec, folder) as executor,
    ):
        yield executor


def _opened(spec: ClusterSpec, folder: Path) -> AbstractContextManager[DaskExecutor]:
    match spec:
        case LocalCluster():
            return _local(spec)
        case AddressCluster():
            return _attached(spec)
        case JobsCluster():
            return _in_jobs(spec, folder)


@contextmanager
def _attached(spec: AddressCluster) -> Iterator[DaskExecutor]:
    files = {
        "tls_ca_file": spec.tls_ca,
        "tls_client_cert": spec.tls_cert,
        "tls_client_key": spec.tls_key,
    }
    security = {"security": Security(require_encryption=True, **files)} if spec.tls_ca else {}
    with ExitStack() as stack:
        with _starting(spec):
            client = SweepClient(
                spec.address,
                scheduler_file=spec.scheduler_file,
                timeout=spec.start_timeout,
                **security,
            )
        stack.enter_context(client)
        _await_worker(client, spec)
        yield stack.enter_context(DaskExecutor(client, spec.start_timeout))


@contextmanager
def _local(spec: LocalCluster) -> Iterator[DaskExecutor]:
    with ExitStack() as stack:
        stack.enter_context(_variables_restored())
        with _starting(spec):
            cluster = _start_local(spec)
        stack.callback(cluster.close)
        client = stack.enter_context(SweepClient(cluster))
        _await_worker(client, spec)
        has_page = spec.dashboard is not None
        yield stack.enter_context(DaskExecutor(client, spec.start_timeout, has_page=has_page))


@contextmanager
def _variables_restored() -> Iterator[None]:
    """Take back what Dask sets in this process, too, for workers that are started from it."""
    names = [*dask.config.get("distributed.nanny.pre-spawn-environ", {}), *_SET_BY_DASK]
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _in_jobs(spec: JobsCluster, folder: Path) -> Iterator[DaskExecutor]:
    with _job_cluster(spec, folder) as cluster:
        system = cluster.system
        try:
            system.check(cluster.job_script)
            watch = JobWatch(
                cluster,
                system.ask,
                spec.workers,
                spec.workers_per_job,
                _logs(spec, folder),
                spec.worker_timeout,
            )
            with SweepClient(cluster.dask) as client, ExitStack() as stack:
                with _signals_blocked():
                    stack.enter_context(watch)
                has_page = spec.dashboard is not None
                yield stack.enter_context(
                    DaskExecutor(client, spec.start_timeout, watch, has_page=has_page)
                )
        finally:
            cluster.close()
            # Whatever went wrong above, none of our jobs outlives us.
            with suppress(OSError, subprocess.SubprocessError):
                left = system.ask(cluster.job_ids)
                system.cancel(cluster.job_ids if left is None else left)


def check_names(spec: ClusterSpec, folder: Path) -> None:
    """Check that jobs can have their files in a sweep's folder.

    Raises
    ------
    ClusterError
        If its name has characters that a batch system, Dask or a shell replaces or cuts at.
    """
    paths = (_logs(spec, folder), folder / "keys") if isinstance(spec, JobsCluster) else ()
    for path in paths:
        if found := _EXPANDED.search(str(path)):
            what = "spaces" if found[0].isspace() else f"the character {found[0]!r}"
            raise ClusterError(
                f"{path}: batch systems and Dask do not support {what} in the names of folders "
                "of jobs; choose another --output or log_folder"
            )


def _check_network(spec: JobsCluster) -> None:
    """Check that the scheduler can listen where the file says; Dask would leave threads behind.

    Raises
    ------
    ClusterError
        If this machine has no such interface, or the port is taken.
    """
    key = "scheduler_interface" if spec.scheduler_interface else "interface"
    name = spec.scheduler_interface or spec.interface
    try:
        host = get_ip_interface(name) if name else ""
    except ValueError as error:
        known = ", ".join(sorted(one for _, one in socket.if_nameindex()))
        raise ClusterError(
            f"{key}: this machine has no interface {name} with an address, wanted one of {known}; "
            "if that of nodes has another name, give this machine's as scheduler_interface"
        ) from error
    if spec.scheduler_port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, spec.scheduler_port))
        except OSError as error:
            raise ClusterError(
                f"scheduler_port: can't use {spec.scheduler_port} on this machine: "
                f"{error.strerror}; another driver may have it: choose one port for each sweep"
            ) from error


@contextmanager
def _job_cluster(spec: JobsCluster, folder: Path) -> Iterator[JobCluster]:
    check_names(spec, folder)
    _check_network(spec)
    logs, keys = _logs(spec, folder), folder / "keys"
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_IN_JOBS))
        secure = {spec.interface, spec.scheduler_interface or spec.interface} != {LOOPBACK}
        security = stack.enter_context(job_security(keys)) if secure else None
        with _starting(spec):
            cluster = JobCluster(spec, _ONE_THREAD, logs, security)
        stack.callback(cluster.close)
        yield cluster


def _logs(spec: JobsCluster, folder: Path) -> Path:
    return Path(spec.log_folder) if spec.log_folder else folder / "logs"


def job_script(spec: ClusterSpec, folder: Path) -> str:
    """Write the script of a cluster's jobs as it would be submitted; empty where there are none.

    Raises
    ------
    ClusterError
        If the cluster can't be started.
    """
    if not isinstance(spec, JobsCluster):
        return ""
    with (
        dask.config.set(our_settings(jobs=isinstance(spec, JobsCluster))),
        _job_cluster(spec, folder) as cluster,
    ):
        return cluster.job_script


@contextmanager
def _starting(spec: ClusterSpec) -> Iterator[None]:
    try:
        with _signals_blocked():
            yield
    except (OSError, ValueError, RuntimeError, TimeoutError) as error:
        raise ClusterError(
            f"can't start the {spec.kind} cluster: {error}; check the cluster file"
        ) from error


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block Ctrl-C in workers: processes inherit the mask of the thread that starts them."""
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


def _environment(spec: LocalCluster) -> dict[str, str]:
    cache = {"NUMBA_CACHE_DIR": spec.numba_cache} if spec.numba_cache else {}
    return {**_ONE_THREAD, **cache}


def _await_worker(client: Client, spec: ClusterSpec) -> None:
    try:
        client.wait_for_workers(1, timeout=spec.start_timeout)
    except TimeoutError as error:
        raise ClusterError(
            f"no worker started within {spec.start_timeout:.0f} s; look at the queue and at the "
            "workers' logs, or raise start_timeout in the cluster file"
        ) from error
