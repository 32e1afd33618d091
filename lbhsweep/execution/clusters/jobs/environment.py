"""Variables of the user's shell that change what a batch system's commands do.

The cluster file wins.  SLURM's ``SBATCH_…`` override the job script's own options, its ``SQUEUE_…``
and ``SCANCEL_…`` hide jobs, and a driver that runs in a job itself has variables that describe
that job.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from lbhsweep.execution.clusters.spec import JobsCluster, QueueCluster, SlurmCluster

_PREFIXES = ("SBATCH_", "SQUEUE_", "SCANCEL_", "SLURM_", "DASK_")
_NAMES = frozenset({"PBS_ACCOUNT", "PBS_DPREFIX", "BSUB_QUIET", "LSB_DEFAULTPROJECT"})
_OF_CLIENTS = frozenset({"SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_CLUSTERS", "SLURM_JWT"})
"""Which SLURM a command talks to; sbatch, squeue and scancel read them alike."""
_UNLESS_OPTION = MappingProxyType(
    {
        "SBATCH_ACCOUNT": ("-A", "--account"),
        "SBATCH_PARTITION": ("-p", "--partition"),
        "SBATCH_QOS": ("-q", "--qos"),
        "SBATCH_RESERVATION": ("--reservation",),
        "SBATCH_CONSTRAINT": ("-C", "--constraint"),
        "SBATCH_CLUSTERS": ("-M", "--clusters", "--cluster"),
    }
)
"""A user's usual choices, which hold where the cluster file makes none."""
OF_SERVERS = ("PBS_DEFAULT", "SGE_CELL", "LSB_DEFAULTQUEUE", "_CONDOR_SCHEDD_HOST")


def batch_environment(spec: JobsCluster, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a batch system's commands.

    Parameters
    ----------
    spec : JobsCluster
        The cluster file.
    environment : mapping of str to str
        That of this process.
    """
    hidden = set(hidden_variables(spec, environment))
    return {name: value for name, value in environment.items() if name not in hidden}


def hidden_variables(spec: JobsCluster, environment: Mapping[str, str]) -> list[str]:
    """List the variables that the batch system's commands don't get."""
    chosen = set(_chosen(spec))
    return sorted(name for name in environment if _is_hidden(name, chosen))


def acting_variables(spec: JobsCluster, environment: Mapping[str, str]) -> list[str]:
    """List the variables that the commands get, and that say where and how jobs run."""
    hidden = hidden_variables(spec, environment)
    # Whoever sees the token may use SLURM as this user.
    known = {*_UNLESS_OPTION, *_OF_CLIENTS, *OF_SERVERS} - {"SLURM_JWT"}
    return sorted(name for name in known if name in environment and name not in hidden)


def _is_hidden(name: str, chosen: set[str]) -> bool:
    if name in _OF_CLIENTS:
        return False
    if name in _UNLESS_OPTION:
        return not chosen.isdisjoint(_UNLESS_OPTION[name])
    return name.startswith(_PREFIXES) or name in _NAMES


def _chosen(spec: JobsCluster) -> Iterator[str]:
    """Yield the options that the cluster file gives."""
    if isinstance(spec, QueueCluster):
        yield from ["-p"] if spec.queue else []
        yield from ["-A"] if spec.account else []
    if isinstance(spec, SlurmCluster):
        for word in words_of(spec.job_extra):
            yield word.partition("=")[0] if word.startswith("--") else word[:2]


def words_of(options: Iterable[str]) -> list[str]:
    """Split options of a job script into words, as the batch system does."""
    words: list[str] = []
    for option in options:
        try:
            words += shlex.split(option)
        except ValueError:
            # An unfinished quotation, which the batch system refuses in its own words.
            words += option.split()
    return words


def value_of(words: list[str], *names: str) -> str:
    """Return the value of the last of some options: ``-M x``, ``-Mx``, ``--clusters=x``."""
    found = ""
    for index, word in enumerate(words):
        for name in names:
            if word == name:
                found = words[index + 1] if index + 1 < len(words) else found
            elif name.startswith("--") and word.startswith(f"{name}="):
                found = word.partition("=")[2]
            elif not name.startswith("--") and word.startswith(name):
                found = word[len(name) :].removeprefix("=")
    return found
