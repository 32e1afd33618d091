"""Dask clusters whose workers run in jobs of a batch system."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from shlex import quote
from types import MappingProxyType
from typing import Any

from distributed import Scheduler, Security
from distributed.diagnostics.plugin import SchedulerPlugin

from lbhsweep.execution.clusters.dask_settings import write_settings
from lbhsweep.execution.clusters.fields import seconds_of_walltime, shell_word
from lbhsweep.execution.clusters.jobs.batch_system import BatchSystem
from lbhsweep.execution.clusters.jobs.watch import SubmittedJob
from lbhsweep.execution.clusters.late_jobqueue import import_jobqueue
from lbhsweep.execution.clusters.memory import slurm_memory
from lbhsweep.execution.clusters.spec import (
    CondorCluster,
    JobsCluster,
    LsfCluster,
    PbsCluster,
    SgeCluster,
    SlurmCluster,
)
from lbhsweep.execution.job_number import NoJobNumberError
from lbhsweep.execution.worker.process import JOB_END, JOB_SECONDS

SUBMIT_PATIENCE_S = 120.0
CLOSE_PATIENCE_S = 60.0
LONGEST_PROLOG_S = 600
JOB_NAME = "lbhsweep"


class JobCluster:
    """Jobs of a batch system, and their workers.

    Parameters
    ----------
    spec : JobsCluster
        The cluster file.
    environment : dict of str to str
        Environment variables of the workers.
    logs : Path
        Folder of the jobs' logs; created if absent.
    security : Security, optional
        Keys of scheduler and workers; without it anybody who reaches the scheduler can use it.

    Attributes
    ----------
    dask : dask_jobqueue.JobQueueCluster
        With a scheduler in this process and no jobs yet.
    system : BatchSystem
        Commands for its queue.
    job_ids : set of str
        All submitted jobs.
    """

    def __init__(
        self,
        spec: JobsCluster,
        environment: dict[str, str],
        logs: Path,
        security: Security | None = None,
    ) -> None:
        self._workers_per_job = spec.workers_per_job
        self.system = BatchSystem(spec)
        self.job_ids: set[str] = set()
        logs.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {"log_directory": str(logs)}
        if security is not None:
            options |= {"protocol": "tls://", "security": security}
        self._late: set[asyncio.Future[None]] = set()
        self.dask = _open(spec, environment, self.system, self.job_ids, self._late, options)
        self._seen_names: set[str] = set()
        self.dask.scheduler.add_plugin(_WorkerNames(self._seen_names))

    @property
    def job_script(self) -> str:
        """The script of each job, with placeholders for scheduler and worker."""
        return str(self.dask.job_script())

    def submitted(self) -> dict[str, SubmittedJob]:
        """Return the requested jobs, by name."""
        return {
            name: SubmittedJob(
                job_id=str(job.job_id or ""),
                workers=self._names(name),
                refusal=job.refusal,
                has_no_number=job.has_no_number,
            )
            for name, job in list(self.dask.workers.items())
        }

    def workers(self) -> dict[str, bool]:
        """Return the names of the present workers, and whether each has work."""
        states = list(self.dask.scheduler.workers.values())
        return {str(state.name): bool(state.processing) for state in states}

    def was_seen(self, worker: str) -> bool:
        """Return whether a worker of this name was ever present."""
        return worker in self._seen_names

    def drop(self, names: Collection[str]) -> None:
        """Cancel jobs."""
        self.dask.sync(self.dask.scale_down, list(names))

    def scale(self, n_jobs: int) -> None:
        """Request new jobs until there are `n_jobs`."""
        self.dask.loop.add_callback(lambda: self.dask.scale(jobs=n_jobs))

    def close(self) -> None:
        """Cancel all jobs and end the scheduler.

        Errors of a batch system that doesn't answer must not hide how the sweep ended.
        """
        late, self._late = self._late, set()
        with suppress(TimeoutError, OSError, subprocess.SubprocessError):
            if late:
                self.dask.sync(asyncio.wait, late, timeout=CLOSE_PATIENCE_S)
            self.dask.close(timeout=CLOSE_PATIENCE_S)

    def _names(self, name: str) -> tuple[str, ...]:
        if self._workers_per_job == 1:
            return (name,)
        return tuple(f"{name}-{number}" for number in range(self._workers_per_job))


class _WorkerNames(SchedulerPlugin):  # type: ignore[misc]
    """Collects the names of all workers that register."""

    name = "lbhsweep-names"

    def __init__(self, seen: set[str]) -> None:
        self._seen = seen

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        """Note the name of a worker."""
        self._seen.add(str(scheduler.workers[worker].name))


def _open(
    spec: JobsCluster,
    environment: dict[str, str],
    system: BatchSystem,
    job_ids: set[str],
    late: set[asyncio.Future[None]],
    options: dict[str, Any],
) -> Any:
    class_name, options_of = _SYSTEMS[spec.kind]
    exports = [f"export {name}={quote(value)}" for name, value in environment.items()]
    exports.append(
        f"export DASK_CONFIG={quote(str(write_settings(Path(options['log_directory']))))}"
    )
    if spec.numba_cache:
        exports.append(f"export NUMBA_CACHE_DIR={shell_word(spec.numba_cache, 'numba_cache')}")
    return _our_cluster(getattr(import_jobqueue(), class_name), system, job_ids, late)(
        name=JOB_NAME,
        cores=spec.cores,
        processes=spec.workers_per_job,
        memory=f"{spec.memory} B",
        interface=spec.interface,
        job_name=JOB_NAME,
        local_directory=shell_word(spec.scratch, "scratch") if spec.scratch else None,
        death_timeout=spec.worker_timeout,
        # `exec` replaces the job's shell by the nanny, so that signals reach the workers.
        python=f"exec {quote(sys.executable)}",
        # Runs are single-threaded, also where there are fewer workers than cores.
        worker_extra_args=["--nthreads", "1"],
        # The clock starts before the prologue, which may take minutes.
        job_script_prologue=[*_deadline(spec), *spec.prologue, *exports],
        # Without the page Dask still serves plain numbers; both on this machine only.
        scheduler_options={
            **({"interface": spec.scheduler_interface} if spec.scheduler_interface else {}),
            **({"port": spec.scheduler_port} if spec.scheduler_port else {}),
            "dashboard": spec.dashboard is not None,
            "dashboard_address": f"127.0.0.1:{spec.dashboard or 0}",
        },
        silence_logs="critical",
        **options_of(spec),
        **options,
    )


# A requeued job would reuse the names of its workers, so requeueing is switched off; HTCondor has
# no such option.


def _slurm(spec: SlurmCluster) -> dict[str, Any]:
    return {
        "queue": spec.queue,
        "account": spec.account,
        "walltime": spec.walltime,
        # dask-jobqueue's own line is left out, and one of ours takes its place.
        "job_directives_skip": ["--mem="],
        "job_extra_directives": ["--no-requeue", *slurm_memory(spec), *spec.job_extra],
    }


def _pbs(spec: PbsCluster) -> dict[str, Any]:
    return {
        "queue": spec.queue,
        "account": spec.account,
        "walltime": _clock(spec.walltime),
        "resource_spec": spec.resources,
        "job_extra_directives": ["-r n", *spec.job_extra],
    }


def _sge(spec: SgeCluster) -> dict[str, Any]:
    return {
        "queue": spec.queue,
        "project": spec.account,
        "walltime": _clock(spec.walltime),
        "resource_spec": spec.resources,
        "job_extra_directives": ["-r n", *spec.job_extra],
    }


def _lsf(spec: LsfCluster) -> dict[str, Any]:
    return {
        "queue": spec.queue,
        "project": spec.account,
        # LSF has no seconds.
        "walltime": _clock(spec.walltime).rpartition(":")[0],
        "job_extra_directives": ["-rn", *spec.job_extra],
    }


def _condor(spec: CondorCluster) -> dict[str, Any]:
    return {"disk": f"{spec.disk} B", "job_extra_directives": dict(spec.job_extra)}


_SYSTEMS: MappingProxyType[str, tuple[str, Callable[[Any], dict[str, Any]]]] = MappingProxyType(
    {
        "slurm": ("SLURMCluster", _slurm),
        "pbs": ("PBSCluster", _pbs),
        "sge": ("SGECluster", _sge),
        "lsf": ("LSFCluster", _lsf),
        "htcondor": ("HTCondorCluster", _condor),
    }
)


def _clock(walltime: str) -> str:
    """Write a walltime as ``hours:minutes:seconds``, without days."""
    minutes, seconds = divmod(seconds_of_walltime(walltime), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _deadline(spec: JobsCluster) -> list[str]:
    """Set when the job ends, by the clock of the node that runs it.

    SLURM's times are by the clock of its controller. If that differs from the node's by more than
    a job's prolog takes, the job's length counts from now on.
    """
    seconds = spec.job_seconds
    if seconds is None:
        return []
    lines = [f"export {JOB_SECONDS}={seconds}", f"export {JOB_END}=$(($(date +%s) + {seconds}))"]
    if isinstance(spec, SlurmCluster):
        lines += [
            'if [ -n "$SLURM_JOB_START_TIME" ] && [ -n "$SLURM_JOB_END_TIME" ]; then',
            "  ago=$(($(date +%s) - SLURM_JOB_START_TIME))",
            f"  if [ $ago -ge 0 ] && [ $ago -le {LONGEST_PROLOG_S} ]; then",
            f"    {JOB_END}=$SLURM_JOB_END_TIME",
            "  else",
            f"    {JOB_END}=$(($(date +%s) + SLURM_JOB_END_TIME - SLURM_JOB_START_TIME))",
            "  fi",
            "fi",
        ]
    return lines


def _our_cluster(
    cluster_class: Any, system: BatchSystem, job_ids: set[str], late: set[asyncio.Future[None]]
) -> Any:
    """Return a cluster class whose jobs keep a refusal instead of raising it where it is lost.

    Their numbers are read, and they are cancelled, as the batch system promises.  Names are never
    used twice: a lost worker may still be registered under its own.
    """
    from distributed.core import Status

    class Job(cluster_class.job_cls):  # type: ignore[misc]
        refusal = ""
        has_no_number = False
        _is_dropped = False

        async def start(self) -> None:
            submission = asyncio.ensure_future(super().start())
            try:
                await asyncio.wait_for(asyncio.shield(submission), SUBMIT_PATIENCE_S)
                job_ids.add(str(self.job_id))
            except (RuntimeError, OSError, ValueError, TimeoutError) as error:
                self.refusal = _submit_message(error)
                self.has_no_number = isinstance(error, NoJobNumberError)
                # The cluster would submit it again at each check, and never report why.
                self.status = Status.running
                if not submission.done():
                    late.add(asyncio.ensure_future(self._cancel_late(submission)))

        async def _submit_job(self, script_filename: str) -> str:
            if self.submit_command != "bsub":
                return str(await super()._submit_job(script_filename))
            # dask-jobqueue would send bsub's refusals to /dev/null.
            with Path(script_filename).open("rb") as script:
                return str(await self._call(["bsub"], stdin=script))

        def _job_id_from_submit_output(self, out: str) -> str:
            return system.job_id(out)

        async def _cancel_late(self, submission: asyncio.Future[None]) -> None:
            """Cancel a job that is no longer needed as soon as it has a number."""
            with suppress(RuntimeError, OSError, ValueError):
                await submission
                if self._is_dropped:
                    self.status = Status.closed
                job_ids.add(str(self.job_id))
                await self._close_job(self.job_id, self.cancel_command)

        async def close(self) -> None:
            self._is_dropped = True
            await super().close()
            # The cluster does not close while one of its jobs seems to run.
            self.status = Status.closed

        @classmethod
        async def _close_job(cls, job_id: str | None, cancel_command: str) -> None:
            if job_id:
                await system.cancel_one(job_id)

        @staticmethod
        async def _call(cmd: list[str], **options: Any) -> str:
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *cmd, stdout=pipe, stderr=pipe, env=system.environment, **options
            )
            said, complaint = await process.communicate()
            if process.returncode:
                # Some say on stdout why they refuse, or nothing at all.
                words = complaint.split() or said.split()
                text = b" ".join(words).decode(errors="replace")
                raise RuntimeError(text or f"{cmd[0]} ended with status {process.returncode}")
            return said.decode(errors="replace")

    class Cluster(cluster_class):  # type: ignore[misc]
        job_cls = Job
        _numbers = itertools.count()

        def _new_worker_name(self, worker_number: int) -> str:
            return f"{self._name}-{next(self._numbers)}"

    return Cluster


def _submit_message(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"TimeoutError: no answer within {SUBMIT_PATIENCE_S:.0f} s"
    return str(error) or type(error).__name__
