#!/usr/bin/env bash
# How a key is spelt decides whether Dask keeps tasks on the scheduler or hands all of them to the
# workers.
#
# Packages: distributed 2026.8.0, dask 2026.8.0
# Guess:    `key=` only names a task: thirty equal tasks submitted one by one are spread alike,
#           whatever their keys.
# Seen:     where keys share a prefix (tuples, or "run-" and a hash) the scheduler takes them for
#           one group, hands two to each thread and keeps the other 26. Keys without a common prefix
#           are groups of one, and all thirty go to the workers at once, so that workers that join
#           later get work by stealing alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  distributed==2026.8.0 dask==2026.8.0
cat > "$work/try.py" <<'PY'
import hashlib
import sys
import time

import dask
import distributed
from distributed import Client, Event, LocalCluster

print("distributed", distributed.__version__, "- dask", dask.__version__)
print("guess: tasks wait in the same place, however their keys are spelt")


def wait_for(event_name, number):
    Event(event_name).wait()
    return number


def digest(number):
    return hashlib.sha256(str(number).encode()).hexdigest()[:16]


keys = {
    "('run', hash)": lambda n: ("run", digest(n)),
    "run-hash": lambda n: "run-" + digest(n),
    "hash": digest,
}
seen = {}
with (
    LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
    Client(cluster, set_as_default=False) as client,
):
    for style, key in keys.items():
        start = Event(f"start {style}", client=client)
        futures = [client.submit(wait_for, f"start {style}", n, key=key(n)) for n in range(30)]
        while True:
            time.sleep(0.2)
            states = [task.state for task in cluster.scheduler.tasks.values()]
            if len(states) == 30 and not {"released", "waiting"} & set(states):
                break
        seen[style] = states.count("queued"), states.count("processing")
        start.set()
        client.gather(futures)
        del futures, start
        while cluster.scheduler.tasks:
            time.sleep(0.1)
for style, (queued, processing) in seen.items():
    print(f"seen, key {style}: {queued} kept on the scheduler, {processing} handed to two workers")
same = seen["('run', hash)"] == seen["run-hash"] == (26, 4) and seen["hash"] == (0, 30)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
