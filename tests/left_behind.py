"""Fails a test that leaves something behind which later tests would meet, and removes it.

What fixtures of a wider scope than one test's start is theirs: only what came while a test ran,
and is still there when its own fixtures have ended, was left by it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

PATIENCE_S = 30.0
"""For what ends by itself, a thread that was told to, say; only a test that leaves things waits."""
END_S = 10.0
"""For what is asked to end before it is killed or given up."""
POLL_S = 0.01

LASTING_THREADS = {
    "asyncio_": "executor of an event loop, whose own thread is what counts",
    "tqdm_monitor": "of tqdm, for all progress bars of the process",
    "zarr_io": "event loop of zarr, for all arrays of the process",
    "zarr_pool": "decoders of zarr, for all arrays of the process",
    "Dask-Offload": "pool of distributed, for all schedulers and clients of the process",
    "Dask-Callback-Thread": "pool of distributed, for all clients of the process",
    "TCP-Executor": "pool of distributed, for all connections of the process",
}
"""Threads that libraries keep for good once they have begun, by the beginning of their names."""
THREADS_OF_WORKERS = ("AsyncProcess", "QueueFeederThread")
"""Begun anew with each worker that a cluster of a wider scope starts again."""
LASTING_VARIABLES = {
    "NUMBA_CACHE_DIR": "set by lbhsweep.engine when it is first imported",
    "KMP_DUPLICATE_LIB_OK": "set by threadpoolctl when it is first imported",
}
"""Variables that may appear, but not change."""
OF_PYTEST = "PYTEST_CURRENT_TEST"

_CLOCKS = (time.monotonic, time.time)
_kept_processes: set[int] = set()
_state_before: list[State] = []


@dataclass(slots=True)
class State:
    """What there is now."""

    threads: set[threading.Thread]
    clients: set[Any]
    clusters: set[Any]
    default: Any
    scheduler: Any
    environment: dict[str, str]
    folder: str

    @classmethod
    def now(cls) -> State:
        """Look, without importing what no test has imported."""
        clients = sys.modules.get("distributed.client")
        clusters = sys.modules.get("distributed.deploy.spec")
        config = sys.modules.get("dask.config")
        return cls(
            threads=set(threading.enumerate()),
            clients=set(clients.Client._instances) if clients else set(),
            clusters=set(clusters.SpecCluster._instances) if clusters else set(),
            default=clients._get_global_client() if clients else None,
            scheduler=config.get("scheduler", None) if config else None,
            environment=dict(os.environ),
            folder=_folder(),
        )

    def adopt(self, before: State, after: State) -> None:
        """Count what came between two looks as if it had always been there."""
        self.threads |= after.threads - before.threads
        self.clients |= after.clients - before.clients
        self.clusters |= after.clusters - before.clusters
        for name in before.environment.keys() | after.environment.keys():
            value = after.environment.get(name)
            if value != before.environment.get(name):
                _put(self.environment, name, value)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Iterator[Any]:
    """See what a fixture of a wider scope starts, which may happen in the midst of a test."""
    if fixturedef.scope == "function":
        return (yield)
    before = State.now()
    try:
        return (yield)
    finally:
        _kept_processes.update(_children())
        for state in _state_before:
            state.adopt(before, State.now())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[Any]:
    """Fail a test that replaces the clock of the whole process."""
    result = yield
    if (time.monotonic, time.time) != _CLOCKS:
        pytest.fail("replaced the clock of all event loops here, see own_clock.py", pytrace=False)
    return result


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a client, cluster, thread, process, variable or folder behind."""
    before = State.now()
    _state_before.append(before)
    yield
    _state_before.remove(before)
    left = [*_clients(before), *_processes(before), *_threads(before), *_surroundings(before)]
    if left:
        pytest.fail("left behind: " + "; ".join(left), pytrace=False)


def keep_processes(numbers: Iterable[int]) -> None:
    """Say that children belong to a fixture of a wider scope, though a test had it start them."""
    _kept_processes.update(numbers)


def _clients(before: State) -> Iterator[str]:
    now = State.now()
    for client in now.clients - before.clients:
        if client.status != "closed":
            yield f"an open Dask client of {getattr(client.scheduler, 'address', 'no scheduler')}"
            with suppress(Exception):
                client.close(timeout=END_S)
    for cluster in now.clusters - before.clusters:
        if cluster.status.name != "closed":
            yield f"an open Dask cluster, {type(cluster).__name__} {cluster.name}"
            with suppress(Exception):
                cluster.close(timeout=END_S)
    if now.default is not before.default:
        yield "another default Dask client than before"
        sys.modules["distributed.client"]._set_global_client(before.default)
    if now.scheduler != before.scheduler:
        yield f"the scheduler {now.scheduler!r} in Dask's configuration"
        _put(sys.modules["dask.config"].config, "scheduler", before.scheduler)


def _processes(before: State) -> Iterator[str]:
    def new() -> set[int]:
        return _children() - _kept_processes - _workers_of(before.clusters)

    for number in _still_there(new):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(number)
            yield f"process {number}: {' '.join(process.cmdline())[:200]}"
            family = [*process.children(recursive=True), process]
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            psutil.wait_procs(family, END_S)


def _threads(before: State) -> Iterator[str]:
    def new() -> set[threading.Thread]:
        found = set(threading.enumerate()) - before.threads
        return {one for one in found if not _may_last(one, before)}

    for thread in _still_there(new):
        kind = "daemon thread" if thread.daemon else "thread"
        yield f"{kind} {thread.name!r} ({_target(thread)}), which nothing can end"


def _surroundings(before: State) -> Iterator[str]:
    now = State.now()
    for name in sorted(before.environment.keys() | now.environment.keys()):
        old, new = before.environment.get(name), now.environment.get(name)
        if old == new or name == OF_PYTEST or (old is None and name in LASTING_VARIABLES):
            continue
        yield f"variable {name}: {new!r} instead of {old!r}"
        _put(os.environ, name, old)
    if now.folder != before.folder:
        yield f"another working directory: {now.folder or 'a removed one'}"
        os.chdir(before.folder)


def _still_there(find: Callable[[], set[Any]]) -> set[Any]:
    """Return what is still found after it had time to end by itself."""
    found = find()
    deadline = time.monotonic() + PATIENCE_S
    while found and time.monotonic() < deadline:
        time.sleep(POLL_S)
        found &= find()
    return found


def _children() -> set[int]:
    """Return the numbers of the child processes that live."""
    if not _has_children():
        return set()
    found = set()
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE and not _is_tracker(child.pid):
                found.add(child.pid)
    return found


def _has_children() -> bool:
    """Ask the kernel, which is a hundred times cheaper than to look for them."""
    if not hasattr(os, "waitid"):
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _is_tracker(number: int) -> bool:
    """Say whether it is the process by which multiprocessing tidies up, one for good."""
    module = sys.modules.get("multiprocessing.resource_tracker")
    return module is not None and number == module._resource_tracker._pid


def _workers_of(clusters: set[Any]) -> set[int]:
    """Return the numbers of the workers of clusters, which start them again when one dies."""
    nannies = [nanny for cluster in clusters for nanny in list(cluster.workers.values())]
    return {nanny.pid for nanny in nannies if getattr(nanny, "pid", None)}


def _may_last(thread: threading.Thread, before: State) -> bool:
    if isinstance(thread, threading._DummyThread) or thread.name.startswith(tuple(LASTING_THREADS)):
        return True
    if any(cluster.workers for cluster in before.clusters) and thread.name.startswith(
        THREADS_OF_WORKERS
    ):
        return True
    pools = sys.modules.get("dask.threaded")
    # Dask's own pool for arrays of this process.
    return pools is not None and thread in getattr(pools.default_pool, "_threads", ())


def _target(thread: threading.Thread) -> str:
    target = getattr(thread, "_target", None)
    return getattr(target, "__qualname__", type(thread).__name__)


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - a text, as it was
    except FileNotFoundError:
        return ""


def _put(mapping: Any, name: str, value: str | None) -> None:
    if value is None:
        mapping.pop(name, None)
    else:
        mapping[name] = value
