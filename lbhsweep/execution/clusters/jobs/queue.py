"""The state of jobs in SLURM's queue, by its own commands."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lbhsweep.errors import ClusterError

ASK_PATIENCE_S = 60.0
REMEDY = "fix the cluster file and give it again, by --cluster: DIR keeps a copy of its own"
HOPELESS = MappingProxyType(
    {
        "PartitionTimeLimit": "walltime is over the queue's limit",
        "AssocMaxWallDurationPerJobLimit": "walltime is over the account's limit",
        "QOSMaxWallDurationPerJobLimit": "walltime is over the limit of the quality of service",
        "AccountNotAllowed": "the account may not use this queue",
        "InvalidAccount": "there is no such account",
        "QOSNotAllowed": "the quality of service is not allowed in this queue",
        "InvalidQOS": "there is no such quality of service",
    }
)
"""Reasons for which a job waits forever, without an error."""
DOUBTFUL = MappingProxyType(
    {
        "PartitionNodeLimit": "the queue does not have so many nodes for one job, or they are "
        "drained or down",
        "BadConstraints": "no node has what the job asks for, or those that have it are drained",
        "PartitionConfig": "the job asks for what its queue does not have at present",
        "PartitionDown": "the queue is down",
        "PartitionInactive": "the queue is inactive",
        "ReqNodeNotAvail": "nodes that the job needs are down, drained or reserved",
        "NodeDown": "a node that the job needs is down",
        "DependencyNeverSatisfied": "it depends on a job that failed",
        "JobHeldAdmin": "an administrator holds it",
        "JobHeldUser": "it is held: 'scontrol release' lets it go",
        "JobLaunchFailure": "its node could not start it",
        "launch failed requeued held": "its node could not start it and it is held",
        "Eqw": "Grid Engine could not start it, see 'qstat -j' of it",
        "held": "HTCondor holds it, see 'condor_q -hold'",
    }
)
"""Reasons that may pass, for example when drained nodes come back, and may not."""
_TEMPORARY = (
    "Unable to contact",
    "timed out",
    "TimeoutError",
    "temporarily",
    "Connection refused",
    "job submit limit",
    "MaxSubmitJobs",
)
_DRAINED = "Requested node configuration is not available"
"""The check also says so while all suitable nodes are drained; only a submission shows."""
_ROW = re.compile(r"(\d+)\|([A-Z_]+)\|(.*)")


@dataclass(frozen=True, slots=True)
class JobState:
    """A job in the queue.

    Attributes
    ----------
    running : bool
        Whether it has started.
    reason : str
        Why it waits, as the batch system says; empty if unknown.
    """

    running: bool
    reason: str = ""


def is_temporary(refusal: str) -> bool:
    """Return whether a refusal is temporary: no connection, or too many jobs for now."""
    return any(sign in refusal for sign in _TEMPORARY)


def doubt_about(reason: str) -> str:
    """Say why a job may wait for long; empty for the usual reasons, such as its priority.

    SLURM adds details to some: ``ReqNodeNotAvail, UnavailableNodes:n1``.
    """
    return DOUBTFUL.get(reason) or DOUBTFUL.get(reason.partition(",")[0], "")


AskQueue = Callable[[Collection[str]], dict[str, JobState] | None]
"""Returns the states of those of some jobs that are in the queue, or None without an answer."""


def answer_lines(command: list[str], environment: Mapping[str, str]) -> list[str] | None:
    """Return the lines that a command prints, without empty ones; None if it fails."""
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ASK_PATIENCE_S,
            check=True,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = (line.strip() for line in answer.stdout.splitlines())
    return [line for line in lines if line]


def slurm_place(job: str) -> list[str]:
    """Return the option that names a job's cluster, if it is known: ``5;other``."""
    cluster = job.partition(";")[2]
    return [f"--clusters={cluster}"] if cluster else []


def ask_slurm(jobs: Collection[str], environment: Mapping[str, str]) -> dict[str, JobState] | None:
    """Ask SLURM for jobs of this user, each in its cluster.

    Parameters
    ----------
    jobs : collection of str
        Their numbers; ``5;other`` for one of the cluster `other`.
    environment : mapping of str to str
        For squeue.

    Returns
    -------
    dict of str to JobState or None
        Those in the queue; None if SLURM did not answer, which says nothing about the jobs.
    """
    states: dict[str, JobState] = {}
    for place, there in _by_place(jobs).items():
        squeue = ["squeue", "--noheader", "--format=%i|%T|%r", "--user", str(os.getuid())]
        lines = answer_lines([*squeue, *place], environment)
        if lines is None:
            return None
        names = {job.partition(";")[0]: job for job in there}
        for number, state, reason in (row.groups() for row in map(_ROW.fullmatch, lines) if row):
            if number in names:
                waits = state == "PENDING"
                states[names[number]] = JobState(not waits, reason if waits else "")
    return states


def cancel_slurm(jobs: Iterable[str]) -> list[list[str]]:
    """Return the commands that cancel jobs, one for each cluster."""
    return [
        ["scancel", *place, *(job.partition(";")[0] for job in there)]
        for place, there in _by_place(sorted(jobs)).items()
    ]


def _by_place(jobs: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """Group jobs by the option that names their cluster."""
    by_place: dict[tuple[str, ...], list[str]] = {}
    for job in jobs:
        by_place.setdefault(tuple(slurm_place(job)), []).append(job)
    return by_place


def check_slurm(script: str, environment: Mapping[str, str]) -> None:
    """Let SLURM check a job script without submitting it.

    Raises
    ------
    ClusterError
        If SLURM would refuse it (no such partition or option), in its own words.
    """
    try:
        answer = subprocess.run(
            ["sbatch", "--test-only"],
            input=script,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ASK_PATIENCE_S,
            check=False,
            env=environment,
        )
    except FileNotFoundError as error:
        raise ClusterError(
            "no sbatch here; start lbhsweep where SLURM's commands are, on a login node, "
            "or choose another kind in the cluster file"
        ) from error
    except subprocess.TimeoutExpired:
        return
    said = answer.stderr
    if answer.returncode and not is_temporary(said) and _DRAINED not in said:
        words = " ".join(said.split())
        raise ClusterError(f"SLURM refuses the jobs: {words}; {REMEDY}")
