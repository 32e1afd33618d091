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
from lbhsweep.execution.job_number import NoJobNumberError, job_number
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
        # SLURM replaces what follows a single percent sign.
        f"--output={str(folder.log).replace('%', '%%')}",
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
    try:
        number, cluster = job_number("slurm", answer.stdout)
    except NoJobNumberError as error:
        raise ClusterError(
            f"{error}; the driver's job may be in the queue all the same: look there and cancel "
            "it. What wraps sbatch must pass its answer on as it is"
        ) from error
    # SLURM names the cluster if the options do; it must be named again to whom asks for the job.
    kept = f"{number};{cluster}" if cluster else number
    limit = _time_limit(kept)
    if limit is not None and limit < LEAST_S:
        _scancel(kept, check=False)
        raise ClusterError(
            f"SLURM would give the driver {limit / 60:.0f} min (the partition's default, unless "
            f"you asked for it), wanted at least {LEAST_S // 60} min, better a day: add "
            "--sbatch=--time=24:00:00"
        )
    write_atomically(folder.job, f"{kept}\n".encode())
    return number


def _time_limit(kept: str) -> float | None:
    """Ask for the walltime of a job in seconds; None if it has none or SLURM doesn't say."""
    number = kept.partition(";")[0]
    for clock in _squeue(kept, "%l", "--jobs", number):
        days, _, rest = clock.rpartition("-")
        with suppress(ValueError):
            seconds = 0
            for part in rest.split(":"):
                seconds = 60 * seconds + int(part)
            return 86400 * int(days or 0) + seconds
    return None


def _cluster_of(kept: str) -> list[str]:
    """Return the option that names the cluster of a job, as sbatch gave it: ``5;other``."""
    cluster = kept.partition(";")[2]
    return [f"--clusters={cluster}"] if cluster else []


def _squeue(kept: str, columns: str, *options: str) -> list[str]:
    """Return the lines of squeue's answer; none if it does not answer."""
    command = ["squeue", "--noheader", f"--format={columns}", *options, *_cluster_of(kept)]
    with suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=60, check=True
        )
        return [line.strip() for line in answer.stdout.splitlines()]
    return []


def _scancel(kept: str, *, check: bool) -> None:
    command = ["scancel", *_cluster_of(kept), kept.partition(";")[0]]
    subprocess.run(command, capture_output=True, timeout=60, check=check)


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
    kept = _kept(folder)
    number = kept.partition(";")[0]
    rows = _squeue(kept, "%i|%T|%r", "--jobs", number, "--name", JOB_NAME) if kept else []
    for row in (line.split("|", 2) for line in rows):
        if len(row) == 3 and row[0] == number and row[1] != "COMPLETING":
            return DriverJob(*row)
    return None


def _kept(folder: SweepFolder) -> str:
    """Read what sbatch called the driver's job; empty if there is none."""
    with suppress(OSError, ValueError):
        return folder.job.read_text(encoding="utf-8").strip()
    return ""


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
        _scancel(_kept(folder), check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return queued.job
