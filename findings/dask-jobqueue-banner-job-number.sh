#!/usr/bin/env bash
# A digit in what a site's `sbatch` or `qsub` prints first becomes the number of the job.
#
# Packages: dask-jobqueue 0.9.0, distributed 2026.8.0, dask 2026.8.0
# Guess:    the number is looked for where the batch system promises it: in the line "Submitted batch job N" (SLURM),
#           "Your job N (...) has been submitted" (Grid Engine), "Job <N> is submitted" (LSF).
# Seen:     it is the first digits anywhere in the output for SLURM, PBS, Grid Engine and LSF: behind the greeting
#           "Welcome to Cluster3" of a site's wrapper the job is 3, without a warning. By the code, that number is what
#           `scancel` or `qdel` is given when the cluster is scaled down or closed: another job if the user has one of
#           that number, and the real one goes on. OAR and HTCondor look for what their systems promise and are right.
#
# No cluster is started and nothing is submitted or cancelled: the output is that of a script written here.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  dask-jobqueue==0.9.0 distributed==2026.8.0 dask==2026.8.0
cat > "$work/try.py" <<'PY'
import asyncio
import stat
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

from dask_jobqueue.htcondor import HTCondorJob
from dask_jobqueue.lsf import LSFJob
from dask_jobqueue.oar import OARJob
from dask_jobqueue.pbs import PBSJob
from dask_jobqueue.sge import SGEJob
from dask_jobqueue.slurm import SLURMJob

warnings.simplefilter("ignore")
BANNER = "Welcome to Cluster3"
PROMISED = {
    SLURMJob: "Submitted batch job 4711",
    PBSJob: "4711.server",
    SGEJob: 'Your job 4711 ("dask-worker") has been submitted',
    LSFJob: "Job <4711> is submitted to queue <normal>.",
    OARJob: "OAR_JOB_ID=4711",
    HTCondorJob: "1 job(s) submitted to cluster 4711.",
}


def number(kind, lines):
    """What `kind` takes for the job's number from a submission that prints `lines`."""
    script = Path("submit").absolute()
    script.write_text("#!/bin/sh\ncat <<'OUT'\n" + "\n".join(lines) + "\nOUT\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    extra = {"disk": "1GiB"} if kind is HTCondorJob else {}
    job = kind(scheduler="tcp://127.0.0.1:0", name="a", cores=1, memory="1GiB", **extra)
    output = asyncio.run(job._call([str(script)]))
    return job._job_id_from_submit_output(output)


print(*(f"{name} {version(name)}" for name in ("dask-jobqueue", "distributed", "dask")), sep=", ")
print("guess: 4711 with and without a banner")
seen = {}
for kind, line in PROMISED.items():
    seen[kind] = number(kind, [line]), number(kind, [BANNER, line])
    print(f"seen, {kind.__name__}: {seen[kind][0]}; behind {BANNER!r}: {seen[kind][1]}")
same = seen == {
    **dict.fromkeys((SLURMJob, PBSJob, SGEJob, LSFJob), ("4711", "3")),
    OARJob: ("4711", "4711"),
    HTCondorJob: ("4711.0", "4711.0"),
}
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
