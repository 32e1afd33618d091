"""The number of a new job, from the line in which each batch system promises it.

Wrappers of submit commands print greetings and hints before and after that line.  A number from one
of those could be the number of another job, which would be watched and cancelled.
"""

from __future__ import annotations

import re
from types import MappingProxyType

_SENTENCES = MappingProxyType(
    {
        "slurm": r"Submitted batch job (?P<number>\d+)(?: on cluster (?P<place>[\w.-]+))?\s*$",
        "sge": r"[Yy]our job (?P<number>\d+) \(",
        "lsf": r"Job <(?P<number>\d+)> is submitted to ",
        "htcondor": r"\d+ job\(s\) submitted to cluster (?P<number>\d+)\b",
    }
)
"""What the manuals of sbatch, qsub, bsub and condor_submit promise; PBS has no sentence."""
_LONE_LINES = MappingProxyType(
    {
        # sbatch --parsable
        "slurm": r"(?P<number>\d+)(?:;(?P<place>[\w.-]+))?$",
        "pbs": r"(?P<number>\d+)\.(?P<place>(?=[\d.-]*[A-Za-z])[\w.-]+)$",
        # qsub -terse
        "sge": r"(?P<number>\d+)$",
        # condor_submit -terse
        "htcondor": r"(?P<number>\d+)\.0 - \d+\.\d+$",
    }
)
"""Answers that are a line by itself."""


class NoJobNumberError(ValueError):
    """A submit command succeeded and did not say which job it submitted."""


def job_number(kind: str, answer: str) -> tuple[str, str]:
    """Read the job's number from the answer of a submit command.

    Parameters
    ----------
    kind : str
        Of the batch system, as in the cluster file.
    answer : str
        What the command printed on stdout.

    Returns
    -------
    number, place : str
        The number, and the cluster of SLURM or the server of PBS that has the job; empty if the
        answer doesn't name it.

    Raises
    ------
    NoJobNumberError
        If no line, or lines with different numbers, have the form that the batch system promises.
    """
    lines = [line.strip() for line in answer.splitlines()]
    for patterns in (_SENTENCES, _LONE_LINES):
        pattern = patterns.get(kind)
        matches = [re.match(pattern, line) for line in lines] if pattern else []
        found = {(one["number"], one.groupdict().get("place") or "") for one in matches if one}
        if len(found) == 1:
            return found.pop()
        if found:
            break
    words = " ".join(answer.split())
    raise NoJobNumberError(f"the submit command answered without a job's number: '{words[:300]}'")
