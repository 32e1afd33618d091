#!/usr/bin/env bash
# Each LocalCluster that can't have its port leaves a thread with its event loop behind, and doesn't name the port.
#
# Packages: distributed 2026.8.0, dask 2026.8.0
# Guess:    a constructor that raises leaves nothing behind, and the error says which port was taken, as the warning
#           about a dashboard's port does.
# Seen:     `scheduler_port=` of a taken port raises "Cluster failed to start: Scheduler failed to start."; the cause of
#           its cause is "Address already in use"; no port is named. The caller has no cluster to close, yet a thread
#           "IO loop" with 3 open files stays for good after each try: a program that looks for a free port that way
#           collects them. Clusters that started and were closed leave none. A taken dashboard port is a warning that
#           names it, and another port is used.
#
# All of it is on the loopback interface.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  distributed==2026.8.0 dask==2026.8.0
cat > "$work/try.py" <<'PY'
import gc
import logging
import os
import socket
import sys
import threading
import time
import warnings
from importlib.metadata import version

from distributed import LocalCluster

logging.disable(logging.CRITICAL)


def open_files():
    return len(os.listdir("/proc/self/fd"))


def causes(error):
    while error is not None:
        yield error
        error = error.__cause__


def left(make):
    """Threads and open files that are left by `make`, once what it used has ended."""
    before = threading.active_count(), open_files()
    make()
    gc.collect()
    time.sleep(1)
    return threading.active_count() - before[0], open_files() - before[1]


def start(**options):
    with LocalCluster(n_workers=0, host="127.0.0.1", **options):
        pass


def fail(port, messages):
    try:
        start(scheduler_port=port, dashboard_address=None)
    except RuntimeError as error:
        messages.append([str(cause) for cause in causes(error)])


if __name__ == "__main__":
    print(*(f"{name} {version(name)}" for name in ("distributed", "dask")), sep=", ")
    print("guess: nothing is left, and the error names the port")
    start(dashboard_address=None)  # what the first cluster of a process opens for good
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        messages = []
        failed = [left(lambda: fail(port, messages)) for _ in range(3)]
        good = [left(lambda: start(dashboard_address=None)) for _ in range(2)]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            start(dashboard_address=f"127.0.0.1:{port}")
    named = any(str(port) in text for message in messages for text in message)
    warned = any(str(port) in str(warning.message) for warning in caught)
    print(f"seen, error and its causes: {messages[0]}, the port is named: {named}")
    print(f"seen, threads and open files left by each failed start: {failed}, by each good one: {good}")
    print("seen, dashboard's port taken: the cluster starts, a warning names the port:", warned)
    same = (
        not named
        and warned
        and [threads for threads, _ in failed] == [1, 1, 1]
        and all(files > 0 for _, files in failed)
        and [threads for threads, _ in good] == [0, 0]
    )
    print("as described" if same else "CHANGED")
    sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
