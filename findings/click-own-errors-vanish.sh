#!/usr/bin/env bash
# A program's own EOFError or BrokenPipeError is taken for the terminal's: "Aborted!", or an end without a word.
#
# Packages: click 8.5.1
# Guess:    an error of the program's own code comes out with its traceback; with `standalone_mode=False` it reaches the
#           caller, as ValueError does. Ctrl-C or Ctrl-D at a prompt is Abort.
# Seen:     EOFError from anywhere in the command (a pipe whose other end was closed, a stream that ended early) is
#           Abort: "Aborted!", status 1, as after Ctrl-C. BrokenPipeError of any pipe or socket ends the program with
#           status 1 and no output at all, and raises SystemExit(1) even with `standalone_mode=False`. So a command
#           whose worker died says nothing, or that the user stopped it. The documentation has both in its table of
#           endings, as "the user pressed Ctrl-D" and "the output pipe closed early"; what caused them isn't looked
#           at.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  click==8.5.1
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from importlib.metadata import version

COMMAND = """
import asyncio
import multiprocessing
import sys
import click

def receive():
    here, there = multiprocessing.Pipe()
    there.close()
    here.recv()

def send():
    here, there = multiprocessing.Pipe()
    there.close()
    here.send(1)

async def read():
    stream = asyncio.StreamReader()
    stream.feed_data(b"half")
    stream.feed_eof()
    await stream.readexactly(8)

def refuse():
    raise ValueError("refused")

@click.command()
@click.argument("what")
def run(what):
    {"receive": receive, "send": send, "read": lambda: asyncio.run(read()), "refuse": refuse}[what]()

what, mode = sys.argv[1:]
if mode == "standalone":
    run.main([what])
try:
    run.main([what], standalone_mode=False)
except BaseException as error:
    print(f"{type(error).__name__}({error})")
"""
print("click", version("click"))
print("guess: a traceback that names the error, and the error itself without standalone mode")
seen = {}
for what in ("refuse", "receive", "read", "send"):
    for mode in ("standalone", "not"):
        done = subprocess.run([sys.executable, "-c", COMMAND, what, mode], capture_output=True, text=True)
        lines = (done.stdout + done.stderr).strip().splitlines()
        seen[what, mode] = lines[-1] if lines else "(nothing)"
        print(f"seen, {what}, {mode}: {seen[what, mode]}, status {done.returncode}")
        if mode == "standalone" and done.returncode != 1:
            seen[what, mode] = "another status"
same = seen == {
    ("refuse", "standalone"): "ValueError: refused",
    ("refuse", "not"): "ValueError(refused)",
    ("receive", "standalone"): "Aborted!",
    ("receive", "not"): "Abort()",
    ("read", "standalone"): "Aborted!",
    ("read", "not"): "Abort()",
    ("send", "standalone"): "(nothing)",
    ("send", "not"): "SystemExit(1)",
}
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
