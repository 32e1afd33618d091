"""Time that goes into compiling kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core.event import TimingListener, install_listener


@contextmanager
def compile_clock() -> Iterator[Callable[[], float]]:
    """Add up the time in which numba compiles kernels or loads them from its cache.

    Yields
    ------
    callable
        Returns the seconds so far; 0 if every kernel was there already.
    """
    # The lock is held through both, and only the outermost holder is timed.
    with install_listener("numba:compiler_lock", TimingListener()) as clock:
        yield lambda: float(clock.duration) if clock.done else 0.0
