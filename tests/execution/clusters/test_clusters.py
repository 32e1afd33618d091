import json
import os
import signal
import stat

import pytest

from lbhsweep.engine import private_folder
from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters import start as clusters
from lbhsweep.execution.clusters.spec import AddressCluster, LocalCluster


def blocked_signals():
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])


def environment():
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")}


def test_workers_are_single_threaded_and_on_loopback(cluster):
    client = cluster._client
    assert set(client.nthreads().values()) == {1}
    assert all(address.startswith("tcp://127.0.0.1:") for address in client.nthreads())
    assert client.scheduler.address.startswith("tcp://127.0.0.1:")
    for found in client.run(environment).values():
        assert set(found.values()) == {"1"}


def test_workers_ignore_ctrl_c_from_their_start(cluster):
    for blocked in cluster._client.run(blocked_signals).values():
        assert signal.SIGINT in blocked
        assert signal.SIGTERM not in blocked


def test_variables_for_workers_are_not_left_in_this_process(monkeypatch):
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    before = dict(os.environ)
    with clusters.start_cluster(LocalCluster(kind="local", workers=1)):
        assert "PYTHONHASHSEED" in os.environ, "Dask sets it"
    assert dict(os.environ) == before


def test_no_worker_is_an_error_with_advice(monkeypatch):
    monkeypatch.setattr(clusters, "n_workers", lambda spec: 0)
    spec = LocalCluster(kind="local", start_timeout="1 s")
    with (
        pytest.raises(ClusterError, match="no worker started within 1 s; look at the queue"),
        clusters.start_cluster(spec),
    ):
        pass


@pytest.mark.parametrize("by_file", [False, True])
def test_a_running_scheduler_is_attached_to_and_left_running(cluster, tmp_path, by_file):
    client = cluster._client
    file = tmp_path / "scheduler.json"
    file.write_text(
        json.dumps(client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.identity()))
    )
    where = {"scheduler_file": str(file)} if by_file else {"address": client.scheduler.address}
    with clusters.start_cluster(AddressCluster(kind="address", **where)) as executor:
        assert executor.slots == 2
    assert len(client.nthreads()) == 2


def test_a_job_without_confinement_has_as_many_workers_as_cores_given(monkeypatch):
    monkeypatch.setattr(clusters, "CPU_COUNT", 64)
    assert clusters.n_workers(LocalCluster(kind="local")) == 64
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "3")
    assert clusters.n_workers(LocalCluster(kind="local")) == 3
    assert clusters.n_workers(LocalCluster(kind="local", workers=5)) == 5
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "128")
    assert clusters.n_workers(LocalCluster(kind="local")) == 64


def test_a_scheduler_that_is_not_there_is_an_error():
    spec = AddressCluster(kind="address", address="tcp://127.0.0.1:1", start_timeout="1 s")
    with (
        pytest.raises(ClusterError, match="can't start the address cluster"),
        clusters.start_cluster(spec),
    ):
        pass


def test_a_folder_of_compiled_code_that_others_may_write_is_refused(tmp_path):
    folder = tmp_path / "cache"
    assert stat.S_IMODE(private_folder(folder).stat().st_mode) == 0o700
    folder.chmod(0o777)
    with pytest.raises(ClusterError, match="chmod 700"):
        private_folder(folder)


def test_a_folder_of_compiled_code_that_can_not_be_created_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ClusterError, match=r"cache: can.t make .*Not a directory.*numba_cache"):
        private_folder(tmp_path / "file" / "cache")
