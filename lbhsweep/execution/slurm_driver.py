"""A driver in a SLURM job of its own, which is queued again when its walltime ends."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence

from lbhsweep.errors import ClusterError
from lbhsweep.store.atomic import not_shared, write_atomically
from lbhsweep.store.folder import SweepFolder

WARN_S = 300
"""Before the walltime ends; it must hold the driver's patience with its workers and all else that
an ending takes."""

JOB_NAME = "lbhsweep-driver"

_SCRIPT = """\
#!/bin/bash
heard=
warned=
trap 'heard=1; warned=1; kill -TERM $driver' USR1
trap 'heard=1; kill -TERM $driver' TERM
{command} &
driver=$!
wait $driver
status=$?
if [ -n "$heard" ]; then wait $driver; status=$?; fi
if [ -n "$warned" ] && [ $status = 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $status
"""


def submit_driver(
    arguments: Sequence[str], folder: SweepFolder, options: Sequence[str] = ()
) -> str:
    """Hand a command that drives a sweep to SLURM.

    SLURM's warning before the walltime (USR1) stops the driver with checkpoints, and the job is
    queued again; so it is by SLURM after a preemption or the loss of its node.  A stop that a user
    asks for ends it, and so does scancel, which sends TERM.

    Parameters
    ----------
    arguments : sequence of str
        Of the command line.
    folder : SweepFolder
        What it is to drive; must exist.
    options : sequence of str
        Further options of sbatch, such as ``--time=24:00:00``.

    Returns
    -------
    str
        Number of the job.

    Raises
    ------
    ClusterError
        If SLURM does not take it.
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
        raise ClusterError(f"SLURM did not take the driver: {error.stderr.strip()}") from error
    job = answer.stdout.strip().partition(";")[0]
    write_atomically(folder.job, f"{job}\n".encode())
    return job


def cancel_waiting(folder: SweepFolder) -> str:
    """Cancel the job of a driver that waits in SLURM's queue, for the first time or again.

    Returns
    -------
    str
        Its number; empty if there is none, or no SLURM here.
    """
    try:
        job = folder.job.read_text(encoding="utf-8").strip()
        squeue = ["squeue", "--noheader", "--format=%i", "--jobs", job, "--name", JOB_NAME]
        queued = subprocess.run(squeue, capture_output=True, text=True, timeout=60, check=True)
        if queued.stdout.strip() != job:
            return ""
        subprocess.run(["scancel", job], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return job
