"""The model of a cluster file: where workers run, how many, and with how much memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from lbhsweep.document import Document, read_document
from lbhsweep.errors import SpecError
from lbhsweep.execution.clusters.fields import (
    AutoCount,
    AutoMemory,
    Count,
    HerePath,
    Lines,
    Memory,
    NodePath,
    OpenPort,
    PagePort,
    Seconds,
    Speed,
    Text,
    Walltime,
    Word,
    seconds_of_walltime,
)
from lbhsweep.messages import nearest, shown
from lbhsweep.sweep.file.explain import validate
from lbhsweep.sweep.file.spec import Section


class LocalCluster(Section):
    """Workers on this machine, reachable from this machine only."""

    kind: Literal["local"]
    """Where workers run."""
    workers: AutoCount = None
    """Single-threaded processes, or auto: one for each core this process may use."""
    memory: AutoMemory = None
    """Most memory of each worker, or auto: an equal share of the machine's."""
    dashboard: PagePort = None
    """Port on 127.0.0.1 of Dask's own page (true: any free one), or false; needs bokeh."""
    start_timeout: Seconds = Field(default="60 s", validate_default=True)
    """How long to wait for the first worker."""
    ns_per_day: Speed | None = None
    """Of a worker with 832 atoms, for 'plan --cluster'; 'cluster check --pilot' measures it."""
    numba_cache: HerePath | None = None
    """Folder on this machine for compiled kernels; by default in $XDG_CACHE_HOME or /tmp."""


class JobsCluster(Section):
    """Workers in jobs of a batch system whose compute nodes can reach this machine."""

    kind: str
    """Where workers run."""
    workers: Count
    """Single-threaded processes in all."""
    cores: Count
    """Cores of a job."""
    processes: Count | None = None
    """Workers of a job; by default one for each core."""
    memory: Memory
    """Memory of a job; a worker takes 0.6 GB while it compiles, 0.3 GB and more in runs."""
    interface: Word | None = None
    """Network interface of the nodes, such as ib0; of the scheduler's machine too by default."""
    scheduler_interface: Word | None = None
    """Network interface of this machine, if nodes reach it by one of another name."""
    scheduler_port: OpenPort = None
    """Port of this machine that nodes may reach, where a firewall closes all others."""
    worker_timeout: Seconds = Field(default="5 min", validate_default=True)
    """How long a worker may take from its start until it is connected: imports may be slow."""
    prologue: tuple[Lines, ...] = ()
    """Shell lines run in each job before its workers, such as 'module load python'."""
    log_folder: HerePath | None = None
    """Folder of the jobs' logs; by default logs in the sweep's folder."""
    dashboard: PagePort = None
    """Port on 127.0.0.1 of Dask's own page (true: any free one), or false; needs bokeh."""
    scratch: NodePath | None = None
    """Folder on each node's own disk for Dask's temporary files, such as $TMPDIR."""
    start_timeout: Seconds = Field(default="24 h", validate_default=True)
    """How long to wait in the queue for a worker while there is none."""
    ns_per_day: Speed | None = None
    """Of a worker with 832 atoms, for 'plan --cluster'; 'cluster check --pilot' measures it."""
    numba_cache: NodePath | None = None
    """Node-local folder for compiled kernels; by default in $XDG_CACHE_HOME or /tmp."""

    @property
    def workers_per_job(self) -> int:
        """Number of workers in each job."""
        return self.processes or self.cores

    @property
    def job_seconds(self) -> int | None:
        """Walltime of a job in seconds; None where jobs have none."""
        return None


class QueueCluster(JobsCluster):
    """Jobs in a queue, for a time."""

    walltime: Walltime
    """Longest time of a job."""
    queue: Word | None = None
    """Queue or partition."""
    account: Word | None = None
    """Account or project to which core-hours are charged."""

    @property
    def job_seconds(self) -> int | None:
        """Walltime of a job in seconds."""
        return seconds_of_walltime(self.walltime)


class SlurmCluster(QueueCluster):
    """Jobs of SLURM."""

    kind: Literal["slurm"]
    """Where workers run."""
    memory_option: Literal["mem", "mem-per-cpu", "none"] = "mem"
    """Option by which a job asks for memory; none where a site forbids it."""
    exclusive: bool = False
    """Whether a job gets its node alone."""
    job_extra: tuple[Text, ...] = ()
    """Further #SBATCH options, such as '--qos=long'."""


class PbsCluster(QueueCluster):
    """Jobs of PBS or Torque."""

    kind: Literal["pbs"]
    """Where workers run."""
    resources: Text | None = None
    """What a job asks for after -l, by default 'select=1:ncpus=CORES:mem=MEMORY'."""
    job_extra: tuple[Text, ...] = ()
    """Further #PBS options, such as '-m n'."""


class SgeCluster(QueueCluster):
    """Jobs of Grid Engine."""

    kind: Literal["sge"]
    """Where workers run."""
    resources: Text | None = None
    """What a job asks for after -l, such as 'h_vmem=2G'; each site has names of its own."""
    job_extra: tuple[Text, ...] = ()
    """Further #$ options, such as '-pe smp 16'."""


class LsfCluster(QueueCluster):
    """Jobs of LSF."""

    kind: Literal["lsf"]
    """Where workers run."""
    job_extra: tuple[Text, ...] = ()
    """Further #BSUB options, such as '-R rusage[mem=2000]'."""

    @property
    def job_seconds(self) -> int | None:
        """Walltime of a job in whole minutes: LSF has no seconds."""
        return seconds_of_walltime(self.walltime) // 60 * 60


class CondorCluster(JobsCluster):
    """Jobs of HTCondor, which has neither queues nor walltimes."""

    kind: Literal["htcondor"]
    """Where workers run."""
    disk: Memory
    """Disk of a job."""
    job_extra: dict[Text, Text] = Field(default_factory=dict)
    """Further lines of the submit file, such as 'accounting_group: mine'."""


class AddressCluster(Section):
    """Workers of a Dask scheduler that is already running."""

    kind: Literal["address"]
    """Where workers run."""
    address: Text | None = None
    """Of the scheduler, such as 'tls://10.0.0.1:8786'."""
    scheduler_file: HerePath | None = None
    """File in which the scheduler has written its address; instead of address."""
    tls_ca: HerePath | None = None
    """Certificate of the authority that has signed the others' (PEM)."""
    tls_cert: HerePath | None = None
    """This machine's certificate (PEM)."""
    tls_key: HerePath | None = None
    """This machine's key (PEM)."""
    start_timeout: Seconds = Field(default="60 s", validate_default=True)
    """How long to wait for a worker while there is none."""


ClusterSpec = LocalCluster | JobsCluster | AddressCluster
KINDS: MappingProxyType[str, type[ClusterSpec]] = MappingProxyType(
    {
        "local": LocalCluster,
        "slurm": SlurmCluster,
        "pbs": PbsCluster,
        "sge": SgeCluster,
        "lsf": LsfCluster,
        "htcondor": CondorCluster,
        "address": AddressCluster,
    }
)
"""The models by their key `kind`."""


def load_cluster(path: str | Path | None) -> ClusterSpec:
    """Read and check a cluster file.

    Parameters
    ----------
    path : str or Path or None
        The YAML file; None for one worker on each core of this machine.

    Returns
    -------
    ClusterSpec
        The cluster to start.

    Raises
    ------
    SpecError
        Everything that is wrong, each as ``file:line: key: what is wrong, what was expected``.
    """
    if path is None:
        return LocalCluster(kind="local")
    document = read_document(path)
    spec, problems = validate(_kind_of(document), document)
    if spec is None:
        raise SpecError(problems)
    if problems := [document.problem((key,), text) for key, text in _contradictions(spec)]:
        raise SpecError(problems)
    return spec


def _contradictions(spec: ClusterSpec) -> Iterator[tuple[str, str]]:
    """Find keys that are valid alone and contradict each other."""
    if isinstance(spec, CondorCluster) and any("\n" in line for line in spec.prologue):
        yield (
            "prologue",
            "got several lines in one, wanted one: HTCondor takes no others",
        )
    if isinstance(spec, JobsCluster) and spec.workers_per_job > spec.cores:
        yield "processes", f"got {spec.processes}, wanted at most as many as cores, {spec.cores}"
    if isinstance(spec, AddressCluster):
        if (spec.address is None) == (spec.scheduler_file is None):
            yield "address", "wanted either address or scheduler_file"
        files = {key: getattr(spec, key) for key in ("tls_ca", "tls_cert", "tls_key")}
        missing = [key for key, file in files.items() if file is None]
        if missing and len(missing) < len(files):
            given = [key for key in files if key not in missing]
            yield given[-1], f"wanted {' and '.join(missing)} with it"


def _kind_of(document: Document) -> type[ClusterSpec]:
    kind = document.data.get("kind")
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind]
    known = tuple(KINDS)
    message = (
        f"missing, wanted one of {', '.join(known)}"
        if kind is None
        else f"got {shown(kind)}; {nearest(str(kind), known)}"
    )
    raise SpecError([document.problem(("kind",), message)])
