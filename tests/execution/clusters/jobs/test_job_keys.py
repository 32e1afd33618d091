"""Who has no key can't talk to the scheduler of a sweep."""

import stat
from pathlib import Path

import pytest

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.cluster import JobCluster
from lbhsweep.execution.clusters.jobs.keys import job_security
from lbhsweep.execution.clusters.spec import SlurmCluster
from lbhsweep.execution.clusters.start import SweepClient, start_cluster

SPEC = {"kind": "slurm", "workers": 1, "cores": 1, "memory": "1 GB", "walltime": "0:05:00"}


def modes(folder: Path):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}


def test_keys_are_for_their_owner_only_and_removed_in_the_end(tmp_path):
    folder = tmp_path / "keys"
    with job_security(folder) as security:
        assert modes(folder) == {"keys": 0o700, "certificate.pem": 0o600, "key.pem": 0o600}
        assert security.require_encryption
        first = (folder / "key.pem").read_text()
    assert not folder.exists()
    folder.mkdir(mode=0o755)
    (folder / "left").touch()
    with job_security(folder):
        assert modes(folder) == {"keys": 0o700, "certificate.pem": 0o600, "key.pem": 0o600}
        assert (folder / "key.pem").read_text() != first


def test_nobody_without_the_key_connects(tmp_path):
    with job_security(tmp_path / "keys") as security:
        cluster = JobCluster(SlurmCluster(**SPEC), {}, tmp_path / "logs", security)
        try:
            address = cluster.dask.scheduler_address
            assert address.startswith("tls://")
            assert f"--tls-key {tmp_path}/keys/key.pem" in cluster.job_script
            plain = address.replace("tls://", "tcp://")
            with (
                pytest.raises((OSError, TimeoutError)),
                SweepClient(plain, timeout="2 s"),
            ):
                pass
            with (
                job_security(tmp_path / "others") as other,
                pytest.raises((OSError, TimeoutError)),
            ):
                SweepClient(address, timeout="2 s", security=other)
            with SweepClient(address, timeout="600 s", security=security) as client:
                assert client.nthreads() == {}
        finally:
            cluster.close()


def test_a_folder_with_spaces_is_refused(tmp_path):
    with (
        pytest.raises(ClusterError, match=r"a b/logs: .* do not support spaces"),
        start_cluster(SlurmCluster(**SPEC), tmp_path / "a b"),
    ):
        pass
