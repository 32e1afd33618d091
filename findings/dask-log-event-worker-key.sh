#!/usr/bin/env bash
# A dictionary that a Dask worker reports arrives with its key "worker" replaced; by a client it arrives as it was sent.
#
# Packages: distributed 2026.8.0, dask 2026.8.0
# Guess:    `log_event` is a channel: what subscribers get is what was sent, whoever sends it.
# Seen:     on its way through the scheduler a worker's dictionary gets the worker's address as "worker", over a value of
#           that name, which is lost without a word. A client's dictionary, and one inside another, stay as they are.
#           A program that reports {"worker": "node7:4711"} to say which process it is gets tcp://… instead, and a number
#           after the last colon that looks like a process id and is a port.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  distributed==2026.8.0 dask==2026.8.0
cat > "$work/try.py" <<'PY'
import sys
import time
from importlib.metadata import version

from distributed import Client, get_worker

SENT = {"worker": "node7:4711", "inside": {"worker": "node7:4711"}}


def report():
    get_worker().log_event("topic", SENT)


if __name__ == "__main__":
    print(*(f"{name} {version(name)}" for name in ("distributed", "dask")), sep=", ")
    print("guess: both messages arrive as they were sent")
    with Client(n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
        client.submit(report).result()
        client.log_event("topic", SENT)
        deadline = time.monotonic() + 60
        while len(events := client.get_events("topic")) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        (address,) = client.nthreads()
    by_worker, by_client = (message for _, message in events)
    print("seen, from a worker:", {**by_worker, "worker": by_worker["worker"].rsplit(":", 1)[0] + ":PORT"})
    print("seen, from a client:", by_client)
    same = (
        by_worker["worker"] == address
        and by_worker["inside"] == SENT["inside"]
        and by_client == SENT
    )
    print("as described" if same else "CHANGED")
    sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
