"""Memory of jobs and workers: what is asked for, what each may use, and what is too little."""

from __future__ import annotations

import math

from lbhsweep.execution.clusters.spec import (
    ClusterSpec,
    JobsCluster,
    LocalCluster,
    SgeCluster,
    SlurmCluster,
)

COMPILING_BYTES = 650e6
"""Of a worker that compiles: 590 MB at most, and Dask ends it at 95 %."""


def slurm_memory(spec: SlurmCluster) -> list[str]:
    """Return the options by which a job asks for memory, and for its node alone.

    dask-jobqueue 0.9.0 would round to whole GiB above 1 GiB; so do we, since its workers and
    the processes that watch over them share what is asked for.
    """
    gib = math.ceil(spec.memory / 2**30)
    whole = f"{gib}G" if spec.memory >= 2**30 else f"{math.ceil(spec.memory / 2**20)}M"
    share = f"{math.ceil(gib * 1024 / spec.cores)}M"
    option = {
        "mem": [f"--mem={whole}"],
        "mem-per-cpu": [f"--mem-per-cpu={share}"],
        "none": [],
    }[spec.memory_option]
    return [*option, *(["--exclusive"] if spec.exclusive else [])]


def memory_note(spec: ClusterSpec) -> str:
    """Say how much memory a job asks for, and what each worker may use; empty without jobs."""
    if not isinstance(spec, JobsCluster):
        return ""
    share = f"each of its {spec.workers_per_job} workers may use "
    share += f"{spec.memory / spec.workers_per_job / 1e9:.2f} GB"
    if isinstance(spec, SlurmCluster):
        asked = next(iter(slurm_memory(spec)), "")
        if spec.memory_option == "none":
            return f"a job asks for no memory (memory_option); {share}"
        return f"a job asks for {asked}, rounded up from {spec.memory / 1e9:.2f} GB; {share}"
    return share


def memory_warning(spec: ClusterSpec) -> str:
    """Return a warning if workers may get too little memory to compile kernels, else empty.

    dask-jobqueue 0.9.0 asks the batch systems for `memory`, but Grid Engine for none, whose sites
    name this resource themselves.
    """
    if (
        isinstance(spec, SgeCluster)
        and not spec.resources
        and not any(option.startswith("-l") for option in spec.job_extra)
    ):
        return (
            "memory: jobs of Grid Engine ask for memory by 'resources' alone, and it is not set: "
            "name what this site calls it, such as 'resources: h_vmem=2G'"
        )
    share: float | None = None
    if isinstance(spec, JobsCluster):
        share = spec.memory / spec.workers_per_job
    elif isinstance(spec, LocalCluster):
        share = spec.memory
    if share is None or share >= COMPILING_BYTES:
        return ""
    return (
        f"memory: {share / 1e6:.0f} MB a worker, wanted at least {COMPILING_BYTES / 1e6:.0f} MB: "
        "where kernels are not compiled yet workers would be ended while they compile them"
    )
