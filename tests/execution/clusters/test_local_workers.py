"""A worker that Dask itself would have given up comes back."""

import os
import signal
import time

import pytest

from lbhsweep.execution.clusters import dask_executor, local_workers
from lbhsweep.execution.clusters.spec import LocalCluster
from lbhsweep.execution.clusters.start import start_cluster

PATIENCE_S = 600.0


def until(executor, condition):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        executor.answers(0.01)
    raise AssertionError("waited too long")


@pytest.mark.parametrize("forgotten", [True, False])
def test_a_lost_worker_comes_back(forgotten):
    with start_cluster(LocalCluster(kind="local", workers=1, start_timeout="600 s")) as executor:
        cluster = executor._client.cluster
        (nanny,) = cluster.workers.values()
        first = nanny.pid
        os.kill(first, signal.SIGKILL)
        cluster.sync(nanny.close)
        if forgotten:
            cluster.workers.clear()
        until(executor, lambda: executor.slots == 0)
        until(executor, lambda: executor.slots == 1)
        (new,) = until(executor, lambda: list(cluster.workers.values()))
        assert new.pid not in (None, first)


def test_a_loss_that_was_never_reported_is_noticed(monkeypatch):
    monkeypatch.setattr(dask_executor, "COUNT_EVERY_S", 0.5)
    with start_cluster(LocalCluster(kind="local", workers=1, start_timeout="600 s")) as executor:
        executor._client.unsubscribe_topic("all")
        (nanny,) = executor._client.cluster.workers.values()
        os.kill(nanny.pid, signal.SIGKILL)
        executor._client.cluster.sync(nanny.close)
        until(executor, lambda: executor.slots == 0)
        until(executor, lambda: executor.slots == 1)


def test_a_worker_that_is_only_slow_is_left_alone(monkeypatch):
    monkeypatch.setattr(local_workers, "EVERY_S", 0.0)
    with start_cluster(LocalCluster(kind="local", workers=1, start_timeout="600 s")) as executor:
        cluster = executor._client.cluster
        (nanny,) = cluster.workers.values()
        first = nanny.pid
        for _ in range(5):
            executor._local.restart_lost(0)
            executor.answers(0.1)
        assert list(cluster.workers.values()) == [nanny]
        assert nanny.pid == first
