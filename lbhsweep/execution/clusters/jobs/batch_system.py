"""Commands of each batch system that list and cancel jobs, and a check before the first."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.queue import (
    ASK_PATIENCE_S,
    AskQueue,
    JobState,
    ask_slurm,
    check_slurm,
)


@dataclass(frozen=True, slots=True)
class BatchSystem:
    """One kind of batch system.

    Attributes
    ----------
    ask : callable
        Returns this user's jobs, or None if the system did not answer.
    check : callable
        Raises an error for a job script that could never run.
    cancel_command : str
        Command that gets job ids.
    """

    ask: AskQueue
    check: Callable[[str], None]
    cancel_command: str

    def cancel(self, jobs: Iterable[str]) -> None:
        """Cancel jobs by their ids; those that have ended are no error."""
        names = sorted(jobs)
        if names:
            subprocess.run(
                [self.cancel_command, *names],
                capture_output=True,
                timeout=ASK_PATIENCE_S,
                check=False,
            )


def _answer(*command: str) -> list[list[str]] | None:
    """Return the words of each line that a command prints; None if it fails."""
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=ASK_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [line.split() for line in answer.stdout.splitlines() if line.strip()]


def ask_pbs() -> dict[str, JobState] | None:
    """Ask PBS, which gives ids such as ``12.server``."""
    user = getpass.getuser()
    every, running = _answer("qselect", "-u", user), _answer("qselect", "-u", user, "-s", "R")
    if every is None or running is None:
        return None
    started = {words[0].partition(".")[0] for words in running}
    jobs = [words[0].partition(".")[0] for words in every]
    return {job: JobState(running=job in started) for job in jobs}


def ask_sge() -> dict[str, JobState] | None:
    """Ask Grid Engine, whose table begins with two lines of headings."""
    lines = _answer("qstat", "-u", getpass.getuser())
    if lines is None:
        return None
    jobs = [(words[0], words[4]) for words in lines if len(words) > 4 and words[0].isdigit()]
    return {
        job: JobState("r" in state or "t" in state, "" if "w" not in state else state)
        for job, state in jobs
    }


def ask_lsf() -> dict[str, JobState] | None:
    """Ask LSF, which reports on stderr that there are no jobs."""
    lines = _answer("bjobs", "-noheader", "-u", getpass.getuser(), "-o", "jobid stat")
    if lines is None:
        return None
    waiting = ("PEND", "PSUSP", "WAIT")
    return {
        job: JobState(state not in waiting, state if state in waiting else "")
        for job, state in lines
    }


def ask_condor() -> dict[str, JobState] | None:
    """Ask HTCondor: states are 1 idle, 2 running, 5 held, and transient ones."""
    lines = _answer(
        "condor_q", getpass.getuser(), "-autoformat", "ClusterId", "ProcId", "JobStatus"
    )
    if lines is None:
        return None
    reasons = {"1": "idle", "5": "held"}
    return {
        f"{cluster}.{process}": JobState(status not in reasons, reasons.get(status, ""))
        for cluster, process, status in lines
    }


def _need(command: str, name: str) -> Callable[[str], None]:
    def check(script: str) -> None:
        if shutil.which(command) is None:
            raise ClusterError(
                f"no {command} here; start lbhsweep where {name}'s commands are, on a login "
                "node, or choose another kind in the cluster file"
            )

    return check


BATCH_SYSTEMS = MappingProxyType(
    {
        "slurm": BatchSystem(ask_slurm, check_slurm, "scancel"),
        "pbs": BatchSystem(ask_pbs, _need("qsub", "PBS"), "qdel"),
        "sge": BatchSystem(ask_sge, _need("qsub", "Grid Engine"), "qdel"),
        "lsf": BatchSystem(ask_lsf, _need("bsub", "LSF"), "bkill"),
        "htcondor": BatchSystem(ask_condor, _need("condor_submit", "HTCondor"), "condor_rm"),
    }
)
"""By the kind in the cluster file."""
