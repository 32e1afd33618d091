#!/usr/bin/env bash
# Importing dask-jobqueue replaces the process's handler of SIGINT.
#
# Guess: importing a library for submitting jobs leaves the handlers of signals alone, or at most
# sets some when a cluster is started.
# Seen (dask-jobqueue 0.9.0): after `import dask_jobqueue` SIGINT is handled by a lambda of its
# module `runner`. A program whose own handler was installed before ends on Ctrl-C with status 0 and
# without running it; Python's KeyboardInterrupt is gone too.
# In a thread the import fails: ValueError, since only the main thread may set handlers.
# Who imports it late restores the handler afterwards.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check \
    dask-jobqueue==0.9.0 distributed==2026.8.0 dask==2026.8.0
"$folder/venv/bin/python" - <<'PY'
import subprocess
import sys
from importlib.metadata import version

print("dask-jobqueue", version("dask-jobqueue"), "distributed", version("distributed"))
OURS = """
import os, signal, time
def ours(*_):
    print("our handler", flush=True)
    raise SystemExit(7)
signal.signal(signal.SIGINT, ours)
{late}
os.kill(os.getpid(), signal.SIGINT)
time.sleep(5)
"""
ended = {}
for name, late in (("without", ""), ("with", "import dask_jobqueue")):
    done = subprocess.run(
        [sys.executable, "-c", OURS.format(late=late)], capture_output=True, text=True, check=False
    )
    ended[name] = (done.returncode, done.stdout.strip())
    print(name, "the import: status and output", ended[name])
IN_A_THREAD = """
import threading
def load():
    try:
        import dask_jobqueue
        print("imported")
    except ValueError as error:
        print("ValueError:", error)
thread = threading.Thread(target=load)
thread.start()
thread.join()
"""
threaded = subprocess.run(
    [sys.executable, "-c", IN_A_THREAD], capture_output=True, text=True, check=False
).stdout.strip()
print("in a thread:", threaded)
assert ended["without"] == (7, "our handler"), ended
assert ended["with"] == (0, ""), ended
assert threaded.startswith("ValueError: signal only works in main thread"), threaded
print("as described")
PY
