"""Commands of each batch system that list and cancel jobs, and a check before the first."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lbhsweep.errors import ClusterError
from lbhsweep.execution.clusters.jobs.environment import batch_environment, value_of, words_of
from lbhsweep.execution.clusters.jobs.queue import (
    ASK_PATIENCE_S,
    JobState,
    answer_lines,
    ask_slurm,
    cancel_slurm,
    check_slurm,
)
from lbhsweep.execution.clusters.spec import JobsCluster, PbsCluster, SlurmCluster
from lbhsweep.execution.job_number import job_number

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Commands:
    """What one kind of batch system is asked by.

    Attributes
    ----------
    ask : callable
        Returns the states of those of some jobs that are in the queue, or None without an answer.
    check : callable
        Raises an error for a job script that could never run.
    cancel : callable
        Returns the commands that cancel jobs.
    place : callable
        Returns the cluster or server that the cluster file's options name, else an empty text.
    """

    ask: Callable[[Collection[str], Environment], dict[str, JobState] | None]
    check: Callable[[str, Environment], None]
    cancel: Callable[[Iterable[str]], list[list[str]]]
    place: Callable[[JobsCluster, Environment], str]


class BatchSystem:
    """The batch system of a cluster file.

    Jobs are known by their number, followed by the cluster or server that has them where one is
    named: ``5;other`` as SLURM writes it, ``5.server@server`` as PBS does.

    Parameters
    ----------
    spec : JobsCluster
        The cluster file: options given for submission hold for all commands.

    Attributes
    ----------
    environment : dict of str to str
        For its commands, without variables that would override the cluster file.
    """

    def __init__(self, spec: JobsCluster) -> None:
        self._kind = spec.kind
        self._commands = _KINDS[spec.kind]
        self.environment = batch_environment(spec, os.environ)
        self._place = self._commands.place(spec, self.environment)

    def job_id(self, answer: str) -> str:
        """Read the new job from the answer of a submit command.

        Raises
        ------
        NoJobNumberError
            If it names none in the form that the batch system promises.
        """
        number, place = job_number(self._kind, answer)
        if self._kind == "pbs":
            return f"{number}.{place}" + (f"@{self._place}" if self._place else "")
        place = place or self._place
        return f"{number};{place}" if place else number

    def ask(self, jobs: Collection[str]) -> dict[str, JobState] | None:
        """Return the states of those of some jobs that are in the queue; None without an answer."""
        return self._commands.ask(jobs, self.environment) if jobs else {}

    def check(self, script: str) -> None:
        """Check a job script.

        Raises
        ------
        ClusterError
            If it could never run.
        """
        self._commands.check(script, self.environment)

    def cancel(self, jobs: Iterable[str]) -> None:
        """Cancel jobs; those that have ended are no error."""
        for command in self._commands.cancel(jobs):
            subprocess.run(
                command,
                capture_output=True,
                timeout=ASK_PATIENCE_S,
                check=False,
                env=self.environment,
            )

    async def cancel_one(self, job: str) -> None:
        """Cancel one job without blocking the event loop."""
        for command in self._commands.cancel([job]):
            quiet = asyncio.subprocess.DEVNULL
            process = await asyncio.create_subprocess_exec(
                *command, stdin=quiet, stdout=quiet, stderr=quiet, env=self.environment
            )
            await process.wait()


def bare_number(job: str) -> str:
    """Return a job's number without cluster, server or process, as it stands in names of logs."""
    return job.partition(";")[0].partition(".")[0]


def _ask_pbs(jobs: Collection[str], environment: Environment) -> dict[str, JobState] | None:
    """Ask PBS, which gives ids such as ``12.server``."""
    select = ["qselect", "-u", getpass.getuser()]
    states: dict[str, JobState] = {}
    for place in {job.partition("@")[2] for job in jobs}:
        there = ["-q", f"@{place}"] if place else []
        every = answer_lines([*select, *there], environment)
        running = answer_lines([*select, *there, "-s", "R"], environment)
        if every is None or running is None:
            return None
        known = {bare_number(job): job for job in jobs if job.partition("@")[2] == place}
        started = {bare_number(line) for line in running}
        numbers = {bare_number(line) for line in every} | started
        states |= {known[one]: JobState(running=one in started) for one in numbers & set(known)}
    return states


def _ask_sge(jobs: Collection[str], environment: Environment) -> dict[str, JobState] | None:
    """Ask Grid Engine, whose table begins with two lines of headings."""
    lines = answer_lines(["qstat", "-u", getpass.getuser()], environment)
    if lines is None:
        return None
    rows = [line.split() for line in lines]
    found = [(words[0], words[4]) for words in rows if len(words) > 4 and words[0] in jobs]
    return {
        job: JobState("r" in state or "t" in state, "" if "w" not in state else state)
        for job, state in found
    }


def _ask_lsf(jobs: Collection[str], environment: Environment) -> dict[str, JobState] | None:
    """Ask LSF, which reports on stderr that there are no jobs."""
    command = ["bjobs", "-noheader", "-u", getpass.getuser(), "-o", "jobid stat"]
    lines = answer_lines(command, environment)
    if lines is None:
        return None
    waiting = ("PEND", "PSUSP", "WAIT")
    rows = [line.split() for line in lines]
    return {
        words[0]: JobState(words[1] not in waiting, words[1] if words[1] in waiting else "")
        for words in rows
        if len(words) == 2 and words[0] in jobs
    }


def _ask_condor(jobs: Collection[str], environment: Environment) -> dict[str, JobState] | None:
    """Ask HTCondor: states are 1 idle, 2 running, 5 held, and transient ones."""
    columns = ["-autoformat", "ClusterId", "ProcId", "JobStatus"]
    lines = answer_lines(["condor_q", getpass.getuser(), *columns], environment)
    if lines is None:
        return None
    reasons = {"1": "idle", "5": "held"}
    rows = [line.split() for line in lines]
    return {
        words[0]: JobState(words[2] not in reasons, reasons.get(words[2], ""))
        for words in rows
        if len(words) == 3 and words[0] in jobs
    }


def _need(command: str, name: str) -> Callable[[str, Environment], None]:
    def check(script: str, environment: Environment) -> None:
        if shutil.which(command) is None:
            raise ClusterError(
                f"no {command} here; start lbhsweep where {name}'s commands are, on a login "
                "node, or choose another kind in the cluster file"
            )

    return check


def _cancel_by(command: str) -> Callable[[Iterable[str]], list[list[str]]]:
    def commands(jobs: Iterable[str]) -> list[list[str]]:
        names = sorted(jobs)
        return [[command, *names]] if names else []

    return commands


def _no_place(spec: JobsCluster, environment: Environment) -> str:
    return ""


def _slurm_place(spec: JobsCluster, environment: Environment) -> str:
    words = words_of(spec.job_extra) if isinstance(spec, SlurmCluster) else []
    return value_of(words, "-M", "--clusters", "--cluster") or environment.get(
        "SBATCH_CLUSTERS", ""
    )


def _pbs_place(spec: JobsCluster, environment: Environment) -> str:
    if not isinstance(spec, PbsCluster):
        return ""
    destination = value_of(words_of(spec.job_extra), "-q") or spec.queue or ""
    return destination.partition("@")[2]


_KINDS = MappingProxyType(
    {
        "slurm": _Commands(ask_slurm, check_slurm, cancel_slurm, _slurm_place),
        "pbs": _Commands(_ask_pbs, _need("qsub", "PBS"), _cancel_by("qdel"), _pbs_place),
        "sge": _Commands(_ask_sge, _need("qsub", "Grid Engine"), _cancel_by("qdel"), _no_place),
        "lsf": _Commands(_ask_lsf, _need("bsub", "LSF"), _cancel_by("bkill"), _no_place),
        "htcondor": _Commands(
            _ask_condor,
            _need("condor_submit", "HTCondor"),
            _cancel_by("condor_rm"),
            _no_place,
        ),
    }
)
"""By the kind in the cluster file."""
