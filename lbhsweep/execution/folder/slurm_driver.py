"""A driver in a SLURM job of its own, which is queued again when its walltime ends."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from lbhsweep.atomic import not_shared, write_atomically
from lbhsweep.errors import ClusterError
from lbhsweep.store.folder import SweepFolder

WARN_S = 300
"""Before the walltime ends; enough for the driver to stop its workers and to end."""
LEAST_S = 2 * WARN_S
"""A driver with less would be warned again and again before any progress."""

JOB_NAME = "lbhsweep-driver"

_SCRIPT = """\
#!/bin/bash
warned=
trap 'warned=1; kill -TERM $driver' USR1
trap 'kill -TERM $driver' TERM
{command} &
driver=$!
# Each signal ends a wait before the driver has ended.
while wait $driver; kill -0 $driver 2>/dev/null; do :; done
wait $driver
status=$?
if [ -n "$warned" ] && [ $status = 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $status
"""


def submit_driver(
    arguments: Sequence[str], folder: SweepFolder, options: Sequence[str] = ()
) -> str:
    """Submit a command that drives a sweep to SLURM.

    SLURM's warning before the walltime (USR1) stops the driver with checkpoints, and the job is
    queued again.  SLURM also requeues it after a preemption or the loss of its node.  A stop that
    a user requests ends it, and so does scancel, which sends TERM.

    Parameters
    ----------
    arguments : sequence of str
        Of the command line.
    folder : SweepFolder
        The folder that it drives; must exist.
    options : sequence of str
        Further options of sbatch, such as ``--time=24:00:00``.

    Returns
    -------
    str
        Number of the job.

    Raises
    ------
    ClusterError
        If SLURM does not accept it, or would give it too little time.
    """
    command = shlex.join([sys.executable, "-m", "lbhsweep", *arguments])
    line = [
        "sbatch",
        "--parsable",
        "--requeue",
        "--open-mode=append",
        f"--signal=B:USR1@{WARN_S}",
        f"--job-name={JOB_NAME}",
        f"--output={folder.log}",
        *options,
    ]
    try:
        # SLURM gives a job the umask of its submission.
        with not_shared():
            answer = subprocess.run(
                line,
                input=_SCRIPT.format(command=command),
                capture_output=True,
                text=True,
                check=True,
            )
    except FileNotFoundError as error:
        raise ClusterError("no sbatch here; give this command on a login node of SLURM") from error
    except subprocess.CalledProcessError as error:
        raise ClusterError(f"SLURM did not accept the driver: {error.stderr.strip()}") from error
    job = answer.stdout.strip().partition(";")[0]
    limit = _time_limit(job)
    if limit is not None and limit < LEAST_S:
        subprocess.run(["scancel", job], capture_output=True, timeout=60, check=False)
        raise ClusterError(
            f"SLURM would give the driver {limit / 60:.0f} min (the partition's default, unless "
            f"you asked for it), wanted at least {LEAST_S // 60} min, better a day: add "
            "--sbatch=--time=24:00:00"
        )
    write_atomically(folder.job, f"{job}\n".encode())
    return job


def _time_limit(job: str) -> float | None:
    """Ask for the walltime of a job in seconds; None if it has none or SLURM doesn't say."""
    squeue = ["squeue", "--noheader", "--format=%l", "--jobs", job]
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        answer = subprocess.run(squeue, capture_output=True, text=True, timeout=60, check=True)
        days, _, clock = answer.stdout.strip().rpartition("-")
        seconds = 0
        for part in clock.split(":"):
            seconds = 60 * seconds + int(part)
        return 86400 * int(days or 0) + seconds
    return None


@dataclass(frozen=True, slots=True)
class DriverJob:
    """A driver's job in SLURM's queue: its number, its state there, and why it waits."""

    job: str
    state: str
    reason: str


def queued_driver(folder: SweepFolder) -> DriverJob | None:
    """Return the job of a sweep's driver if it is in SLURM's queue, for the first time or again.

    Returns
    -------
    DriverJob or None
        None if it isn't, or SLURM is not available here.
    """
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        job = folder.job.read_text(encoding="utf-8").strip()
        squeue = ["squeue", "--noheader", "--format=%i|%T|%r", "--jobs", job, "--name", JOB_NAME]
        answer = subprocess.run(squeue, capture_output=True, text=True, timeout=60, check=True)
        found, state, reason = answer.stdout.strip().split("|", 2)
        if found == job and state != "COMPLETING":
            return DriverJob(job, state, reason)
    return None


def cancel_waiting(folder: SweepFolder) -> str:
    """Cancel the job of a driver that waits in SLURM's queue.

    Returns
    -------
    str
        Its number; empty if there is none, or SLURM is not available here.
    """
    queued = queued_driver(folder)
    if queued is None:
        return ""
    try:
        subprocess.run(["scancel", queued.job], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return queued.job
