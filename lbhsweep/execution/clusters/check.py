"""Whether a cluster file works: one worker reports its environment and does synthetic runs."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from distributed import get_worker

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.dask_executor import DaskExecutor
from lbhsweep.execution.clusters.spec import AddressCluster, ClusterSpec
from lbhsweep.execution.clusters.start import start_cluster
from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.execution.events import Event
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.simulation.provenance import provenance
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep

POLL_S = 0.2
LOCKED = "locked"
MEGABYTES = 16
PILOT_STEPS = 2000
"""Outer steps before the clock starts, and timed ones; seconds each."""
PACKAGES = ("lbhsweep", "numpy", "numba", "dask", "distributed", "zarr", "xarray")
SWEEP = """\
name: check
axes: {pressure: 0 GPa, heating_rate: 20 K/ps}
protocol: {ramp: {temperature: 300 K .. 700 K, bin: 50 K}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """The environment of a worker's process.

    Attributes
    ----------
    host, cpu, cpu_features, python : str
        The machine, and the features that compiled kernels use.
    packages : dict of str to str
        Versions by name.
    scratch : str
        Folder of temporary files.
    scratch_speed, folder_speed : float
        Speed of writing to it and to the sweep's folder, through to the disk, MB/s.
    has_locks : bool
        Whether the sweep's file system has the locks that protect runs, and the worker sees
        those of this machine.
    address : str
        Where the worker is reached, and by which protocol.
    memory_limit : int
        Most memory that it may use, bytes.
    clock : float
        Unix time there, s.
    """

    host: str
    cpu: str
    cpu_features: str
    python: str
    packages: dict[str, str]
    scratch: str
    scratch_speed: float
    folder_speed: float
    has_locks: bool
    address: str
    memory_limit: int
    clock: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCheck:
    """The result of a check.

    Attributes
    ----------
    waited_s : float
        Time until the worker was present.
    worker : WorkerReport
        Its environment.
    differing : tuple of str
        Packages of which this machine has another version.
    runs, runs_done : int
        Synthetic runs, and how many have a result.
    ns_per_day : float or None
        Molecular dynamics of 832 atoms on the worker, if a pilot was requested.
    scheduler : str
        Address of the scheduler.
    clock_difference : float
        By which the worker's clock is ahead of this machine's, s.
    """

    waited_s: float
    worker: WorkerReport
    differing: tuple[str, ...]
    runs: int
    runs_done: int
    ns_per_day: float | None = None
    scheduler: str = ""
    clock_difference: float = 0.0


def check_cluster(
    spec: ClusterSpec,
    folder: Path,
    *,
    pilot: bool = False,
    report: Callable[[Event], None] | None = None,
) -> ClusterCheck:
    """Start one worker, inspect its environment, and give it synthetic runs.

    Parameters
    ----------
    spec : ClusterSpec
        The cluster.
    folder : Path
        An empty folder on storage that workers see.
    pilot : bool
        Measure the speed of molecular dynamics on the worker too.
    report : callable, optional
        Called with what happens until the worker is there: refusals and lost jobs.

    Raises
    ------
    ClusterError
        If no worker starts, or it doesn't see the folder.
    StoreError
        If results can't be written.
    """
    folder = folder.absolute()
    found: dict[str, WorkerReport] = {}
    waited: list[float] = []
    speeds: list[float] = []
    clocks: list[float] = []
    schedulers: list[str] = []
    started = time.monotonic()

    @contextmanager
    def open_executor() -> Iterator[DaskExecutor]:
        one = spec if isinstance(spec, AddressCluster) else spec.model_copy(update={"workers": 1})
        with start_cluster(one, folder) as executor:
            executor.need(1)
            while not executor.slots:
                for answer in executor.answers(POLL_S):
                    if report is not None and isinstance(answer, Event):
                        report(answer)
            schedulers.append(executor.scheduler)
            waited.append(time.monotonic() - started)
            with (folder / LOCKED).open("w") as locked:
                # Without locks here the worker finds this one free, and says so.
                with suppress(OSError):
                    fcntl.flock(locked, fcntl.LOCK_EX)
                asked = time.time()
                found["worker"] = executor.ask(inspect_worker, str(folder))
                # The worker looked at its clock some time between the two.
                clocks.append(found["worker"].clock - (asked + time.time()) / 2)
            if pilot:
                speeds.append(executor.ask(measure_speed))
            yield executor

    file = folder / "check.yaml"
    file.write_text(SWEEP)
    grid = expand_grid(load_sweep(file), rehearsal=True)
    ending = run_sweep(SweepFolder(folder / "check"), grid, SWEEP, Rehearsal(), open_executor)
    worker = found["worker"]
    here = _packages()
    return ClusterCheck(
        waited_s=waited[0],
        worker=worker,
        differing=tuple(name for name in PACKAGES if worker.packages[name] != here[name]),
        runs=ending.total,
        runs_done=ending.done,
        ns_per_day=speeds[0] if speeds else None,
        scheduler=schedulers[0],
        clock_difference=clocks[0],
    )


def inspect_worker(folder: str) -> WorkerReport:
    """Describe the environment of this process; called on a worker.

    Raises
    ------
    ClusterError
        If the sweep's folder is not there.
    """
    if not Path(folder, "check.yaml").exists():
        raise ClusterError(
            f"{folder}: not visible to the worker on {os.uname().nodename}; "
            "choose an --output on storage that all nodes share"
        )
    # Not before: this process may have another cache of compiled kernels.
    from lbhsweep.engine.processor import processor_features

    about = provenance()
    dask_worker = get_worker()
    scratch = dask_worker.local_directory
    return WorkerReport(
        host=str(about["host"]),
        cpu=str(about["cpu"]),
        cpu_features=processor_features(),
        python=str(about["python"]),
        packages=_packages(),
        scratch=scratch,
        scratch_speed=_speed(scratch),
        folder_speed=_speed(folder),
        has_locks=_has_locks(folder),
        address=str(dask_worker.address),
        memory_limit=int(dask_worker.memory_manager.memory_limit or 0),
        clock=time.time(),
    )


def measure_speed() -> float:
    """Run the cost model's reference system for some seconds; called on a worker.

    Returns
    -------
    float
        Median throughput, ns/day.
    """
    # Not before: this process may have another cache of compiled kernels.
    from lbhsweep.simulation.benchmark import bench_grid, prepare, time_steps

    grid = bench_grid(supercell=2, temperature="600 K")
    timing = time_steps(prepare(grid, PILOT_STEPS), PILOT_STEPS)
    return float(np.median(timing.ns_per_day(grid.points[0].dynamics.outer_step_ps)))


def _packages() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def _speed(folder: str) -> float:
    block = os.urandom(1_000_000)
    with tempfile.TemporaryFile(dir=folder) as file:
        start = time.perf_counter()
        for _ in range(MEGABYTES):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        return MEGABYTES / (time.perf_counter() - start)


def _has_locks(folder: str) -> bool:
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    with Path(folder, LOCKED).open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    # The lock is free, although this machine's driver holds it.
    return False
