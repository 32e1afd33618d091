"""The state of jobs in SLURM's queue, by its own commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from lbhsweep.errors import ClusterError

ASK_PATIENCE_S = 60.0
REMEDY = "fix the cluster file and give it again, by --cluster: DIR keeps a copy of its own"
HOPELESS = MappingProxyType(
    {
        "PartitionTimeLimit": "walltime is over the queue's limit",
        "PartitionNodeLimit": "the queue does not have so many nodes for one job",
        "AssocMaxWallDurationPerJobLimit": "walltime is over the account's limit",
        "QOSMaxWallDurationPerJobLimit": "walltime is over the limit of the quality of service",
        "AccountNotAllowed": "the account may not use this queue",
        "InvalidAccount": "there is no such account",
        "QOSNotAllowed": "the quality of service is not allowed in this queue",
        "InvalidQOS": "there is no such quality of service",
        "BadConstraints": "no node has what the job asks for",
        "Eqw": "Grid Engine could not start it, see 'qstat -j' of it",
        "held": "HTCondor holds it, see 'condor_q -hold'",
    }
)
"""Reasons for which a job waits forever, without an error."""
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


AskQueue = Callable[[], dict[str, JobState] | None]


def ask_slurm() -> dict[str, JobState] | None:
    """Ask SLURM for this user's jobs.

    Returns
    -------
    dict of str to JobState or None
        By job id; None if SLURM did not answer, which says nothing about the jobs.
    """
    command = ["squeue", "--noheader", "--format=%i|%T|%r", "--user", str(os.getuid())]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=ASK_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    jobs = (line.strip().split("|", 2) for line in answer.stdout.splitlines() if line.strip())
    return {
        job: JobState(running=state != "PENDING", reason=reason if state == "PENDING" else "")
        for job, state, reason in jobs
    }


def check_slurm(script: str) -> None:
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
            timeout=ASK_PATIENCE_S,
            check=False,
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
