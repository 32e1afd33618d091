"""Linear algebra on one thread, for commands whose matrices are small."""

from __future__ import annotations

import os

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def use_one_thread() -> None:
    """Let numpy's linear algebra use one thread, unless the user has said otherwise.

    To be called before numpy is imported.  Several threads spin while they wait for each other:
    beside other work on two cores the analysis of 10 000 runs took five times the processor time.
    """
    for name in _VARIABLES:
        os.environ.setdefault(name, "1")
