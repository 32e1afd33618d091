from pathlib import Path

import pytest

from lbhsweep.errors import SpecError
from lbhsweep.execution.cluster_spec import LocalCluster, SlurmCluster, load_cluster

SHIPPED = Path(__file__).parents[2] / "cluster"


def test_the_shipped_local_file_is_the_default():
    assert load_cluster(SHIPPED / "local.yaml") == load_cluster(None)
    assert isinstance(load_cluster(None), LocalCluster)


def test_the_shipped_slurm_file_is_sound():
    spec = load_cluster(SHIPPED / "slurm.yaml")
    assert isinstance(spec, SlurmCluster)
    assert (spec.workers, spec.cores, spec.memory) == (128, 16, 32 * 10**9)
    assert spec.start_timeout == 24 * 3600


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("workers: 2", ["1: kind: missing, wanted one of local, slurm"]),
        ("kind: slrm", ["1: kind: got 'slrm'; did you mean 'slurm'? Known: local, slurm"]),
        (
            "kind: local\nworkrs: 2",
            [
                (
                    "2: workrs: unknown key; did you mean 'workers'? Known: kind, workers, memory, "
                    "dashboard, start_timeout, numba_cache"
                )
            ],
        ),
        ("kind: local\nworkers: 0", ["2: workers: got 0, wanted at least 1"]),
        (
            "kind: local\nmemory: 2",
            [
                (
                    "2: memory: got 2, wanted memory with its unit (MB, GB, MiB, GiB), "
                    "for example '2 GB'"
                )
            ],
        ),
        (
            "kind: local\nmemory: 1 MB\nstart_timeout: 3 days\ndashboard: 80",
            [
                "2: memory: got '1 MB', wanted at least 100 MB and at most 100000 GB",
                (
                    "3: start_timeout: got '3 days', wanted a time with its unit (s, min, h), "
                    "for example '60 s'"
                ),
                "4: dashboard: got 80, wanted true, false or a port from 1024 to 65535",
            ],
        ),
        (
            "kind: slurm\nworkers: 4\ncores: 2\nmemory: 4 GB\nwalltime: 12 h",
            ["5: walltime: got '12 h', wanted '12:00:00' or '1-00:00:00'"],
        ),
        ("kind: local\n\tworkers: 2", ["2: syntax: found a tab, wanted spaces for indentation"]),
        ("- local", ["1: file: holds a list at the top, wanted keys such as 'name:'"]),
    ],
)
def test_malformed_files(tmp_path, text, problems):
    file = tmp_path / "cluster.yaml"
    file.write_text(text)
    with pytest.raises(SpecError) as refused:
        load_cluster(file)
    assert str(refused.value).splitlines() == [f"{file}:{problem}" for problem in problems]
