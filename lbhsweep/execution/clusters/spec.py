"""The model of a cluster file: where workers run, how many, and with how much memory."""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from lbhsweep.document import Document, read_document
from lbhsweep.errors import SpecError
from lbhsweep.messages import nearest, shown
from lbhsweep.sweep.file.explain import validate
from lbhsweep.sweep.file.spec import Section

_MEMORY_UNITS = MappingProxyType({"MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30})
_TIME_UNITS = MappingProxyType({"s": 1.0, "min": 60.0, "h": 3600.0})
_WITH_UNIT = re.compile(r"(\d+\.?\d*)\s*([A-Za-z]+)")
_MOST_BYTES = 10**14
_LEAST_BYTES = 10**8
COMPILING_BYTES = 650e6
"""Of a worker that compiles: 590 MB at most, and Dask ends it at 95 %."""
_MOST_SECONDS = 7 * 86400.0
_NOT_IN_WORDS = re.compile(r"[\s%$*?\[\]{}()<>|&;!#'\"`\\~]|[^\w.,:+=@/-]")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


def _scaled(value: object, units: MappingProxyType[str, float], what: str, example: str) -> float:
    match = _WITH_UNIT.fullmatch(str(value).strip())
    if match is None or match[2] not in units:
        known = ", ".join(units)
        raise ValueError(
            f"got {shown(value)}, wanted {what} with its unit ({known}), for example '{example}'"
        )
    return float(match[1]) * units[match[2]]


def _memory(value: object) -> int:
    size = _scaled(value, _MEMORY_UNITS, "memory", "2 GB")
    if not _LEAST_BYTES <= size <= _MOST_BYTES:
        raise ValueError(f"got {shown(value)}, wanted at least 100 MB and at most 100000 GB")
    return int(size)


def _seconds(value: object) -> float:
    seconds = _scaled(value, _TIME_UNITS, "a time", "60 s")
    if not 1 <= seconds <= _MOST_SECONDS:
        raise ValueError(f"got {shown(value)}, wanted at least 1 s and at most 168 h")
    return seconds


def _auto(value: object) -> object:
    return None if value == "auto" else value


def _auto_memory(value: object) -> int | None:
    return None if value == "auto" else _memory(value)


def _port(value: object) -> int | None:
    if isinstance(value, bool):
        return 0 if value else None
    if not isinstance(value, int) or not 1024 <= value <= 65535:
        raise ValueError(f"got {shown(value)}, wanted true, false or a port from 1024 to 65535")
    return value


def _open_port(value: object) -> object:
    if value is not None and (isinstance(value, bool) or _port(value) is None):
        raise ValueError(f"got {shown(value)}, wanted a port from 1024 to 65535")
    return value


def _one_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError(f"got {shown(text)}, wanted one line of printable characters")
    return text


def _one_word(text: str) -> str:
    if found := _NOT_IN_WORDS.search(text):
        raise ValueError(
            f"got {shown(text)}, wanted a name without {shown(found[0])}, which a batch system or "
            "a shell would replace or cut at"
        )
    return text


def _expanded_here(text: str) -> str:
    """Expand ``~`` and variables, which YAML leaves as they are, as a shell here would."""
    path = os.path.expandvars(os.path.expanduser(text))  # noqa: PTH111 - keeps relative paths
    if "$" in path or path.startswith("~"):
        raise ValueError(
            f"got {shown(text)}, wanted a path whose variables are set here, or a whole path"
        )
    return path


def _expandable_there(text: str) -> str:
    rest = _VARIABLE.sub("", text.removeprefix("~/") if text != "~" else "")
    if found := re.search(r"[$`\\\"]", rest) or re.match("~", rest):
        raise ValueError(
            f"got {shown(text)}, wanted a path, which may begin with ~/ and have variables such as "
            f"$TMPDIR; {shown(found[0])} has no place in it"
        )
    return text


def shell_word(path: str, key: str) -> str:
    """Write a node's path as a word for the job's shell, which expands ``~/`` and variables.

    Parameters
    ----------
    path : str
        From the cluster file.
    key : str
        Its key there: a node where a variable is not set names it and ends the job.
    """
    if path == "~" or path.startswith("~/"):
        path = f"$HOME{path[1:]}"
    if "$" not in path:
        return shlex.quote(path)
    unset = f"is not set on this node, and {key} in the cluster file needs it"
    return '"' + _VARIABLE.sub(lambda one: f"${{{one[1] or one[2]}:?{unset}}}", path) + '"'


def _walltime(value: object) -> str:
    text = str(value)
    if not re.fullmatch(r"(\d+-)?\d{1,3}:\d{2}:\d{2}", text):
        raise ValueError(f"got {shown(value)}, wanted '12:00:00' or '1-00:00:00'")
    return text


def seconds_of_walltime(text: str) -> int:
    """Convert ``hours:minutes:seconds`` or ``days-hours:minutes:seconds`` to seconds."""
    days, _, clock = text.rpartition("-")
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
AutoCount = Annotated[Count | None, BeforeValidator(_auto)]
Seconds = Annotated[float, BeforeValidator(_seconds)]
Speed = Annotated[float, Field(gt=0, le=1e6)]
Lines = Annotated[str, Field(strict=True, min_length=1, max_length=1000)]
Text = Annotated[Lines, AfterValidator(_one_line)]
Word = Annotated[Lines, AfterValidator(_one_word)]
"""Stands in a line of options or in a command."""
HerePath = Annotated[Lines, AfterValidator(_one_line), AfterValidator(_expanded_here)]
"""Of this machine."""
NodePath = Annotated[Lines, AfterValidator(_one_line), AfterValidator(_expandable_there)]
"""Of a node: `shell_word` lets the job's shell expand it."""


class LocalCluster(Section):
    """Workers on this machine, reachable from this machine only."""

    kind: Literal["local"]
    """Where workers run."""
    workers: AutoCount = None
    """Single-threaded processes, or auto: one for each core this process may use."""
    memory: Annotated[int | None, BeforeValidator(_auto_memory)] = None
    """Most memory of each worker, or auto: an equal share of the machine's."""
    dashboard: Annotated[int | None, BeforeValidator(_port)] = None
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
    memory: Annotated[int, BeforeValidator(_memory)]
    """Memory of a job; a worker takes 0.6 GB while it compiles, 0.3 GB and more in runs."""
    interface: Word | None = None
    """Network interface of the nodes, such as ib0; of the scheduler's machine too by default."""
    scheduler_interface: Word | None = None
    """Network interface of this machine, if nodes reach it by one of another name."""
    scheduler_port: Annotated[int | None, BeforeValidator(_open_port)] = None
    """Port of this machine that nodes may reach, where a firewall closes all others."""
    worker_timeout: Seconds = Field(default="5 min", validate_default=True)
    """How long a worker may take from its start until it is connected: imports may be slow."""
    prologue: tuple[Lines, ...] = ()
    """Shell lines run in each job before its workers, such as 'module load python'."""
    log_folder: HerePath | None = None
    """Folder of the jobs' logs; by default logs in the sweep's folder."""
    dashboard: Annotated[int | None, BeforeValidator(_port)] = None
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

    walltime: Annotated[str, BeforeValidator(_walltime)]
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
    disk: Annotated[int, BeforeValidator(_memory)]
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


def slurm_memory(spec: SlurmCluster) -> list[str]:
    """Return the options by which a job asks for memory, and for its node alone.

    dask-jobqueue 0.9.0 would round to whole GiB above 1 GiB; so do we, since its workers and
    the processes that watch over them share what is asked for.
    """
    gib = math.ceil(spec.memory / 2**30)
    whole = f"{gib}G" if spec.memory >= 2**30 else f"{math.ceil(spec.memory / 2**20)}M"
    share = f"{math.ceil(gib * 1024 / spec.cores)}M"
    option = {
        "mem": [f"--mem={whole}"],
        "mem-per-cpu": [f"--mem-per-cpu={share}"],
        "none": [],
    }[spec.memory_option]
    return [*option, *(["--exclusive"] if spec.exclusive else [])]


def memory_note(spec: ClusterSpec) -> str:
    """Say how much memory a job asks for, and what each worker may use; empty without jobs."""
    if not isinstance(spec, JobsCluster):
        return ""
    share = f"each of its {spec.workers_per_job} workers may use "
    share += f"{spec.memory / spec.workers_per_job / 1e9:.2f} GB"
    if isinstance(spec, SlurmCluster):
        asked = next(iter(slurm_memory(spec)), "")
        if spec.memory_option == "none":
            return f"a job asks for no memory (memory_option); {share}"
        return f"a job asks for {asked}, rounded up from {spec.memory / 1e9:.2f} GB; {share}"
    return share


def memory_warning(spec: ClusterSpec) -> str:
    """Return a warning if workers may get too little memory to compile kernels, else empty.

    dask-jobqueue 0.9.0 asks the batch systems for `memory`, but Grid Engine for none, whose sites
    name this resource themselves.
    """
    if (
        isinstance(spec, SgeCluster)
        and not spec.resources
        and not any(option.startswith("-l") for option in spec.job_extra)
    ):
        return (
            "memory: jobs of Grid Engine ask for memory by 'resources' alone, and it is not set: "
            "name what this site calls it, such as 'resources: h_vmem=2G'"
        )
    share: float | None = None
    if isinstance(spec, JobsCluster):
        share = spec.memory / spec.workers_per_job
    elif isinstance(spec, LocalCluster):
        share = spec.memory
    if share is None or share >= COMPILING_BYTES:
        return ""
    return (
        f"memory: {share / 1e6:.0f} MB a worker, wanted at least {COMPILING_BYTES / 1e6:.0f} MB: "
        "where kernels are not compiled yet workers would be ended while they compile them"
    )


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
