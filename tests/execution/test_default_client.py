"""A Dask client that is the process's default is not ours, and computes nothing of ours."""

import shutil
from contextlib import nullcontext

import pytest
from click.testing import CliRunner
from distributed import Client, LocalCluster, default_client
from execution.execution_sweeps import Sweep, assert_same_bits, yaml_text
from execution.serial_executor import SerialExecutor
from interop.made_up_trajectory import write

from lbhsweep.analysis import analyze_results
from lbhsweep.cli import command
from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters import spec as cluster_spec
from lbhsweep.execution.clusters import start as clusters
from lbhsweep.interop.tables import open_group
from lbhsweep.interop.trajectory import frames, open_trajectory, written_frames
from lbhsweep.interop.trajectory_ase import atoms_of, write_extxyz
from lbhsweep.interop.trajectory_mdanalysis import universe_of
from lbhsweep.store.open import open_results

RUN = "ab" * 32


class UsedAnywayError(Exception):
    """Something computed through the default client."""


class DeadClient(Client):
    """Has a scheduler without workers, which would keep whoever computes through it forever."""

    def get(self, *args, **kwargs):
        raise UsedAnywayError


@pytest.fixture
def dead_default():
    quiet = {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", **quiet) as cluster,
        DeadClient(cluster) as client,
    ):
        assert default_client() is client
        yield client
        assert default_client() is client


@pytest.fixture
def trajectory(tmp_path):
    write(tmp_path / "run", RUN)
    with open_trajectory(tmp_path / "run", RUN) as opened:
        yield opened


def test_what_names_no_scheduler_would_be_noticed(dead_default, trajectory):
    with pytest.raises(UsedAnywayError):
        trajectory["cell"].load()


@pytest.mark.parametrize(
    "read",
    [
        written_frames,
        lambda trajectory: list(frames(trajectory, every=2, wrap=True)),
        lambda trajectory: list(atoms_of(trajectory)),
        universe_of,
    ],
    ids=["written_frames", "frames", "atoms_of", "universe_of"],
)
def test_trajectories_are_read_without_the_default_client(dead_default, trajectory, read):
    read(trajectory)


def test_trajectories_are_written_without_the_default_client(dead_default, trajectory, tmp_path):
    assert write_extxyz(trajectory, tmp_path / "run.extxyz") == 12


def invoke(*arguments):
    done = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def test_commands_work_without_the_default_client(dead_default, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "start_cluster", lambda spec, *_: nullcontext(SerialExecutor()))
    sweep, out = tmp_path / "sweep.yaml", tmp_path / "out"
    sweep.write_text(yaml_text())
    invoke("run", sweep, "--output", out, "--rehearse")
    for line in (["verify"], ["status"], ["plot", "--only", "hysteresis"]):
        invoke(*line, out, "--rehearsal")
    assert (out / "rehearsal" / "figures" / "report.html").exists()
    table = ["transition", "--output", tmp_path / "x.nc", "--rehearsal"]
    invoke("export", "table", out, *table)
    write(out, RUN)
    invoke("trajectory", out, RUN, "--output", tmp_path / "run.extxyz")


@pytest.fixture
def serial(tmp_path):
    sweep = Sweep(tmp_path / "serial", lambda: nullcontext(SerialExecutor()))
    sweep.run()
    return sweep


def test_results_are_collected_and_analyzed_without_the_default_client(dead_default, serial):
    before = serial.results()
    shutil.rmtree(serial.folder.results)
    # Nothing is left to run: it is all collected from the records.
    serial.run()
    assert_same_bits(serial.results(), before)
    with open_results(serial.path) as tree:
        assert "transition" in analyze_results(tree).children


def test_results_are_no_dask_arrays(serial):
    with open_results(serial.path) as tree:
        assert not tree.chunksizes["/ramp"]
    assert not open_group(serial.path, "results/ramp", rehearsal=False).chunksizes


def default_client_or_none():
    try:
        return default_client()
    except ValueError:
        return None


class DefaultsSeen(list):
    """Remembers at each event which client was the default."""

    def __init__(self):
        super().__init__()
        self.defaults = []

    def append(self, event):
        super().append(event)
        self.defaults.append(default_client_or_none())


@pytest.fixture(params=["local", "address"])
def defaults_seen(request, cluster, tmp_path):
    """Run a sweep on a cluster of ours or a stranger's; the default clients meanwhile and after."""
    if request.param == "local":
        spec = cluster_spec.LocalCluster(kind="local", workers=1)
    else:
        address = cluster._client.scheduler.address
        spec = cluster_spec.AddressCluster(kind="address", address=address)

    def run():
        sweep = Sweep(tmp_path / "out", lambda: clusters.start_cluster(spec), DefaultsSeen())
        assert sweep.run(yaml_text(replicas=1)).missing == 0
        assert sweep.events.defaults
        return [*sweep.events.defaults, default_client_or_none()]

    return run


def test_a_sweep_has_and_leaves_no_default_client(defaults_seen):
    assert set(defaults_seen()) == {None}


def test_the_user_s_own_client_stays_the_default(dead_default, defaults_seen):
    assert set(defaults_seen()) == {dead_default}


def test_a_scheduler_that_is_not_there_leaves_no_default_client():
    spec = cluster_spec.AddressCluster(
        kind="address", address="tcp://127.0.0.1:1", start_timeout="1 s"
    )
    with pytest.raises(ClusterError, match="can't start"), clusters.start_cluster(spec):
        pass
    assert default_client_or_none() is None


def test_a_cluster_of_jobs_has_no_default_client(play, tmp_path):
    for name in ("sbatch", "squeue", "scancel", "scontrol"):
        play(name, "exit 0")
    spec = cluster_spec.SlurmCluster(
        kind="slurm", workers=1, cores=1, memory="1 GB", walltime="0:05:00", interface="lo"
    )
    with clusters.start_cluster(spec, tmp_path):
        assert default_client_or_none() is None
