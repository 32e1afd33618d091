#!/usr/bin/env bash
# The same `memory=` asks one batch system for more, another for as much and two for none.
#
# Packages: dask-jobqueue 0.9.0, distributed 2026.8.0, dask 2026.8.0
# Guess:    a cluster of jobs with `memory="1.5GiB"` asks its batch system for 1.5 GiB, since that
#           is what its worker processes take for their limit.
# Seen:     SLURM is asked for 2 GiB, PBS for 1536 MB; Grid Engine and OAR are asked for no memory
#           at all, Grid Engine without a warning, while the worker in the job still takes 1.5 GiB
#           for its own. So the system's default is the job's limit, unless `resource_spec` says it
#           once more.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  dask-jobqueue==0.9.0 distributed==2026.8.0 dask==2026.8.0
cat > "$work/try.py" <<'PY'
import re
import sys
import warnings
from importlib.metadata import version

from dask_jobqueue import OARCluster, PBSCluster, SGECluster, SLURMCluster

print(*(f"{name} {version(name)}" for name in ("dask-jobqueue", "distributed", "dask")), sep=", ")
print("guess: every job script asks for 1.5 GiB")
seen = {}
for kind in (SLURMCluster, PBSCluster, SGECluster, OARCluster):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with kind(cores=4, memory="1.5GiB", processes=1, scheduler_options={"dashboard_address": None}) as cluster:
            script = cluster.job_script()
    requests = [line for line in script.splitlines() if line.startswith("#") and "mem" in line]
    limit = re.search(r"--memory-limit (\S+)", script).group(1)
    about_memory = any("memory" in str(warning.message) for warning in caught)
    seen[kind.__name__] = requests, limit, about_memory
    print(f"seen, {kind.__name__}: request {requests}, worker's limit {limit}, warning of memory: {about_memory}")
same = (
    "--mem=2G" in seen["SLURMCluster"][0][0]
    and "mem=1536MB" in seen["PBSCluster"][0][0]
    and seen["SGECluster"][0] == seen["OARCluster"][0] == []
    and not seen["SGECluster"][2]
    and {limit for _, limit, _ in seen.values()} == {"1.50GiB"}
)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
