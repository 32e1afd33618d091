"""dask-jobqueue takes nothing from the process that imports it."""

import subprocess
import sys

CODE = """
import signal, sys
def ours(*_): pass
signal.signal(signal.SIGINT, ours)
from lbhsweep.execution.clusters.dask_settings import our_settings
our_settings(jobs=False)
assert "dask_jobqueue" not in sys.modules, "a sweep on this machine needs none of it"
our_settings(jobs=True)
assert "dask_jobqueue" in sys.modules
assert signal.getsignal(signal.SIGINT) is ours, signal.getsignal(signal.SIGINT)
"""


def test_ctrl_c_stays_with_its_handler():
    """dask-jobqueue 0.9.0 sets one of its own on import, which ends the process with status 0."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
