"""Importing dask-jobqueue late, and without its handler of Ctrl-C."""

from __future__ import annotations

import importlib
import signal
import threading
from functools import cache
from types import ModuleType


@cache
def import_jobqueue() -> ModuleType:
    """Import dask-jobqueue and keep the process's own handler of SIGINT.

    On import, `dask_jobqueue.runner` of version 0.9.0 lets SIGINT end the process by
    ``sys.exit()``, with status 0.  A driver would end so without stopping its runs, and whoever
    catches SystemExit would swallow Ctrl-C.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    try:
        return importlib.import_module("dask_jobqueue")
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, before)
