from pathlib import Path

import pytest
from pydantic import ValidationError

from lbhsweep.errors import ClusterError, SpecError
from lbhsweep.execution.clusters.memory import memory_note, memory_warning
from lbhsweep.execution.clusters.spec import (
    KINDS,
    AddressCluster,
    JobsCluster,
    LocalCluster,
    load_cluster,
)
from lbhsweep.execution.clusters.start import check_names

SHIPPED = Path(__file__).parents[3] / "cluster"


def test_the_shipped_local_file_is_the_default():
    assert load_cluster(SHIPPED / "local.yaml") == load_cluster(None)
    assert isinstance(load_cluster(None), LocalCluster)


@pytest.mark.parametrize("kind", ["slurm", "pbs", "sge", "lsf", "htcondor"])
def test_the_shipped_files_of_batch_systems_are_sound(kind):
    spec = load_cluster(SHIPPED / f"{kind}.yaml")
    assert isinstance(spec, JobsCluster)
    assert spec.kind == kind
    assert spec.workers_per_job == 16
    assert spec.job_seconds == (None if kind == "htcondor" else 43_200)
    assert (spec.workers, spec.cores, spec.memory) == (128, 16, 32 * 10**9)
    assert spec.start_timeout == 24 * 3600


def test_the_shipped_file_of_a_running_scheduler_is_sound():
    spec = load_cluster(SHIPPED / "address.yaml")
    assert isinstance(spec, AddressCluster)
    assert spec.address == "tls://10.0.0.1:8786"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "workers: 2",
            ["1: kind: missing, wanted one of local, slurm, pbs, sge, lsf, htcondor, address"],
        ),
        (
            "kind: slrm",
            [
                (
                    "1: kind: got 'slrm'; did you mean 'slurm'? Known: local, slurm, pbs, sge, "
                    "lsf, htcondor, address"
                )
            ],
        ),
        (
            "kind: local\nworkrs: 2",
            [
                (
                    "2: workrs: unknown key; did you mean 'workers'? Known: kind, workers, memory, "
                    "dashboard, start_timeout, ns_per_day, numba_cache"
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
        (
            'kind: pbs\nworkers: 4\ncores: 2\nmemory: 4 GB\nwalltime: "1:00:00"\nprocesses: 3',
            ["6: processes: got 3, wanted at most as many as cores, 2"],
        ),
        (
            "kind: htcondor\nworkers: 4\ncores: 2\nmemory: 4 GB\nqueue: x",
            [
                "1: disk: missing, wanted disk of a job",
                (
                    "5: queue: unknown key; Known: kind, workers, cores, processes, memory, "
                    "interface, scheduler_interface, scheduler_port, worker_timeout, "
                    "prologue, log_folder, dashboard, scratch, start_timeout, "
                    "ns_per_day, numba_cache, disk, job_extra"
                ),
            ],
        ),
        ("kind: address", ["1: address: wanted either address or scheduler_file"]),
        (
            "kind: address\naddress: a\nscheduler_file: b",
            ["2: address: wanted either address or scheduler_file"],
        ),
        (
            "kind: address\naddress: a\ntls_ca: ca.pem\ntls_cert: me.pem",
            ["4: tls_cert: wanted tls_key with it"],
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


@pytest.mark.parametrize(
    ("keys", "share"),
    [
        ({"kind": "local"}, None),
        ({"kind": "local", "memory": "1 GB"}, None),
        ({"kind": "local", "memory": "300 MB"}, "300 MB a worker"),
        ({"kind": "slurm", "memory": "4 GB", "cores": 4}, None),
        ({"kind": "slurm", "memory": "2 GB", "cores": 4}, "500 MB a worker"),
        ({"kind": "slurm", "memory": "2 GB", "cores": 4, "processes": 2}, None),
        ({"kind": "sge", "memory": "4 GB", "cores": 4}, "'resources: h_vmem=2G'"),
        ({"kind": "sge", "memory": "4 GB", "cores": 4, "resources": "h_vmem=1G"}, None),
        ({"kind": "sge", "memory": "4 GB", "cores": 4, "job_extra": ["-l h_vmem=1G"]}, None),
        ({"kind": "address", "address": "tcp://a:1"}, None),
    ],
)
def test_too_little_memory_for_compiling_gives_a_warning(keys, share):
    more = {} if keys["kind"] in ("local", "address") else {"workers": 4, "walltime": "1:00:00"}
    warning = memory_warning(KINDS[keys["kind"]](**keys, **more))
    assert share in warning if share else not warning


def made(kind, **keys):
    usual = {"workers": 1, "cores": 2, "memory": "2.2 GB", "walltime": "1:00:00"}
    return KINDS[kind](kind=kind, **usual | keys)


@pytest.mark.parametrize("key", ["queue", "account", "interface", "scheduler_interface"])
@pytest.mark.parametrize(
    "value", ["my project", "a%j", "$USER", "a*", "a'b", "a;b", "a\n#x", "~me"]
)
def test_names_that_a_batch_system_or_a_shell_would_change_are_refused(key, value):
    with pytest.raises(ValidationError, match=r"a shell would replace|one line of printable"):
        made("slurm", **{key: value})
    assert getattr(made("slurm", **{key: "c-1.x:y@z_2"}), key) == "c-1.x:y@z_2"


@pytest.mark.parametrize("key", ["job_extra", "resources"])
def test_options_are_one_line_each(key):
    value = ["-m n\n-q x"] if key == "job_extra" else "a\nb"
    with pytest.raises(ValidationError, match="one line of printable"):
        made("pbs", **{key: value})


def test_paths_of_this_machine_are_expanded_here(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("WORK", "/work-of-me")
    monkeypatch.delenv("NOWHERE", raising=False)
    assert made("slurm", log_folder="~/l").log_folder == "/home/me/l"
    assert LocalCluster(kind="local", numba_cache="$WORK/nb").numba_cache == "/work-of-me/nb"
    address = AddressCluster(kind="address", scheduler_file="${WORK}/s.json")
    assert address.scheduler_file == "/work-of-me/s.json"
    for wrong in ("$NOWHERE/l", "~nobody-of-this-name/l"):
        with pytest.raises(ValidationError, match="variables are set here, or a whole path"):
            made("slurm", log_folder=wrong)


@pytest.mark.parametrize("wrong", ["$(date)/x", "`date`", "a$", "~other/x", 'a"b', "a\\b"])
def test_paths_of_nodes_hold_nothing_but_variables(wrong):
    for key in ("scratch", "numba_cache"):
        with pytest.raises(ValidationError, match="has no place in it"):
            made("slurm", **{key: wrong})


@pytest.mark.parametrize("character", [" ", "%", "$", "*", "'", ";", "\n", "\\"])
def test_folders_that_jobs_could_not_use_are_refused(tmp_path, character):
    with pytest.raises(ClusterError, match="do not support"):
        check_names(made("slurm"), tmp_path / f"a{character}b")
    check_names(made("slurm"), tmp_path / "a-b_c.d+e=f,g~h@i")
    check_names(LocalCluster(kind="local"), tmp_path / f"a{character}b")


@pytest.mark.parametrize("port", [True, False, 80, 70000, "8786"])
def test_a_port_of_the_scheduler_is_a_number_of_an_open_one(port):
    with pytest.raises(ValidationError, match=r"wanted .*a port from 1024 to 65535"):
        made("slurm", scheduler_port=port)
    assert made("slurm", scheduler_port=8786).scheduler_port == 8786


def test_what_memory_is_asked_for_and_may_be_used():
    assert memory_note(made("slurm")) == (
        "a job asks for --mem=3G, rounded up from 2.20 GB; each of its 2 workers may use 1.10 GB"
    )
    assert "asks for no memory" in memory_note(made("slurm", memory_option="none"))
    assert memory_note(made("pbs")) == "each of its 2 workers may use 1.10 GB"
    assert memory_note(LocalCluster(kind="local")) == ""
